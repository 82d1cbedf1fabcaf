"""What Glacier tells of a vault and of a job, read from its answers with tolerance for what they lack."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from glacier_manifest.jobs.instant import parse_instant
from glacier_manifest.jobs.marker import Marker, read_marker
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.retrieval_policy import NO_LIMIT, RetrievalPolicy

_VAULT_ARN = re.compile(r"arn:[\w-]+:glacier:[\w-]*:(\d{12}):vaults[/:](\S+)", re.ASCII)


class StatusCode(StrEnum):
    """What Glacier says of a job (docs: "api-describe-job-get", StatusCode)."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class VaultDescription:
    """A vault, as DescribeVault and ListVaults tell of it.

    Attributes:
        vault: Its owner's account is read from the VaultARN.
        number_of_archives, size_in_bytes: As of `last_inventory_at`; None where nothing was said.
        last_inventory_at: When Glacier last took inventory; None before the first.
        created_at: None where nothing was said.
        service_at: The service's own time when it said so.
    """

    vault: Vault
    number_of_archives: int | None
    size_in_bytes: int | None
    last_inventory_at: datetime | None
    created_at: datetime | None
    service_at: datetime | None


@dataclass(frozen=True, slots=True)
class InventoryParameters:
    """What an inventory job was asked for; of a completed one, `marker` begins the next page."""

    format: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    limit: str | None = None
    marker: str | None = None


@dataclass(frozen=True, slots=True)
class ListedJob:
    """A job, as ListJobs and DescribeJob tell of it.

    Attributes:
        job_id: Opaque.
        action: ``ArchiveRetrieval``, ``InventoryRetrieval`` or ``Select``.
        vault_arn: The vault's ARN as answered.
        archive_id: None for an inventory.
        retrieval_byte_range: ``START-END``; whole archives are listed with their whole range, or None.
        tier: None where the service says nothing.
        description: The Description it was started with, a marker included.
        sns_topic: Where its end is told.
        status_code: Where it stands; only SUCCEEDED has output.
        status_message: The service's words, which tell why it failed.
        completed: True as well for a failed job.
        created_at, completed_at: Service time; `completed_at` is None until it ended.
        inventory: What an inventory job was asked for; None for the others.
        inventory_size: Bytes of the inventory; None until it succeeded.
        archive_size: Bytes of the whole archive; None for an inventory.
        sha256_tree_hash: Tree hash of the range asked for; None where the range is not tree-hash aligned.
        archive_sha256_tree_hash: Tree hash of the whole archive.
        job_output_path: Where a select writes its results: the key that its objects begin with, or a URL.
        output_bucket, output_prefix: Where it was told to.
        service_at: The service's own time when it said so.
    """

    job_id: str
    action: str
    vault_arn: str | None
    archive_id: str | None
    retrieval_byte_range: str | None
    tier: str | None
    description: str | None
    sns_topic: str | None
    status_code: StatusCode
    status_message: str | None
    completed: bool
    created_at: datetime
    completed_at: datetime | None = None
    inventory: InventoryParameters | None = None
    inventory_size: int | None = None
    archive_size: int | None = None
    sha256_tree_hash: str | None = None
    archive_sha256_tree_hash: str | None = None
    job_output_path: str | None = None
    output_bucket: str | None = None
    output_prefix: str | None = None
    service_at: datetime | None = None

    @property
    def marker(self) -> Marker | None:
        """The marker that ends its description; None where the job is not ours."""
        return read_marker(self.description)


def account_in(text: str | None) -> str | None:
    """Return the account of a vault ARN that stands in a text, such as "Vault not found for ARN: …"."""
    match = _VAULT_ARN.search(text or "")
    return None if match is None else match[1]


def required(wire: Mapping[str, Any], member: str) -> Any:  # noqa: ANN401 - a member of any JSON type
    """Return a member that every true answer has: without it, something else answered, or only half.

    The SDK takes a page of HTML, or JSON that was cut, for an answer without members.

    Raises:
        ValueError: It is not there.
    """
    if wire.get(member) is None:
        raise ValueError(f"the answer has no {member}: it is cut short, or not Glacier's")
    return wire[member]


def read_vault(wire: Mapping[str, Any], region: str, service_at: datetime | None) -> VaultDescription:
    """Read one vault of an answer.

    Raises:
        ValueError: It is not a vault's description.
    """
    arn = required(wire, "VaultARN")
    account_id = account_in(arn)
    if account_id is None:
        raise ValueError(f"{arn!r} is not the ARN of a vault")
    return VaultDescription(
        vault=Vault(account_id, region, required(wire, "VaultName")),
        number_of_archives=wire.get("NumberOfArchives"),
        size_in_bytes=wire.get("SizeInBytes"),
        last_inventory_at=_moment(wire.get("LastInventoryDate")),
        created_at=_moment(wire.get("CreationDate")),
        service_at=service_at,
    )


def read_job(wire: Mapping[str, Any], service_at: datetime | None) -> ListedJob:
    """Read one job of an answer.

    Raises:
        ValueError: It is not a job's description.
    """
    output_location = (wire.get("OutputLocation") or {}).get("S3") or {}
    return ListedJob(
        job_id=required(wire, "JobId"),
        action=required(wire, "Action"),
        vault_arn=wire.get("VaultARN"),
        archive_id=wire.get("ArchiveId"),
        retrieval_byte_range=wire.get("RetrievalByteRange"),
        tier=wire.get("Tier"),
        description=wire.get("JobDescription"),
        sns_topic=wire.get("SNSTopic"),
        status_code=StatusCode(required(wire, "StatusCode")),
        status_message=wire.get("StatusMessage"),
        completed=bool(wire.get("Completed")),
        created_at=parse_instant(required(wire, "CreationDate")),
        completed_at=_moment(wire.get("CompletionDate")),
        inventory=_inventory(wire.get("InventoryRetrievalParameters")),
        inventory_size=wire.get("InventorySizeInBytes"),
        archive_size=wire.get("ArchiveSizeInBytes"),
        sha256_tree_hash=wire.get("SHA256TreeHash"),
        archive_sha256_tree_hash=wire.get("ArchiveSHA256TreeHash"),
        job_output_path=wire.get("JobOutputPath"),
        output_bucket=output_location.get("BucketName"),
        output_prefix=output_location.get("Prefix"),
        service_at=service_at,
    )


def read_policy(wire: Mapping[str, Any]) -> RetrievalPolicy:
    """Read the data retrieval policy of an answer; one without a rule limits nothing.

    Raises:
        ValueError: It is not an answer of GetDataRetrievalPolicy.
    """
    rules = required(wire, "Policy").get("Rules") or [{}]
    return RetrievalPolicy(rules[0].get("Strategy") or NO_LIMIT, rules[0].get("BytesPerHour"))


def _inventory(wire: Mapping[str, Any] | None) -> InventoryParameters | None:
    if wire is None:
        return None
    return InventoryParameters(
        format=wire.get("Format"),
        start_date=wire.get("StartDate"),
        end_date=wire.get("EndDate"),
        limit=wire.get("Limit"),
        marker=wire.get("Marker"),
    )


def _moment(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None
