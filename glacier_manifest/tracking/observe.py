"""From what Glacier lists to what the state should know.

A vault is listed once for all its jobs, page by page; DescribeJob for each job would be fifty times the
calls.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from glacier_manifest.aws.descriptions import ListedJob
from glacier_manifest.aws.glacier import Reader
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Observe
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.sighted import sighted


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
            change = observed(record, job, at=now)
            if change is not None:
                changes.append(change)
        unlisted.extend(record for job_id, record in waiting.items() if job_id not in seen)
    return Observations(tuple(changes), tuple(unlisted), len(by_vault))


def _by_vault(records: Iterable[Record]) -> Mapping[Vault, Mapping[str, Record]]:
    by_vault: dict[Vault, dict[str, Record]] = defaultdict(dict)
    for record in records:
        if record.job_id is not None:
            vault = Vault(record.account_id, record.region, record.vault)
            by_vault[vault][record.job_id] = record
    return by_vault


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
    )
