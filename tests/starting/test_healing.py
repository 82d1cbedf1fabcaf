"""All that makes a run whole again, seen from outside."""

from pathlib import Path

import pytest

from glacier_manifest.errors import Exit, NotYet
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.sqlite import ReadOnlyState
from tests.planning.examples import PHOTOS, archive, request
from tests.starting.world import Crash, Process, World, run

REQUESTS = [request(archive(f"a{number}")) for number in range(6)]


@pytest.fixture
def world() -> World:
    return World()


def job_ids(path: Path) -> list[str]:
    state = ReadOnlyState(path)
    try:
        return sorted(one.job_id or "" for one in state.records())
    finally:
        state.close()


def test_a_second_listing_beyond_the_deadline_ends_the_run_as_pending(world: World, path: Path) -> None:
    world.script = ["lost-before"]
    run(Process(world, seconds=10), path, REQUESTS[:1])

    with pytest.raises(NotYet, match="listed again, at 2026-11-23 12:05:00 UTC") as raised:
        run(Process(world, seconds=299), path, REQUESTS)

    assert (raised.value.code, raised.value.exit_code) == ("settling", Exit.PENDING)
    assert "--deadline" in raised.value.next_step
    assert len(world.calls) == 1


def test_a_stop_while_waiting_for_the_second_listing_starts_nothing(world: World, path: Path) -> None:
    world.script = ["lost-before"]
    run(Process(world, seconds=10), path, REQUESTS[:1])
    process = Process(world)
    process.stop.set()

    with pytest.raises(NotYet):
        run(process, path, REQUESTS)

    assert len(world.calls) == 1


@pytest.mark.parametrize("steps", range(0, 64, 3))
def test_a_run_that_is_killed_anywhere_is_finished_by_the_next(steps: int, world: World, path: Path) -> None:
    world.lag = 299
    world.script = ["lost-after", "accepted", "lost-before", "cut", "throttled"]
    with pytest.raises(Crash):
        run(Process(world, dies_after=steps), path, REQUESTS)

    run(Process(world), path, REQUESTS)

    assert job_ids(path) == sorted(one.job.job_id for one in world.sold)
    assert len(world.sold) == 6


@pytest.mark.parametrize("steps", range(10, 58, 6))
def test_a_run_that_is_killed_and_robbed_of_its_state_is_finished_by_the_next(
    steps: int, world: World, path: Path
) -> None:
    world.script = ["accepted", "lost-after", "lost-before"]
    with pytest.raises(Crash):
        run(Process(world, dies_after=steps), path, REQUESTS)
    for part in path.parent.glob("state.db*"):
        part.unlink()
    world.seconds += world.lag

    run(Process(world), path, REQUESTS)

    assert job_ids(path) == sorted(one.job.job_id for one in world.sold)
    assert len(world.sold) == 6


def test_a_finished_run_is_free_to_repeat_however_often(world: World, path: Path) -> None:
    world.script = ["lost-after", "lost-before"]
    run(Process(world), path, REQUESTS)
    listed = len(world.listings)

    for _ in range(5):
        world.seconds += 5 * 86400
        run(Process(world), path, REQUESTS)

    assert len(world.listings) == listed
    assert len(world.sold) == 6
    assert {one.vault for one in world.sold} == {PHOTOS}
    state = ReadOnlyState(path)
    assert state.count() == {Status.IN_PROGRESS: 6}
    state.close()
