"""Schedules and their slots: which tick of a recurring job counts now."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim

#: What `every:` stands for, as five-field cron lines.
EVERY = {"daily": "0 0 * * *", "weekly": "0 0 * * MON", "monthly": "0 0 1 * *"}


@dataclass(frozen=True, slots=True)
class Schedule:
    """A five-field cron line, read in a timezone such as ``UTC`` or ``Europe/Berlin``."""

    cron: str
    timezone: str = "UTC"

    def latest_tick(self, now: datetime) -> datetime:
        """Return the latest tick not after `now`, in UTC, to the minute.

        Args:
            now: A moment with a timezone.

        Raises:
            cronsim.CronSimError: The cron line is not one.
            zoneinfo.ZoneInfoNotFoundError: The timezone is unknown.
        """
        after_now = now.astimezone(ZoneInfo(self.timezone)) + timedelta(minutes=1)
        ticks = CronSim(self.cron, after_now.replace(second=0, microsecond=0), reverse=True)
        for tick in ticks:
            moment = tick.astimezone(UTC)
            if moment <= now:
                return moment
        raise AssertionError("a cron line that was accepted has a tick in the past")

    def shortest_interval(self, now: datetime, *, ticks: int = 50) -> timedelta:
        """Return the shortest time between neighbours among the last `ticks` ticks before `now`."""
        before = CronSim(self.cron, now.astimezone(ZoneInfo(self.timezone)), reverse=True)
        moments = [tick.astimezone(UTC) for _, tick in zip(range(ticks), before, strict=False)]
        return min((late - early for late, early in pairwise(moments)), default=timedelta.max)
