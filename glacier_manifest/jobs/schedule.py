"""Schedules and their slots: which tick of a recurring job counts now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

#: What `every:` stands for, as five-field cron lines.
EVERY = {"daily": "0 0 * * *", "weekly": "0 0 * * MON", "monthly": "0 0 1 * *"}

#: Longer than any clock is put forward or back, so that going back from there meets every tick before now.
_BEYOND_CLOCK_CHANGES = timedelta(hours=3)
_FIELDS = 5


@dataclass(frozen=True, slots=True)
class Schedule:
    """A five-field cron line, read in a timezone such as ``UTC`` or ``Europe/Berlin``.

    A tick at a set hour comes once a day: at the end of the hour that is missing where the clock is put
    forward, at the first of the two where it is put back.
    """

    cron: str
    timezone: str = "UTC"

    def latest_tick(self, now: datetime) -> datetime:
        """Return the latest tick not after `now`, in UTC, to the minute.

        Args:
            now: A moment with a timezone.

        Raises:
            cronsim.CronSimError: The cron line is not one, or never ticks.
            zoneinfo.ZoneInfoNotFoundError: The timezone is unknown.
        """
        for tick in self._ticks_until(now):
            return tick
        raise CronSimError(f"{self.cron!r} never ticks")

    def shortest_interval(self, now: datetime, *, ticks: int = 50) -> timedelta:
        """Return the shortest time between neighbours among the last `ticks` ticks not after `now`.

        Raises:
            cronsim.CronSimError: The cron line is not one.
            zoneinfo.ZoneInfoNotFoundError: The timezone is unknown.
        """
        moments = islice(self._ticks_until(now), ticks)
        return min((late - early for late, early in pairwise(moments)), default=timedelta.max)

    def _ticks_until(self, now: datetime) -> Iterator[datetime]:
        """Yield the ticks not after `now`, the latest first."""
        if len(self.cron.split()) != _FIELDS:
            raise CronSimError("Wrong number of fields")
        later = (now.astimezone(UTC) + _BEYOND_CLOCK_CHANGES).astimezone(ZoneInfo(self.timezone))
        for tick in CronSim(self.cron, later, reverse=True):
            moment = tick.astimezone(UTC)
            if moment <= now:
                yield moment
