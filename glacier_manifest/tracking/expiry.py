"""When an output is gone: a day after the job's end, and only where Glacier does not know the job any more.

That a listing leaves a job out proves nothing: for how long jobs are listed is not documented (docs:
"api-jobs-get" says "recently finished").
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from glacier_manifest.jobs.request import JobType
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Observe
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.sighted import OUTPUT_WINDOW


def may_be_gone(record: Record, *, at: datetime) -> bool:
    """Say whether a day has passed, by `at`, since a job ended, or since it was accepted.

    A job whose end was never seen has ended after it was accepted; a day later its output may be gone only
    if Glacier does not know the job any more, which the caller must find out. What a select that succeeded
    has found is in S3, whether or not Glacier knows the job.
    """
    if record.type == JobType.SELECT and record.status is Status.SUCCEEDED:
        return False
    since = record.completed_at or record.service_at or record.accepted_at
    return since is not None and at - since >= OUTPUT_WINDOW


def likely_gone(records: Iterable[Record], *, at: datetime) -> Iterator[Record]:
    """Yield the records whose job may be forgotten by Glacier."""
    return (record for record in records if record.job_id is not None and may_be_gone(record, at=at))


def expired(record: Record, *, at: datetime) -> Observe:
    """Return what it changes that the output is gone."""
    return Observe(record.key, record.generation, at, Status.EXPIRED)
