"""The sandbox's own clock, and instants as Glacier writes them."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache


class SandboxClock:
    """A running clock that a test can move; jobs complete and expire by it alone.

    Args:
        source: seconds since the epoch, by default the machine's clock. A test that wants a clock
            which stands still passes a constant function; `hurried` makes one that runs fast.
        skew: seconds by which this clock is ahead of its source.
        moved: called with the new skew whenever somebody moves the clock.
    """

    def __init__(
        self,
        source: Callable[[], float] = time.time,
        skew: float = 0.0,
        moved: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._source = source
        self._skew = skew
        self._lock = threading.Lock()
        self.moved = moved

    def seconds(self) -> float:
        """Return the instant as seconds since the epoch, cut to milliseconds as Glacier's are."""
        return int((self._source() + self._skew) * 1000) / 1000

    def now(self) -> datetime:
        """Return the instant as an aware UTC datetime."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds`."""
        with self._lock:
            self._move(self._skew + seconds)

    def set(self, instant: datetime) -> None:
        """Let the clock show `instant` (aware) now, and run on from there."""
        with self._lock:
            self._move(instant.timestamp() - self._source())

    @property
    def skew(self) -> float:
        """Seconds by which this clock is ahead of its source (negative: behind)."""
        return self._skew

    @skew.setter
    def skew(self, seconds: float) -> None:
        with self._lock:
            self._move(seconds)

    def _move(self, skew: float) -> None:
        self._skew = skew
        self.moved(skew)


def hurried(times: float, source: Callable[[], float] = time.time) -> Callable[[], float]:
    """Return a source that begins now and runs so many times as fast: at 720, a day is two minutes."""
    began = source()
    return lambda: began + (source() - began) * times


@lru_cache(maxsize=4096)
def _whole_second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def iso_instant(seconds: float) -> str:
    """Return an instant as Glacier writes it: `2012-05-15T17:19:46.700Z`, always 24 characters."""
    millis = round(seconds * 1000)
    return f"{_whole_second(millis // 1000)}.{millis % 1000:03d}Z"


def parse_instant(text: str) -> float:
    """Return the seconds of an ISO 8601 instant with a zone, such as `2013-03-20T17:03:43Z`.

    Raises:
        ValueError: the text is no such instant.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None or "T" not in text:
        raise ValueError(f"no instant with a time and a zone: {text}")
    return instant.timestamp()


@lru_cache(maxsize=64)
def http_date(second: int) -> str:
    """Return a second since the epoch as a Date header shows it."""
    return formatdate(second, usegmt=True)
