"""Starting: planning anew in turns, since slots come, jobs fail, and inventories tell of archives."""

from collections.abc import Callable
from dataclasses import dataclass

from glacier_manifest.jobs.request import JobType
from glacier_manifest.jobs.status import Status
from glacier_manifest.running.activity import Turn
from glacier_manifest.state.protocol import State

#: Seconds between two plans, where nothing asks for one sooner; and so many times what a plan takes.
_REPLAN = 900.0
_REST = 10
#: Seconds before what was put off is tried again: at first, at last.
_FIRST_PAUSE, _LONGEST_PAUSE = 300.0, 3600.0
_EVER_SUCCEEDED = frozenset({Status.SUCCEEDED, Status.FETCHED})
_ENDED_BADLY = frozenset({Status.FAILED, Status.EXPIRED})


@dataclass(frozen=True, slots=True)
class Started:
    """What one turn of starting came to.

    Attributes:
        left: How many are to be started still.
        unknown: How many have an outcome that a later turn finds out.
        blocked: How many jobs wait for the output of another.
        again_in: Seconds after which what is left may be tried; None where nothing tells.
        planning: Seconds that planning took.
        buys_again: Whether what fails or expires may be bought again by itself.
        was_cut_short: Whether the turn ended although more could have been started.
    """

    left: int
    unknown: int
    blocked: int
    again_in: float | None
    planning: float
    buys_again: bool
    was_cut_short: bool


@dataclass(frozen=True, slots=True)
class _Signs:
    """What makes a new plan worth its while."""

    succeeded: int = 0
    stored: int = 0
    ended_badly: int = 0


class Starting:
    """Plans and starts.

    Args:
        state: Tells what has become of jobs.
        turn: Plans and starts once, and ends before so many seconds have passed.
        stored: Returns how many inventories this run has stored.
        monotonic: Tells the seconds of a clock that is never set.
    """

    name = "starting"

    def __init__(
        self,
        state: State,
        turn: Callable[[Turn, float], Started],
        *,
        stored: Callable[[], int],
        monotonic: Callable[[], float],
    ) -> None:
        self._state = state
        self._stored = stored
        self._turn = turn
        self._monotonic = monotonic
        self._last: Started | None = None
        self._ended_at = 0.0
        self._signs = _Signs()
        self._seen, self._look_at = _Signs(), 0.0
        self._pauses = 0

    def due_in(self) -> float:
        """Return the seconds until a new plan is made."""
        last = self._last
        if last is None or last.was_cut_short or self._is_asked_for(last):
            return 0.0
        waited = self._monotonic() - self._ended_at
        pause = max(_REPLAN, last.planning * _REST)
        if last.unknown:
            pause = min(pause, _FIRST_PAUSE)
        if last.left:
            put_off = min(_FIRST_PAUSE * 2**self._pauses, _LONGEST_PAUSE)
            pause = min(pause, put_off if last.again_in is None else last.again_in)
        return pause - waited

    def is_pending(self) -> bool:
        """Say whether something is to be started, or an outcome to be found out."""
        if self._last is None or self._last.left or self._last.unknown:
            return True
        self._look_at = 0.0  # what others have just done counts
        return self._is_asked_for(self._last)

    def take(self, turn: Turn) -> None:
        """Plan, and start what may be started; what comes meanwhile is in the next plan."""
        signs = self._look()
        planning = 0.0 if self._last is None else self._last.planning
        last = self._turn(turn, max(_REPLAN, planning * _REST))
        self._signs, self._ended_at = signs, self._monotonic()
        self._pauses = self._pauses + 1 if last.left and not last.was_cut_short else 0
        self._last = last

    def is_overtaken(self) -> bool:
        """Say whether a turn that is under way should end: what came meanwhile asks for a new plan."""
        return self._last is not None and self._is_asked_for(self._last)

    def _is_asked_for(self, last: Started) -> bool:
        seen, before = self._signs_now(), self._signs
        if (seen.succeeded, seen.stored) != (before.succeeded, before.stored):
            return True
        return last.buys_again and seen.ended_badly != before.ended_badly

    def _signs_now(self) -> _Signs:
        """Look into the state, but not all the while: it may hold millions."""
        began = self._monotonic()
        if began >= self._look_at:
            self._seen = self._look()
            ended = self._monotonic()
            self._look_at = ended + (ended - began) * _REST
        return self._seen

    def _look(self) -> _Signs:
        succeeded = sum(
            group.jobs
            for group in self._state.standing_groups()
            if group.type == JobType.INVENTORY_RETRIEVAL and group.status in _EVER_SUCCEEDED
        )
        return _Signs(succeeded, self._stored(), sum(self._state.count(_ENDED_BADLY).values()))
