"""ListJobs and DescribeJob: what a job is now, told from its record and the clock.

https://docs.aws.amazon.com/amazonglacier/latest/dev/api-jobs-get.html,
https://docs.aws.amazon.com/amazonglacier/latest/dev/api-describe-job-get.html
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

from glacier_manifest.sandbox.archives import Archive
from glacier_manifest.sandbox.asks import Ask
from glacier_manifest.sandbox.clock import iso_instant
from glacier_manifest.sandbox.content import range_tree_hash
from glacier_manifest.sandbox.events import Job
from glacier_manifest.sandbox.glacier import Glacier
from glacier_manifest.sandbox.joblist import (
    FAILED,
    IN_PROGRESS,
    SUCCEEDED,
    JobFilter,
    status_of,
)
from glacier_manifest.sandbox.refusals import invalid, job_not_found
from glacier_manifest.sandbox.treehash import is_tree_hash_aligned
from glacier_manifest.sandbox.vault_operations import json_answer, named_vault
from glacier_manifest.sandbox.vaults import Vault
from glacier_manifest.sandbox.wire import Answer

_JOBS_A_PAGE = 50
_MARKER_TAG = b"jobs:"
_ACTIONS = {
    "archive-retrieval": "ArchiveRetrieval",
    "inventory-retrieval": "InventoryRetrieval",
    "select": "Select",
}
_COMPLETED = {None: None, "true": True, "false": False}


def list_jobs(glacier: Glacier, ask: Ask) -> Answer:
    """ListJobs: by acceptance, oldest first, at most 50 a page (and 400 for a larger limit)."""
    vault, query = named_vault(glacier, ask), ask.request.query
    now = glacier.clock.seconds()
    page = vault.jobs.page(
        _position(query.get("marker")),
        _page_limit(query.get("limit")),
        now,
        JobFilter(_status(query.get("statuscode")), _completed(query.get("completed"))),
    )
    marker = None if page.next_position is None else _marker(page.next_position)
    listed = [job_json(glacier, vault, job, now) for job in page.jobs]
    return json_answer({"JobList": listed, "Marker": marker})


def _page_limit(text: str | None) -> int:
    if text is None:
        return _JOBS_A_PAGE
    if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= _JOBS_A_PAGE:
        raise invalid(f"Invalid limit: {text}. It must be between 1 and {_JOBS_A_PAGE}")
    return int(text)


def _status(text: str | None) -> str | None:
    if text not in (None, IN_PROGRESS, SUCCEEDED, FAILED):
        raise invalid(f"The job status code is not valid: {text}")
    return text


def _completed(text: str | None) -> bool | None:
    if text not in _COMPLETED:
        raise invalid(f"Invalid value for completed: {text}")
    return _COMPLETED[text]


def _marker(position: int) -> str:
    return base64.urlsafe_b64encode(_MARKER_TAG + b"%d" % position).decode()


def _position(marker: str | None) -> int:
    if marker is None:
        return 0
    try:
        raw = base64.urlsafe_b64decode(marker)
        if not raw.startswith(_MARKER_TAG):
            raise invalid(f"Invalid marker: {marker}")
        return int(raw.removeprefix(_MARKER_TAG))
    except ValueError as error:
        raise invalid(f"Invalid marker: {marker}") from error


def describe_job(glacier: Glacier, ask: Ask) -> Answer:
    """DescribeJob: 404 once the job has expired. A listing lag does not hide a job from it."""
    vault, now = named_vault(glacier, ask), glacier.clock.seconds()
    return json_answer(job_json(glacier, vault, named_job(vault, ask, now), now))


def named_job(vault: Vault, ask: Ask, now: float) -> Job:
    """Return the job that a request names.

    Raises:
        RefusedError: no such job, or it has expired.
    """
    job = vault.jobs.find(ask.target, now)
    if job is None:
        raise job_not_found(ask.target)
    return job


def job_archive(vault: Vault, job: Job) -> Archive:
    """Return the archive of an archive or select job, even when it was deleted since."""
    row = vault.find_ever(job.archive_id or "")
    if row is None:
        raise job_not_found(job.job_id)
    return row.shelf.archive(row.index)


def job_json(glacier: Glacier, vault: Vault, job: Job, now: float) -> dict[str, Any]:
    """Return a job as DescribeJob and ListJobs show it; what it has not is null.

    https://docs.aws.amazon.com/amazonglacier/latest/dev/api-GlacierJobDescription.html
    """
    status = status_of(job, now)
    completed = status != IN_PROGRESS
    return {
        "Action": _ACTIONS[job.type],
        "ArchiveId": job.archive_id,
        "Completed": completed,
        "CompletionDate": iso_instant(job.ready_at) if completed else None,
        "CreationDate": iso_instant(job.created),
        "JobDescription": job.description,
        "JobId": job.job_id,
        "JobOutputPath": job.output_path,
        "OutputLocation": job.output_location,
        "SelectParameters": job.select_parameters,
        "SNSTopic": job.sns_topic,
        "StatusCode": status,
        "StatusMessage": _status_message(job, status),
        "Tier": job.tier,
        "VaultARN": job.vault.arn,
        **_archive_json(vault, job, completed=completed),
        **_inventory_json(glacier, job, status),
    }


def _status_message(job: Job, status: str) -> str:
    if status == IN_PROGRESS:
        return "Operation in progress."
    return job.failure or "Succeeded"


def _archive_json(vault: Vault, job: Job, *, completed: bool) -> dict[str, Any]:
    if job.archive_id is None:
        return {
            "ArchiveSHA256TreeHash": None,
            "ArchiveSizeInBytes": None,
            "RetrievalByteRange": None,
            "SHA256TreeHash": None,
        }
    archive = job_archive(vault, job)
    retrieval = job.type == "archive-retrieval"
    return {
        "ArchiveSHA256TreeHash": archive.tree_hash,
        "ArchiveSizeInBytes": archive.size,
        "RetrievalByteRange": f"{job.start}-{job.end - 1}" if retrieval else None,
        "SHA256TreeHash": _range_hash(archive, job, completed=completed) if retrieval else None,
    }


def _range_hash(archive: Archive, job: Job, *, completed: bool) -> str | None:
    """The hash of the job's range: none for one without, or for a whole archive before its time."""
    whole = (job.start, job.end) == (0, archive.size)
    if not is_tree_hash_aligned(job.start, job.end, archive.size) or (whole and not completed):
        return None
    return range_tree_hash(archive.content, job.start, job.end)


def _inventory_json(glacier: Glacier, job: Job, status: str) -> dict[str, Any]:
    query = job.inventory
    if query is None:
        return {"InventoryRetrievalParameters": None, "InventorySizeInBytes": None}
    done = status == SUCCEEDED
    # AWS does not say what Marker is before completion: here it is still the one that was sent,
    # which whoever reads it too early will notice.
    parameters: Mapping[str, Any] = {
        "EndDate": query.end_date,
        "Format": query.format,
        "Limit": query.limit,
        "Marker": glacier.document(job).next_marker if done else query.marker,
        "StartDate": query.start_date,
    }
    size = glacier.document(job).length if done else None
    return {"InventoryRetrievalParameters": parameters, "InventorySizeInBytes": size}
