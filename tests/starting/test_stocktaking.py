"""Before anything is planned to start: what listings show that the state does not know."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from glacier_manifest.aws.glacier import VaultNotFound
from glacier_manifest.errors import NotYet, ServiceError, UsageError
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.marker import marker_of
from glacier_manifest.jobs.request import Request, Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.plan import Verb
from glacier_manifest.starting.events import Adopted, Settling
from glacier_manifest.state.record import Record
from glacier_manifest.state.sqlite import ReadOnlyState
from tests.planning.examples import ACCOUNT, INVENTORY, PHOTOS, QUERY, SLOT, WEEKLY, archive, request
from tests.starting.world import DAY, Process, World, run, vault_named

A, B = request(archive("a")), request(archive("b"))
VIDEOS = vault_named("videos")
IN_VIDEOS = request(archive("a"), vault=VIDEOS)
HOUR = 3600.0


def marked(wanted: Request, generation: int = 0) -> dict[str, object]:
    """Return the body that starts a purchase."""
    return wanted.body(tier=None, description=str(marker_of(request_key(wanted), generation)))


def theirs(wanted: Request) -> dict[str, object]:
    """Return the body by which somebody else asks for the same."""
    return wanted.body(tier=None, description="theirs")


def records(path: Path) -> list[Record]:
    state = ReadOnlyState(path)
    try:
        return list(state.records())
    finally:
        state.close()


def events_of(path: Path) -> Iterator[tuple[str, object]]:
    state = ReadOnlyState(path)
    try:
        yield from [(str(event["event"]), event.get("duplicates")) for event in state.events()]
    finally:
        state.close()


def settlings(process: Process) -> list[Settling]:
    return [event for event in process.events if isinstance(event, Settling)]


@pytest.fixture
def world() -> World:
    return World()


def test_nothing_to_do_lists_nothing(world: World, path: Path) -> None:
    run(Process(world), path, [A, B])
    world.listings.clear()

    again = run(Process(world), path, [A, B])

    assert world.listings == []
    assert {one.verb for one in again.actions} == {Verb.WAIT}


def test_a_first_run_in_a_quiet_vault_lists_once_and_waits_for_nothing(world: World, path: Path) -> None:
    process = Process(world)

    run(process, path, [A, B, IN_VIDEOS])

    assert Counter(world.listings) == {PHOTOS: 1, VIDEOS: 1}
    assert settlings(process) == []
    assert len(world.sold) == 3


def test_only_the_vaults_in_which_something_is_to_do_are_listed(world: World, path: Path) -> None:
    run(Process(world), path, [A])
    world.listings.clear()

    run(Process(world), path, [A, IN_VIDEOS])

    assert world.listings == [VIDEOS]


def test_a_lost_state_is_listed_twice_before_anything_starts_and_everything_is_adopted(
    world: World, path: Path
) -> None:
    world.sell(PHOTOS, marked(A), lag=0)
    lagging = world.sell(PHOTOS, marked(B), lag=299)
    process = Process(world)

    done = run(process, path, [A, B, request(archive("c"))])

    assert world.listings == [PHOTOS, PHOTOS]
    assert [one.unknown for one in settlings(process)] == [0]
    assert {one.verb for one in done.actions} == {Verb.ADOPT, Verb.START}
    assert len(world.calls) == 1
    assert lagging.job_id in {one.job_id for one in records(path)}


def test_nothing_is_adopted_before_the_second_listing_so_that_a_crash_forgets_nothing(
    world: World, path: Path
) -> None:
    world.sell(PHOTOS, marked(A), lag=0)
    with pytest.raises(NotYet, match="listed again, at 2026-11-23 12:05:00 UTC"):
        run(Process(world, seconds=60), path, [A, B])

    assert records(path) == []
    assert world.calls == []


def test_old_marked_jobs_alone_tell_of_no_lag(world: World, path: Path) -> None:
    world.sell(PHOTOS, marked(A), ago=DAY)

    run(Process(world), path, [A])

    assert world.listings == [PHOTOS]
    assert world.calls == []


def test_marked_jobs_of_other_requests_are_waited_for_once_where_the_state_knows_nothing(
    world: World, path: Path
) -> None:
    world.sell(PHOTOS, marked(B), lag=0)

    run(Process(world), path, [A])
    run(Process(world), path, [A, request(archive("c"))])

    assert world.listings == [PHOTOS, PHOTOS, PHOTOS]


def test_of_two_vaults_only_the_one_that_tells_of_a_lost_state_is_listed_again(
    world: World, path: Path
) -> None:
    world.sell(VIDEOS, marked(IN_VIDEOS), lag=0)

    run(Process(world), path, [A, IN_VIDEOS])

    assert Counter(world.listings) == {PHOTOS: 1, VIDEOS: 2}
    assert len(world.calls) == 1


@pytest.mark.parametrize("adopt_strangers", [True, False])
def test_a_strangers_retrieval_is_taken_over_unless_nobody_wants_that(
    world: World, path: Path, *, adopt_strangers: bool
) -> None:
    topic = "arn:aws:sns:us-west-2:012345678901:theirs"
    job = world.sell(PHOTOS, theirs(A), lag=0, sns_topic=topic)
    process = Process(world)

    done = run(process, path, [A], adopt_strangers=adopt_strangers)

    (one,) = records(path)
    assert (one.job_id == job.job_id) == adopt_strangers
    assert len(world.calls) == (0 if adopt_strangers else 1)
    assert world.listings == [PHOTOS]
    told = [event for event in process.events if isinstance(event, Adopted)]
    assert [(event.ours, event.sns_topic) for event in told] == ([(False, topic)] if adopt_strangers else [])
    assert [bool(action.drift) for action in done.actions] == [adopt_strangers]


@pytest.mark.parametrize("wanted", [request(INVENTORY), request(QUERY)], ids=["inventory", "select"])
def test_inventories_and_selects_are_never_taken_over_and_our_own_are_found(
    wanted: Request, world: World, path: Path
) -> None:
    world.sell(PHOTOS, theirs(wanted), lag=0)
    run(Process(world), path, [wanted])
    path.unlink()
    world.seconds += world.lag

    run(Process(world), path, [wanted])

    assert len(world.calls) == 1


def test_a_strangers_job_is_taken_over_only_before_a_first_start(world: World, path: Path) -> None:
    run(Process(world), path, [A])
    world.sold[0].fails = True
    world.seconds += 5 * HOUR
    run(Process(world), path, [A], words=["failed"])
    world.sell(PHOTOS, theirs(A), lag=0)
    world.sold[1].fails = True
    world.seconds += 5 * HOUR

    run(Process(world), path, [A], words=["failed"])

    assert len(world.calls) == 3


def test_a_restart_that_was_put_off_takes_no_stranger_and_is_no_conflict(world: World, path: Path) -> None:
    run(Process(world), path, [A])
    world.sold[0].fails = True
    world.seconds += 5 * HOUR
    world.script = ["no-capacity"]
    run(Process(world, seconds=10), path, [A], words=["failed"])
    world.sell(PHOTOS, theirs(A), lag=0)
    world.sell(PHOTOS, marked(A), lag=0)

    done = run(Process(world), path, [A])

    assert done.report.error is None
    assert [(one.generation, one.status) for one in records(path)] == [
        (0, Status.FAILED),
        (1, Status.IN_PROGRESS),
    ]


def test_an_unknown_is_found_by_its_marker_and_further_jobs_with_it_are_told(
    world: World, path: Path
) -> None:
    world.script = ["lost-after"]
    run(Process(world, seconds=10), path, [A])
    twice = world.sell(PHOTOS, marked(A), lag=0)
    world.seconds += 60
    process = Process(world)

    run(process, path, [A])

    (one,) = records(path)
    assert one.job_id == world.sold[0].job.job_id
    assert [event.duplicates for event in process.events if isinstance(event, Adopted)] == [(twice.job_id,)]
    assert ("found", [twice.job_id]) in events_of(path)
    assert len(world.calls) == 1


def test_a_lost_state_that_finds_two_jobs_for_one_purchase_adopts_the_earliest_and_tells(
    world: World, path: Path
) -> None:
    later = world.sell(PHOTOS, marked(A), lag=0)
    first = world.sell(PHOTOS, marked(A), ago=HOUR)

    run(Process(world), path, [A])

    assert [one.job_id for one in records(path)] == [first.job_id]
    assert ("adopted", [later.job_id]) in events_of(path)


def test_an_old_copy_of_a_state_buys_nothing_that_glacier_lists(world: World, path: Path) -> None:
    run(Process(world), path, [A])
    world.sold[0].fails = True
    world.seconds += 5 * HOUR
    run(Process(world), path, [A], words=["failed"])
    copy = path.with_name("copy.db")
    path.rename(copy)
    world.seconds += world.lag
    run(Process(world), path, [A])
    restored = records(path)

    run(Process(world), copy, [A], words=["failed"])

    assert [(one.generation, one.status) for one in restored] == [
        (0, Status.FAILED),
        (1, Status.IN_PROGRESS),
    ]
    assert len(world.calls) == 2


def test_a_copy_made_before_a_restart_finds_that_restart(world: World, path: Path) -> None:
    run(Process(world), path, [A])
    world.sold[0].fails = True
    world.seconds += 5 * HOUR
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    run(Process(world), path, [A], words=["failed"])
    world.seconds += world.lag
    failed_in_copy = run(Process(world), copy, [A], words=["failed"])

    again = run(Process(world), copy, [A], words=["failed"])

    assert len(world.calls) == 2
    assert records(copy)[-1].job_id == world.sold[1].job.job_id
    assert [one.verb for one in failed_in_copy.actions if one.starts] == []
    assert [one.verb for one in again.actions] == [Verb.WAIT]


def test_a_copy_made_while_a_purchase_was_unknown_releases_it_under_a_later_one_and_buys_nothing(
    world: World, path: Path
) -> None:
    world.script = ["lost-after"]
    run(Process(world, seconds=10), path, [A])
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    world.seconds += world.lag
    world.sold[0].fails = True
    run(Process(world), path, [A])
    world.seconds += 5 * HOUR
    run(Process(world), path, [A], words=["failed"])
    run(Process(world), path, [A], words=["failed"])
    world.seconds += world.lag

    run(Process(world), copy, [A])

    assert len(world.sold) == 2
    assert [(one.generation, one.job_id) for one in records(copy)] == [
        (0, world.sold[0].job.job_id),
        (1, world.sold[1].job.job_id),
    ]


def test_a_rejected_request_whose_body_has_changed_is_looked_for_before_it_is_sent_again(
    world: World, path: Path
) -> None:
    world.script = ["rejected"]
    run(Process(world), path, [A])
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    changed = replace(A, tiers=(Tier.BULK,))
    run(Process(world), path, [changed])
    world.seconds += world.lag

    run(Process(world), copy, [changed])

    assert len(world.sold) == 1
    assert [one.status for one in records(copy)] == [Status.IN_PROGRESS]


def test_a_rejected_request_that_is_the_same_lists_nothing(world: World, path: Path) -> None:
    world.script = ["rejected"]
    run(Process(world), path, [A])

    run(Process(world), path, [A])

    assert world.listings == [PHOTOS]


@pytest.mark.parametrize("pages", [0, 1, 2])
def test_a_listing_that_fails_half_way_settles_nothing_and_starts_nothing(
    pages: int, world: World, path: Path
) -> None:
    world.script = ["lost-before", "lost-after"]
    run(Process(world, seconds=10), path, [A, B])
    world.seconds += 600
    world.page = 1
    before = records(path)
    world.broken = {PHOTOS: (pages, ServiceError("throttled", "Rate exceeded", next_step="later"))}

    with pytest.raises(ServiceError):
        run(Process(world), path, [A, B, request(archive("c"))])

    assert records(path) == before
    assert len(world.calls) == 2


def test_a_vault_that_is_not_there_leaves_its_unknowns_and_stops_no_other(world: World, path: Path) -> None:
    world.script = ["lost-before"]
    run(Process(world, seconds=10), path, [IN_VIDEOS])
    world.seconds += 600
    world.broken = {VIDEOS: (0, VaultNotFound("Vault not found", account_id=ACCOUNT))}

    done = run(Process(world), path, [A, IN_VIDEOS])

    assert [one.status for one in records(path)] == [Status.UNKNOWN, Status.IN_PROGRESS]
    assert [one.key for one in done.stock.reconciled.left] == [request_key(IN_VIDEOS)]


def test_the_same_name_in_another_account_is_another_vault(world: World, path: Path) -> None:
    elsewhere = request(archive("a"), vault=Vault("999999999999", PHOTOS.region, PHOTOS.name))
    run(Process(world), path, [elsewhere])
    world.sell(PHOTOS, marked(B), lag=0)
    world.listings.clear()

    run(Process(world), path, [A])

    assert world.listings == [PHOTOS, PHOTOS], "this vault is new to the state"


def test_a_restart_of_nothing_is_refused_before_anything_is_listed(world: World, path: Path) -> None:
    with pytest.raises(UsageError):
        run(Process(world), path, [A], words=["no-such-address"])

    assert world.listings == []


def scheduled(slot: str) -> Request:
    return request(INVENTORY, job="weekly", slot=slot, schedule=WEEKLY)


@pytest.mark.parametrize(
    ("asked_now", "status"),
    [
        (scheduled(SLOT), Status.UNKNOWN),
        (scheduled("2026-11-30T03:00Z"), Status.EXPIRED),
        (replace(scheduled("2026-11-30T03:00Z"), job="another"), Status.UNKNOWN),
        (A, Status.UNKNOWN),
    ],
    ids=["its slot is still the latest", "its slot has passed", "another schedule", "not asked for"],
)
def test_an_old_unknown_inventory_is_closed_once_its_slot_has_passed(
    asked_now: Request, status: Status, world: World, path: Path
) -> None:
    world.script = ["lost-before"]
    run(Process(world, seconds=10), path, [scheduled(SLOT)])
    world.seconds += 7 * DAY

    run(Process(world), path, [asked_now])

    assert next(one.status for one in records(path) if one.slot == SLOT) is status


def test_an_old_unknown_retrieval_is_left_to_a_person(world: World, path: Path) -> None:
    world.script = ["lost-before"]
    run(Process(world, seconds=10), path, [A])
    world.seconds += DAY + 10

    done = run(Process(world), path, [A])

    assert [one.status for one in records(path)] == [Status.UNKNOWN]
    assert [one.key for one in done.stock.reconciled.for_a_person] == [request_key(A)]
    assert [one.verb for one in done.actions] == [Verb.RESOLVE]
    assert len(world.calls) == 1


def test_an_old_unknown_that_is_still_listed_is_found(world: World, path: Path) -> None:
    world.script = ["lost-after"]
    run(Process(world, seconds=10), path, [A])
    world.seconds += DAY + HOUR

    run(Process(world), path, [A])

    assert [(one.status, one.job_id) for one in records(path)] == [(Status.SUCCEEDED, "job-1")]
