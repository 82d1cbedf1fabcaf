"""Looking around before anything starts: everything that would fail, in one pass."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from glacier_manifest.aws.glacier import GlacierReader
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import PlanningArguments
from glacier_manifest.cli.console import Console
from glacier_manifest.diagnostics import Diagnostic, Severity
from glacier_manifest.errors import GlacierManifestError, ServiceError, UsageError
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Manifest
from glacier_manifest.planning.place import Place, region_of
from glacier_manifest.planning.preflight import (
    Need,
    Premises,
    Unanswered,
    findings,
    needs_of,
    needs_of_starts,
)
from glacier_manifest.views import diagnostics as view

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")

_AT_ONCE = 8
#: What may be so in one vault or region and not in the next; whatever else fails, fails everywhere.
_LOCAL = frozenset({"access-denied", "vault-not-found", "unknown-region"})


@contextmanager
def all_told(
    console: Console, manifest: Manifest, arguments: PlanningArguments, clients: Clients
) -> Iterator[None]:
    """Tell all that is wrong with what a manifest needs when a plan of it ends at the first of it.

    Raises:
        GlacierManifestError: What ended the plan; the rest is told before.
    """
    try:
        yield
    except (ServiceError, UsageError) as error:
        found = preflight_after(error, _needs_of_all(manifest, arguments, clients), clients)
        tell(console, found)
        if arguments.form == "github":
            console.out(view.github(found))
        raise


def _needs_of_all(manifest: Manifest, arguments: PlanningArguments, clients: Clients) -> Iterator[Need]:
    for job in manifest.jobs:
        region = region_of(job, flag=arguments.region, default=clients.region)
        yield from needs_of(job, account_id=job.account_id, region=region)


def look_ahead(
    console: Console, manifest: Manifest, starting: Iterable[tuple[str, Vault]], clients: Clients
) -> tuple[Diagnostic, ...]:
    """Look at the vaults and accounts of what would start; tell and return what would fail.

    Args:
        console: Told.
        manifest: The manifest.
        starting: The name of the job and the vault of everything that would start, in any order.
        clients: Whose read clients are used.
    """
    found = preflight(needs_of_starts(manifest.jobs, starting), clients)
    tell(console, found)
    return found


def tell(console: Console, found: Sequence[Diagnostic]) -> None:
    """Show findings; warnings alone are not shown with `-q`."""
    if found and (console.verbosity >= 0 or has_errors(found)):
        console.err(view.human(found, color=console.is_colored(console.stderr)))


def has_errors(found: Iterable[Diagnostic]) -> bool:
    """Say whether something among the findings is wrong for sure, and not only worth knowing."""
    return any(one.severity is Severity.ERROR for one in found)


def preflight(needs: Iterable[Need], clients: Clients) -> tuple[Diagnostic, ...]:
    """Ask Glacier about the vaults and accounts that are needed; no refusal stops the other questions.

    Args:
        needs: Of what would start.
        clients: Whose read clients are used.
    """
    needed = tuple(needs)
    return findings(needed, _premises(needed, clients))


def preflight_after(
    error: GlacierManifestError, needs: Iterable[Need], clients: Clients
) -> tuple[Diagnostic, ...]:
    """Ask the same when a plan could not be made, and whether the jobs of each vault can be listed.

    Args:
        error: Why there is no plan; it is told by itself, so it is not among the findings.
        needs: Of all that the manifest asks for.
        clients: Whose read clients are used.

    Returns:
        What else is wrong; nothing where the error would meet every other call as well.
    """
    if error.code not in _LOCAL:
        return ()
    needed = tuple(needs)
    premises = _premises(needed, clients)
    listings = _listings(premises.vaults, GlacierReader(clients))
    found = findings(needed, replace(premises, listings=listings))
    return tuple(one for one in found if one.message != error.message)


def _premises(needs: tuple[Need, ...], clients: Clients) -> Premises:
    regions = {
        region: answer
        for region, answer in _each("", {need.vault.region for need in needs}, clients.reading).items()
        if isinstance(answer, Unanswered)
    }
    reachable = [need for need in needs if need.vault.region not in regions]
    reader = GlacierReader(clients)
    return Premises(
        regions=regions,
        vaults=_each(
            "DescribeVault", {need.vault for need in reachable}, lambda vault: _described(reader, vault)
        ),
        policies=_each(
            "GetDataRetrievalPolicy",
            _places(reachable, Tier.STANDARD),
            lambda place: reader.retrieval_policy(place.account_id, place.region),
        ),
        capacity=_each(
            "ListProvisionedCapacity",
            _places(reachable, Tier.EXPEDITED),
            lambda place: reader.provisioned_capacity(place.account_id, place.region),
        ),
    )


def _places(needs: Iterable[Need], tier: Tier) -> set[Place]:
    return {need.place for need in needs if need.ends_with is tier}


def _described(reader: GlacierReader, vault: Vault) -> bool:
    """Say whether a vault has an inventory."""
    described = reader.describe_vault(vault.account_id, vault.region, vault.name)
    return described.last_inventory_at is not None


def _listings(vaults: Mapping[Vault, bool | Unanswered], reader: GlacierReader) -> Mapping[Vault, Unanswered]:
    """Ask for the first page of jobs of each vault that is not known to be missing."""
    there = {
        vault
        for vault, looked in vaults.items()
        if not (isinstance(looked, Unanswered) and looked.code == "vault-not-found")
    }
    answers = _each("ListJobs", there, lambda vault: next(reader.list_jobs(vault), None))
    return {vault: answer for vault, answer in answers.items() if isinstance(answer, Unanswered)}


def _each(
    operation: str, asked: Iterable[_Asked], ask: Callable[[_Asked], _Answer]
) -> dict[_Asked, _Answer | Unanswered]:
    """Ask about everything, several at once; a refusal is an answer like another."""
    in_order = sorted(asked, key=repr)

    def answer(one: _Asked) -> _Answer | Unanswered:
        try:
            return ask(one)
        except GlacierManifestError as error:
            return Unanswered(operation, error.code, error.message, error.next_step)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(in_order, pool.map(answer, in_order), strict=True))
