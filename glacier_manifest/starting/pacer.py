"""How fast the whole run sends: a ceiling, less when the service throttles, and back again.

One time line for all workers: each call takes the next slot on it, so that no burst follows a pause. The
rate follows AIMD: throttling multiplies it by `_DECREASE`, each success adds a little back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

_DECREASE = 0.7
_SLOWEST = 0.1
#: Successes at the full rate that bring a run from nothing back to its ceiling: about a minute's worth.
_RECOVERY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Clock:
    """Monotonic time in seconds, and a wait that a stop cuts short.

    Attributes:
        now: Returns monotonic seconds.
        wait: Waits so many seconds; True when it was cut short because the run is to stop.
    """

    now: Callable[[], float]
    wait: Callable[[float], bool]


class NoTimeLeftError(Exception):
    """The run is to stop, or the next moment at which a call may be made lies beyond its deadline."""


class Pacer:
    """Gives out the moments at which calls may be made."""

    def __init__(self, *, requests_per_second: float, clock: Clock, deadline: float) -> None:
        self._ceiling = requests_per_second
        self._rate = requests_per_second
        self._slowest = min(requests_per_second, _SLOWEST)
        self._clock = clock
        self._deadline = deadline
        self._next_slot = clock.now()
        self._last_slowed = float("-inf")
        self._lock = Lock()

    @property
    def rate(self) -> float:
        """The calls a second that are let through now."""
        return self._rate

    def take(self) -> None:
        """Wait for the next moment at which a call may be made.

        Raises:
            NoTimeLeftError: There is none.
        """
        with self._lock:
            slot = max(self._next_slot, self._clock.now())
            if slot > self._deadline:
                raise NoTimeLeftError
            self._next_slot = slot + 1 / self._rate
        self._wait(slot - self._clock.now())

    def pause(self, seconds: float) -> None:
        """Wait so long, and then for the next moment at which a call may be made again.

        Raises:
            NoTimeLeftError: There is none.
        """
        if self._clock.now() + seconds > self._deadline:
            raise NoTimeLeftError
        self._wait(seconds)
        self.take()

    def _wait(self, seconds: float) -> None:
        if self._clock.wait(max(seconds, 0.0)):
            raise NoTimeLeftError

    def throttled(self) -> float | None:
        """Lower the rate, once for all the calls that were under way at the same time.

        Returns:
            The new rate, or None where it was lowered a moment ago.
        """
        with self._lock:
            now = self._clock.now()
            if now - self._last_slowed < 1.0:
                return None
            self._last_slowed = now
            self._rate = max(self._rate * _DECREASE, self._slowest)
            return self._rate

    def succeeded(self) -> None:
        """Raise the rate a little, up to the ceiling."""
        with self._lock:
            self._rate = min(self._ceiling, self._rate + self._ceiling / _RECOVERY_SECONDS / self._rate)
