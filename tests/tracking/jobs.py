"""Jobs as Glacier lists them, and a reader that lists them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from glacier_manifest.aws.descriptions import ListedJob, StatusCode, VaultDescription
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.marker import marker_of, with_marker
from glacier_manifest.jobs.request import Request, Vault
from tests.planning.examples import NOON, archive, request

MIB = 1 << 20


def job(job_id: str = "job-1", **known: Any) -> ListedJob:  # noqa: ANN401 - any member of a job
    """Return somebody else's retrieval of archive `a`, begun an hour ago, unless a test says otherwise."""
    members: dict[str, Any] = {
        "action": "ArchiveRetrieval",
        "vault_arn": None,
        "archive_id": archive("a").archive_id,
        "retrieval_byte_range": None,
        "tier": "Standard",
        "description": None,
        "sns_topic": None,
        "status_code": StatusCode.IN_PROGRESS,
        "status_message": None,
        "completed": False,
        "created_at": NOON - timedelta(hours=1),
        "archive_size": 5 * MIB,
    }
    return ListedJob(job_id=job_id, **(members | known))


def ours(
    job_id: str = "job-1",
    generation: int = 0,
    *,
    of: Request | None = None,
    **known: Any,  # noqa: ANN401 - any member of a job
) -> ListedJob:
    """Return a job with the marker of a purchase, by default of archive `a`."""
    wanted = of or request(archive("a"))
    marker = marker_of(request_key(wanted), generation)
    return job(job_id, **({"description": with_marker("theirs", marker)} | known))


def ended(ago: timedelta, status: StatusCode = StatusCode.SUCCEEDED) -> Mapping[str, Any]:
    """Return the members of a job that ended so long ago."""
    return {
        "completed": True,
        "status_code": status,
        "completed_at": NOON - ago,
        "created_at": NOON - ago - timedelta(hours=4),
    }


@dataclass
class Listing:
    """A reader that has listings, and counts how often each was asked for."""

    jobs: Mapping[Vault, Iterable[ListedJob] | Exception]
    asked: list[Vault] = field(default_factory=list)

    def list_jobs(self, vault: Vault) -> Iterator[ListedJob]:
        self.asked.append(vault)
        jobs = self.jobs.get(vault, ())
        if isinstance(jobs, Exception):
            raise jobs
        return iter(jobs)

    def describe_vault(self, account_id: str, region: str, name: str) -> VaultDescription:
        raise AssertionError(f"{account_id} {region} {name} was described")

    def list_vaults(self, region: str) -> Iterator[VaultDescription]:
        raise AssertionError(f"{region} was listed")

    def describe_job(self, vault: Vault, job_id: str) -> ListedJob | None:
        raise AssertionError(f"{job_id} of {vault} was described: a listing tells of fifty at once")


def at_noon() -> datetime:
    """Return the service's time."""
    return NOON
