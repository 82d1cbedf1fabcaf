"""Round by round: hold, settle, send again, try later, and end in time."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from glacier_manifest.aws.answers import Answer
from glacier_manifest.jobs.request import Request
from glacier_manifest.jobs.status import Status
from glacier_manifest.starting.apply import Stage
from glacier_manifest.starting.events import Holding, Outcome, Result, Settling, TryingLater
from glacier_manifest.state.sqlite import ReadOnlyState
from tests.planning.examples import PHOTOS, archive, request
from tests.starting.examples import NO_CAPACITY, STOP
from tests.starting.world import Applied, Process, World, run

HOUR = 3600.0
MIB = 1 << 20


def requests(count: int) -> list[Request]:
    return [request(archive(f"a{number}")) for number in range(count)]


@pytest.fixture
def world() -> World:
    return World()


def results(done: Applied) -> dict[str, int]:
    """Count how the starts of a run ended, those that were not sent included."""
    return {str(ending): count for ending, count in done.counts.items() if count}


def count(path: Path) -> dict[Status, int]:
    state = ReadOnlyState(path)
    try:
        return dict(state.count())
    finally:
        state.close()


def test_twenty_unknowns_in_a_row_hold_the_run_until_they_are_settled(world: World, path: Path) -> None:
    world.script, process = ["lost-after"] * 20, Process(world)
    sent: list[tuple[float, int]] = []
    answer = process.starter

    def watch(*body: object) -> Answer:
        sent.append((world.seconds, len(world.calls)))
        return answer(*body)  # type: ignore[arg-type]  # what was sent

    process.starter = watch
    done = run(process, path, requests(50))

    held = [event for event in process.events if isinstance(event, Holding | Settling)]
    assert [type(event) for event in held] == [Holding, Settling]
    assert sent[20][0] - sent[19][0] >= 300, "nothing was sent before the listing"
    assert results(done) == {"started": 50}
    assert len(world.sold) == 50
    assert world.listings == [PHOTOS, PHOTOS]


def test_nineteen_in_a_row_again_and_again_hold_it_only_when_two_hundred_are_outstanding(
    world: World, path: Path
) -> None:
    world.script, process = (["lost-after"] * 19 + ["accepted"]) * 12, Process(world)

    done = run(process, path, requests(240))

    assert [event.unknown for event in process.events if isinstance(event, Holding)] == [200]
    assert [event.unknown for event in process.events if isinstance(event, Settling)] == [200, 28]
    assert results(done) == {"started": 240}
    assert len(world.calls) == len(world.sold) == 240


def test_with_several_workers_no_more_is_sent_than_what_was_under_way(world: World, path: Path) -> None:
    world.script, process = ["lost-before"] * 40, Process(world, seconds=100)

    done = run(process, path, requests(100), concurrency=4)

    assert 20 <= len(world.calls) <= 23
    assert results(done) == {"unknown": len(world.calls), "not_tried": 100 - len(world.calls)}


def test_what_was_held_is_left_over_where_the_deadline_comes_before_the_listing(
    world: World, path: Path
) -> None:
    world.script = ["lost-before"] * 30

    done = run(Process(world, seconds=200), path, requests(30))

    assert results(done) == {"unknown": 20, "not_tried": 10}
    assert done.report.error is None
    assert count(path) == {Status.UNKNOWN: 20}


def test_a_service_that_loses_everything_is_asked_again_and_again_until_time_is_up(
    world: World, path: Path
) -> None:
    world.script = ["lost-before"] * 1000

    done = run(Process(world, seconds=1800), path, requests(1))

    assert len(world.calls) == 7
    assert results(done) == {"unknown": 1}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_lost_replies_that_take_up_all_room_are_settled_before_anything_waits_for_it(
    world: World, path: Path, concurrency: int
) -> None:
    world.script, process = ["lost-before"] * 2, Process(world, seconds=HOUR)
    stage = Stage(lambda: 3 * MIB, is_emptied=True)
    sized = [replace(one, size=MIB) for one in requests(9)]

    done = run(process, path, sized, concurrency=concurrency, stage=stage)

    held = [event for event in process.events if isinstance(event, Holding | Settling)]
    assert [type(event) for event in held] == [Holding, Settling]
    assert results(done) == {"started": 3, "not_tried": 6}
    assert len(world.sold) == 3


def test_a_lost_reply_that_was_accepted_goes_on_taking_its_room(world: World, path: Path) -> None:
    world.script, process = ["lost-after"], Process(world, seconds=HOUR)
    stage = Stage(lambda: MIB, is_emptied=True)
    sized = [replace(one, size=MIB) for one in requests(2)]

    done = run(process, path, sized, stage=stage)

    assert results(done) == {"started": 1, "not_tried": 1}
    assert [event.unknown for event in process.events if isinstance(event, Holding)] == [1]
    assert world.listings == [PHOTOS, PHOTOS]


def test_what_was_found_and_what_was_sent_again_is_told_once_each(world: World, path: Path) -> None:
    world.script, process = ["lost-after", "lost-before"], Process(world)

    done = run(process, path, requests(2))

    told = [(str(event.result), event.job_id) for event in process.events if isinstance(event, Outcome)]
    assert told == [("unknown", None), ("unknown", None), ("started", "job-1"), ("started", "job-2")]
    assert results(done) == {"started": 2}


def test_what_capacity_refuses_is_tried_again_after_five_minutes_then_ten(world: World, path: Path) -> None:
    world.refusals = {archive("a0").archive_id: [NO_CAPACITY] * 2}
    process = Process(world)

    done = run(process, path, requests(2))

    later = [event for event in process.events if isinstance(event, TryingLater)]
    assert [event.refused for event in later] == [1, 1]
    assert (later[1].until - later[0].until).total_seconds() == pytest.approx(600, abs=1)
    assert 900 <= world.seconds < 901
    assert results(done) == {"started": 2}
    assert done.report.again_at is None


def test_what_is_refused_for_long_is_tried_once_an_hour(world: World, path: Path) -> None:
    world.refusals = {archive("a0").archive_id: [NO_CAPACITY] * 8}
    process = Process(world, seconds=100 * HOUR)

    run(process, path, requests(1))

    moments = [event.until for event in process.events if isinstance(event, TryingLater)]
    gaps = [(late - early).total_seconds() for early, late in pairwise(moments)]
    assert [round(gap) for gap in gaps] == [600, 1200, 2400, 3600, 3600, 3600, 3600]


def test_what_is_refused_beyond_the_deadline_is_left_over_and_the_next_try_is_told(
    world: World, path: Path
) -> None:
    world.refusals = {archive("a0").archive_id: [NO_CAPACITY] * 9}

    done = run(Process(world, seconds=1000), path, requests(2))

    assert results(done) == {"started": 1, "deferred": 1}
    assert done.report.again_at is not None
    ahead = (done.report.again_at - world.host_now()).total_seconds()
    assert ahead == pytest.approx(1200, abs=1)
    assert count(path) == {Status.IN_PROGRESS: 1, Status.READY: 1}


def test_unknowns_are_settled_before_anything_is_tried_later(world: World, path: Path) -> None:
    world.refusals = {archive("a0").archive_id: [NO_CAPACITY]}
    world.script, process = ["lost-before"], Process(world)

    done = run(process, path, requests(2))

    kinds = [type(event) for event in process.events if isinstance(event, Settling | TryingLater)]
    assert kinds == [Settling, TryingLater]
    assert results(done) == {"started": 2}


def test_a_retry_whose_reply_is_lost_is_settled_as_well(world: World, path: Path) -> None:
    world.refusals = {archive("a0").archive_id: [NO_CAPACITY]}
    world.script = ["lost-after"]

    done = run(Process(world), path, requests(1))

    assert results(done) == {"started": 1}
    assert len(world.sold) == 1


class _Stopped(Process):
    """A run that a signal ends while it waits for long."""

    def step(self) -> None:
        super().step()
        if any(isinstance(event, Settling | TryingLater) for event in self.events):
            self.stop.set()


@pytest.mark.parametrize(
    ("script", "left"),
    [(["lost-before"], {"unknown": 1}), (["no-capacity"], {"deferred": 1})],
    ids=["settling", "trying later"],
)
def test_a_stop_while_waiting_sends_and_lists_nothing_more(
    script: list[str], left: dict[str, int], world: World, path: Path
) -> None:
    world.script = script

    done = run(_Stopped(world), path, requests(1))

    assert results(done) == left
    assert (len(world.calls), len(world.listings)) == (1, 1)
    assert done.report.error is None


def test_an_answer_that_stops_the_run_leaves_its_unknowns_for_the_next(world: World, path: Path) -> None:
    world.refusals = {archive("a1").archive_id: [STOP]}
    world.script = ["lost-after"]

    done = run(Process(world), path, requests(3))

    assert results(done) == {"unknown": 1, "not_tried": 2}
    assert world.listings == [PHOTOS]

    again = run(Process(world), path, requests(3))

    assert results(again) == {"adopted": 1, "started": 2}
    assert len(world.sold) == 3


def test_a_rejection_in_a_later_round_is_told_and_ends_nothing(world: World, path: Path) -> None:
    world.script = ["lost-before", "accepted", "rejected"]

    done = run(Process(world), path, requests(2))

    assert results(done) == {"started": 1, "rejected": 1}
    assert {fate.result for fate in done.fates} == {Result.STARTED, Result.REJECTED}
