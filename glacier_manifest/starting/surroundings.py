"""What a run takes from outside: time, chance, and the wish to end it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from threading import Event as Flag

from glacier_manifest.aws.service_clock import ServiceClock
from glacier_manifest.starting.pacer import NoTimeLeftError


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run takes from outside.

    Attributes:
        now: Tells the time of day by the host's clock, for the log.
        monotonic: Tells the seconds of a clock that is never set; all waiting is counted by it.
        service: Tells the service's time.
        random: Spreads retries.
        stop: Set when the run is to end.
        deadline: The monotonic second after which nothing is sent.
    """

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    service: ServiceClock
    random: Random
    stop: Flag
    deadline: float

    def wait_until(self, moment: float) -> None:
        """Wait until a monotonic second.

        Raises:
            NoTimeLeftError: It lies beyond the deadline, or the run is to stop.
        """
        self.check_time_until(moment)
        if self.stop.wait(max(moment - self.monotonic(), 0.0)):
            raise NoTimeLeftError

    def check_time_until(self, moment: float) -> None:
        """Refuse to wait for a monotonic second, before anybody is told that it is waited for.

        Raises:
            NoTimeLeftError: It lies beyond the deadline; the error tells the second.
        """
        if moment > self.deadline:
            raise NoTimeLeftError(moment)

    def service_now(self) -> datetime:
        """Return the service's time, or the host's before the service's first answer."""
        return self.service.now() or self.now()

    def time_of(self, moment: float) -> datetime:
        """Return the time of day at a monotonic second, to be shown."""
        return self.now() + timedelta(seconds=moment - self.monotonic())
