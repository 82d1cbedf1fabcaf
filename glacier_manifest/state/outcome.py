"""What a change makes of a record: pure, so that every store obeys the same rules.

`outcome` looks at the record that the change is about and at the highest generation known of its key, and
returns the record as it is to be kept, or raises `Conflict`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import singledispatch

from glacier_manifest.jobs.status import TRANSITIONS, Status
from glacier_manifest.state.changes import (
    Accept,
    Adopt,
    Change,
    Fetch,
    Find,
    Intend,
    Join,
    LoseTrack,
    Observe,
    Reject,
    Release,
    SendAgain,
    Withdraw,
)
from glacier_manifest.state.record import Record


class Conflict(Exception):
    """The record's status does not permit the change; the message says why."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a change.

    Attributes:
        record: The record of the change's key and generation, if there is one.
        latest: The record of the highest generation of the key, if there is one.
        job_holder: The address of another record that has the job which the change names, if one has.
    """

    record: Record | None
    latest: Record | None
    job_holder: str | None = None


#: What Glacier may say of a job that the state did not follow so far.
_FOUND = frozenset({Status.IN_PROGRESS, Status.SUCCEEDED, Status.FAILED, Status.EXPIRED})
_OPEN = frozenset({Status.INTENDED, Status.UNKNOWN})


def key_of(change: Change) -> tuple[str, int]:
    """Return the key and the generation that a change is about."""
    about = change.record if isinstance(change, Intend | Adopt) else change
    return about.key, about.generation


def outcome(change: Change, known: Known) -> Record | None:
    """Return the record after the change; None where it is already as the change would make it.

    Raises:
        Conflict: The record's status, or the job's holder, does not permit the change.
    """
    after = _after(change, known)
    if after is None or after.changed_at is change.at:
        return after
    return replace(after, changed_at=change.at)


@singledispatch
def _after(change: Change, known: Known) -> Record | None:
    raise TypeError(f"{change!r} is no change that a state knows (known: {known!r})")


@_after.register
def _intend(change: Intend, known: Known) -> Record:
    if change.record.status is not Status.INTENDED:
        raise Conflict(f"an intent has the status intended, not {change.record.status}")
    before = _bought_nothing(change.record, known)
    if before is None:
        _check_next_generation(change.record.generation, known.latest)
    return replace(
        _as_sent(before, change.record),
        status=Status.INTENDED,
        attempts=before.attempts + 1 if before else 1,
        intended_at=change.at,
        accepted_at=None,
        service_at=change.service_at,
        changed_at=change.at,
        mishap=None,
    )


@_after.register
def _adopt(change: Adopt, known: Known) -> Record:
    found = change.record
    if found.status not in _FOUND or found.job_id is None:
        raise Conflict(f"a job is adopted with its ID and what Glacier says of it, not as {found.status}")
    _check_job(known)
    before = _bought_nothing(found, known)
    return replace(
        _as_sent(before, found),
        status=found.status,
        job_id=found.job_id,
        approval=before.approval if before else found.approval,
        attempts=before.attempts if before else 0,
        accepted_at=found.accepted_at or change.at,
        completed_at=found.completed_at,
        expires_at=found.expires_at,
        mishap=found.mishap,
        next_marker=found.next_marker,
    )


@_after.register
def _send_again(change: SendAgain, known: Known) -> Record:
    before = _existing(known)
    if before.status is not Status.INTENDED:
        raise Conflict(f"only what is intended is sent again, and this is {before.status}")
    return replace(
        before,
        attempts=before.attempts + 1,
        service_at=change.service_at or before.service_at,
        mishap=change.mishap,
    )


@_after.register
def _accept(change: Accept, known: Known) -> Record:
    before = _from(Status.INTENDED, known)
    return replace(
        before,
        status=Status.IN_PROGRESS,
        job_id=change.job_id,
        accepted_at=change.at,
        service_at=change.service_at or before.service_at,
        changed_at=change.at,
        mishap=None,
    )


@_after.register
def _reject(change: Reject, known: Known) -> Record:
    return _went_wrong(change, _from(Status.INTENDED, known), Status.REJECTED)


@_after.register
def _lose_track(change: LoseTrack, known: Known) -> Record:
    return _went_wrong(change, _from(Status.INTENDED, known), Status.UNKNOWN)


@_after.register
def _release(change: Release, known: Known) -> Record:
    before = _existing(known)
    _check_step(before, Status.READY)
    return _went_wrong(change, before, Status.READY)


@_after.register
def _withdraw(change: Withdraw, known: Known) -> Record:
    before = _from(Status.INTENDED, known)
    return replace(before, status=Status.READY, attempts=max(before.attempts - 1, 0), changed_at=change.at)


@_after.register
def _find(change: Find, known: Known) -> Record:
    before = _from(Status.UNKNOWN, known)
    _check_step(before, change.status)
    if change.status not in _FOUND:
        raise Conflict(f"a job cannot be found {change.status}")
    _check_job(known)
    return replace(
        before,
        status=change.status,
        job_id=change.job_id,
        accepted_at=change.at,
        completed_at=change.completed_at,
        expires_at=change.expires_at,
        mishap=change.mishap,
        next_marker=change.next_marker,
    )


@_after.register
def _observe(change: Observe, known: Known) -> Record | None:
    before = _existing(known)
    if before.status is Status.FETCHED and change.status is Status.SUCCEEDED:
        return None
    if before.status is not change.status:
        _check_step(before, change.status)
        _check_is_an_end(before, change)
    after = replace(
        before,
        status=change.status,
        completed_at=_kept(change.completed_at) or before.completed_at,
        expires_at=_kept(change.expires_at) or before.expires_at,
        size=before.size if change.size is None else change.size,
        mishap=change.mishap or before.mishap,
        next_marker=change.next_marker or before.next_marker,
    )
    return None if after == before else after


@_after.register
def _fetch(change: Fetch, known: Known) -> Record:
    return replace(
        _from(Status.SUCCEEDED, known),
        status=Status.FETCHED,
        output=change.output,
        output_tree_hash=change.output_tree_hash,
        output_size=change.output_size,
        verified_by=change.verified_by,
        mishap=None,
    )


@_after.register
def _join(change: Join, known: Known) -> Record | None:
    before = _from(Status.FETCHED, known)
    after = replace(
        before,
        output=change.output,
        output_tree_hash=change.output_tree_hash,
        output_size=change.output_size,
        verified_by=change.verified_by,
    )
    return None if after == before else after


def _kept(moment: datetime | None) -> datetime | None:
    """Cut a moment to the millisecond, to which a state keeps it, so that the known is recognised."""
    return moment and moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _existing(known: Known) -> Record:
    if known.record is None:
        raise Conflict("there is no such record")
    return known.record


def _from(status: Status, known: Known) -> Record:
    before = _existing(known)
    if before.status is not status:
        raise Conflict(f"it would have to be {status}, and is {before.status}")
    return before


def _check_step(before: Record, status: Status) -> None:
    if status not in TRANSITIONS[before.status]:
        raise Conflict(f"it is {before.status}, which never becomes {status}")


def _check_is_an_end(before: Record, change: Observe) -> None:
    if before.status is Status.IN_PROGRESS or change.status is Status.EXPIRED:
        return
    raise Conflict(f"it is {before.status}: a job that is found {change.status} is told with its job ID")


def _check_job(known: Known) -> None:
    if known.job_holder is not None:
        raise Conflict(f"that job already belongs to {known.job_holder}")


def _went_wrong(change: Reject | LoseTrack | Release, before: Record, status: Status) -> Record:
    return replace(
        before, status=status, service_at=change.service_at or before.service_at, mishap=change.mishap
    )


def _bought_nothing(record: Record, known: Known) -> Record | None:
    """Return the READY or REJECTED record that goes on; None where `record` is a new generation."""
    highest = -1 if known.latest is None else known.latest.generation
    if record.generation < highest:
        raise Conflict(f"generation {highest} is known already")
    if known.record is None:
        return None
    if known.record.status not in {Status.READY, Status.REJECTED}:
        raise Conflict(f"it is {known.record.status} already")
    return known.record


def _check_next_generation(generation: int, latest: Record | None) -> None:
    following = 0 if latest is None else latest.generation + 1
    if generation != following:
        raise Conflict(f"the next generation is {following}, not {generation}")
    if latest is not None and latest.status in _OPEN:
        raise Conflict(f"generation {latest.generation} is {latest.status}: its outcome is still open")


def _as_sent(before: Record | None, sent: Record) -> Record:
    if before is None:
        return sent
    return replace(
        before,
        address=sent.address,
        tier=sent.tier,
        sns_topic=sent.sns_topic,
        description=sent.description,
        body_sha256=sent.body_sha256,
        size=before.size if sent.size is None else sent.size,
        approval=sent.approval,
    )
