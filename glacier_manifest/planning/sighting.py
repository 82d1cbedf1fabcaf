"""A sighting: a job that Glacier lists and that serves a request, so that nothing need be bought for it."""

from dataclasses import dataclass
from datetime import datetime

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.record import Mishap


@dataclass(frozen=True, slots=True)
class Sighting:
    """A job in Glacier's listing that serves a request.

    Attributes:
        job_id: What Glacier calls it.
        generation: The purchase that its marker names; None for a job that is not ours.
        status: IN_PROGRESS, SUCCEEDED or FAILED.
        tier: What it was started at, where the listing says so.
        sns_topic, description: What it was started with.
        created_at, completed_at, expires_at: Service time.
        size: Bytes of its output, where known.
        mishap: Why it failed, if it did.
        duplicates: IDs of further jobs with the same marker, each paid for.
        next_marker: Where the next page of a finished inventory begins; None where there is none.
    """

    job_id: str
    generation: int | None
    status: Status
    tier: str | None
    sns_topic: str | None
    description: str | None
    created_at: datetime
    completed_at: datetime | None = None
    expires_at: datetime | None = None
    size: int | None = None
    mishap: Mishap | None = None
    duplicates: tuple[str, ...] = ()
    next_marker: str | None = None
