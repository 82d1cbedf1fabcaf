"""Glacier itself, behind two doors: one that starts jobs, and one that only reads."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from glacier_manifest.aws.answers import Answer, Verdict
from glacier_manifest.aws.causes import Cause, next_step_for
from glacier_manifest.aws.descriptions import (
    ListedJob,
    VaultDescription,
    account_in,
    read_job,
    read_policy,
    read_vault,
    required,
)
from glacier_manifest.aws.evidence import denied_action, reply_in, words_of
from glacier_manifest.aws.session import Clients
from glacier_manifest.aws.verdicts import answer_of_failure, answer_of_response, cause_of
from glacier_manifest.errors import GlacierManifestError, ServiceError
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.retrieval_policy import RetrievalPolicy

#: The account that the credentials belong to (docs: "API_InitiateJob", accountId).
CALLER = "-"


class Starter(Protocol):
    """What starts jobs."""

    def initiate(self, vault: Vault, body: Mapping[str, Any]) -> Answer:
        """Send one InitiateJob request, once, and say what became of it.

        Never raises for anything that the service or the network does. `body` is in the API's spelling.
        """


class Reader(Protocol):
    """What asks without changing anything. Each call raises ServiceError, its code a cause (causes.py)."""

    def describe_vault(self, account_id: str, region: str, name: str) -> VaultDescription:
        """Describe a vault of an account, ``-`` or 12 digits; raises VaultNotFound where there is none."""

    def list_vaults(self, region: str) -> Iterator[VaultDescription]:
        """Stream the vaults of the caller's account, page by page."""

    def list_jobs(self, vault: Vault) -> Iterator[ListedJob]:
        """Stream every job that Glacier lists for a vault, in every status, page by page."""

    def describe_job(self, vault: Vault, job_id: str) -> ListedJob | None:
        """Describe a job; None where Glacier does not know it, or no longer."""


class VaultNotFound(ServiceError):
    """There is no such vault; carries the account that the service looked in, where it said so."""

    def __init__(self, message: str, *, account_id: str | None) -> None:
        super().__init__(str(Cause.VAULT_NOT_FOUND), message, next_step=next_step_for(Cause.VAULT_NOT_FOUND))
        self.account_id = account_id


