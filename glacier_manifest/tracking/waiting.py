"""Waiting: look, and look again, until enough jobs have ended or the time is over."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from glacier_manifest.aws.causes import Cause
from glacier_manifest.aws.glacier import Reader
from glacier_manifest.errors import ServiceError
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.protocol import State
from glacier_manifest.tracking.interval import until_next_look
from glacier_manifest.tracking.refresh import Clocks, refresh

#: What may be mended without us while we wait: the network, the service, credentials that somebody renews.
_PASSING = frozenset(
    {
        Cause.UNREACHABLE,
        Cause.NO_ANSWER,
        Cause.SERVICE_FAILED,
        Cause.THROTTLED,
        Cause.EXPIRED_CREDENTIALS,
        Cause.CREDENTIALS_FAILED,
    }
)
_PERCENT = re.compile(r"(\d{1,3})%", re.ASCII)
_ALL = 100
#: A wait has time for more of what Glacier has perhaps forgotten than `status` has.
_MOST_DESCRIBED = 1000


@dataclass(frozen=True, slots=True)
class Goal:
    """How many of the jobs that are in progress when the wait begins are to end: 1 to 100 percent."""

    percent: int

    @classmethod
    def parse(cls, text: str) -> "Goal":
        """Read ``80%`` or ``all``.

        Raises:
            ValueError: It is neither; the message says what is.
        """
        match = _PERCENT.fullmatch(text.strip())
        percent = _ALL if text.strip() == "all" else int(match[1]) if match else 0
        if not 1 <= percent <= _ALL:
            raise ValueError(f"{text!r} is no share of the jobs: write 'all', or 1% to 100%")
        return cls(percent)

    def __str__(self) -> str:
        return "all" if self.percent == _ALL else f"{self.percent}%"

    def leaves(self, jobs: int) -> int:
        """Return how many of so many jobs may be in progress when the goal is met."""
        return jobs - -(-jobs * self.percent // 100)


@dataclass(frozen=True, slots=True)
class Looked:
    """The jobs were looked at.

    Attributes:
        in_progress: How many are in progress still.
        ended: How many were seen to have ended, by what became of them.
        next_at: When they are looked at next; None where the wait is over.
    """

    in_progress: int
    ended: Mapping[Status, int]
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class LookFailed:
    """The jobs could not be looked at, for a reason that may pass.

    Attributes:
        code: The cause.
        message: What happened.
        next_at: When it is tried again; None where the wait is over.
    """

    code: str
    message: str
    next_at: datetime | None


Event = Looked | LookFailed


@dataclass(frozen=True, slots=True)
class Timing:
    """Time, as a wait takes it from outside.

    Attributes:
        clocks: Tell the time of day, here and at the service.
        monotonic: Tells the seconds of a clock that is never set.
        sleep: Waits for so many seconds.
        deadline: How long to wait at most; None for as long as it takes.
        poll: How long to wait between two looks; None where the jobs' tiers and ages tell.
    """

    clocks: Clocks
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    deadline: timedelta | None = None
    poll: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Waited:
    """How a wait ended.

    Attributes:
        jobs: How many jobs were in progress when it began.
        in_progress: How many are now.
        is_met: Whether the goal is met.
        ended: How many ended meanwhile, by what became of them: SUCCEEDED (or stored since), FAILED, EXPIRED.
        open: How many requests have an outcome that is not known, which no waiting tells.
    """

    jobs: int
    in_progress: int
    is_met: bool
    ended: Mapping[Status, int]
    open: int

    @property
    def failed(self) -> int:
        """How many jobs failed meanwhile."""
        return self.ended.get(Status.FAILED, 0)


_IN_PROGRESS = frozenset({Status.IN_PROGRESS})
_OPEN = frozenset({Status.UNKNOWN, Status.INTENDED})
#: What an ended job is told as; another run may store outputs meanwhile.
_TOLD_AS = {
    Status.SUCCEEDED: Status.SUCCEEDED,
    Status.FETCHED: Status.SUCCEEDED,
    Status.FAILED: Status.FAILED,
    Status.EXPIRED: Status.EXPIRED,
}


def wait(
    state: State, reader: Reader, goal: Goal, *, timing: Timing, tell: Callable[[Event], None]
) -> Waited:
    """Look at the jobs until so many have ended that the goal is met, or the deadline has come.

    Another run may start further jobs meanwhile: they are waited for as well.

    Args:
        state: Tells what is in progress, and takes what is found.
        reader: Lists the jobs.
        goal: How many are to end.
        timing: Time.
        tell: Takes every event.

    Raises:
        ServiceError: The first look failed, or a later one for a reason that does not pass.
        StateError: The state cannot be read or written.
    """
    jobs, ended = _count(state, _IN_PROGRESS), _ended(state)
    watch = _Watch(state, reader, goal.leaves(jobs), timing=timing, tell=tell)
    while not watch.is_over():
        watch.look()
    in_progress = _count(state, _IN_PROGRESS)
    return Waited(
        jobs,
        in_progress,
        is_met=in_progress <= watch.leaves,
        ended=_ended(state) - ended,
        open=_count(state, _OPEN),
    )


class _Watch:
    """Looks, and knows when the next look is due."""

    def __init__(
        self, state: State, reader: Reader, leaves: int, *, timing: Timing, tell: Callable[[Event], None]
    ) -> None:
        self.leaves = leaves
        self._state = state
        self._reader = reader
        self._timing = timing
        self._tell = tell
        self._began = timing.monotonic()
        self._has_looked = False
        self._has_time = True

    def is_over(self) -> bool:
        """Say whether nothing is waited for any more, or for longer."""
        return not self._has_time or _count(self._state, _IN_PROGRESS) <= self.leaves

    def look(self) -> None:
        """Look once, tell of it, and wait for the next look if there is to be one."""
        began = self._timing.monotonic()
        try:
            seen = refresh(
                self._state, self._reader, clocks=self._timing.clocks, most_described=_MOST_DESCRIBED
            )
        except ServiceError as error:
            if not self._has_looked or error.code not in _PASSING:
                raise
            pause = self._pause(began)
            self._tell(LookFailed(error.code, error.message, self._moment_after(pause)))
        else:
            self._has_looked = True
            in_progress = _count(self._state, _IN_PROGRESS)
            pause = None if in_progress <= self.leaves else self._pause(began)
            self._tell(Looked(in_progress, seen.ended, self._moment_after(pause)))
        if pause is not None:
            self._timing.sleep(pause)

    def _pause(self, began: float) -> float | None:
        """Return the seconds until the next look, the last of which is at the deadline; None after it."""
        pause = self._until_next_look(self._timing.monotonic() - began)
        if self._timing.deadline is None:
            return pause
        left = self._began + self._timing.deadline.total_seconds() - self._timing.monotonic()
        self._has_time = left > 0
        return min(pause, left) if self._has_time else None

    def _until_next_look(self, took: float) -> float:
        if self._timing.poll is not None:
            return self._timing.poll.total_seconds()
        records = self._state.records(statuses=_IN_PROGRESS)
        pause = until_next_look(records, at=self._timing.clocks.best(), took=timedelta(seconds=took))
        return pause.total_seconds()

    def _moment_after(self, pause: float | None) -> datetime | None:
        return None if pause is None else self._timing.clocks.now() + timedelta(seconds=pause)


def _ended(state: State) -> Counter[Status]:
    ended = Counter[Status]()
    for status, number in state.count(_TOLD_AS.keys()).items():
        ended[_TOLD_AS[status]] += number
    return ended


def _count(state: State, statuses: frozenset[Status]) -> int:
    return sum(state.count(statuses).values())
