"""From a request to the record that is kept of one purchase of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.request import ArchiveRetrieval, ByteRange, Request
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.starting.recording import adopted, intended
from glacier_manifest.state.record import Mishap
from tests.planning.examples import INVENTORY, NOON, QUERY, SLOT, TOPIC, WEEKLY, archive, record, request

RANGE = ArchiveRetrieval("r" * 138, ByteRange(0, (1 << 20) - 1))
REQUESTS = {
    "archive": request(archive("a"), tiers=(Tier.BULK,), description="theirs", sns_topic=TOPIC),
    "range": request(RANGE),
    "inventory": request(INVENTORY, slot=SLOT, schedule=WEEKLY),
    "select": request(QUERY),
}


@pytest.mark.parametrize("wanted", REQUESTS.values(), ids=REQUESTS.keys())
def test_an_intent_records_exactly_what_is_sent(wanted: Request) -> None:
    tier = wanted.tiers[0] if wanted.tiers else None

    made = intended(wanted, key=request_key(wanted), generation=3, tier=tier, approval=7)

    assert made == record(wanted, Status.INTENDED, 3, approval=7)


def test_an_intent_records_the_tier_of_this_very_call() -> None:
    wanted = request(archive("a"), tiers=(Tier.EXPEDITED, Tier.BULK))

    made = intended(wanted, key=request_key(wanted), generation=0, tier=Tier.BULK, approval=None)

    assert made.tier == "Bulk"


SEEN = Sighting(
    job_id="job-9",
    generation=2,
    status=Status.SUCCEEDED,
    tier="Expedited",
    sns_topic="arn:aws:sns:us-west-2:012345678901:another",
    description="as it was then [gm1:abcdefghijklmnopqrstuvwxyz.2]",
    created_at=NOON - timedelta(hours=5),
    completed_at=NOON - timedelta(hours=1),
    expires_at=NOON + timedelta(hours=23),
    size=5,
)


@pytest.mark.parametrize("wanted", REQUESTS.values(), ids=REQUESTS.keys())
def test_an_adopted_job_is_recorded_as_glacier_tells_of_it(wanted: Request) -> None:
    made = adopted(wanted, SEEN, key=request_key(wanted), generation=2)

    assert made == replace(
        record(wanted, Status.SUCCEEDED, 2),
        job_id="job-9",
        tier="Expedited",
        sns_topic=SEEN.sns_topic,
        description=SEEN.description,
        accepted_at=SEEN.created_at,
        completed_at=SEEN.completed_at,
        expires_at=SEEN.expires_at,
        size=5,
    )


def test_a_failed_job_is_adopted_with_its_reason_and_the_size_that_was_known() -> None:
    wanted, mishap = replace(request(archive("a")), size=42), Mishap("job-failed", "Archive was deleted")
    seen = replace(SEEN, status=Status.FAILED, size=None, mishap=mishap)

    made = adopted(wanted, seen, key=request_key(wanted), generation=0)

    assert (made.status, made.size, made.mishap) == (Status.FAILED, 42, mishap)
