"""The service's time, told by its answers and carried on by this machine's monotonic clock.

How long ago an attempt ended must not depend on the host's clock, which may be wrong and may be set between
two runs; the Date header of Glacier's answers is the same clock for all of them.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock


class ServiceClock:
    """Tells the service's time between its answers; many threads may use one.

    Args:
        monotonic: Tells the seconds of a clock that is never set.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._heard: tuple[datetime, float] | None = None
        self._lock = Lock()

    def hear(self, moment: datetime) -> None:
        """Take the Date header of an answer that has just come."""
        with self._lock:
            self._heard = (moment, self._monotonic())

    def now(self) -> datetime | None:
        """Return the service's time, exact to about a second; None before its first answer."""
        with self._lock:
            if self._heard is None:
                return None
            moment, heard_at = self._heard
            return moment + timedelta(seconds=self._monotonic() - heard_at)
