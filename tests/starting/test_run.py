"""A run: several calls at a time, and all the ways in which it ends before its time."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from itertools import islice
from pathlib import Path

import pytest

from glacier_manifest.aws.answers import Answer
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.errors import Failed, StateError
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.plan import Action
from glacier_manifest.starting.events import Event, Fate, Outcome, Result, RunBegan, Stopping
from glacier_manifest.state.changes import Accept, Change, Intend, LoseTrack, Reject, Release, SendAgain
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.state.written import Written
from tests.planning.examples import action, archive, plan_of, request
from tests.starting.conftest import OpenState
from tests.starting.examples import (
    LATER,
    LOST,
    REJECTED,
    STOP,
    THROTTLED,
    UNREACHABLE,
    Call,
    FakeTime,
    ScriptedStarter,
    accepted,
    results,
    start,
    start_plan,
    terms,
)

NOT_FOUND = Answer(REJECTED.verdict, code="ResourceNotFoundException", message="The archive ID was not found")


def actions(count: int) -> list[Action]:
    return [action(request(archive(f"a{number}"))) for number in range(count)]


def answering(answers: list[Answer]) -> ScriptedStarter:
    """Give each archive its own answer."""
    return ScriptedStarter({archive(f"a{n}").archive_id: [one] for n, one in enumerate(answers)})


def wait_at(barrier: threading.Barrier) -> None:
    barrier.wait()


def counted(events: list[Event], kind: type[Event]) -> int:
    return sum(isinstance(event, kind) for event in events)


def test_one_worker_sends_in_the_order_of_the_plan(state: SqliteState) -> None:
    starter = ScriptedStarter()

    start(actions(12), state=state, starter=starter)

    assert starter.sent == [f"a{number}" for number in range(12)]


def test_as_many_calls_are_under_way_as_are_let_and_no_more(state: SqliteState) -> None:
    together, most, lock = threading.Barrier(4, timeout=20), [0, 0], threading.Lock()

    def count(_call: Call) -> None:
        with lock:
            most[0] += 1
            most[1] = max(most)
        together.wait()
        with lock:
            most[0] -= 1

    report = start(actions(12), state=state, starter=ScriptedStarter(before=count), on=terms(concurrency=4))

    assert most[1] == 4
    assert set(results(report).values()) == {"started"}


def test_every_event_is_told_in_the_callers_thread(state: SqliteState) -> None:
    threads: list[threading.Thread] = []
    events: list[Event] = []

    def tell(event: Event) -> None:
        threads.append(threading.current_thread())
        events.append(event)

    start(actions(20), state=state, starter=ScriptedStarter(), on=terms(concurrency=8), tell=tell)

    assert set(threads) == {threading.current_thread()}
    assert events[0] == RunBegan(20, 1000)
    assert counted(events, Outcome) == 20


@pytest.mark.parametrize(
    ("answers", "sent"),
    [
        ([REJECTED] * 6, 3),
        ([LATER] * 6, 3),
        ([REJECTED, REJECTED, NOT_FOUND, REJECTED, REJECTED, REJECTED, REJECTED], 6),
        ([REJECTED, REJECTED, accepted(), REJECTED, REJECTED, REJECTED, REJECTED], 6),
        ([REJECTED, REJECTED, LOST, REJECTED, REJECTED, REJECTED, REJECTED], 6),
        ([NOT_FOUND, REJECTED] * 4, 8),
        ([LOST] * 6, 6),
    ],
    ids=["rejected", "later", "another between", "success between", "unknown between", "in turn", "unknowns"],
)
def test_identical_refusals_in_a_row_end_a_run(answers: list[Answer], sent: int, state: SqliteState) -> None:
    starter = answering(answers)

    report = start(actions(len(answers)), state=state, starter=starter, on=terms(max_errors=3))

    assert len(starter.calls) == sent
    assert (report.gave_up is not None) == (sent < len(answers))
    assert list(results(report).values()).count("not_tried") == len(answers) - sent


def test_failing_fast_ends_with_the_first_refusal_and_says_why(state: SqliteState) -> None:
    starter, events = answering([accepted(), REJECTED, accepted(2)]), list[Event]()

    report = start(actions(3), state=state, starter=starter, on=terms(max_errors=1), tell=events.append)

    assert results(report) == {"a0": "started", "a1": "rejected", "a2": "not_tried"}
    assert report.gave_up is not None
    assert report.gave_up.action.address.startswith("wedding/photos/a1")
    assert counted(events, Stopping) == 1


def test_an_answer_that_stops_the_run_leaves_the_rest_as_it_was(state: SqliteState) -> None:
    starter = answering([accepted(), STOP, accepted(2), accepted(3)])

    report = start(actions(4), state=state, starter=starter)

    assert results(report) == {"a0": "started", "a1": "not_tried", "a2": "not_tried", "a3": "not_tried"}
    assert report.stopped_by == STOP
    assert state.count() == {Status.IN_PROGRESS: 1, Status.READY: 1}


def test_many_stopping_answers_at_once_are_told_as_one(state: SqliteState) -> None:
    together, events = threading.Barrier(8, timeout=20), list[Event]()
    starter = ScriptedStarter(
        {archive(f"a{number}").archive_id: [STOP] for number in range(8)},
        lambda _call: wait_at(together),
    )

    start(actions(20), state=state, starter=starter, on=terms(concurrency=8), tell=events.append)

    assert len(starter.calls) == 8
    assert counted(events, Stopping) == 1


def test_a_stop_drains_what_is_under_way_and_sends_nothing_else(state: SqliteState) -> None:
    time, together = FakeTime(), threading.Barrier(4, timeout=20)

    def stop(_call: Call) -> None:
        together.wait()
        time.stop.set()

    starter = ScriptedStarter(before=stop)
    report = start(actions(20), state=state, starter=starter, time=time, on=terms(concurrency=4))

    assert len(starter.calls) == 4
    assert state.count() == {Status.IN_PROGRESS: 4}
    assert sorted(results(report).values()) == ["not_tried"] * 16 + ["started"] * 4


def test_a_stop_before_the_first_call_sends_nothing(state: SqliteState) -> None:
    time, starter = FakeTime(), ScriptedStarter()
    time.stop.set()

    report = start(actions(3), state=state, starter=starter, time=time)

    assert (starter.calls, set(results(report).values())) == ([], {"not_tried"})


def test_the_deadline_leaves_the_rest_for_the_next_run(state: SqliteState) -> None:
    starter = ScriptedStarter()

    report = start(actions(10), state=state, starter=starter, on=terms(rate=1, concurrency=2), seconds=4)

    assert len(starter.calls) == 5
    assert list(results(report).values()).count("not_tried") == 5
    assert report.error is None


@pytest.mark.parametrize("fault", [RuntimeError("a bug"), KeyError("a bug")])
def test_what_one_worker_raises_ends_the_run_and_is_reported(fault: Exception, state: SqliteState) -> None:
    starter = ScriptedStarter({archive("a1").archive_id: [fault]})
    events: list[Event] = []

    report = start(actions(5), state=state, starter=starter, tell=events.append)

    assert report.error is fault
    assert results(report) == {
        "a0": "started",
        "a1": "unknown",
        "a2": "not_tried",
        "a3": "not_tried",
        "a4": "not_tried",
    }
    assert counted(events, Stopping) == 1
    assert counted(events, Outcome) == 5


NO_ROOM = Failed("scratch-unwritable", "the temporary files cannot be written", next_step="make room")


class _BrokenPlan(Drafted):
    """A plan that cannot be read any further after so many starts."""

    readable: int

    def starts(self) -> Iterator[Action]:
        yield from islice(super().starts(), self.readable)
        raise NO_ROOM


def broken_plan(count: int, *, readable: int) -> Drafted:
    class BrokenPlan(_BrokenPlan):
        pass

    BrokenPlan.readable = readable
    whole = plan_of(*actions(count))
    return BrokenPlan(whole.draft, whole.latest, whole.made_at)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_plan_that_cannot_be_read_any_further_ends_the_run_and_nothing_is_lost(
    concurrency: int, state: SqliteState
) -> None:
    starter, events = ScriptedStarter(), list[Event]()

    report = start_plan(
        broken_plan(9, readable=5),
        state=state,
        starter=starter,
        on=terms(concurrency=concurrency),
        tell=events.append,
    )

    assert report.error is NO_ROOM
    assert counted(events, Outcome) == 5
    assert counted(events, Stopping) == 1
    assert list(results(report).values()).count("started") == len(starter.calls)
    assert state.count() == {Status.IN_PROGRESS: len(starter.calls)}
    if concurrency == 1:
        assert len(starter.calls) == 5


class _FullFates(dict[str, Fate]):
    """Fates on a disk that takes no more than one."""

    def __setitem__(self, name: str, fate: Fate) -> None:
        if self:
            raise NO_ROOM
        super().__setitem__(name, fate)


def test_outcomes_that_find_no_room_end_the_run_and_no_job_id_is_lost(open_state: OpenState) -> None:
    together = threading.Barrier(4, timeout=20)
    starter = ScriptedStarter(before=lambda _call: wait_at(together))

    report = start_plan(
        plan_of(*actions(12)),
        state=open_state(full_disk(Accept)),
        starter=starter,
        on=terms(concurrency=4),
        fates=_FullFates(),
    )

    assert {one.job_id for one in report.unrecorded} == {"job-1", "job-2", "job-3", "job-4"}
    assert report.error is not None
    assert len(starter.calls) == 4


def test_outcomes_that_find_no_room_alone_end_the_run(state: SqliteState) -> None:
    starter = ScriptedStarter()

    report = start_plan(plan_of(*actions(5000)), state=state, starter=starter, on=terms(), fates=_FullFates())

    assert report.error is NO_ROOM
    assert len(starter.calls) < 5000
    assert state.count() == {Status.IN_PROGRESS: len(starter.calls)}


def test_a_listener_that_fails_ends_the_run_before_more_is_spent(state: SqliteState) -> None:
    starter = ScriptedStarter()

    def tell(event: Event) -> None:
        if isinstance(event, Outcome):
            raise BrokenPipeError("nobody reads any more")

    time = FakeTime()
    with pytest.raises(BrokenPipeError):
        start(actions(5000), state=state, starter=starter, time=time, tell=tell)

    assert time.stop.is_set()
    assert len(starter.calls) < 5000
    assert state.count() == {Status.IN_PROGRESS: len(starter.calls)}


class _FullDisk(SqliteState):
    """A state that cannot take one kind of change."""

    refused: type[Change]

    def submit(self, change: Change) -> Written[None]:
        return self._refusal() if isinstance(change, self.refused) else super().submit(change)

    def submit_together(self, changes: Sequence[Change]) -> list[Written[None]]:
        return [self.submit(change) for change in changes]

    def submit_unhurried(self, change: Change) -> Written[None]:
        return self._refusal() if isinstance(change, self.refused) else super().submit_unhurried(change)

    def _refusal(self) -> Written[None]:
        future: Future[None] = Future()
        future.set_exception(StateError("state-full", "no space left on device", next_step="make room"))
        return future


def full_disk(kind: type[Change]) -> type[_FullDisk]:
    class FullDisk(_FullDisk):
        refused = kind

    return FullDisk


def test_a_job_that_was_accepted_and_not_written_down_is_told_with_its_id(open_state: OpenState) -> None:
    state, starter = open_state(full_disk(Accept)), ScriptedStarter()
    first, *rest = actions(3)

    report = start([first, *rest], state=state, starter=starter)

    (unrecorded,) = report.unrecorded
    assert (unrecorded.address, unrecorded.status, unrecorded.job_id) == (
        first.address,
        Status.IN_PROGRESS,
        "job-1",
    )
    assert isinstance(report.error, StateError)
    assert len(starter.calls) == 1
    fate = report.fates[0]
    assert (fate.result, fate.job_id) == (Result.UNKNOWN, "job-1")
    assert fate.mishap is not None
    assert fate.mishap.code == "state-full"


def test_every_job_under_way_is_told_when_the_disk_is_full(open_state: OpenState) -> None:
    together = threading.Barrier(4, timeout=20)
    starter = ScriptedStarter(before=lambda _call: wait_at(together))

    report = start(actions(12), state=open_state(full_disk(Accept)), starter=starter, on=terms(concurrency=4))

    assert {one.job_id for one in report.unrecorded} == {"job-1", "job-2", "job-3", "job-4"}
    assert len({one.address for one in report.unrecorded}) == len(starter.calls) == 4


@pytest.mark.parametrize(
    ("kind", "answer", "status"),
    [
        (Reject, REJECTED, Status.REJECTED),
        (LoseTrack, LOST, Status.UNKNOWN),
        (Release, LATER, Status.READY),
        (Release, STOP, Status.READY),
    ],
    ids=["rejected", "lost", "later", "stop"],
)
def test_an_answer_that_cannot_be_written_down_counts_as_unknown_and_is_kept(
    kind: type[Change], answer: Answer, status: Status, open_state: OpenState
) -> None:
    state, starter = open_state(full_disk(kind)), answering([answer])

    report = start(actions(2), state=state, starter=starter)

    assert results(report) == {"a0": "unknown", "a1": "not_tried"}
    assert [(one.status, one.job_id) for one in report.unrecorded] == [(status, None)]
    assert len(starter.calls) == 1
    assert isinstance(report.error, StateError)
    assert state.count() == {Status.INTENDED: 1}


def test_an_intent_that_cannot_be_written_down_is_not_sent(open_state: OpenState) -> None:
    starter = ScriptedStarter()

    report = start(actions(2), state=open_state(full_disk(Intend)), starter=starter)

    assert starter.calls == []
    assert results(report) == {"a0": "not_tried", "a1": "not_tried"}
    assert isinstance(report.error, StateError)


@pytest.mark.parametrize("answer", [THROTTLED, UNREACHABLE])
def test_a_further_attempt_that_cannot_be_written_down_is_not_made(
    answer: Answer, open_state: OpenState
) -> None:
    starter = answering([answer])

    report = start(actions(2), state=open_state(full_disk(SendAgain)), starter=starter)

    assert len(starter.calls) == 1
    assert results(report) == {"a0": "unknown", "a1": "not_tried"}
    assert isinstance(report.error, StateError)


class _Broken(SqliteState):
    """A state whose fault is none that it knows."""

    def submit_unhurried(self, change: Change) -> Written[None]:
        future: Future[None] = Future()
        future.set_exception(RuntimeError(f"a bug in the state: {change}"))
        return future


def test_no_fault_of_the_state_however_odd_loses_a_job_id(open_state: OpenState, path: Path) -> None:
    report = start(actions(1), state=open_state(_Broken), starter=ScriptedStarter())

    assert [one.job_id for one in report.unrecorded] == ["job-1"]
    assert isinstance(report.error, RuntimeError)
    assert path.exists()


def test_nothing_to_start_ends_at_once(state: SqliteState) -> None:
    events: list[Event] = []

    report = start([], state=state, starter=ScriptedStarter(), tell=events.append)

    assert (report.fates, events) == ((), [])
