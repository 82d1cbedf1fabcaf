"""How many bytes are started and not yet fetched, on a clock that only waiting moves."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from glacier_manifest.jobs.status import Status
from glacier_manifest.starting.apply import Stage
from glacier_manifest.starting.events import Event, Result, StageFull
from glacier_manifest.starting.pacer import NoTimeLeftError
from glacier_manifest.starting.staged import Staged, staged_bytes
from glacier_manifest.starting.volume import MAY_HAVE_STARTED
from glacier_manifest.state.changes import Fetch, Observe
from glacier_manifest.state.sqlite import SqliteState
from tests.planning.examples import archive
from tests.starting.examples import (
    NOON,
    REJECTED,
    FakeTime,
    ScriptedStarter,
    results,
    start,
    surroundings,
    terms,
)
from tests.starting.test_volume import pieces
from tests.state.examples import RUN, STATE_ID

MIB = 1 << 20


class Place:
    """A stage on a clock of its own, and what the state would say of it."""

    def __init__(self, most: int | None, *, seconds: float = 3600) -> None:
        self.time = FakeTime()
        self.told: list[Event] = []
        self.known = 0
        self.looks = 0
        self.most = most
        around = surroundings(self.time, seconds=seconds)
        self.staged = Staged(
            most=lambda: self.most,
            staged=self._look,
            surroundings=around,
            waits=lambda pause: around.wait_until(around.monotonic() + pause),
        )

    def _look(self) -> int:
        self.looks += 1
        return self.known

    def take(self, size: int) -> None:
        self.staged.take(("wedding", 0), size, tell=self.told.append, before_waiting=lambda: None)

    def started(self, size: int, result: Result = Result.STARTED) -> None:
        self.take(size)
        self.known += size if result in MAY_HAVE_STARTED else 0
        self.staged.ended(("wedding", 0), size, result)


def test_what_fits_waits_for_nothing() -> None:
    place = Place(10)

    place.started(3)
    place.started(7)

    assert (place.time.waited, place.told) == ([], [])


def test_what_does_not_fit_waits_until_something_was_fetched() -> None:
    place = Place(10)
    place.started(8)
    place.time.at_the_next_wait(lambda: setattr(place, "known", 0))

    place.started(3)

    assert place.told == [StageFull(10)]
    assert sum(place.time.waited) >= 1


def test_what_earlier_runs_have_started_counts() -> None:
    place = Place(10, seconds=60)
    place.known = 9

    place.started(1)
    with pytest.raises(NoTimeLeftError):
        place.started(1)

    assert place.staged.was_full


def test_what_started_nothing_gives_its_bytes_back() -> None:
    place = Place(10)

    for result in (Result.REJECTED, Result.DEFERRED, Result.NOT_TRIED):
        place.started(10, result)

    assert place.time.waited == []


def test_what_may_have_started_counts() -> None:
    place = Place(10, seconds=5)
    place.started(10, Result.UNKNOWN)

    with pytest.raises(NoTimeLeftError):
        place.take(1)


def test_what_is_under_way_counts() -> None:
    place = Place(10, seconds=5)
    place.take(10)

    with pytest.raises(NoTimeLeftError):
        place.take(1)


def test_what_is_larger_than_the_stage_goes_alone() -> None:
    place = Place(10, seconds=60)

    place.started(11)
    with pytest.raises(NoTimeLeftError):
        place.take(1)


def test_the_stage_may_grow_while_it_is_waited_for() -> None:
    place = Place(10)
    place.started(10)
    place.time.at_the_next_wait(lambda: setattr(place, "most", None))

    place.started(10)

    assert len(place.time.waited) == 1


def test_the_state_is_not_asked_for_each_start() -> None:
    place = Place(1000)

    for _ in range(500):
        place.started(1)

    assert place.looks == 1


class TestApply:
    @pytest.fixture
    def state(self, tmp_path: Path) -> Iterator[SqliteState]:
        with closing(
            SqliteState(tmp_path / "state.db", run=RUN, clock=lambda: NOON, new_id=lambda: STATE_ID)
        ) as state:
            yield state

    def test_apply_leaves_over_what_has_no_room(self, state: SqliteState) -> None:
        time = FakeTime()
        on = terms(stage=Stage(lambda: 2 * MIB))

        report = start(pieces(4), state=state, starter=ScriptedStarter(), time=time, on=on)

        assert sorted(results(report).values()) == ["not_tried", "not_tried", "started", "started"]
        assert report.stage_was_full
        assert staged_bytes(state) == 2 * MIB

    def test_outputs_that_nobody_fetches_any_more_leave_their_room_to_others(
        self, state: SqliteState
    ) -> None:
        start(pieces(2), state=state, starter=ScriptedStarter())
        one, _other = state.records()
        state.write(Observe(one.key, one.generation, NOON, Status.SUCCEEDED))

        assert staged_bytes(state) == 2 * MIB
        assert staged_bytes(state, given_up=MIB) == MIB
        assert staged_bytes(state, given_up=2 * MIB) == MIB, "what has expired since is not given up twice"

    def test_what_was_given_up_is_started_beside(self, state: SqliteState) -> None:
        start(pieces(1), state=state, starter=ScriptedStarter())
        (one,) = state.records()
        state.write(Observe(one.key, one.generation, NOON, Status.SUCCEEDED))
        stage = Stage(lambda: MIB, given_up=lambda: MIB)

        report = start(pieces(3)[1:], state=state, starter=ScriptedStarter(), on=terms(stage=stage))

        assert sorted(results(report).values()) == ["not_tried", "started"]

    def test_a_run_that_fetches_waits_for_room(self, state: SqliteState) -> None:
        seen: list[int] = []

        def fetches_meanwhile() -> int:
            seen.append(staged_bytes(state))
            if seen[-3:] == [2 * MIB] * 3:  # it was full, and is looked at again
                for record in tuple(state.records(statuses={Status.IN_PROGRESS})):
                    state.write(Observe(record.key, record.generation, NOON, Status.SUCCEEDED))
                    state.write(Fetch(record.key, record.generation, NOON, "out/file"))
            return 2 * MIB

        stage = Stage(fetches_meanwhile, is_emptied=True)

        report = start(pieces(4), state=state, starter=ScriptedStarter(), on=terms(stage=stage))

        assert set(results(report).values()) == {"started"}
        assert not report.stage_was_full
        assert max(seen) == 2 * MIB

    def test_what_was_rejected_leaves_its_room_to_others(self, state: SqliteState) -> None:
        starter = ScriptedStarter({archive("a0").archive_id: [REJECTED]})

        report = start(pieces(3), state=state, starter=starter, on=terms(stage=Stage(lambda: 2 * MIB)))

        assert results(report) == {"a0": "rejected", "a1": "started", "a2": "started"}
