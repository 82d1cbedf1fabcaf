"""One look at all that is under way."""

import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from glacier_manifest.aws.causes import Cause
from glacier_manifest.aws.descriptions import ListedJob, StatusCode, VaultDescription
from glacier_manifest.aws.glacier import VaultNotFound
from glacier_manifest.errors import ServiceError
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Fetch
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.tracking.refresh import MOST_DESCRIBED, Clocks, Refreshed, refresh
from tests.planning.examples import ACCOUNT, NOON, PHOTOS
from tests.tracking.jobs import job
from tests.tracking.states import (
    DAY,
    HOUR,
    Glacier,
    all_started,
    at,
    has_ended,
    listing,
    started,
    state_in,
    statuses,
    succeeded,
)

VIDEOS = Vault(ACCOUNT, "us-west-2", "videos")
MOMENT = timedelta(seconds=1)
DENIED = ServiceError(Cause.ACCESS_DENIED, "not you", next_step="allow it")
NO_VAULT = VaultNotFound("no such vault", account_id=None)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqliteState]:
    with closing(state_in(tmp_path)) as state:
        yield state


def look(state: SqliteState, glacier: Glacier, *, most_described: int = MOST_DESCRIBED) -> Refreshed:
    return refresh(state, glacier, clocks=at(NOON), most_described=most_described)


def test_what_has_ended_is_written_down_and_what_goes_on_is_left(state: SqliteState) -> None:
    for name in ("a", "b", "c"):
        started(state, name)
    glacier = Glacier(listing(has_ended("a"), has_ended("b", status=StatusCode.FAILED), job("job-c")))

    seen = look(state, glacier)

    assert statuses(state) == {
        "job-a": Status.SUCCEEDED,
        "job-b": Status.FAILED,
        "job-c": Status.IN_PROGRESS,
    }
    assert (seen.ended, seen.vaults, seen.described) == ({Status.SUCCEEDED: 1, Status.FAILED: 1}, 1, 0)


def test_each_vault_is_listed_once_and_no_job_is_described(state: SqliteState) -> None:
    for number in range(120):
        started(state, f"a{number}", vault=PHOTOS if number % 2 else VIDEOS)
    glacier = Glacier({})

    look(state, glacier)

    assert sorted(glacier.listings) == [PHOTOS, VIDEOS]
    assert glacier.descriptions == []


def test_nothing_under_way_asks_nothing(state: SqliteState) -> None:
    done = succeeded(state, "a", ago=HOUR)
    state.write(Fetch(done.key, 0, NOON, "a.jpg"))
    glacier = Glacier({})

    assert look(state, glacier) == Refreshed({}, 0, 0, (), 0)
    assert (glacier.listings, glacier.descriptions) == ([], [])


def test_the_job_of_another_vault_is_another_job(state: SqliteState) -> None:
    started(state, "a", vault=VIDEOS)
    started(state, "b")

    look(state, Glacier(listing(has_ended("a"), has_ended("b"))))

    assert statuses(state) == {"job-a": Status.IN_PROGRESS, "job-b": Status.SUCCEEDED}


@dataclass(frozen=True)
class Case:
    """A job and what is known of it; whether its output is taken for gone."""

    since: timedelta
    has_succeeded: bool = True
    listed: bool = False
    described: bool = False
    expires: bool = False


