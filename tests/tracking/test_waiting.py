"""Waiting for jobs, on clocks that stand still but for the sleeper's own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from glacier_manifest.aws.causes import Cause
from glacier_manifest.aws.descriptions import ListedJob, StatusCode
from glacier_manifest.errors import ServiceError
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Intend
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.tracking.refresh import Clocks
from glacier_manifest.tracking.waiting import Event, Goal, Looked, LookFailed, Timing, Waited, wait
from tests.planning.examples import NOON, PHOTOS, archive, record, request
from tests.tracking.jobs import job
from tests.tracking.states import Glacier, all_started, has_ended, started, state_in

MINUTE = timedelta(minutes=1)
DOWN = ServiceError(Cause.UNREACHABLE, "no route to host", next_step="check the network")
DENIED = ServiceError(Cause.ACCESS_DENIED, "not you", next_step="allow it")
OUT_OF_DATE = ServiceError(Cause.EXPIRED_CREDENTIALS, "expired", next_step="renew them")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqliteState]:
    with closing(state_in(tmp_path)) as state:
        yield state


@dataclass
class Sleeper:
    """Time, which passes only in its sleep."""

    slept: float = 0.0
    naps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.slept += seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.slept)

    def timing(self, deadline: timedelta | None = None, poll: timedelta | None = MINUTE) -> Timing:
        return Timing(Clocks(self.now, self.now), lambda: self.slept, self.sleep, deadline, poll)


class Days(Glacier):
    """A Glacier that lists something else each time it is asked; the last for ever."""

    def __init__(self, *looks: Sequence[ListedJob] | Exception) -> None:
        super().__init__({})
        self.looks = list(looks)

    def list_jobs(self, vault: Vault) -> Iterator[ListedJob]:
        assert vault == PHOTOS
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(look, Exception):
            raise look
        yield from look


NOTHING: Sequence[ListedJob] = [job("job-a"), job("job-b")]
ONE = [has_ended("a"), job("job-b")]
BOTH = [has_ended("a"), has_ended("b")]
A_FAILURE = [has_ended("a", status=StatusCode.FAILED), has_ended("b")]


def waited(
    state: SqliteState,
    glacier: Glacier,
    *,
    goal: str = "all",
    sleeper: Sleeper | None = None,
    deadline: timedelta | None = None,
    tell: Callable[[Event], None] = lambda _event: None,
) -> Waited:
    timing = (sleeper or Sleeper()).timing(deadline)
    return wait(state, glacier, Goal.parse(goal), timing=timing, tell=tell)


@dataclass(frozen=True)
class Case:
    """What is listed look by look, the goal, and how the wait ends after how many minutes."""

    looks: Sequence[Sequence[ListedJob] | Exception]
    ended: Waited
    minutes: int
    goal: str = "all"
    deadline: timedelta | None = None


def as_waited(in_progress: int, *, is_met: bool = True, failed: int = 0) -> Waited:
    ended = {Status.SUCCEEDED: 2 - in_progress - failed, Status.FAILED: failed}
    return Waited(2, in_progress, is_met, {status: number for status, number in ended.items() if number}, 0)


CASES: Mapping[str, Case] = {
    "all have ended already": Case([BOTH], as_waited(0), 0),
    "all end in time": Case([NOTHING, ONE, BOTH], as_waited(0), 2),
    "half of them is enough": Case([NOTHING, ONE, BOTH], as_waited(1), 1, goal="50%"),
    "a part of a job is a whole one": Case([NOTHING, ONE, BOTH], as_waited(1), 1, goal="1%"),
    "a failure is an end": Case([NOTHING, A_FAILURE], as_waited(0, failed=1), 1),
    "the deadline comes first, and is looked at once more": Case(
        [NOTHING], as_waited(2, is_met=False), 3, deadline=3 * MINUTE
    ),
    "at the deadline they have ended": Case([NOTHING, NOTHING, BOTH], as_waited(0), 2, deadline=2 * MINUTE),
    "no time at all is one look": Case([ONE], as_waited(1, is_met=False), 0, deadline=0 * MINUTE),
    "the network fails for a while": Case([NOTHING, DOWN, DOWN, BOTH], as_waited(0), 3),
    "credentials are renewed by somebody": Case([NOTHING, OUT_OF_DATE, BOTH], as_waited(0), 2),
    "the network fails until the deadline": Case(
        [NOTHING, DOWN], as_waited(2, is_met=False), 4, deadline=4 * MINUTE
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_looks_until_the_goal_is_met_or_the_time_is_over(state: SqliteState, case: Case) -> None:
    all_started(state, ["a", "b"])
    sleeper = Sleeper()

    ended = waited(state, Days(*case.looks), goal=case.goal, sleeper=sleeper, deadline=case.deadline)

    assert (ended, sleeper.slept) == (case.ended, case.minutes * 60)


def test_nothing_in_progress_is_waited_for_by_nobody(state: SqliteState) -> None:
    state.write(Intend(record(request(archive("a")), Status.INTENDED), NOON))

    assert waited(state, Days(DENIED)) == Waited(0, 0, is_met=True, ended={}, open=1)


def test_what_another_run_starts_meanwhile_is_waited_for_as_well(state: SqliteState) -> None:
    started(state, "a")
    sleeper = Sleeper()

    class StartsOneMore(Days):
        """Somebody starts another job after our first look."""

        def list_jobs(self, vault: Vault) -> Iterator[ListedJob]:
            if len(self.looks) == 2:
                started(state, "b")
            return super().list_jobs(vault)

    ended = waited(state, StartsOneMore(NOTHING, ONE, BOTH), sleeper=sleeper)

    assert (ended.is_met, ended.in_progress, sleeper.slept) == (True, 0, 120)


@pytest.mark.parametrize("looks", [(DOWN,), (NOTHING, DENIED)], ids=["at the first look", "a refusal"])
def test_what_does_not_pass_by_itself_ends_the_wait(
    state: SqliteState, looks: Sequence[Sequence[ListedJob] | Exception]
) -> None:
    all_started(state, ["a", "b"])

    with pytest.raises(ServiceError):
        waited(state, Days(*looks))


def test_every_look_is_told_with_when_the_next_one_is(state: SqliteState) -> None:
    all_started(state, ["a", "b"])
    events: list[Event] = []

    waited(state, Days(NOTHING, DOWN, ONE, BOTH), tell=events.append)

    assert events == [
        Looked(2, {}, NOON + MINUTE),
        LookFailed("unreachable", "no route to host", NOON + 2 * MINUTE),
        Looked(1, {Status.SUCCEEDED: 1}, NOON + 3 * MINUTE),
        Looked(0, {Status.SUCCEEDED: 1}, None),
    ]


def test_where_nobody_says_how_often_the_tiers_and_ages_of_the_jobs_do(state: SqliteState) -> None:
    all_started(state, ["a", "b"], ago=4 * 60 * MINUTE)
    sleeper = Sleeper()

    wait(
        state,
        Days(NOTHING, BOTH),
        Goal.parse("all"),
        timing=sleeper.timing(poll=None),
        tell=lambda _event: None,
    )

    assert sleeper.naps == [600]


@pytest.mark.parametrize(
    ("text", "leaves"), [("all", 0), ("100%", 0), ("99%", 0), ("90%", 1), ("50%", 5), ("1%", 9), (" 80% ", 2)]
)
def test_a_goal_leaves_so_many_of_ten(text: str, leaves: int) -> None:
    assert Goal.parse(text).leaves(10) == leaves


@pytest.mark.parametrize("text", ["", "0%", "101%", "80", "half", "-5%", "1e2%", "8.5%"])
def test_a_goal_that_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write 'all', or 1% to 100%"):
        Goal.parse(text)


def test_a_goal_reads_as_it_was_written() -> None:
    assert [str(Goal.parse(text)) for text in ("all", "100%", "80%")] == ["all", "all", "80%"]
