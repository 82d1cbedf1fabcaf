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
_ENDED_BADLY = frozenset({Status.FAILED, Status.EXPIRED})
_STORED = frozenset({Status.FETCHED})


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

    inventories: int
    ended_badly: int


class Starting:
    """Plans and starts.

    Args:
        state: Tells what has become of jobs.
        turn: Plans and starts once, and ends before so many seconds have passed.
        monotonic: Tells the seconds of a clock that is never set.
    """

    name = "starting"

    def __init__(
        self, state: State, turn: Callable[[Turn, float], Started], *, monotonic: Callable[[], float]
    ) -> None:
        self._state = state
        self._turn = turn
        self._monotonic = monotonic
        self._last: Started | None = None
        self._ended_at = 0.0
        self._signs = _Signs(0, 0)
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
        return self._last is None or bool(self._last.left or self._last.unknown)

    def take(self, turn: Turn) -> None:
        """Plan, and start what may be started; what comes meanwhile is in the next plan."""
        self._signs = self._seen(has_blocked=True)
        planning = 0.0 if self._last is None else self._last.planning
        last = self._turn(turn, max(_REPLAN, planning * _REST))
        self._ended_at = self._monotonic()
        self._pauses = self._pauses + 1 if last.left and not last.was_cut_short else 0
        self._last = last

    def wants_new_plan(self) -> bool:
        """Say whether a turn that is under way should end, since its plan has become old."""
        return self._last is not None and self._is_asked_for(self._last)

    def _is_asked_for(self, last: Started) -> bool:
        if not (last.blocked or last.buys_again):
            return False
        seen = self._seen(has_blocked=bool(last.blocked))
        more_inventories = bool(last.blocked) and seen.inventories != self._signs.inventories
        return more_inventories or (last.buys_again and seen.ended_badly != self._signs.ended_badly)

    def _seen(self, *, has_blocked: bool) -> _Signs:
        ended_badly = sum(self._state.count(_ENDED_BADLY).values())
        return _Signs(self._stored_inventories() if has_blocked else 0, ended_badly)

    def _stored_inventories(self) -> int:
        return sum(
            group.jobs
            for group in self._state.standing_groups()
            if group.type == JobType.INVENTORY_RETRIEVAL and group.status in _STORED
        )
