"""How many bytes are started in any 24 hours, on a clock that only waiting moves."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glacier_manifest.aws.answers import Answer
from glacier_manifest.aws.glacier import Starter
from glacier_manifest.jobs.request import ByteRange, Vault
from glacier_manifest.planning.plan import Action
from glacier_manifest.starting.events import Event, Result, VolumeUsedUp
from glacier_manifest.starting.pacer import NoTimeLeftError
from glacier_manifest.starting.volume import WINDOW, Volume
from glacier_manifest.state.sqlite import SqliteState
from tests.planning.examples import action, archive, request
from tests.starting.examples import (
    LATER,
    LOST,
    NOON,
    REJECTED,
    THROTTLED,
    FakeTime,
    Ran,
    ScriptedStarter,
    accepted,
    results,
    start,
    surroundings,
    terms,
)
from tests.state.examples import RUN, STATE_ID

MIB = 1 << 20
DAY = 24 * 3600.0
FOR_EVER = 100 * DAY


class Days:
    """A volume on a clock of its own, and what was started when."""

    def __init__(
        self, most: int, started: Mapping[datetime, int] | None = None, *, seconds: float = FOR_EVER
    ) -> None:
        self.time = FakeTime()
        self.told: list[Event] = []
        self.taken: list[tuple[float, int]] = []
        self.waits = 0
        self.volume = Volume(
            bytes_per_day=most,
            started=started or {},
            surroundings=surroundings(self.time, seconds=seconds),
        )

    def begin(self, size: int, name: str) -> None:
        """Take so many bytes for a call."""
        self.volume.take((name, 0), size, tell=self.told.append, before_waiting=self._note_wait)

    def _note_wait(self) -> None:
        self.waits += 1

    def take(self, size: int, name: str = "wedding", result: Result = Result.STARTED) -> float:
        """Start so many bytes; return the seconds that it waited."""
        before = self.time.monotonic()
        self.begin(size, name)
        self.volume.ended((name, 0), size, result)
        if result is not Result.REJECTED:
            self.taken.append((self.time.monotonic(), size))
        return self.time.monotonic() - before


def test_what_fits_waits_for_nothing() -> None:
    days = Days(10)

    assert [days.take(size) for size in (3, 7)] == [0, 0]
    assert days.told == []


def test_what_does_not_fit_waits_until_enough_of_it_is_a_day_old() -> None:
    days = Days(10)
    days.take(3)
    days.time.wait(3600)
    days.take(7)

    assert days.take(2) == pytest.approx(DAY - 3600, abs=61)
    (told,) = days.told
    assert isinstance(told, VolumeUsedUp)
    assert timedelta(days=1) <= told.until - NOON <= timedelta(days=1, minutes=2)


@given(
    st.integers(50, 100),
    st.lists(st.tuples(st.integers(1, 50), st.floats(0, 20 * 3600)), max_size=25),
)
@settings(max_examples=50)
def test_no_day_sees_more_bytes_than_it_may(most: int, starts: list[tuple[int, float]]) -> None:
    days = Days(most)
    for size, pause in starts:
        days.time.wait(pause)
        days.take(size)

    for first, _ in days.taken:
        assert sum(size for moment, size in days.taken if first <= moment < first + DAY) <= most


def test_what_must_come_before_a_long_wait_is_asked_for_and_not_before_a_moment() -> None:
    days = Days(10)
    days.begin(4, "slow")
    days.time.at_the_next_wait(lambda: days.volume.ended(("slow", 0), 4, Result.REJECTED))
    days.take(7)
    assert days.waits == 0

    days.take(7)

    assert days.waits >= 1


def test_what_earlier_runs_have_started_counts() -> None:
    days = Days(10, {NOON - timedelta(hours=20): 6, NOON - timedelta(hours=1): 4})

    assert days.take(5) == pytest.approx(4 * 3600, abs=61)
    assert days.take(2) == pytest.approx(19 * 3600, abs=122)


def test_what_a_wrong_clock_has_put_into_the_future_is_not_waited_for_longer_than_a_day() -> None:
    days = Days(10, {NOON + timedelta(days=4000): 10})

    assert days.take(1) == pytest.approx(DAY, abs=61)


def test_what_was_refused_gives_its_bytes_back() -> None:
    days = Days(10)

    waited = [days.take(8, result=result) for result in (Result.REJECTED, Result.DEFERRED, Result.NOT_TRIED)]

    assert waited == [0, 0, 0]


@pytest.mark.parametrize("result", [Result.STARTED, Result.RESTARTED, Result.UNKNOWN])
def test_all_that_may_have_been_started_counts(result: Result) -> None:
    days = Days(10)
    days.take(8, result=result)

    assert days.take(8, "other") >= DAY


def test_a_lost_call_that_is_made_again_after_all_counts_once() -> None:
    days = Days(10)
    days.take(8, "lost", Result.UNKNOWN)

    assert days.take(8, "lost") == 0
    assert days.take(2, "other") == 0


def test_a_call_counts_from_its_end_for_it_may_have_been_put_off() -> None:
    days = Days(10)
    days.begin(10, "wedding")
    days.time.wait(7200)
    days.volume.ended(("wedding", 0), 10, Result.STARTED)

    assert days.take(1, "other") >= DAY


def test_what_is_under_way_counts_until_it_ends() -> None:
    days = Days(10, seconds=0.5)
    days.begin(10, "slow")

    with pytest.raises(NoTimeLeftError):
        days.take(1, "other")
    days.volume.ended(("slow", 0), 10, Result.REJECTED)
    assert days.take(1, "other") == 0


def test_what_is_under_way_is_waited_for_though_the_rest_of_the_day_is_used_up() -> None:
    days = Days(10, seconds=3600)
    days.take(6)
    days.begin(4, "slow")
    days.time.at_the_next_wait(lambda: days.volume.ended(("slow", 0), 4, Result.REJECTED))

    assert days.take(4, "other") <= 1, "the slow one was refused, and has left its room"


def test_what_finds_no_room_before_the_deadline_is_told_when_it_will() -> None:
    days = Days(10, {NOON - timedelta(hours=10): 10}, seconds=3600)

    with pytest.raises(NoTimeLeftError):
        days.take(1)

    assert days.time.waited == [], "it does not wait for what it cannot have"
    assert days.volume.again_at == NOON - timedelta(hours=10) + WINDOW
    assert days.told == []


def test_a_smaller_one_behind_it_goes() -> None:
    days = Days(10, {NOON - timedelta(hours=10): 7}, seconds=3600)

    with pytest.raises(NoTimeLeftError):
        days.take(9)
    assert days.take(3) == 0


def test_a_stop_ends_the_wait() -> None:
    days = Days(10, {NOON: 10})
    days.time.stop.set()

    with pytest.raises(NoTimeLeftError):
        days.take(1)


def pieces(count: int, size: int = MIB) -> list[Action]:
    """Return starts of pieces of archives."""
    return [
        action(
            replace(
                request(replace(archive(f"a{number}"), retrieval_byte_range=ByteRange(0, size - 1))),
                size=size,
            )
        )
        for number in range(count)
    ]


class OnTime:
    """Accepts every call, and tells its time as Glacier does."""

    def __init__(self, time: FakeTime) -> None:
        self.calls: list[Mapping[str, object]] = []
        self._time = time

    def initiate(self, vault: Vault, body: Mapping[str, object]) -> Answer:
        assert vault.name == "photos"
        self.calls.append(body)
        return replace(accepted(len(self.calls)), service_at=self._time.now())


class TestRuns:
    """Runs one after the other on one state; the service's clock goes on between them."""

    @pytest.fixture
    def state(self, tmp_path: Path) -> Iterator[SqliteState]:
        path = tmp_path / "state.db"
        with closing(SqliteState(path, run=RUN, clock=lambda: NOON, new_id=lambda: STATE_ID)) as opened:
            yield opened

    def run(
        self,
        state: SqliteState,
        time: FakeTime,
        actions: list[Action],
        starter: Starter,
        *,
        mib: int = 4,
        concurrency: int = 1,
    ) -> Ran:
        on = replace(terms(concurrency=concurrency), bytes_per_day=mib * MIB)
        return start(actions, state=state, starter=starter, time=time, on=on)

    def test_what_does_not_fit_is_left_for_a_later_run_that_is_told_when(self, state: SqliteState) -> None:
        time, actions = FakeTime(), pieces(10)
        starter = OnTime(time)

        left: list[int] = []
        for _ in range(3):
            report = self.run(state, time, actions, starter)
            pending = [action for action, fate in report.ended if fate.result is Result.NOT_TRIED]
            actions = pending
            left.append(len(pending))
            if pending:
                assert report.again_at is not None
                again = self.run(state, time, actions, starter)
                assert len(starter.calls) == 10 - len(pending), "a rerun at once starts nothing more"
                assert again.again_at is not None
                time.wait((again.again_at - time.now()).total_seconds())

        assert left == [6, 2, 0]
        assert len(starter.calls) == 10

    def test_several_workers_keep_within_it_together(self, state: SqliteState) -> None:
        starter = ScriptedStarter()

        report = self.run(state, FakeTime(), pieces(20), starter, concurrency=6)

        assert sorted(results(report).values()) == ["not_tried"] * 16 + ["started"] * 4
        assert len(starter.calls) == 4

    def test_what_is_refused_leaves_its_room_to_others(self, state: SqliteState) -> None:
        actions = pieces(8)
        refused = {str(one.request.archive_id): [REJECTED] for one in actions[:3]}
        refused |= {str(one.request.archive_id): [LATER] for one in actions[3:4]}

        report = self.run(state, FakeTime(), actions, ScriptedStarter(refused))

        assert list(results(report).values()) == ["rejected"] * 3 + ["deferred"] + ["started"] * 4

    def test_a_lost_call_keeps_its_room(self, state: SqliteState) -> None:
        actions = pieces(6)
        lost = {str(one.request.archive_id): [LOST] for one in actions[:2]}

        report = self.run(state, FakeTime(), actions, ScriptedStarter(lost))

        assert list(results(report).values()) == ["unknown"] * 2 + ["started"] * 2 + ["not_tried"] * 2

    def test_a_throttled_call_takes_its_room_once(self, state: SqliteState) -> None:
        actions = pieces(4)
        slow = {str(one.request.archive_id): [THROTTLED, THROTTLED, accepted()] for one in actions}

        report = self.run(state, FakeTime(), actions, ScriptedStarter(slow))

        assert list(results(report).values()) == ["started"] * 4

    def test_what_has_no_size_is_sent_where_that_was_allowed(self, state: SqliteState) -> None:
        unsized = [action(request(archive(f"b{number}"))) for number in range(3)]

        report = self.run(state, FakeTime(), [*pieces(4), *unsized], ScriptedStarter())

        assert list(results(report).values()) == ["started"] * 7
