"""Records as lines, as tables and as JSON."""

from datetime import UTC, datetime

import pytest

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.record import Record
from glacier_manifest.views import records
from tests.views.examples import LOST, NOON, record


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (record(Status.IN_PROGRESS, job_id="HkF9"), "in_progress  wedding/photos/kKB7  job HkF9"),
        (
            record(Status.FAILED, job_id="HkF9", generation=2, mishap=LOST),
            "failed       wedding/photos/kKB7  (generation 2)  job HkF9  " + f"{LOST.code}: {LOST.message}",
        ),
        (
            record(Status.UNKNOWN, mishap=LOST),
            "unknown      wedding/photos/kKB7  no-answer: Read timeout on endpoint URL",
        ),
        # What went wrong before it was accepted is of no interest any more.
        (
            record(Status.IN_PROGRESS, job_id="HkF9", mishap=LOST),
            "in_progress  wedding/photos/kKB7  job HkF9",
        ),
    ],
    ids=["in progress", "failed", "unknown", "in progress at last"],
)
def test_a_record_is_one_line(one: Record, line: str) -> None:
    assert records.line_of(one) == line


def test_all_that_is_known_is_a_line_each_and_what_is_not_known_is_left_out() -> None:
    text = records.whole(record(Status.UNKNOWN, mishap=LOST))

    assert "status       unknown\n" in text
    assert "error        no-answer: Read timeout on endpoint URL\n" in text
    assert "job_id" not in text


def test_the_keys_of_a_record_are_a_contract() -> None:
    assert tuple(records.record_json(record(Status.READY))) == records.KEYS


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (None, None),
        (NOON, "2026-11-23T12:00:00Z"),
        (datetime(2026, 11, 23, 12, 0, 0, 500_000, tzinfo=UTC), "2026-11-23T12:00:00.500Z"),
    ],
    ids=str,
)
def test_a_moment_is_written_in_one_way(at: datetime | None, text: str | None) -> None:
    assert records.moment(at) == text


def test_counts_are_told_in_words() -> None:
    assert records.counted({Status.IN_PROGRESS: 3, Status.FAILED: 1, Status.READY: 0}) == (
        "3 in progress, 1 failed"
    )
    assert records.counted({}) == "none"


def test_an_event_tells_what_a_person_has_use_for() -> None:
    at = "2026-11-23T12:00:00.000Z"
    event = {"id": 4, "at": at, "event": "accepted", "run": "r", "job_id": "HkF9", "code": None}

    assert records.event_line(event) == f"{at}  accepted    job_id HkF9"
