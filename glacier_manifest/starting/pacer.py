"""How fast the whole run sends: a ceiling, less when the service throttles, and back again.

One time line for all workers: each call takes the next slot on it, so that no burst follows a pause, nor the
end of one run and the beginning of the next. The rate follows AIMD: each success adds a little back, and
throttling multiplies it by `_DECREASE`, or takes it down at once to what the service has accepted in the last
second: a rate far above what it lets is found out in a second or two, not in as many as it has halves.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

_DECREASE = 0.8
#: The most that one slow-down takes, however little was accepted: a second is a small sample.
_DEEPEST_DECREASE = 0.1
#: Answers in a second from which on they tell how much the service accepts.
_TELLING = 10
_SLOWEST = 0.1
#: Seconds of waiting that are none.
_HARDLY = 0.0005
#: Calls in a row that found it their turn: from then on it is not the pace that limits the run.
_FREE = 2
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
    """The run is to stop, or the next moment at which a call may be made lies beyond its deadline.

    Attributes:
        moment: That moment in monotonic seconds, where it is worth telling.
    """

    def __init__(self, moment: float | None = None) -> None:
        super().__init__()
        self.moment = moment


class Pacer:
    """Gives out the moments at which calls may be made.

    Args:
        requests_per_second: The most calls a second.
        clock: Time.
        deadline: The monotonic second after which none is made.
        quiet_for: Seconds since an earlier run made its last call; the first one of this run keeps its
            distance from that, but never waits longer than for one turn, whatever the clocks say.
    """

    def __init__(
        self,
        *,
        requests_per_second: float,
        clock: Clock,
        deadline: float,
        quiet_for: float = float("inf"),
    ) -> None:
        self._ceiling = requests_per_second
        self._rate = requests_per_second
        self._slowest = min(requests_per_second, _SLOWEST)
        self._clock = clock
        self._deadline = deadline
        turn = 1 / requests_per_second
        self._next_slot = clock.now() + min(max(turn - quiet_for, 0.0), turn)
        self._unhindered = 0
        self._last_slowed = float("-inf")
        self._accepted, self._answered = _LastSecond(), _LastSecond()
        self._lock = Lock()

    @property
    def rate(self) -> float:
        """The calls a second that are let through now."""
        return self._rate

    def is_free(self) -> bool:
        """Say whether calls hardly have to wait for their turns, because something else takes longer."""
        with self._lock:
            now = self._clock.now()
            return self._unhindered >= _FREE and max(self._next_slot, now) <= min(
                self._deadline, now + _HARDLY
            )

    def take(self) -> None:
        """Wait for the next moment at which a call may be made.

        Raises:
            NoTimeLeftError: There is none.
        """
        with self._lock:
            now = self._clock.now()
            slot = max(self._next_slot, now)
            if slot > self._deadline:
                raise NoTimeLeftError
            self._next_slot = slot + 1 / self._rate
            self._unhindered = self._unhindered + 1 if slot - now <= _HARDLY else 0
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
        if self._clock.wait(seconds if seconds > _HARDLY else 0.0):
            raise NoTimeLeftError

    def throttled(self) -> float | None:
        """Lower the rate, once for all the calls that were under way at the same time.

        Returns:
            The new rate, or None where it was lowered a moment ago.
        """
        with self._lock:
            now = self._clock.now()
            self._answered.add(now)
            if now - self._last_slowed < 1.0:
                return None
            self._last_slowed = now
            self._rate = max(min(self._rate * _DECREASE, self._bearable(now)), self._slowest)
            return self._rate

    def _bearable(self, now: float) -> float:
        """Return the rate that the service bears, as far as the last second tells."""
        if self._answered.count(now) < _TELLING:
            return self._rate
        return max(self._accepted.count(now), self._rate * _DEEPEST_DECREASE)

    def succeeded(self) -> None:
        """Raise the rate a little, up to the ceiling."""
        with self._lock:
            now = self._clock.now()
            self._accepted.add(now)
            self._answered.add(now)
            self._rate = min(self._ceiling, self._rate + self._ceiling / _RECOVERY_SECONDS / self._rate)


class _LastSecond:
    """Counts what happened within the last second."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque()

    def add(self, now: float) -> None:
        """It happens now."""
        self._moments.append(now)
        self.count(now)

    def count(self, now: float) -> int:
        """Return how often it has happened."""
        while self._moments and self._moments[0] <= now - 1.0:
            self._moments.popleft()
        return len(self._moments)