class GlacierStarter:
    """The starter that reaches AWS. One serves many threads."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def initiate(self, vault: Vault, body: Mapping[str, Any]) -> Answer:
        """Send one InitiateJob request, once, and say what became of it."""
        self._clients.watch.begin()
        try:
            return answer_of_response(self._clients.initiating(vault.region)(vault, body))
        except GlacierManifestError as error:
            return _stopped(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, a job may have been started
            return answer_of_failure(error, self._clients.watch.stage)


class GlacierReader:
    """The reader that reaches AWS. One serves many threads.

    Args:
        clients: Whose read clients are used.
        on_service_time: Told the service's own time with every answer, refusals included.
    """

    def __init__(
        self, clients: Clients, *, on_service_time: Callable[[datetime], None] = lambda _moment: None
    ) -> None:
        self._clients = clients
        self._on_service_time = on_service_time

    def describe_vault(self, account_id: str, region: str, name: str) -> VaultDescription:
        """Describe a vault of an account, ``-`` or 12 digits.

        Raises:
            VaultNotFound: There is none.
            ServiceError: Any other cause.
        """
        with self._call("DescribeVault", f"vault {name!r} in {region}"):
            answer = self._clients.reading(region).describe_vault(accountId=account_id, vaultName=name)
            return read_vault(answer, region, self._heard(answer))

    def list_vaults(self, region: str, *, account_id: str = CALLER) -> Iterator[VaultDescription]:
        """Stream the vaults of an account, page by page.

        Raises:
            ServiceError: What was streamed so far is not the whole list.
        """
        return self._stream(
            _Listing("ListVaults", "VaultList", f"the vaults in {region}"),
            lambda: self._clients.reading(region).get_paginator("list_vaults").paginate(accountId=account_id),
            lambda wire, heard: read_vault(wire, region, heard),
        )

    def list_jobs(self, vault: Vault) -> Iterator[ListedJob]:
        """Stream every job that Glacier lists for a vault, in every status, page by page.

        No page size is asked for: 50 is the default and the most (docs: "api-jobs-get", limit).

        Raises:
            VaultNotFound: There is no such vault.
            ServiceError: What was streamed so far is not the whole listing.
        """
        return self._stream(
            _Listing("ListJobs", "JobList", place_of(vault)),
            lambda: (
                self._clients.reading(vault.region)
                .get_paginator("list_jobs")
                .paginate(accountId=vault.account_id, vaultName=vault.name)
            ),
            read_job,
        )

    def describe_job(self, vault: Vault, job_id: str) -> ListedJob | None:
        """Describe a job; None where Glacier does not know it, or no longer.

        Raises:
            VaultNotFound: There is no such vault.
            ServiceError: Any other cause.
        """
        try:
            with self._call("DescribeJob", f"job {job_id} of {place_of(vault)}"):
                answer = self._clients.reading(vault.region).describe_job(
                    accountId=vault.account_id, vaultName=vault.name, jobId=job_id
                )
                return read_job(answer, self._heard(answer))
        except ServiceError as error:
            if error.code == Cause.JOB_NOT_FOUND:
                return None
            raise

    def retrieval_policy(self, account_id: str, region: str) -> RetrievalPolicy:
        """Tell the data retrieval policy of an account, ``-`` or 12 digits, in a region.

        Raises:
            ServiceError: It is not known.
        """
        with self._call("GetDataRetrievalPolicy", f"account {account_id} in {region}"):
            answer = self._clients.reading(region).get_data_retrieval_policy(accountId=account_id)
            self._heard(answer)
            return read_policy(answer)

    def provisioned_capacity(self, account_id: str, region: str) -> int:
        """Tell how many units of capacity for Expedited retrievals an account has bought in a region.

        Raises:
            ServiceError: It is not known.
        """
        with self._call("ListProvisionedCapacity", f"account {account_id} in {region}"):
            answer = self._clients.reading(region).list_provisioned_capacity(accountId=account_id)
            self._heard(answer)
            return len(required(answer, "ProvisionedCapacityList"))

    def _stream(
        self,
        listing: "_Listing",
        paginate: Callable[[], Iterable[Mapping[str, Any]]],
        read: "Callable[[Mapping[str, Any], datetime | None], _Read]",
    ) -> "Iterator[_Read]":
        with self._call(listing.operation, listing.place):
            pages = iter(paginate())
        while True:
            with self._call(listing.operation, listing.place):
                page = next(pages, None)
                if page is None:
                    return
                heard = self._heard(page)
                found = [read(wire, heard) for wire in required(page, listing.member)]
            yield from found

    @contextmanager
    def _call(self, operation: str, place: str) -> Iterator[None]:
        self._clients.watch.begin()
        try:
            yield
        except GlacierManifestError:
            raise
        except Exception as error:
            self._heard(getattr(error, "response", None))
            cause = cause_of(error, self._clients.watch.stage)
            raise service_error(error, cause, operation, place) from error

    def _heard(self, response: object) -> datetime | None:
        moment = reply_in(response).service_at
        if moment is not None:
            self._on_service_time(moment)
        return moment


_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class _Listing:
    operation: str
    member: str
    place: str


def resolve_account(reader: Reader, region: str, vault_name: str) -> str:
    """Return the 12-digit account that ``-`` stands for, as the ARN of one of its vaults tells.

    A vault that does not exist serves as well: the refusal names the ARN that was looked for.

    Raises:
        VaultNotFound: The vault does not exist, and the refusal does not tell the account.
        ServiceError: Any other cause.
    """
    try:
        return reader.describe_vault(CALLER, region, vault_name).vault.account_id
    except VaultNotFound as missing:
        if missing.account_id is None:
            raise
        return missing.account_id


def place_of(vault: Vault) -> str:
    """Return how messages name a vault."""
    return f"vault {vault.name!r} of account {vault.account_id} in {vault.region}"


def service_error(error: Exception, cause: Cause, operation: str, place: str) -> ServiceError:
    """Return the error that tells why a call failed; `place` ends "InitiateJob of ..."."""
    reply = reply_in(getattr(error, "response", None))
    said = ": ".join(part for part in (reply.code, reply.message or words_of(error)) if part)
    message = f"{operation} of {place}: {said}"
    if cause is Cause.VAULT_NOT_FOUND:
        return VaultNotFound(message, account_id=account_in(reply.message))
    return ServiceError(
        str(cause), message, next_step=next_step_for(cause, action=denied_action(said, operation))
    )


def _stopped(error: GlacierManifestError) -> Answer:
    return Answer(Verdict.STOP, code=error.code, message=error.message, next_step=error.next_step)
