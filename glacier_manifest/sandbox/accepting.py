"""InitiateJob: every POST that is right makes a new job; nothing is ever the same job again.

https://docs.aws.amazon.com/amazonglacier/latest/dev/api-initiate-job-post.html
"""

from collections.abc import Mapping
from typing import Any

from glacier_manifest.sandbox.asks import Ask
from glacier_manifest.sandbox.events import Job
from glacier_manifest.sandbox.glacier import NO_POLICY, Glacier
from glacier_manifest.sandbox.identity import job_id
from glacier_manifest.sandbox.initiation import byte_range, check_parameters, inventory_query
from glacier_manifest.sandbox.refusals import missing, no_inventory_yet, policy_enforced
from glacier_manifest.sandbox.retrieval_policy import is_allowed
from glacier_manifest.sandbox.vault_operations import absent_archive, named_vault
from glacier_manifest.sandbox.vaults import Vault
from glacier_manifest.sandbox.wire import Answer


def initiate_job(glacier: Glacier, ask: Ask) -> Answer:
    """InitiateJob: 202 with the new job's ID and location."""
    if not ask.request.body.strip():
        raise missing("Job Parameters")
    vault = named_vault(glacier, ask)
    given = check_parameters(ask.json_object())
    with glacier.lock:
        job = _new_job(glacier, ask, vault, given)
        glacier.commit(job)
    return _accepted(job)


def _accepted(job: Job) -> Answer:
    headers = [
        ("x-amz-job-id", job.job_id),
        ("Location", f"{job.vault.path}/jobs/{job.job_id}"),
    ]
    if job.output_path is not None:
        headers.append(("x-amz-job-output-path", job.output_path))
    return Answer(202, tuple(headers))


def _new_job(glacier: Glacier, ask: Ask, vault: Vault, given: Mapping[str, Any]) -> Job:
    now, settings = glacier.clock.seconds(), glacier.settings
    new_id = job_id(glacier.rng)
    return Job(
        job_id=new_id,
        vault=vault.key,
        type=given["Type"],
        created=now,
        ready_at=now + settings.job_time,
        expires_at=now + settings.job_time + settings.retention,
        listed_at=now + ask.fate.listing_lag,
        failure=ask.fate.failure,
        description=given.get("Description"),
        sns_topic=given.get("SNSTopic"),
        **_specifics(glacier, vault, given, new_id),
    )


def _specifics(glacier: Glacier, vault: Vault, given: Mapping[str, Any], new_id: str) -> dict[str, Any]:
    match given["Type"]:
        case "archive-retrieval":
            return _archive_specifics(glacier, vault, given)
        case "inventory-retrieval":
            return _inventory_specifics(glacier, vault, given)
        case _:
            return _select_specifics(glacier, vault, given, new_id)


def _archive_specifics(glacier: Glacier, vault: Vault, given: Mapping[str, Any]) -> dict[str, Any]:
    start, end = byte_range(given, _archive_size(glacier, vault, given["ArchiveId"]))
    tier = given.get("Tier", "Standard")
    if tier == "Standard":
        _check_policy(glacier, vault, end - start)
    return {"archive_id": given["ArchiveId"], "start": start, "end": end, "tier": tier}


def _archive_size(glacier: Glacier, vault: Vault, archive_id: str) -> int:
    row = vault.find(archive_id)
    if row is None and glacier.settings.improvise and vault.find_ever(archive_id) is None:
        glacier.improvise(vault.key, archive_id)
        row = vault.find(archive_id)
    if row is None:
        raise absent_archive(glacier, vault, archive_id)
    return row.shelf.size_of(row.index)


def _check_policy(glacier: Glacier, vault: Vault, size: int) -> None:
    policy = glacier.policy(vault.key.account, vault.key.region)
    if policy == NO_POLICY:
        return
    beside = (job for job in glacier.accepted if job.vault[:2] == vault.key[:2])
    if not is_allowed(policy, size, beside, glacier.clock.seconds()):
        raise policy_enforced()


def _inventory_specifics(glacier: Glacier, vault: Vault, given: Mapping[str, Any]) -> dict[str, Any]:
    query = inventory_query(given)
    latest = vault.latest_inventory(glacier.clock.seconds())
    if latest is None:
        raise no_inventory_yet(vault.key.arn)
    return {
        "inventory": query,
        "inventory_version": latest.version,
        "inventory_date": latest.date,
    }


def _select_specifics(
    glacier: Glacier, vault: Vault, given: Mapping[str, Any], new_id: str
) -> dict[str, Any]:
    _archive_size(glacier, vault, given["ArchiveId"])
    target = given["OutputLocation"]["S3"]
    return {
        "archive_id": given["ArchiveId"],
        "tier": given.get("Tier", "Standard"),
        "select_parameters": given["SelectParameters"],
        "output_location": given["OutputLocation"],
        "output_path": f"s3://{target['BucketName']}/{target['Prefix']}/{new_id}",
    }
