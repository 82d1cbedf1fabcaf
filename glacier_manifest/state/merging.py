"""What becomes of a purchase of which two states, or a state and a rescue file, tell: pure, as one table.

    ours            theirs          then
    --------------  --------------  ------------------------------------------------------------------
    nothing         anything        theirs, as it is
    no job          a job           theirs: a job that was paid for is never forgotten
    a job           no job          ours
    a job           the same job    the later status: in progress, succeeded, failed or expired, fetched
    a job           another job     ours, and theirs is told as a duplicate: it was paid for as well
    no job          no job          of one attempt: the later status: intended, unknown, ready or rejected
                                    of two attempts: whichever leaves more open what may have been bought,
                                    unless ours has already seen theirs through

Two records tell of one attempt where they were intended at the same moment. Equal records change nothing,
and neither does merging the same record a second time.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.record import Record

#: How far each status is from the intent, along the picture in jobs/status.py; a merge never goes back.
_LATENESS: Mapping[Status, int] = {
    Status.INTENDED: 0,
    Status.UNKNOWN: 1,
    Status.IN_PROGRESS: 2,
    Status.READY: 2,
    Status.REJECTED: 2,
    Status.SUCCEEDED: 3,
    Status.FAILED: 4,
    Status.EXPIRED: 4,
    Status.FETCHED: 5,
}

#: How much each status of a purchase without a job leaves open; what is less open is bought again sooner.
_OPENNESS: Mapping[Status, int] = {
    Status.READY: 0,
    Status.REJECTED: 0,
    Status.EXPIRED: 1,
    Status.INTENDED: 2,
    Status.UNKNOWN: 2,
}


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge comes to.

    Attributes:
        record: What is to be kept from now on; None where nothing changes.
        duplicate: The ID of a second job of this purchase, where theirs has one.
    """

    record: Record | None = None
    duplicate: str | None = None


def merge(ours: Record | None, theirs: Record, *, our_attempts: Collection[datetime] = ()) -> Merged:
    """Merge what is told of one purchase into what is known of it.

    Args:
        ours: What is known of the key and generation, if anything is.
        theirs: What is told of the same key and generation.
        our_attempts: When our log says that this purchase was intended, UTC to the millisecond.
    """
    if ours is None:
        return Merged(theirs)
    if ours.job_id is not None and theirs.job_id is not None and ours.job_id != theirs.job_id:
        return Merged(duplicate=theirs.job_id)
    if not _tells_more(ours, theirs, our_attempts):
        return Merged()
    return Merged(_completed(theirs, ours))


def _tells_more(ours: Record, theirs: Record, our_attempts: Collection[datetime]) -> bool:
    if ours.job_id != theirs.job_id:
        return ours.job_id is None
    if ours.job_id is not None or ours.intended_at == theirs.intended_at:
        return _LATENESS[theirs.status] > _LATENESS[ours.status]
    return theirs.intended_at not in our_attempts and _OPENNESS[theirs.status] > _OPENNESS[ours.status]


def _completed(theirs: Record, ours: Record) -> Record:
    """Fill what theirs does not tell: a rescue file knows only of the attempt that it rescued."""
    return replace(
        theirs,
        attempts=max(theirs.attempts, ours.attempts),
        size=ours.size if theirs.size is None else theirs.size,
        approval=ours.approval if theirs.approval is None else theirs.approval,
        intended_at=theirs.intended_at or ours.intended_at,
        completed_at=theirs.completed_at or ours.completed_at,
        expires_at=theirs.expires_at or ours.expires_at,
        service_at=theirs.service_at or ours.service_at,
        next_marker=theirs.next_marker or ours.next_marker,
    )
