"""Unknown outcomes: when a listing tells of them, and by whose clock."""

from datetime import timedelta
from pathlib import Path

import pytest

from glacier_manifest.errors import NotYet, ServiceError
from glacier_manifest.jobs.request import Request
from glacier_manifest.jobs.status import Status
from glacier_manifest.starting.events import Released, Settling
from glacier_manifest.state.record import Record
from glacier_manifest.state.sqlite import ReadOnlyState
from tests.planning.examples import PHOTOS, archive, request
from tests.starting.world import DAY, Applied, Crash, Process, World, run, vault_named

A, B = request(archive("a")), request(archive("b"))
VIDEOS = vault_named("videos")
IN_VIDEOS = request(archive("a"), vault=VIDEOS)
HOUR = 3600.0


@pytest.fixture
def world() -> World:
    return World()


def records(path: Path) -> list[Record]:
    state = ReadOnlyState(path)
    try:
        return list(state.records())
    finally:
        state.close()


def statuses(path: Path) -> list[Status]:
    return [one.status for one in records(path)]


def losing(world: World, path: Path, word: str, *requests: Request) -> None:
    """Let a run lose its replies, and end before it can settle anything."""
    world.script = [word] * len(requests)
    run(Process(world, seconds=10), path, requests)
    assert set(statuses(path)) == {Status.UNKNOWN}


def waits(process: Process) -> int:
    return sum(isinstance(event, Settling) for event in process.events)


@pytest.mark.parametrize(("word", "calls"), [("lost-before", 2), ("lost-after", 1), ("cut", 1), ("late", 1)])
def test_one_run_loses_a_reply_settles_it_and_sends_only_what_was_never_started(
    word: str, calls: int, world: World, path: Path
) -> None:
    world.script, process = [word], Process(world)

    done = run(process, path, [A])

    assert [fate.result for fate in done.fates] == ["started"]
    assert (len(world.calls), len(world.sold)) == (calls, 1)
    assert records(path)[0].job_id == world.sold[0].job.job_id
    assert world.seconds >= 300


@pytest.mark.parametrize("since", [0, 1, 120, 290])
@pytest.mark.parametrize("lag", [0.0, 299.0])
def test_a_run_that_comes_too_soon_waits_for_the_listing_to_tell(
    since: float, lag: float, world: World, path: Path
) -> None:
    world.lag = lag
    losing(world, path, "lost-after", A)
    ended_at = world.seconds
    world.seconds += since

    run(Process(world), path, [A])

    assert len(world.sold) == 1
    assert statuses(path) == [Status.IN_PROGRESS]
    assert world.seconds - ended_at <= 303, "no longer than it takes"


def test_absence_counts_at_once_where_the_last_attempt_ended_long_enough_ago(
    world: World, path: Path
) -> None:
    losing(world, path, "lost-before", A)
    world.seconds += 305
    before, process = world.seconds, Process(world)

    run(process, path, [A])

    assert waits(process) == 0
    assert [event for event in process.events if isinstance(event, Released)] == [
        Released(records(path)[0].address)
    ]
    assert world.seconds - before < 1
    assert statuses(path) == [Status.IN_PROGRESS]


@pytest.mark.parametrize("before", [0, -HOUR, HOUR, -50 * HOUR, 50 * HOUR])
@pytest.mark.parametrize("after", [0, -HOUR, HOUR, -50 * HOUR, 50 * HOUR])
@pytest.mark.parametrize(
    ("since", "is_settled", "is_left"),
    [(0, False, False), (240, False, False), (305, True, False), (DAY + 10, True, True)],
    ids=["at once", "too soon", "settled", "too old"],
)
def test_the_hosts_clock_decides_nothing(
    before: float, after: float, since: float, world: World, path: Path, *, is_settled: bool, is_left: bool
) -> None:
    world.host_offset = before
    losing(world, path, "lost-before", A)
    world.host_offset = after
    world.seconds += since
    process = Process(world)

    run(process, path, [A])

    assert (waits(process) == 0) == is_settled
    assert statuses(path) == ([Status.UNKNOWN] if is_left else [Status.IN_PROGRESS])
    assert len(world.calls) == (1 if is_left else 2)


def killed_after_sending(world: World, path: Path) -> None:
    """Let a run die when its request has reached Glacier, and no answer has come."""
    process = Process(world)

    def accept_and_die(*sent: object) -> None:
        world.sell(PHOTOS, world.calls[-1])
        raise Crash(*sent)

    process.starter = accept_and_die  # type: ignore[assignment]  # it never answers
    with pytest.raises(Crash):
        run(process, path, [A])
    assert statuses(path) == [Status.INTENDED]


