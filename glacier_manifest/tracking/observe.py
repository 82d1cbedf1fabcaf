"""From a job as Glacier tells of it to what the state should know."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from glacier_manifest.aws.descriptions import ListedJob
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Observe
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.sighted import sighted


def observed(record: Record, job: ListedJob, *, at: datetime) -> Observe | None:
    """Return what a listed job changes for the record that awaits it; None while it is in progress."""
    seen = sighted(job, generation=record.generation)
    if seen.status is Status.IN_PROGRESS:
        return None
    return Observe(
        key=record.key,
        generation=record.generation,
        at=at,
        status=seen.status,
        completed_at=seen.completed_at,
        expires_at=seen.expires_at,
        size=seen.size,
        mishap=seen.mishap,
        next_marker=seen.next_marker,
    )


def as_observed(records: Mapping[str, Record], changes: Iterable[Observe]) -> Mapping[str, Record]:
    """Return the records by key as they would be, had the changes been written down."""
    seen = dict(records)
    for change in changes:
        record = seen.get(change.key)
        if record is not None and record.generation == change.generation:
            seen[change.key] = _with(record, change)
    return seen


def _with(record: Record, change: Observe) -> Record:
    return replace(
        record,
        status=change.status,
        completed_at=change.completed_at,
        expires_at=change.expires_at,
        size=record.size if change.size is None else change.size,
        mishap=change.mishap,
        next_marker=change.next_marker,
    )
