"""Watching: listing the vaults now and then, as the tiers and ages of the jobs suggest."""

from collections.abc import Callable
from datetime import timedelta
from math import inf

from glacier_manifest.jobs.status import Status
from glacier_manifest.running.activity import Turn
from glacier_manifest.state.protocol import State
from glacier_manifest.tracking.interval import LONGEST, until_next_look
from glacier_manifest.tracking.refresh import Clocks, Refreshed

#: Seconds before it is planned anew when to look, and so many times what that takes.
_PLAN_AGAIN, _REST = 60.0, 20
_IN_PROGRESS = frozenset({Status.IN_PROGRESS})
_SUCCEEDED = frozenset({Status.SUCCEEDED})


class Watching:
    """Looks at the jobs in progress; what has ended, the state tells afterwards.

    Args:
        state: Tells what is in progress.
        look: Looks once.
        clocks: Tell the service's time.
        monotonic: Tells the seconds of a clock that is never set.
        poll: How long to wait between two looks; None where the jobs' tiers and ages tell.
    """

    name = "watching"

    def __init__(
        self,
        state: State,
        look: Callable[[Turn], Refreshed],
        *,
        clocks: Clocks,
        monotonic: Callable[[], float],
        poll: timedelta | None,
    ) -> None:
        self._state = state
        self._look = look
        self._clocks = clocks
        self._monotonic = monotonic
        self._poll = poll
        self._took = timedelta(0)
        self._look_at = -inf
        self._planned_at = self._plan_again_at = -inf
        self._had_any = True

    def due_in(self) -> float:
        """Return the seconds until the jobs are looked at: at once at first, where some are in progress."""
        in_progress = self._in_progress()
        if not in_progress:
            self._had_any = False
            return self._until_outputs_go()
        if not self._had_any:  # they were started a moment ago
            self._had_any = True
            self._plan()
        elif self._monotonic() >= self._plan_again_at and self._look_at > -inf:
            self._plan_earlier()
        return self._look_at - self._monotonic()

    def _until_outputs_go(self) -> float:
        """An output that nobody fetches is gone after its day; that is looked at rarely."""
        if not sum(self._state.count(_SUCCEEDED).values()):
            return inf
        return max(self._look_at, self._planned_at + LONGEST.total_seconds()) - self._monotonic()

    def is_pending(self) -> bool:
        """Say whether a job is in progress."""
        return self._in_progress() > 0

    def take(self, turn: Turn) -> None:
        """Look once."""
        began = self._monotonic()
        self._look(turn)
        self._took = timedelta(seconds=self._monotonic() - began)
        self._plan()

    def _plan(self) -> None:
        self._planned_at = self._monotonic()
        self._look_at = self._planned_at + self._pause()
        ended = self._monotonic()
        self._plan_again_at = ended + max(_PLAN_AGAIN, (ended - self._planned_at) * _REST)

    def _plan_earlier(self) -> None:
        """What was started meanwhile may end sooner than what was in progress at the last look."""
        earlier = self._look_at
        self._plan()
        self._look_at = min(self._look_at, earlier)

    def _pause(self) -> float:
        if self._poll is not None:
            return self._poll.total_seconds()
        records = self._state.records(statuses=_IN_PROGRESS)
        return until_next_look(records, at=self._clocks.best(), took=self._took).total_seconds()

    def _in_progress(self) -> int:
        return sum(self._state.count(_IN_PROGRESS).values())
