"""When the last attempt of an unknown had ended, on this process's monotonic clock."""

from collections.abc import Callable
from datetime import datetime

from glacier_manifest.aws.service_clock import ServiceClock
from glacier_manifest.state.record import Record

#: The Date header has whole seconds, and two of them are compared.
_COARSENESS = 2.0
#: Why an intent became unknown of which nobody knows when its attempt had ended.
RUN_DIED = "run-died"


class Attempts:
    """Remembers the attempts of this run, and works out those of earlier ones from the service's time.

    The host's clock is not asked: it may have been set since. An attempt of which the service's time is not
    known counts as if it had ended when this run began, which is the latest that it can have.

    Args:
        monotonic: Tells the seconds of a clock that is never set.
        service: Tells the service's time.
    """

    def __init__(self, monotonic: Callable[[], float], service: ServiceClock) -> None:
        self._monotonic = monotonic
        self._service = service
        self._began = monotonic()
        self._ended: dict[tuple[str, int], float] = {}

    def ended_now(self, key: str, generation: int) -> None:
        """An attempt of this run has just ended without a trustworthy answer."""
        self._ended[key, generation] = self._monotonic()

    def ended_at(self, record: Record) -> float:
        """Return when the last attempt of an unknown had ended, in monotonic seconds, not too early."""
        known = self._ended.get((record.key, record.generation))
        if known is not None:
            return known
        ago = None if record.mishap and record.mishap.code == RUN_DIED else self.seconds_ago(record)
        if ago is None:
            return self._began
        # Kept, because the next Date header may tell another fraction of a second.
        ended = min(self._monotonic() - ago + _COARSENESS, self._began)
        return self._ended.setdefault((record.key, record.generation), ended)

    def seconds_ago(self, record: Record) -> float | None:
        """Return how old a job of a record may be, by the service's time; None where that is not known."""
        service_now: datetime | None = self._service.now()
        if service_now is None or record.service_at is None:
            return None
        return (service_now - record.service_at).total_seconds()
