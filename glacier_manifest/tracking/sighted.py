"""What a job in Glacier's listing means to us: where it stands, how long its output stays, why it failed."""

from datetime import timedelta

from glacier_manifest.aws.descriptions import ListedJob, StatusCode
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.state.record import Mishap

#: How long an output stays after completion, at the least (docs: "api-job-output-get").
OUTPUT_WINDOW = timedelta(hours=24)
_SELECT = "Select"


def sighted(job: ListedJob, *, generation: int | None) -> Sighting:
    """Return a listed job as a sighting; `generation` is what its marker says, None without one."""
    status = _status(job)
    ended_at = job.completed_at
    return Sighting(
        job_id=job.job_id,
        generation=generation,
        status=status,
        tier=job.tier,
        sns_topic=job.sns_topic,
        description=job.description,
        created_at=job.created_at,
        completed_at=ended_at,
        expires_at=ended_at + OUTPUT_WINDOW if ended_at and _has_window(job, status) else None,
        size=_size(job),
        mishap=_failure(job) if status is Status.FAILED else None,
        next_marker=_next_marker(job) if status is Status.SUCCEEDED else None,
    )


def _has_window(job: ListedJob, status: Status) -> bool:
    """What a select has found is in S3, and stays there (docs: "glacier-select")."""
    return status is Status.SUCCEEDED and job.action != _SELECT


def _status(job: ListedJob) -> Status:
    """Completed is not success: only the status code tells (docs: "configuring-notifications")."""
    if not job.completed or job.status_code is StatusCode.IN_PROGRESS:
        return Status.IN_PROGRESS
    return Status.SUCCEEDED if job.status_code is StatusCode.SUCCEEDED else Status.FAILED


def _failure(job: ListedJob) -> Mishap:
    return Mishap("job-failed", job.status_message or "Glacier gives no reason")


def _next_marker(job: ListedJob) -> str | None:
    """Only a finished job's marker is where the next page begins (docs: "api-describe-job-get")."""
    return (job.inventory.marker or None) if job.inventory is not None else None


def _size(job: ListedJob) -> int | None:
    """ArchiveSizeInBytes is the whole archive's, whatever range the job returns."""
    start, dash, end = (job.retrieval_byte_range or "").partition("-")
    if dash and start.isdecimal() and end.isdecimal():
        return int(end) - int(start) + 1
    return job.inventory_size if job.archive_size is None else job.archive_size