CASES = {
    "a day after its end, and unknown to Glacier": Case(DAY, expires=True),
    "nearly a day after its end": Case(DAY - MOMENT),
    "still listed": Case(DAY, listed=True),
    "not listed, and known all the same": Case(DAY, described=True),
    "a day after it was accepted, its end not seen": Case(DAY, has_succeeded=False, expires=True),
    "nearly a day after it was accepted": Case(DAY - MOMENT, has_succeeded=False),
    "accepted long ago, and known": Case(3 * DAY, has_succeeded=False, described=True),
    "accepted long ago, and listed": Case(3 * DAY, has_succeeded=False, listed=True),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_output_is_gone_after_a_day_and_only_where_glacier_knows_the_job_no_more(
    state: SqliteState, case: Case
) -> None:
    make = succeeded if case.has_succeeded else started
    make(state, "a", ago=case.since)
    started(state, "b")
    still = has_ended("a", ago=case.since) if case.has_succeeded else job("job-a")
    others = [still] if case.listed else []
    glacier = Glacier(listing(job("job-b"), *others), described={"job-a": still} if case.described else {})

    look(state, glacier)

    before = Status.SUCCEEDED if case.has_succeeded else Status.IN_PROGRESS
    assert statuses(state)["job-a"] is (Status.EXPIRED if case.expires else before)
    assert not (case.listed and glacier.descriptions)


def test_a_day_is_a_day_of_the_service_not_of_this_host(state: SqliteState) -> None:
    succeeded(state, "a", ago=2 * HOUR)
    started(state, "b")
    ahead = Clocks(lambda: NOON + 2 * DAY, lambda: NOON)
    behind = Clocks(lambda: NOON - 2 * DAY, lambda: NOON + DAY)

    refresh(state, Glacier({}), clocks=ahead)
    assert statuses(state)["job-a"] is Status.SUCCEEDED
    refresh(state, Glacier({}), clocks=behind)
    assert statuses(state)["job-a"] is Status.EXPIRED


def test_what_a_description_tells_of_an_unlisted_job_is_written_down(state: SqliteState) -> None:
    started(state, "a", ago=2 * DAY)

    seen = look(state, Glacier({}, described={"job-a": has_ended("a", status=StatusCode.FAILED)}))

    assert (statuses(state), seen.ended) == ({"job-a": Status.FAILED}, {Status.FAILED: 1})


def test_one_look_describes_no_more_than_it_may_and_the_next_goes_on(state: SqliteState) -> None:
    for number in range(5):
        started(state, f"a{number}", ago=2 * DAY)
    glacier = Glacier({})

    first = look(state, glacier, most_described=3)
    second = look(state, glacier, most_described=3)

    assert (first.described, second.described) == (3, 2)
    assert set(statuses(state).values()) == {Status.EXPIRED}


def test_where_jobs_may_not_be_described_it_is_told_and_nothing_is_taken_for_gone(state: SqliteState) -> None:
    started(state, "a", ago=2 * DAY)
    started(state, "b", ago=2 * DAY)
    glacier = Glacier({}, described={"job-a": DENIED, "job-b": DENIED})

    seen = look(state, glacier)

    assert (seen.may_not_describe, glacier.descriptions) == (True, ["job-a"])
    assert set(statuses(state).values()) == {Status.IN_PROGRESS}


def test_a_vault_that_is_no_more_is_told_and_the_others_are_seen(state: SqliteState) -> None:
    started(state, "a", vault=VIDEOS, ago=2 * DAY)
    started(state, "b")
    glacier = Glacier({VIDEOS: NO_VAULT, **listing(has_ended("b"))})

    seen = look(state, glacier)

    assert (seen.missing, seen.vaults, glacier.descriptions) == ((VIDEOS,), 1, [])
    assert statuses(state) == {"job-a": Status.IN_PROGRESS, "job-b": Status.SUCCEEDED}


def test_a_vault_that_is_no_more_is_found_missing_by_a_description_as_well(state: SqliteState) -> None:
    succeeded(state, "a", ago=DAY)
    succeeded(state, "b", ago=DAY)

    seen = look(state, Glacier({}, described={"job-a": NO_VAULT, "job-b": NO_VAULT}))

    assert (seen.missing, seen.described) == ((PHOTOS,), 1)


def test_a_listing_that_breaks_off_is_raised_and_what_it_told_is_kept(state: SqliteState) -> None:
    for number in range(60):
        started(state, f"a{number}")

    with pytest.raises(ServiceError):
        refresh(state, BreaksOff(), clocks=at(NOON))

    assert list(statuses(state).values()).count(Status.SUCCEEDED) == 50


class BreaksOff(Glacier):
    """A listing of which the second page never comes."""

    def __init__(self) -> None:
        super().__init__({})

    def list_jobs(self, vault: Vault) -> Iterator[ListedJob]:
        self.listings.append(vault)
        for number in range(50):
            yield has_ended(f"a{number}")
        raise DENIED


def test_what_another_program_has_written_meanwhile_is_left_as_it_is(
    state: SqliteState, tmp_path: Path
) -> None:
    done = succeeded(state, "a", ago=DAY)

    with closing(state_in(tmp_path)) as other:

        class FetchesMeanwhile(Glacier):
            """Somebody stores the output while we ask."""

            def describe_job(self, vault: Vault, job_id: str) -> ListedJob | None:
                other.write(Fetch(done.key, 0, NOON, "a.jpg"))
                return super().describe_job(vault, job_id)

        seen = look(state, FetchesMeanwhile({}))

    assert (statuses(state), seen.ended) == ({"job-a": Status.FETCHED}, {})


class Endless:
    """A vault of so many jobs, made as they are listed."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.peak = 0

    def list_jobs(self, vault: Vault) -> Iterator[ListedJob]:
        assert vault == PHOTOS
        for number in range(self.jobs):
            yield job(f"job-a{number}") if number % 2 else has_ended(f"a{number}")
            self.peak = max(self.peak, tracemalloc.get_traced_memory()[1])

    def describe_job(self, vault: Vault, job_id: str) -> ListedJob | None:
        raise AssertionError(f"{job_id} of {vault.name} was described")

    def describe_vault(self, account_id: str, region: str, name: str) -> VaultDescription:
        raise AssertionError(f"{account_id} {region} {name} was described")

    def list_vaults(self, region: str) -> Iterator[VaultDescription]:
        raise AssertionError(f"{region} was listed")


def peak(folder: Path, jobs: int) -> int:
    folder.mkdir()
    with closing(state_in(folder)) as state:
        all_started(state, [f"a{number}" for number in range(jobs)])
        glacier = Endless(jobs)
        tracemalloc.start()
        refresh(state, glacier, clocks=at(NOON))
        tracemalloc.stop()
        assert state.count() == {Status.IN_PROGRESS: jobs // 2, Status.SUCCEEDED: jobs // 2}
    return glacier.peak


def test_memory_does_not_grow_with_the_jobs(tmp_path: Path) -> None:
    few, many = peak(tmp_path / "few", 400), peak(tmp_path / "many", 4000)

    assert many < few * 1.5


def test_what_a_listing_tells_of_outputs_is_noted(state: SqliteState) -> None:
    for name in ("a", "b", "c"):
        started(state, name)
    ended = has_ended("a")
    glacier = Glacier(listing(ended, job("job-b"), job("somebody-elses", completed=True)))
    noted: list[ListedJob] = []

    refresh(state, glacier, clocks=at(NOON), noted=noted.append)

    assert noted == [ended]
