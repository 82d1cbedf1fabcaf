"""When jobs are looked at next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest

from glacier_manifest.jobs.request import InventoryRetrieval
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.interval import LONGEST, SHORTEST, until_next_look
from tests.planning.examples import NOON, record, request

MINUTE, HOUR, QUICK = timedelta(minutes=1), timedelta(hours=1), timedelta(seconds=1)


def in_progress(tier: Tier | None, age: timedelta) -> Record:
    at = NOON - age
    return record(request(), Status.IN_PROGRESS, tier=tier, accepted_at=at, service_at=at)


def inventory(age: timedelta) -> Record:
    return record(request(InventoryRetrieval()), Status.IN_PROGRESS, accepted_at=NOON - age)


@dataclass(frozen=True)
class Case:
    jobs: Sequence[Record]
    wait: timedelta


CASES = {
    "just started at Standard": Case([in_progress(Tier.STANDARD, QUICK)], LONGEST),
    "Standard, five minutes before the first end": Case(
        [in_progress(Tier.STANDARD, 175 * MINUTE)], 10 * MINUTE
    ),
    "Standard, in the hours in which it ends": Case([in_progress(Tier.STANDARD, 4 * HOUR)], 10 * MINUTE),
    "Standard, long overdue": Case([in_progress(Tier.STANDARD, 20 * HOUR)], 10 * MINUTE),
    "no tier was sent, which is Standard": Case([in_progress(None, 4 * HOUR)], 10 * MINUTE),
    "Bulk": Case([in_progress(Tier.BULK, 6 * HOUR)], LONGEST),
    "Expedited": Case([in_progress(Tier.EXPEDITED, 2 * MINUTE)], 20 * QUICK),
    "Expedited, just started": Case([in_progress(Tier.EXPEDITED, QUICK)], 59 * QUICK),
    "inventory": Case([inventory(4 * HOUR)], LONGEST),
    "the soonest of all counts": Case(
        [in_progress(Tier.BULK, QUICK), in_progress(Tier.EXPEDITED, 2 * MINUTE), inventory(QUICK)], 20 * QUICK
    ),
    "a job of the future, for clocks differ": Case([in_progress(Tier.STANDARD, -5 * HOUR)], LONGEST),
    "none": Case([], LONGEST),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_younger_a_job_for_its_tier_the_later_it_is_looked_at(case: Case) -> None:
    assert until_next_look(case.jobs, at=NOON, took=QUICK) == case.wait


def test_a_look_that_takes_long_is_made_more_rarely() -> None:
    jobs = [in_progress(Tier.EXPEDITED, 2 * MINUTE)]

    assert until_next_look(jobs, at=NOON, took=3 * MINUTE) == 12 * MINUTE
    assert until_next_look(jobs, at=NOON, took=HOUR) > LONGEST
    assert SHORTEST < LONGEST
