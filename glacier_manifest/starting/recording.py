"""From a request to the record that the state keeps of one purchase of it."""

from dataclasses import replace

from glacier_manifest.jobs.address import address_of
from glacier_manifest.jobs.marker import marker_of, with_marker
from glacier_manifest.jobs.request import Request
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.approval import body_sha256
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.state.record import Record


def intended(
    request: Request, *, key: str, generation: int, tier: Tier | None, approval: int | None
) -> Record:
    """Return the record of a purchase that is about to be sent."""
    return Record(
        key=key,
        generation=generation,
        address=address_of(request),
        account_id=request.vault.account_id,
        region=request.vault.region,
        vault=request.vault.name,
        type=str(request.type),
        archive_id=request.archive_id,
        retrieval_byte_range=str(request.byte_range) if request.byte_range is not None else None,
        slot=request.slot,
        tier=tier,
        sns_topic=request.sns_topic,
        description=with_marker(request.description, marker_of(key, generation)),
        body_sha256=body_sha256(request),
        status=Status.INTENDED,
        size=request.size,
        approval=approval,
    )


def adopted(request: Request, sighting: Sighting, *, key: str, generation: int) -> Record:
    """Return the record of a job that Glacier lists and that serves a request."""
    return replace(
        intended(request, key=key, generation=generation, tier=None, approval=None),
        tier=sighting.tier,
        sns_topic=sighting.sns_topic,
        description=sighting.description,
        status=sighting.status,
        job_id=sighting.job_id,
        size=request.size if sighting.size is None else sighting.size,
        accepted_at=sighting.created_at,
        completed_at=sighting.completed_at,
        expires_at=sighting.expires_at,
        mishap=sighting.mishap,
        next_marker=sighting.next_marker,
    )
