"""From what Glacier lists to what the state should know."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from glacier_manifest.aws.descriptions import ListedJob, StatusCode, VaultDescription
from glacier_manifest.aws.glacier import GlacierReader, GlacierStarter
from glacier_manifest.aws.session import Clients, Connection
from glacier_manifest.jobs.request import ArchiveRetrieval, ByteRange, InventoryRetrieval, Request, Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.sandbox import Sandbox, SandboxClock
from glacier_manifest.state.changes import Observe
from glacier_manifest.state.record import Mishap, Record
from glacier_manifest.tracking.observe import Observations, as_observed, observe
from tests.planning.examples import ACCOUNT, NOON, PHOTOS, archive, record, request

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


@dataclass
class Listing:
    """A reader that has listings, and counts how often each was asked for."""

    jobs: dict[Vault, list[ListedJob]]
    asked: list[Vault] = field(default_factory=list)

    def list_jobs(self, vault: Vault) -> Iterator[ListedJob]:
        self.asked.append(vault)
        return iter(self.jobs.get(vault, []))

    def describe_vault(self, account_id: str, region: str, name: str) -> VaultDescription:
        raise AssertionError(f"{account_id} {region} {name} was described")

    def list_vaults(self, region: str) -> Iterator[VaultDescription]:
        raise AssertionError(f"{region} was listed")

    def describe_job(self, vault: Vault, job_id: str) -> ListedJob | None:
        raise AssertionError(f"{job_id} of {vault} was described: a listing tells of fifty at once")


def seen(*jobs: ListedJob, about: Record | None = None) -> Observations:
    return observe([about or waiting()], Listing({PHOTOS: list(jobs)}), now=NOON)


def test_a_success_tells_when_it_ended_and_until_when_its_output_stays() -> None:
    assert seen(listed()).changes == (
        Observe(
            key=waiting().key,
            generation=0,
            at=NOON,
            status=Status.SUCCEEDED,
            completed_at=ENDED,
            expires_at=ENDED + timedelta(hours=24),
            size=1 << 20,
        ),
    )


@pytest.mark.parametrize(
    ("message", "told"), [("Archive was deleted", "Archive was deleted"), (None, "Glacier gives no reason")]
)
def test_completed_is_not_success(message: str | None, told: str) -> None:
    (change,) = seen(listed(status_code=StatusCode.FAILED, message=message)).changes

    assert (change.status, change.completed_at, change.expires_at) == (Status.FAILED, ENDED, None)
    assert change.mishap == Mishap("job-failed", told)


@pytest.mark.parametrize(
    ("status_code", "completed"),
    [(StatusCode.IN_PROGRESS, False), (StatusCode.IN_PROGRESS, True), (StatusCode.SUCCEEDED, False)],
    ids=["in progress", "completed in progress", "not completed success"],
)
def test_a_job_that_did_not_surely_end_changes_nothing(status_code: StatusCode, *, completed: bool) -> None:
    found = seen(listed(status_code=status_code, completed=completed))

    assert (found.changes, found.unlisted) == ((), ())


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
    (change,) = seen(job).changes

    assert change.size == size


def test_one_listing_for_each_vault_however_many_jobs_it_has() -> None:
    videos, theirs = Vault(ACCOUNT, "us-west-2", "videos"), Vault("999999999999", "us-west-2", "photos")
    vaults = [PHOTOS, videos, theirs]
    records = [waiting(f"a{n}", f"job-{n}", vault=vaults[n % 3]) for n in range(300)]
    reader = Listing({vault: [listed(f"job-{n}") for n in range(300)] for vault in vaults})

    found = observe(iter(records), reader, now=NOON)

    assert sorted(reader.asked) == sorted(vaults)
    assert found.vaults == 3
    assert len(found.changes) == 300


def test_nothing_under_way_lists_nothing() -> None:
    reader = Listing({})

    assert observe([], reader, now=NOON) == Observations((), (), 0)
    assert reader.asked == []


def test_jobs_of_others_are_passed_over_and_jobs_that_are_not_listed_are_told() -> None:
    gone = waiting("gone", "job-gone")
    reader = Listing({PHOTOS: [listed("theirs"), listed("job-1"), listed("theirs-2", StatusCode.FAILED)]})

    found = observe([waiting(), gone], reader, now=NOON)

    assert [change.key for change in found.changes] == [waiting().key]
    assert found.unlisted == (gone,)


def test_the_same_job_id_in_another_vault_is_another_job() -> None:
    videos = Vault(ACCOUNT, "us-west-2", "videos")

    found = observe([waiting()], Listing({videos: [listed()], PHOTOS: []}), now=NOON)

    assert (found.changes, found.unlisted) == ((), (waiting(),))


def test_a_record_without_a_job_is_not_looked_for() -> None:
    reader = Listing({})

    assert observe([record(request(), Status.IN_PROGRESS)], reader, now=NOON).unlisted == ()
    assert reader.asked == []


def test_records_are_seen_as_if_it_were_written_down() -> None:
    one, other = waiting("a", "job-1"), waiting("b", "job-2")
    records = {one.key: one, other.key: other}

    after = as_observed(records, seen(listed(), about=one).changes)

    assert (after[one.key].status, after[one.key].completed_at) == (Status.SUCCEEDED, ENDED)
    assert (after[one.key].expires_at, after[one.key].size) == (ENDED + timedelta(hours=24), 1 << 20)
    assert after[other.key] == other
    assert records[one.key] is one, "nothing was written"


def test_a_known_size_is_kept_where_the_listing_tells_none() -> None:
    sized = record(request(archive("a")), Status.IN_PROGRESS, job_id="job-1", size=42)

    after = as_observed({sized.key: sized}, seen(listed(archive_size=None), about=sized).changes)

    assert after[sized.key].size == 42


def test_what_was_seen_of_an_earlier_purchase_does_not_touch_the_present_one() -> None:
    earlier = waiting()
    present = record(request(archive("a")), Status.IN_PROGRESS, 1, job_id="job-9")

    assert as_observed({present.key: present}, seen(listed(), about=earlier).changes) == {
        present.key: present
    }
    assert as_observed({}, seen(listed(), about=earlier).changes) == {}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_every_page_of_a_listing_is_read(stack: ExitStack) -> None:
    clock = SandboxClock(NOON.timestamp)
    sandbox = stack.enter_context(Sandbox(clock=clock, improvise=True, seed=1, job_time=5.0))
    clients = stack.enter_context(Clients(Connection(endpoint_url=sandbox.url, read_attempts=1)))
    failing = sandbox.faults.add(
        "InitiateJob", "job-fails", match="f" * 138, message="The archive was deleted"
    )
    records = [_started(clients, request(archive(f"a{number}"))) for number in range(119)]
    records += [_started(clients, request(ArchiveRetrieval("f" * 138)))]
    records += [_started(clients, request(first_mib("r" * 138)))]
    records += [_started(clients, request(InventoryRetrieval()))]
    sandbox.reset_calls()
    early = observe(records, GlacierReader(clients), now=NOON)
    assert (early.changes, early.unlisted) == ((), ())
    clock.advance(5)

    found = observe(records, GlacierReader(clients), now=NOON)

    assert failing.match is not None
    statuses = {change.key: change.status for change in found.changes}
    assert [statuses[one.key] for one in records] == [Status.SUCCEEDED] * 119 + [
        Status.FAILED,
        Status.SUCCEEDED,
        Status.SUCCEEDED,
    ]
    assert sandbox.counts() == {"ListJobs": 6}
    done = datetime.fromtimestamp(NOON.timestamp() + 5, UTC)
    assert {change.completed_at for change in found.changes} == {done}


def first_mib(archive_id: str) -> ArchiveRetrieval:
    return ArchiveRetrieval(archive_id, ByteRange(0, (1 << 20) - 1))


def _started(clients: Clients, wanted: Request) -> Record:
    answer = GlacierStarter(clients).initiate(wanted.vault, wanted.body(tier=None, description=None))
    assert answer.job_id is not None, answer
    return record(wanted, Status.IN_PROGRESS, job_id=answer.job_id)
