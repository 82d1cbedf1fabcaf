"""When to look next: the younger a job for its tier, the later; where it may be ready by now, often.

Nothing tells the end of a job but its listing (or a message to a topic), and nobody promises when it comes.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from glacier_manifest.jobs.request import JobType
from glacier_manifest.jobs.tier import SERVICE_DEFAULT, Tier
from glacier_manifest.planning.forecast import typical
from glacier_manifest.state.record import Record

#: The least and the most that is waited between two looks, unless a look takes long.
SHORTEST, LONGEST = timedelta(seconds=15), timedelta(minutes=15)
#: How many looks there are in the time in which jobs of a tier typically end.
_LOOKS = 12
#: A look that takes long is made so much more rarely than it takes.
_REST = 4


def until_next_look(records: Iterable[Record], *, at: datetime, took: timedelta) -> timedelta:
    """Return how long to wait before jobs in progress are listed again.

    Args:
        records: The records in progress.
        at: The service's time.
        took: How long the last look took; for a hundred thousand jobs it takes minutes.
    """
    soonest = min((_for_job(record, at) for record in records), default=LONGEST)
    return max(min(max(soonest, SHORTEST), LONGEST), took * _REST)


def _for_job(record: Record, at: datetime) -> timedelta:
    earliest, latest = typical(_tier_of(record))
    started = record.service_at or record.accepted_at or at
    often = (latest - earliest) / _LOOKS
    return max(started + earliest - at, often)


def _tier_of(record: Record) -> Tier | None:
    if record.type == JobType.INVENTORY_RETRIEVAL:
        return None
    return Tier(record.tier) if record.tier in set(Tier) else SERVICE_DEFAULT
