"""Intents ahead: written together before they are needed, and taken back where no call is made."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from glacier_manifest.aws.answers import Answer
from glacier_manifest.errors import StateError
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.plan import Action
from glacier_manifest.state.changes import Change, Intend, Withdraw
from glacier_manifest.state.sqlite import ReadOnlyState, SqliteState
from glacier_manifest.state.written import Written
from tests.planning.examples import ACCOUNT, action, archive, request
from tests.starting.conftest import OpenState
from tests.starting.examples import (
    LOST,
    REJECTED,
    STOP,
    Call,
    FakeTime,
    Ran,
    ScriptedStarter,
    results,
    start,
    terms,
)
from tests.starting.world import Crash, Process, World, run

#: Calls a second that no run reaches: the pace limits nothing.
UNPACED = 1_000_000


def actions(count: int) -> list[Action]:
    return [action(request(archive(f"a{number}"))) for number in range(count)]


@dataclass
class Witness:
    """Counts, at each call, the intents that are on the disk, as somebody from outside sees them."""

    path: Path
    inner: ScriptedStarter = field(default_factory=ScriptedStarter)
    seen: list[Counter[Status]] = field(default_factory=list)
    unwritten: list[str] = field(default_factory=list)

    def initiate(self, vault: Vault, body: Mapping[str, Any]) -> Answer:
        state = ReadOnlyState(self.path)
        records = list(state.records())
        state.close()
        self.seen.append(Counter(one.status for one in records))
        if not any(one.archive_id == body["ArchiveId"] and one.status is Status.INTENDED for one in records):
            self.unwritten.append(body["ArchiveId"])
        return self.inner.initiate(vault, body)


def test_every_intent_is_on_the_disk_before_its_call_although_nobody_waits_for_it(
    path: Path, state: SqliteState
) -> None:
    witness = Witness(path)

    report = start(actions(60), state=state, starter=witness, on=terms(rate=UNPACED, concurrency=4))

    assert witness.unwritten == []
    assert set(results(report).values()) == {"started"}
    assert state.count() == {Status.IN_PROGRESS: 60}


def test_intents_ahead_are_few(path: Path, state: SqliteState) -> None:
    witness = Witness(path)

    start(actions(60), state=state, starter=witness, on=terms(rate=UNPACED))

    most = max(seen[Status.INTENDED] for seen in witness.seen)
    assert most == 8, "a worker's own, and what is ahead of it"


def test_where_calls_wait_for_their_turn_nothing_is_intended_ahead(path: Path, state: SqliteState) -> None:
    witness = Witness(path)

    start(actions(20), state=state, starter=witness, on=terms(rate=10))

    assert {seen[Status.INTENDED] for seen in witness.seen} == {1}


def test_intents_ahead_keep_the_order(state: SqliteState) -> None:
    starter = ScriptedStarter()

    start(actions(30), state=state, starter=starter, on=terms(rate=UNPACED))

    assert starter.sent == [f"a{number}" for number in range(30)]


def stopped_after(calls: int, state: SqliteState, *, concurrency: int = 1) -> tuple[ScriptedStarter, Ran]:
    time, made = FakeTime(), threading.Semaphore(calls - 1)

    def count(_call: Call) -> None:
        if not made.acquire(blocking=False):
            state.bind(account_id=ACCOUNT, endpoint="aws")  # what was handed over before is written now
            time.stop.set()

    starter = ScriptedStarter(before=count)
    on = terms(rate=UNPACED, concurrency=concurrency)
    return starter, start(actions(40), state=state, starter=starter, time=time, on=on)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_stop_takes_the_intents_ahead_back(concurrency: int, state: SqliteState) -> None:
    starter, report = stopped_after(10, state, concurrency=concurrency)

    sent = len(starter.calls)
    ended = Counter(results(report).values())
    assert ended == {"started": sent, "not_tried": 40 - sent}
    counts = dict(state.count())
    assert counts.pop(Status.IN_PROGRESS) == sent
    assert set(counts) <= {Status.READY}, "nothing is left unknown"


def test_an_intent_that_was_taken_back_counts_no_attempt_and_is_told_in_the_log(state: SqliteState) -> None:
    stopped_after(10, state)

    withdrawn = list(state.records(statuses={Status.READY}))
    assert withdrawn
    assert {one.attempts for one in withdrawn} == {0}
    trail = [str(event["event"]) for event in state.events(key=withdrawn[0].key)]
    assert trail == ["intended", "withdrawn"]


def test_the_next_run_starts_what_was_taken_back_without_asking_for_a_listing(state: SqliteState) -> None:
    first, _ = stopped_after(10, state)
    second = ScriptedStarter()

    rest = [
        one for one in actions(40) if one.request.archive_id not in {c.body["ArchiveId"] for c in first.calls}
    ]
    report = start(rest, state=state, starter=second, on=terms(rate=UNPACED))

    assert set(results(report).values()) == {"started"}
    assert len(first.calls) + len(second.calls) == 40
    assert state.count() == {Status.IN_PROGRESS: 40}
    assert {one.attempts for one in state.records()} == {1}


def test_the_deadline_takes_the_intents_ahead_back(state: SqliteState) -> None:
    time = FakeTime()
    starter = ScriptedStarter(before=lambda call: None if "a9_" not in str(call.body) else pass_time(time))

    report = start(actions(20), state=state, starter=starter, time=time, on=terms(rate=UNPACED), seconds=60)

    assert starter.sent == [f"a{number}" for number in range(10)]
    assert Counter(results(report).values()) == {"started": 10, "not_tried": 10}
    assert Status.INTENDED not in state.count()


def pass_time(time: FakeTime) -> None:
    time.wait(120)


@pytest.mark.parametrize(("answer", "max_errors"), [(STOP, 10), (REJECTED, 1)], ids=["stopping", "too often"])
def test_an_answer_that_ends_the_run_takes_the_intents_ahead_back(
    answer: Answer, max_errors: int, state: SqliteState
) -> None:
    starter = ScriptedStarter({archive("a9").archive_id: [answer]})

    report = start(actions(20), state=state, starter=starter, on=terms(rate=UNPACED, max_errors=max_errors))

    assert len(starter.calls) == 10
    assert list(results(report).values()).count("not_tried") == (11 if answer is STOP else 10)
    assert not {Status.INTENDED, Status.UNKNOWN} & set(state.count())


def test_too_many_unknowns_hold_the_intents_ahead_as_well(state: SqliteState) -> None:
    lost = {archive(f"a{number}").archive_id: [LOST] for number in range(10, 30)}
    starter = ScriptedStarter(lost)

    report = start(actions(60), state=state, starter=starter, on=terms(rate=UNPACED))

    assert len(starter.calls) == 30
    assert state.count()[Status.UNKNOWN] == 20
    assert Status.INTENDED not in state.count()
    assert Counter(results(report).values()) == {"started": 10, "unknown": 20}


class _NoWithdrawals(SqliteState):
    """A state whose disk is full by the time that intents are taken back."""

    def submit_unhurried(self, change: Change) -> Written[None]:
        if not isinstance(change, Withdraw):
            return super().submit_unhurried(change)
        future: Future[None] = Future()
        future.set_exception(StateError("state-full", "no space left on device", next_step="make room"))
        return future


def test_an_intent_that_cannot_be_taken_back_is_kept_for_rescue(open_state: OpenState) -> None:
    state = open_state(_NoWithdrawals)

    _, report = stopped_after(10, state)

    left = state.count()[Status.INTENDED]
    assert left > 0
    assert [(one.status, one.job_id) for one in report.unrecorded] == [(Status.READY, None)] * left
    assert isinstance(report.error, StateError)
    assert list(results(report).values()).count("unknown") == left


class _FullAfter(SqliteState):
    """A state that takes a number of intents, and no more."""

    left = 10

    def submit_together(self, changes: Sequence[Change]) -> list[Written[None]]:
        return [self._submitted(change) for change in changes]

    def _submitted(self, change: Change) -> Written[None]:
        if isinstance(change, Intend):
            self.left -= 1
        if self.left >= 0:
            return self.submit(change)
        future: Future[None] = Future()
        future.set_exception(StateError("state-full", "no space left on device", next_step="make room"))
        return future


def test_an_intent_ahead_that_cannot_be_written_down_is_not_sent(open_state: OpenState) -> None:
    starter, state = ScriptedStarter(), open_state(_FullAfter)

    report = start(actions(40), state=state, starter=starter, on=terms(rate=UNPACED))

    assert isinstance(report.error, StateError)
    assert state.count() == {Status.IN_PROGRESS: len(starter.calls)}
    assert list(results(report).values()).count("not_tried") == 40 - len(starter.calls)
    assert 0 < len(starter.calls) < 40


@pytest.mark.parametrize("steps", range(15, 60, 5))
def test_a_crash_between_an_intent_ahead_and_its_call_buys_nothing_twice(steps: int, path: Path) -> None:
    world, wanted = World(), [request(archive(f"a{number}")) for number in range(12)]
    with pytest.raises(Crash):
        run(Process(world, dies_after=steps), path, wanted, rate=UNPACED, concurrency=2)

    done = run(Process(world), path, wanted, rate=UNPACED, concurrency=2)

    assert done.report.error is None
    assert len(world.sold) == 12
    state = ReadOnlyState(path)
    known = {one.job_id for one in state.records()}
    state.close()
    assert known == {one.job.job_id for one in world.sold}
