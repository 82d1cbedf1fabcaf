"""How long starting takes, and when the jobs are ready."""

from datetime import UTC, datetime, timedelta

import pytest

from glacier_manifest.jobs.request import JobType
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Pace
from glacier_manifest.planning.cost import Tally
from glacier_manifest.planning.forecast import Ready, forecast, starting_time
from glacier_manifest.units import GIB, TIB

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RETRIEVAL, INVENTORY = JobType.ARCHIVE_RETRIEVAL, JobType.INVENTORY_RETRIEVAL


def tally(*tiers: Tier, count: int = 1, size: int = 0, kind: JobType = RETRIEVAL) -> Tally:
    return Tally("photos", "012345678901", "us-west-2", "my-vault", kind, tiers, count, size, 0)


@pytest.mark.parametrize(
    ("count", "size", "pace", "lasts"),
    [
        (0, 0, Pace(), timedelta()),
        (1, 0, Pace(), timedelta(seconds=1)),
        (10_000, 0, Pace(), timedelta(seconds=1000)),
        (10_001, 0, Pace(), timedelta(seconds=1001)),
        (30, 0, Pace(requests_per_second=0.5), MINUTE),
        # what one day lets start begins at once, and the next day's a day later
        (3, 2 * TIB, Pace(bytes_per_day=2 * TIB), timedelta(seconds=1)),
        (3, 2 * TIB + 1, Pace(bytes_per_day=2 * TIB), DAY),
        (3, 6 * TIB, Pace(bytes_per_day=2 * TIB), 2 * DAY),
        (10**6, GIB, Pace(requests_per_second=1, bytes_per_day=TIB), timedelta(seconds=10**6)),
        (1, 10**18, Pace(bytes_per_day=1), 36500 * DAY),
        (10**15, 0, Pace(), 36500 * DAY),
    ],
)
def test_starting_takes_as_long_as_the_pace_lets(count: int, size: int, pace: Pace, lasts: timedelta) -> None:
    assert starting_time([tally(Tier.BULK, count=count, size=size)], pace) == lasts


@pytest.mark.parametrize(
    ("tiers", "kind", "first", "last"),
    [
        ((Tier.EXPEDITED,), RETRIEVAL, MINUTE, 5 * MINUTE),
        ((Tier.STANDARD,), RETRIEVAL, 3 * HOUR, 5 * HOUR),
        ((Tier.BULK,), RETRIEVAL, 5 * HOUR, 12 * HOUR),
        ((Tier.EXPEDITED, Tier.STANDARD), RETRIEVAL, MINUTE, 5 * HOUR),
        ((), INVENTORY, 3 * HOUR, 7 * HOUR),
    ],
)
def test_a_job_is_ready_after_what_its_tiers_take(
    tiers: tuple[Tier, ...], kind: JobType, first: timedelta, last: timedelta
) -> None:
    pace = Pace(requests_per_second=1)

    (ready,) = forecast([tally(*tiers, count=60, kind=kind)], pace, NOON)

    assert ready == Ready(kind, tiers, 60, NOON + first, NOON + MINUTE + last)


def test_what_is_ready_first_is_told_first_and_vaults_are_taken_together() -> None:
    tallies = [tally(Tier.BULK, count=2), tally(Tier.EXPEDITED), tally(Tier.BULK, count=3)]

    told = forecast(tallies, Pace(), NOON)

    assert [(one.tiers, one.jobs) for one in told] == [((Tier.EXPEDITED,), 1), ((Tier.BULK,), 5)]


def test_nothing_to_start_is_ready_never() -> None:
    assert forecast([], Pace(), NOON) == ()
