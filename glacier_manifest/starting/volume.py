"""How many bytes are started in any 24 hours: what earlier runs have started counts as well.

Bytes are counted by the minute, in the service's time, so that a day of any number of starts takes little
memory; a minute's bytes leave when all of it is a day old. What is under way counts until it has ended.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import Event as Flag
from threading import Lock
from typing import Protocol

from glacier_manifest.planning.plan import Action
from glacier_manifest.starting.events import Event, Outcome, Result, VolumeUsedUp
from glacier_manifest.starting.pacer import NoTimeLeftError
from glacier_manifest.starting.starts import HoldError, Intended, Recording, Starts, StopRunError
from glacier_manifest.starting.surroundings import Surroundings

_MINUTE = timedelta(minutes=1)
#: How far back the bytes of earlier runs are asked for: a day, and the minute in which it began.
WINDOW = timedelta(days=1) + _MINUTE
#: Seconds after which it is looked again where the end of what is under way may give room.
_LOOK_AGAIN = 1.0
#: Seconds after which it is looked again all the same: what was under way may have ended without a start.
_LONGEST_WAIT = 60.0
MAY_HAVE_STARTED = frozenset({Result.STARTED, Result.RESTARTED, Result.UNKNOWN})

#: A request's key, and the generation of the purchase.
Purchase = tuple[str, int]


class Volume:
    """Lets bytes be started where those of the last 24 hours leave room for them, one start after the other.

    Args:
        bytes_per_day: The most bytes of any 24 hours; no single start has more.
        started: The bytes that were started in each minute of the last `WINDOW`, by the service's time.
        surroundings: Time, and the wish to end.

    Attributes:
        again_at: When there is room for what found none before the deadline; None where all found some.
    """

    def __init__(
        self, *, bytes_per_day: int, started: Mapping[datetime, int], surroundings: Surroundings
    ) -> None:
        self.again_at: datetime | None = None
        self._most = bytes_per_day
        self._started = _no_later_than(surroundings.service_now(), started)
        self._under_way = 0
        self._unknown: dict[Purchase, tuple[datetime, int]] = {}
        self._surroundings = surroundings
        self._turn = Lock()
        self._counts = Lock()

    def take(
        self,
        purchase: Purchase,
        size: int,
        *,
        tell: Callable[[Event], None],
        before_waiting: Callable[[], None],
    ) -> None:
        """Wait until so many bytes may be started; they count from now on.

        Args:
            purchase: What they are started for.
            size: How many.
            tell: Told until when the run waits, where it does.
            before_waiting: Called before each wait that is not over in a moment; what it raises is raised.

        Raises:
            NoTimeLeftError: That is after the deadline, or the run is to stop.
        """
        with self._turn:
            is_told = False
            while (seconds := self._taken_or_wait(purchase, size)) > 0:
                until = self._time_after(seconds)
                if seconds > _LOOK_AGAIN:
                    before_waiting()
                if not is_told and seconds > _LOOK_AGAIN:
                    tell(VolumeUsedUp(until))
                    is_told = True
                self._surroundings.wait_until(self._surroundings.monotonic() + min(seconds, _LONGEST_WAIT))

    def _time_after(self, seconds: float) -> datetime:
        """Return the time of day after so many seconds, if that is not too late."""
        moment = self._surroundings.monotonic() + seconds
        until = self._surroundings.time_of(moment)
        if moment > self._surroundings.deadline:
            self.again_at = until if self.again_at is None else min(until, self.again_at)
            raise NoTimeLeftError
        return until

    def _taken_or_wait(self, purchase: Purchase, size: int) -> float:
        """Take the bytes and return 0, or return the seconds after which there may be room for them."""
        with self._counts:
            self._forget(purchase)
            now = self._surroundings.service_now()
            self._drop_what_is_a_day_old(now)
            lacking = sum(self._started.values()) + self._under_way + size - self._most
            if lacking <= 0:
                self._under_way += size
                return 0.0
            return self._seconds_until_freed(lacking, now)

    def _forget(self, purchase: Purchase) -> None:
        """A lost call that is made again after all had started nothing."""
        minute, size = self._unknown.pop(purchase, (None, 0))
        if minute in self._started:
            self._started[minute] -= size

    def _drop_what_is_a_day_old(self, now: datetime) -> None:
        while self._started and (minute := next(iter(self._started))) + WINDOW <= now:
            del self._started[minute]

    def _seconds_until_freed(self, lacking: int, now: datetime) -> float:
        """Return the least that must be waited: what is under way may yet leave its room to others."""
        lacking -= self._under_way
        if lacking <= 0:
            return _LOOK_AGAIN
        for minute in sorted(self._started):
            lacking -= self._started[minute]
            if lacking <= 0:
                return (minute + WINDOW - now).total_seconds()
        return _LOOK_AGAIN

    def ended(self, purchase: Purchase, size: int, result: Result) -> None:
        """Count the bytes of a call that has ended from its end on, if it may have started something."""
        with self._counts:
            self._under_way -= size
            if result not in MAY_HAVE_STARTED:
                return
            minute = _minute_of(self._surroundings.service_now())
            self._started[minute] = self._started.get(minute, 0) + size
            if result is Result.UNKNOWN:
                self._unknown[purchase] = (minute, size)


def _minute_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _no_later_than(now: datetime, started: Mapping[datetime, int]) -> dict[datetime, int]:
    """Count what a wrong clock has put into the future as started now: it must not be waited for so long."""
    this_minute = _minute_of(now)
    counted: dict[datetime, int] = {}
    for minute, size in started.items():
        at = min(minute, this_minute)
        counted[at] = counted.get(at, 0) + size
    return counted


class Bound(Protocol):
    """Says when bytes may be started, one start after the other."""

    def take(
        self,
        purchase: Purchase,
        size: int,
        *,
        tell: Callable[[Event], None],
        before_waiting: Callable[[], None],
    ) -> None:
        """Wait until so many bytes may be started; they count from now on.

        Raises:
            NoTimeLeftError: They are not started in this run.
        """

    def ended(self, purchase: Purchase, size: int, result: Result) -> None:
        """Take note of how the call for which they were taken has ended."""


class WithinVolume:
    """Starts an action when there is room for its bytes; what has no size that is known waits for nothing.

    Lost replies take room as long as they are unknown, and are settled when a round of starts has ended: no
    start of the same round may wait for room once there are some, which would be for each other.

    Args:
        sender: Starts it.
        volume: Says when.
        tell: Told until when the run waits.
    """

    def __init__(self, sender: Starts, volume: Bound, tell: Callable[[Event], None]) -> None:
        self._sender = sender
        self._volume = volume
        self._tell = tell
        self._has_unknowns = Flag()

    def looks_ahead(self) -> bool:
        """Look never ahead: whether there is room for an action is known when it is its turn."""
        return False

    def intend(self, actions: Sequence[Action], approval: int) -> Sequence[Intended]:
        """Hand over the intents of the next actions, in their order."""
        return self._sender.intend(actions, approval)

    def withdraw(self, ahead: Intended) -> Recording:
        """Take back an intent that was handed over and is not to be sent now."""
        return self._sender.withdraw(ahead)

    def start(self, action: Action, approval: int, ahead: Intended | None = None) -> Recording:
        """Start one action, or return that it was not tried where there is no room before the deadline.

        Raises:
            HoldError: There is no room now, and what became unknown in this round may leave some.
        """
        size = action.request.size
        if size is None:
            return self._sender.start(action, approval, ahead)
        purchase = (action.key, action.generation)
        try:
            self._volume.take(purchase, size, tell=self._tell, before_waiting=self._settle_first)
        except NoTimeLeftError:
            return self.withdraw(ahead) if ahead else Recording(Outcome(action, Result.NOT_TRIED))
        result = Result.UNKNOWN  # what an exception proves of a call, unless it says more
        try:
            recording = self._sender.start(action, approval, ahead)
            result = recording.outcome.result
        except StopRunError as stopped:
            result = stopped.outcome.result
            raise
        except HoldError:
            result = Result.NOT_TRIED
            raise
        finally:
            self._volume.ended(purchase, size, result)
            if result is Result.UNKNOWN:
                self._has_unknowns.set()
        return recording

    def _settle_first(self) -> None:
        if self._has_unknowns.is_set():
            raise HoldError
