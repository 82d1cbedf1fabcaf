"""How long starting takes, and when the jobs of a plan are ready: what is typical, which nobody promises.

Docs: "downloading-an-archive-two-steps": Expedited 1-5 minutes (archives under 250 MB), Standard 3-5 hours,
Bulk 5-12 hours. An inventory has no tier; those whose times were written down took 3 to 7 hours.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from glacier_manifest.jobs.request import JobType
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Pace
from glacier_manifest.planning.cost import Tally

_DAY = 86_400
#: Seconds longer than anybody waits, and few enough to be added to a date.
_FOR_EVER = 36_500 * _DAY
_INVENTORY = (timedelta(hours=3), timedelta(hours=7))
_TYPICAL = {
    Tier.EXPEDITED: (timedelta(minutes=1), timedelta(minutes=5)),
    Tier.STANDARD: (timedelta(hours=3), timedelta(hours=5)),
    Tier.BULK: (timedelta(hours=5), timedelta(hours=12)),
}


@dataclass(frozen=True, slots=True)
class Ready:
    """When the jobs of one kind are typically ready.

    Attributes:
        kind: The job type.
        tiers: The tiers that may serve them; empty for inventories.
        jobs: How many they are.
        earliest: When the first of them may be, if it is started at once.
        latest: When the last of them should be, if it is started last.
    """

    kind: JobType
    tiers: tuple[Tier, ...]
    jobs: int
    earliest: datetime
    latest: datetime


def typical(tier: Tier | None) -> tuple[timedelta, timedelta]:
    """Return how long a job typically takes, at the least and at the most; without a tier, an inventory."""
    return _INVENTORY if tier is None else _TYPICAL[tier]


def starting_time(tallies: Sequence[Tally], pace: Pace) -> timedelta:
    """Return how long it takes at least to start all of it at this pace, in whole seconds.

    Bytes that nobody knows are not in it, and neither is room that must be made by fetching.
    """
    count, size = sum(one.count for one in tallies), sum(one.bytes for one in tallies)
    seconds = min(ceil(count / pace.requests_per_second), _FOR_EVER)
    if pace.bytes_per_day and size:
        # The first day's bytes start at once, and the last day's on the last day.
        days = -(-size // pace.bytes_per_day) - 1
        seconds = max(seconds, min(days * _DAY, _FOR_EVER))
    return timedelta(seconds=seconds)


def forecast(tallies: Sequence[Tally], pace: Pace, now: datetime) -> tuple[Ready, ...]:
    """Return when what starts now is typically ready, the soonest first.

    Args:
        tallies: What would start.
        pace: How fast it is started.
        now: When the first of it is started.
    """
    started = now + starting_time(tallies, pace)
    jobs: dict[tuple[JobType, tuple[Tier, ...]], int] = {}
    for one in tallies:
        jobs[one.kind, one.tiers] = jobs.get((one.kind, one.tiers), 0) + one.count
    found = [
        Ready(kind, tiers, number, now + _shortest(tiers), started + _longest(tiers))
        for (kind, tiers), number in jobs.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.latest, one.earliest)))


def _shortest(tiers: Iterable[Tier]) -> timedelta:
    return min((typical(tier)[0] for tier in tiers), default=typical(None)[0])


def _longest(tiers: Iterable[Tier]) -> timedelta:
    return max((typical(tier)[1] for tier in tiers), default=typical(None)[1])