@pytest.mark.parametrize("since", [0.0, 200.0, 5 * HOUR])
def test_the_intent_of_a_dead_run_is_found_however_soon_the_next_run_comes(
    since: float, world: World, path: Path
) -> None:
    world.lag = 299
    killed_after_sending(world, path)
    world.seconds += since

    run(Process(world), path, [A])

    assert len(world.sold) == 1
    assert records(path)[0].job_id == "job-1"


@pytest.mark.parametrize("offset", [0, -50 * HOUR, 50 * HOUR])
def test_the_intent_of_a_run_that_died_days_ago_is_left_to_a_person(
    offset: float, world: World, path: Path
) -> None:
    killed_after_sending(world, path)
    world.seconds += 3 * DAY
    world.host_offset = offset
    assert world.listed(PHOTOS) == [], "Glacier has forgotten the job"

    run(Process(world), path, [A])
    run(Process(world), path, [A])

    assert statuses(path) == [Status.UNKNOWN]
    assert len(world.sold) == 1


def test_a_run_that_dies_while_it_settles_the_intents_of_another_forgets_nothing(
    world: World, path: Path
) -> None:
    world.lag = 299
    killed_after_sending(world, path)
    with pytest.raises(NotYet):
        run(Process(world, seconds=10), path, [A])
    assert statuses(path) == [Status.UNKNOWN]

    run(Process(world), path, [A])

    assert len(world.sold) == 1
    assert statuses(path) == [Status.IN_PROGRESS]


def test_one_listing_serves_all_unknowns_of_a_vault(world: World, path: Path) -> None:
    requests = [request(archive(f"a{number}"), vault=(PHOTOS, VIDEOS)[number % 2]) for number in range(16)]
    world.script = ["lost-before", "lost-after"] * 8

    done = run(Process(world), path, requests)

    assert sorted(world.listings) == [PHOTOS, PHOTOS, VIDEOS, VIDEOS]
    assert {fate.result for fate in done.fates} == {"started"}
    assert len(world.sold) == 16


def broken_in_mid_run(world: World, path: Path) -> Applied:
    """Lose two replies in one vault and one in another, whose listing breaks after the first."""
    world.script = ["lost-before", "lost-after", "lost-before"]
    process = Process(world)

    def break_it(*_sent: object) -> None:
        failure = ServiceError("throttled", "Rate exceeded", next_step="later")
        world.broken = {VIDEOS: (0, failure)}

    answer = process.starter

    def answer_and_break(*sent: object) -> object:
        break_it()
        return answer(*sent)  # type: ignore[arg-type]  # what was sent

    process.starter = answer_and_break  # type: ignore[assignment]  # the same answers
    return run(process, path, [IN_VIDEOS, A, B])


def test_a_vault_whose_listing_fails_leaves_its_own_unknowns_open_and_no_others(
    world: World, path: Path
) -> None:
    done = broken_in_mid_run(world, path)

    assert isinstance(done.report.error, ServiceError)
    assert statuses(path) == [Status.UNKNOWN, Status.IN_PROGRESS, Status.READY]
    results = [str(fate.result) for fate in done.fates]
    assert sorted(results) == ["started", "unknown"]

    world.broken = {}
    run(Process(world), path, [IN_VIDEOS, A, B])

    assert set(statuses(path)) == {Status.IN_PROGRESS}
    assert len(world.sold) == 3


def test_a_restart_that_is_unknown_is_settled_by_its_own_generation(world: World, path: Path) -> None:
    run(Process(world), path, [A])
    world.sold[0].fails = True
    world.seconds += 5 * HOUR
    world.script = ["lost-before"]

    done = run(Process(world), path, [A], words=["failed"])

    assert [fate.result for fate in done.fates] == ["restarted"]
    assert [(one.generation, one.status) for one in records(path)] == [
        (0, Status.FAILED),
        (1, Status.IN_PROGRESS),
    ]
    assert len(world.calls) == 3


@pytest.mark.parametrize("word", ["lost-before", "lost-after"])
def test_what_is_unknown_is_settled_before_it_could_be_restarted(word: str, world: World, path: Path) -> None:
    losing(world, path, word, A)
    (address,) = [one.address for one in records(path)]

    run(Process(world), path, [A], words=[address])

    assert [(one.generation, one.status) for one in records(path)] == [(0, Status.IN_PROGRESS)]
    assert len(world.sold) == 1


def test_another_settle_time_is_kept_to(world: World, path: Path) -> None:
    world.script, world.lag = ["lost-after"], 1.0

    run(Process(world), path, [A], settle=timedelta(seconds=2))

    assert 2 <= world.seconds < 3
    assert len(world.sold) == 1
