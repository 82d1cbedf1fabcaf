"""How fetching goes and ended, in words."""

import json
from dataclasses import replace

import pytest

from glacier_manifest.errors import ServiceError
from glacier_manifest.fetching.events import FetchingBegan, OutputEnded
from glacier_manifest.fetching.names import Reason
from glacier_manifest.fetching.report import Outcome, Report, Result, left_off, outcome_of
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.record import Mishap
from glacier_manifest.views.fetches import MinuteLine, as_json, human
from tests.planning.examples import archive, record, request

STORED = replace(
    outcome_of(record(request(archive("a")), Status.SUCCEEDED, job_id="job-a"), Result.FETCHED),
    output="/srv/a.jpg",
    size=2048,
    bytes_read=2048,
)
FAILED = replace(
    outcome_of(record(request(archive("b")), Status.SUCCEEDED, job_id="job-b"), Result.FAILED),
    mishap=Mishap("part-damaged", "bytes 0-4 did not come as they are"),
)
LEFT = replace(
    outcome_of(record(request(archive("c")), Status.SUCCEEDED, job_id="job-c"), Result.LEFT),
    mishap=left_off(),
)
NO_ANSWER = replace(
    outcome_of(record(request(archive("d")), Status.SUCCEEDED, job_id="job-d"), Result.LEFT),
    mishap=Mishap("no-answer", "nobody answers"),
)
RENAMED = replace(STORED, renamed=(Reason.SAME_NAME,))


def reported(*outcomes: Outcome, bytes_stored: int = 0, nowhere: int = 0) -> Report:
    report = Report({}, bytes_stored=bytes_stored, nowhere=nowhere)
    for outcome in outcomes:
        report.add(outcome)
    return report


def test_nothing_to_fetch_is_said() -> None:
    assert human(reported(), pending=0) == "Fetch: nothing to fetch.\n"


def test_what_was_stored_is_counted() -> None:
    assert human(reported(STORED, bytes_stored=2048), pending=0) == "Fetch: 1 fetched, 2.0 KiB stored.\n"


def test_what_is_still_to_come_is_counted() -> None:
    assert human(reported(nowhere=2), pending=3) == (
        "Fetch: 3 not finished yet, 2 that no manifest saves (--to PLACE does).\n"
    )


def test_what_failed_is_named_with_its_reason() -> None:
    lines = human(reported(FAILED), pending=0).splitlines()

    assert lines[0] == "Not stored:"
    assert lines[1].strip() == FAILED.address
    assert lines[2].strip() == "part-damaged: bytes 0-4 did not come as they are"


def test_what_is_called_otherwise_is_named_with_its_reason() -> None:
    lines = human(reported(RENAMED), pending=0).splitlines()

    assert lines[0] == "Stored under another name than was wanted:"
    assert lines[2].strip() == "/srv/a.jpg: the name is taken"


def test_the_document_has_what_was_dealt_with_and_what_the_run_did_not_come_to() -> None:
    report = reported(STORED, FAILED)
    report.rest = lambda: [LEFT]
    document = json.loads("".join(as_json(report, pending=1)))

    assert (
        document["summary"]["fetched"] == document["summary"]["failed"] == document["summary"]["pending"] == 1
    )
    assert [one["error"] for one in document["outputs"]] == [
        None,
        {"code": "part-damaged", "message": "bytes 0-4 did not come as they are"},
        {"code": "left-off", "message": left_off().message},
    ]


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (None, ["Not stored yet:", f"  {NO_ANSWER.address}", "      no-answer: nobody answers", ""]),
        (ServiceError("no-answer", "nobody answers", next_step="wait"), []),
    ],
    ids=["what each met", "what all met is told once, as the error that ended the run"],
)
def test_what_is_left_is_named_where_something_is_the_matter_with_it(
    error: ServiceError | None, lines: list[str]
) -> None:
    report = reported(LEFT, NO_ANSWER)
    report.error = error

    assert human(report, pending=0).splitlines() == [*lines, "Fetch: 2 left."]


def test_a_line_is_said_a_minute() -> None:
    said: list[str] = []
    seconds = iter([0.0, 30.0, 61.0, 61.0, 62.0])
    line = MinuteLine(said.append, now=lambda: next(seconds))

    for event in (FetchingBegan(2, 4096), OutputEnded(STORED)):
        line(event)

    assert said == ["1 of 2 outputs, 0 B of 4.0 KiB"]
