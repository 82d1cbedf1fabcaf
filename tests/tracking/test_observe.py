"""From what Glacier lists to what the state should know."""

from dataclasses import replace
from datetime import timedelta

import pytest

from glacier_manifest.aws.descriptions import InventoryParameters, ListedJob, StatusCode
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Observe
from glacier_manifest.state.record import Mishap, Record
from glacier_manifest.tracking.observe import as_observed, observed
from tests.planning.examples import NOON, PHOTOS, archive, record, request

BEGAN = NOON - timedelta(hours=5)
ENDED = NOON - timedelta(hours=1)


def waiting(name: str = "a", job_id: str = "job-1", vault: Vault = PHOTOS) -> Record:
    return record(request(archive(name), vault=vault), Status.IN_PROGRESS, job_id=job_id)


def listed(
    job_id: str = "job-1",
    status_code: StatusCode = StatusCode.SUCCEEDED,
    *,
    completed: bool = True,
    message: str | None = "Succeeded",
    archive_size: int | None = 1 << 20,
    inventory_size: int | None = None,
    byte_range: str | None = None,
) -> ListedJob:
    return ListedJob(
        job_id=job_id,
        action="ArchiveRetrieval",
        vault_arn=None,
        archive_id="a",
        retrieval_byte_range=byte_range,
        tier="Standard",
        description=None,
        sns_topic=None,
        status_code=status_code,
        status_message=message,
        completed=completed,
        created_at=BEGAN,
        completed_at=ENDED if completed else None,
        archive_size=archive_size,
        inventory_size=inventory_size,
    )


def seen(job: ListedJob, about: Record | None = None) -> Observe:
    change = observed(about or waiting(), job, at=NOON)
    assert change is not None
    return change


def test_a_success_tells_when_it_ended_and_until_when_its_output_stays() -> None:
    assert seen(listed()) == Observe(
        key=waiting().key,
        generation=0,
        at=NOON,
        status=Status.SUCCEEDED,
        completed_at=ENDED,
        expires_at=ENDED + timedelta(hours=24),
        size=1 << 20,
    )


@pytest.mark.parametrize(
    ("message", "told"), [("Archive was deleted", "Archive was deleted"), (None, "Glacier gives no reason")]
)
def test_completed_is_not_success(message: str | None, told: str) -> None:
    change = seen(listed(status_code=StatusCode.FAILED, message=message))

    assert (change.status, change.completed_at, change.expires_at) == (Status.FAILED, ENDED, None)
    assert change.mishap == Mishap("job-failed", told)


@pytest.mark.parametrize(
    ("status_code", "completed"),
    [(StatusCode.IN_PROGRESS, False), (StatusCode.IN_PROGRESS, True), (StatusCode.SUCCEEDED, False)],
    ids=["in progress", "completed in progress", "not completed success"],
)
def test_a_job_that_did_not_surely_end_changes_nothing(status_code: StatusCode, *, completed: bool) -> None:
    assert observed(waiting(), listed(status_code=status_code, completed=completed), at=NOON) is None


@pytest.mark.parametrize(
    ("job", "size"),
    [
        (listed(archive_size=5), 5),
        (listed(archive_size=None, inventory_size=7), 7),
        (listed(archive_size=1 << 30, byte_range="1048576-3145727"), 2 << 20),
        (listed(archive_size=0), 0),
        (listed(archive_size=None), None),
    ],
    ids=["archive", "inventory", "range", "empty archive", "nothing said"],
)
def test_the_size_is_that_of_what_was_asked_for_or_none(job: ListedJob, size: int | None) -> None:
    assert seen(job).size == size


@pytest.mark.parametrize(
    ("status_code", "told", "next_marker"),
    [
        (StatusCode.SUCCEEDED, "page-2", "page-2"),
        (StatusCode.SUCCEEDED, None, None),
        (StatusCode.SUCCEEDED, "", None),
        (StatusCode.FAILED, "page-1", None),
    ],
    ids=["there is more", "the last page", "an empty one", "a failure may tell what was sent"],
)
def test_only_a_success_tells_where_the_next_page_of_an_inventory_begins(
    status_code: StatusCode, told: str | None, next_marker: str | None
) -> None:
    page = replace(listed(status_code=status_code), inventory=InventoryParameters(marker=told))

    assert seen(page).next_marker == next_marker


def test_records_are_seen_as_if_it_were_written_down() -> None:
    one, other = waiting("a", "job-1"), waiting("b", "job-2")
    records = {one.key: one, other.key: other}

    after = as_observed(records, [seen(listed(), one)])

    assert (after[one.key].status, after[one.key].completed_at) == (Status.SUCCEEDED, ENDED)
    assert (after[one.key].expires_at, after[one.key].size) == (ENDED + timedelta(hours=24), 1 << 20)
    assert after[other.key] == other
    assert records[one.key] is one, "nothing was written"


def test_a_known_size_is_kept_where_the_listing_tells_none() -> None:
    sized = record(request(archive("a")), Status.IN_PROGRESS, job_id="job-1", size=42)

    after = as_observed({sized.key: sized}, [seen(listed(archive_size=None), sized)])

    assert after[sized.key].size == 42


def test_what_was_seen_of_an_earlier_purchase_does_not_touch_the_present_one() -> None:
    earlier = waiting()
    present = record(request(archive("a")), Status.IN_PROGRESS, 1, job_id="job-9")

    assert as_observed({present.key: present}, [seen(listed(), earlier)]) == {present.key: present}
    assert as_observed({}, [seen(listed(), earlier)]) == {}
