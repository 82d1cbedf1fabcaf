"""What a job in Glacier's listing means."""

from datetime import timedelta

import pytest

from glacier_manifest.aws.descriptions import ListedJob, StatusCode
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.record import Mishap
from glacier_manifest.tracking.sighted import sighted
from tests.planning.examples import NOON, TOPIC
from tests.tracking.jobs import MIB, ended, job

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("code", "completed", "status"),
    [
        (StatusCode.IN_PROGRESS, False, Status.IN_PROGRESS),
        (StatusCode.IN_PROGRESS, True, Status.IN_PROGRESS),
        (StatusCode.SUCCEEDED, False, Status.IN_PROGRESS),
        (StatusCode.SUCCEEDED, True, Status.SUCCEEDED),
        (StatusCode.FAILED, True, Status.FAILED),
    ],
)
def test_completed_is_not_success_and_success_is_not_completed(
    code: StatusCode, status: Status, *, completed: bool
) -> None:
    assert sighted(job(status_code=code, completed=completed), generation=None).status is status


def test_an_output_stays_for_a_day_after_its_completion() -> None:
    seen = sighted(job(**ended(HOUR)), generation=2)

    assert (seen.completed_at, seen.expires_at) == (NOON - HOUR, NOON + 23 * HOUR)
    assert (seen.generation, seen.mishap) == (2, None)


def test_what_a_select_has_found_stays_in_s3() -> None:
    seen = sighted(job(action="Select", **ended(timedelta(hours=1))), generation=0)

    assert (seen.status, seen.completed_at, seen.expires_at) == (
        Status.SUCCEEDED,
        NOON - timedelta(hours=1),
        None,
    )


@pytest.mark.parametrize(
    ("message", "told"), [("Archive was deleted", "Archive was deleted"), (None, "Glacier gives no reason")]
)
def test_what_failed_has_no_output_and_a_reason(message: str | None, told: str) -> None:
    seen = sighted(job(**ended(HOUR, StatusCode.FAILED), status_message=message), generation=0)

    assert (seen.expires_at, seen.mishap) == (None, Mishap("job-failed", told))


@pytest.mark.parametrize(
    ("listed", "size"),
    [
        (job(archive_size=5), 5),
        (job(archive_size=0), 0),
        (job(archive_size=None), None),
        (job(archive_size=None, inventory_size=7), 7),
        (job(archive_size=1 << 30, retrieval_byte_range="1048576-3145727"), 2 * MIB),
        (job(archive_size=9, retrieval_byte_range="nonsense"), 9),
    ],
    ids=["archive", "empty", "unknown", "inventory", "range", "no range"],
)
def test_the_size_is_that_of_the_output(listed: ListedJob, size: int | None) -> None:
    assert sighted(listed, generation=None).size == size


def test_it_is_told_as_it_was_started() -> None:
    seen = sighted(job("job-7", sns_topic=TOPIC, description="theirs", tier="Bulk"), generation=None)

    assert (seen.job_id, seen.sns_topic, seen.description, seen.tier) == ("job-7", TOPIC, "theirs", "Bulk")
    assert seen.created_at == NOON - HOUR
