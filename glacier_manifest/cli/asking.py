"""From the command line's words to the requests that are meant: read, place, expand, select."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from glacier_manifest.aws.glacier import GlacierReader, resolve_account
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import AskingArguments
from glacier_manifest.cli.inventories import Beating, Inventories, ManifestSources
from glacier_manifest.cli.vault_names import listed_names, no_names
from glacier_manifest.diagnostics import Diagnostic
from glacier_manifest.drafting.adding import add_portions
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.inventory.bad_rows import BadRows, RefuseBadRows, SkipBadRows
from glacier_manifest.inventory.reading import Inventory
from glacier_manifest.jobs.request import Vault
from glacier_manifest.manifest import Job, Limits, Manifest, Repurchases
from glacier_manifest.planning.consulted import Consulted, Noted
from glacier_manifest.planning.expand import expand, lot_at
from glacier_manifest.planning.lot import Lot
from glacier_manifest.planning.pages import pages_of, stored_as
from glacier_manifest.planning.place import (
    AccountLookup,
    Place,
    check_account,
    check_endpoint,
    only_account,
    places,
    region_of,
)
from glacier_manifest.planning.vaults import VaultNames, with_vaults_named
from glacier_manifest.state.protocol import State


@dataclass(frozen=True, slots=True)
class Heard:
    """What was learned on the way to the requests.

    Attributes:
        warnings: What is odd in the lists and inventories that the manifest names, and does not stop the run.
        inventories: The inventories that were read.
    """

    warnings: Sequence[Diagnostic]
    inventories: Sequence[Consulted]


def ask(
    manifest: Manifest,
    arguments: AskingArguments,
    *,
    draft: Draft,
    state: State,
    clients: Clients,
    refresh: bool,
    now: datetime,
) -> Heard:
    """Draft the requests that a manifest asks for, as far as the command line means them.

    Args:
        manifest: The manifest.
        arguments: The command line.
        draft: Takes the requests.
        state: Knows the accounts and the endpoint.
        clients: Asked for the caller's account and the default region.
        refresh: False where AWS is not asked at all.
        now: The moment whose slots count.

    Raises:
        GlacierManifestError: As planning's rooms say.
    """
    region = partial(_region, arguments, clients)

    def check(where: str) -> None:
        check_endpoint(state.identity, clients.endpoint(where))

    knows = Knows(region, no_names, known_account(state))
    if refresh:
        names = listed_names(GlacierReader(clients), region)
        knows = Knows(region, names, account_lookup(arguments, state, clients), check)
    make = Inventory if draft.moved is None else partial(Beating, draft.moved)
    return ask_knowing(
        manifest,
        arguments,
        knows,
        draft=draft,
        state=state,
        inventories=lambda bad_rows: Inventories(clients, bad_rows=bad_rows, make=make),
        now=now,
    )


@dataclass(frozen=True, slots=True)
class Knows:
    """Who tells what a manifest leaves open.

    Attributes:
        region: The region of a job.
        names: The vaults that a pattern may match.
        caller_account: The account that ``-`` stands for.
        check: Refuses a region in which the state does not belong to the endpoint.
    """

    region: Callable[[Job], str]
    names: VaultNames
    caller_account: AccountLookup
    check: Callable[[str], None] = lambda _region: None


def ask_knowing(
    manifest: Manifest,
    arguments: AskingArguments,
    knows: Knows,
    *,
    draft: Draft,
    state: State,
    inventories: Callable[[Callable[[], BadRows]], Inventories],
    now: datetime,
) -> Heard:
    """Draft the requests that a manifest asks for, whoever tells what it leaves open.

    Args:
        manifest: The manifest.
        arguments: The command line.
        knows: Who tells.
        draft: Takes the requests.
        state: Knows the outputs of other jobs.
        inventories: Makes what opens inventories, of what is told of bad rows.
        now: The moment whose slots count.

    Raises:
        GlacierManifestError: As planning's rooms say.
    """
    jobs = with_vaults_named(manifest.jobs, knows.names)
    placed = places(jobs, region=knows.region, caller_account=knows.caller_account)
    for place in {place.region for place in placed.values()}:
        knows.check(place)
    skipped: list[Diagnostic] = []
    bad_rows = partial(SkipBadRows, skipped.append) if arguments.skip_bad_rows else RefuseBadRows
    outputs = _outputs(jobs, placed, state, now)
    sources = ManifestSources(inventories(bad_rows), outputs, draft.scratch, warnings=skipped)
    pages = known_pages(state, manifest.restarts)
    portions = Noted(
        expand(jobs, places=placed, now=now, sources=sources, pages=pages, restarts=manifest.restarts)
    )
    add_portions(draft, portions)
    draft.select(targets=arguments.targets, excludes=arguments.excludes)
    return Heard(sources.warnings, portions.consulted)


def _region(arguments: AskingArguments, clients: Clients, job: Job) -> str:
    return region_of(job, flag=arguments.region, default=clients.region)


def job_limits(manifest: Manifest) -> Mapping[str, Limits]:
    """Return the limits of the jobs that have their own, by the job's name."""
    return {job.name: job.limits for job in manifest.jobs if job.limits is not None}


def _outputs(
    jobs: Iterable[Job], placed: Mapping[str, Place], state: State, now: datetime
) -> Callable[[str, Vault], str | None]:
    by_name = {job.name: job for job in jobs}

    def output_of(name: str, vault: Vault) -> str | None:
        job = by_name[name]
        lot = lot_at(job, vault, now) if placed[name] == Place(vault.account_id, vault.region) else None
        if lot is None or vault.name not in job.vaults:
            return None
        return stored_as(pages_of(lot, state.latest))

    return output_of


def known_pages(state: State, restarts: Repurchases) -> Callable[[Lot], Iterator[Lot]]:
    """Return what tells the pages of an inventory, as far as a state knows them."""
    return lambda first: (page.lot for page in pages_of(first, state.latest, restarts).known)


def known_account(state: State) -> AccountLookup:
    """Return what tells the account that ``-`` stands for without AWS: the state's only one."""
    return lambda _region, _vault: only_account(state.identity)


def account_lookup(arguments: AskingArguments, state: State, clients: Clients) -> AccountLookup:
    """Return what asks AWS for the account that ``-`` stands for."""
    reader = GlacierReader(clients)

    def look_up(region: str, vault: str) -> str:
        check_endpoint(state.identity, clients.endpoint(region))
        account_id = resolve_account(reader, region, vault)
        is_empty, new_account = state.is_empty(), arguments.new_account
        check_account(state.identity, account_id, state_is_empty=is_empty, new_account=new_account)
        return account_id

    return look_up
