from datetime import UTC, datetime

import pytest

from glacier_manifest.aws.evidence import denied_action, one_line, reply_in, words_of


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("two\n  lines", "two lines"),
        (b"bytes \xff", "bytes \ufffd"),
        ("http://user:pass@proxy:3128 failed", "http://***@proxy:3128 failed"),
        ("X-Amz-Security-Token: FwoGZXIvYXdz and more", "X-Amz-Security-Token: *** and more"),
        ("No match. The Canonical String for this request should have been 'POST'", "No match."),
        ("x" * 600, "x" * 497 + "..."),
        (7, "7"),
    ],
)
def test_a_text_becomes_one_short_line_without_secrets(text: object, line: str) -> None:
    assert one_line(text) == line


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Mon, 23 Nov 2026 03:00:00 GMT", datetime(2026, 11, 23, 3, tzinfo=UTC)),
        ("Mon, 23 Nov 2026 04:00:00 +0100", datetime(2026, 11, 23, 3, tzinfo=UTC)),
        ("Mon, 23 Nov 2026 03:00:00", datetime(2026, 11, 23, 3, tzinfo=UTC)),
        ("yesterday", None),
        ("Mon, 99 Nov 2026 03:00:00 GMT", None),
        (7, None),
    ],
)
def test_the_services_time_is_read_from_the_date_header(date: object, moment: datetime | None) -> None:
    response = {"ResponseMetadata": {"HTTPHeaders": {"date": date}}}

    assert reply_in(response).service_at == moment


@pytest.mark.parametrize("response", [None, 7, [], {"ResponseMetadata": None, "Error": "no"}])
def test_a_reply_of_any_shape_can_be_read(response: object) -> None:
    reply = reply_in(response)

    assert (reply.status, reply.code, reply.service_at, reply.request_id) == (0, "", None, None)


def test_an_exception_without_words_is_told_by_its_name() -> None:
    assert words_of(TimeoutError()) == "TimeoutError"


@pytest.mark.parametrize(
    ("message", "action"),
    [
        ("User: x is not authorized to perform: glacier:ListJobs on resource: y", "glacier:ListJobs"),
        ("User: x is not authorized to perform: sts:AssumeRole on resource: y", "sts:AssumeRole"),
        ("Access denied", "glacier:DescribeVault"),
    ],
)
def test_the_action_that_was_denied_is_named(message: str, action: str) -> None:
    assert denied_action(message, "DescribeVault") == action
