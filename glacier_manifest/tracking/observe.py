"""From what Glacier lists to what the state should know.

A vault is listed once for all its jobs, page by page; DescribeJob for each job would be fifty times the
calls.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from glacier_manifest.aws.descriptions import ListedJob, StatusCode
from glacier_manifest.aws.glacier import Reader
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Observe
from glacier_manifest.state.record import Mishap, Record

#: How long an output stays after completion, at the least (docs: "api-job-output-get").
OUTPUT_WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Observations:
    """What one pass over the vaults showed.

    Attributes:
        changes: What has changed for records that were in progress.
        unlisted: Records in progress whose job no listing shows.
        vaults: How many vaults were listed.
    """

    changes: tuple[Observe, ...]
    unlisted: tuple[Record, ...]
    vaults: int


def observe(records: Iterable[Record], reader: Reader, *, now: datetime) -> Observations:
    """List each vault that has jobs in progress, once, and say what became of them.

    Args:
        records: Records in progress.
        reader: Lists the jobs.
        now: The moment of the observation.

    Raises:
        ServiceError: A vault cannot be listed.
    """
    changes: list[Observe] = []
    unlisted: list[Record] = []
    by_vault = _by_vault(records)
    for vault, waiting in by_vault.items():
        seen = set()
        for job in reader.list_jobs(vault):
            record = waiting.get(job.job_id)
            if record is None:
                continue
            seen.add(job.job_id)
            if job.completed:
                changes.append(_observed(record, job, now))
        unlisted.extend(record for job_id, record in waiting.items() if job_id not in seen)
    return Observations(tuple(changes), tuple(unlisted), len(by_vault))


def _by_vault(records: Iterable[Record]) -> Mapping[Vault, Mapping[str, Record]]:
    by_vault: dict[Vault, dict[str, Record]] = defaultdict(dict)
    for record in records:
        if record.job_id is not None:
            vault = Vault(record.account_id, record.region, record.vault)
            by_vault[vault][record.job_id] = record
    return by_vault


def _observed(record: Record, job: ListedJob, now: datetime) -> Observe:
    """Completed is not success: only the status code tells (docs: "configuring-notifications")."""
    succeeded = job.status_code is StatusCode.SUCCEEDED
    ended_at = job.completed_at
    return Observe(
        key=record.key,
        generation=record.generation,
        at=now,
        status=Status.SUCCEEDED if succeeded else Status.FAILED,
        completed_at=ended_at,
        expires_at=ended_at + OUTPUT_WINDOW if succeeded and ended_at is not None else None,
        size=_size(job),
        mishap=None if succeeded else Mishap("job-failed", job.status_message or "Glacier gives no reason"),
    )


def _size(job: ListedJob) -> int | None:
    """The archive's own size is not what a ranged job returns, so a range tells none."""
    if job.retrieval_byte_range is not None:
        return None
    return job.inventory_size if job.archive_size is None else job.archive_size


def as_observed(records: Mapping[str, Record], observations: Observations) -> Mapping[str, Record]:
    """Return the records by key as they would be, had the observations been written down."""
    seen = dict(records)
    for change in observations.changes:
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
    )


def under_way(records: Iterable[Record]) -> Iterator[Record]:
    """Keep the records whose job Glacier is working on."""
    return (record for record in records if record.status is Status.IN_PROGRESS)
