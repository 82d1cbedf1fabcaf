"""From the command line's words to the requests that are meant: read, place, expand, select."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from glacier_manifest.aws.glacier import GlacierReader, resolve_account
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import PlanningArguments
from glacier_manifest.cli.inventories import Inventories, ManifestSources
from glacier_manifest.cli.vault_names import listed_names, no_names
from glacier_manifest.diagnostics import Diagnostic
from glacier_manifest.drafting.adding import add_portions
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.inventory.bad_rows import RefuseBadRows, SkipBadRows
from glacier_manifest.jobs.request import Vault
from glacier_manifest.manifest import Job, Limits, Manifest
from glacier_manifest.planning.consulted import Consulted, Noted
from glacier_manifest.planning.expand import expand, lot_at
from glacier_manifest.planning.lot import Piece
from glacier_manifest.planning.place import (
    AccountLookup,
    Place,
    check_account,
    check_endpoint,
    only_account,
    places,
    region_of,
)
from glacier_manifest.planning.stencil import key_of
from glacier_manifest.planning.vaults import with_vaults_named
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
    arguments: PlanningArguments,
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

    def region(job: Job) -> str:
        return region_of(job, flag=arguments.region, default=clients.region)

    names = listed_names(GlacierReader(clients), region) if refresh else no_names
    jobs = with_vaults_named(manifest.jobs, names)
    placed = places(
        jobs,
        region=region,
        caller_account=_account_lookup(arguments, state, clients) if refresh else _known_account(state),
    )
    if refresh:
        for place in {place.region for place in placed.values()}:
            check_endpoint(state.identity, clients.endpoint(place))
    sources = _sources(jobs, placed, arguments, draft=draft, state=state, clients=clients, now=now)
    portions = Noted(expand(jobs, places=placed, now=now, sources=sources))
    add_portions(draft, portions)
    draft.select(targets=arguments.targets, excludes=arguments.excludes)
    return Heard(sources.warnings, portions.consulted)


def job_limits(manifest: Manifest) -> Mapping[str, Limits]:
    """Return the limits of the jobs that have their own, by the job's name."""
    return {job.name: job.limits for job in manifest.jobs if job.limits is not None}


def _sources(
    jobs: Iterable[Job],
    placed: Mapping[str, Place],
    arguments: PlanningArguments,
    *,
    draft: Draft,
    state: State,
    clients: Clients,
    now: datetime,
) -> ManifestSources:
    skipped: list[Diagnostic] = []
    bad_rows = partial(SkipBadRows, skipped.append) if arguments.skip_bad_rows else RefuseBadRows
    outputs = _outputs(jobs, placed, state, now)
    return ManifestSources(Inventories(clients, bad_rows=bad_rows), outputs, draft.scratch, warnings=skipped)


def _outputs(
    jobs: Iterable[Job], placed: Mapping[str, Place], state: State, now: datetime
) -> Callable[[str, Vault], str | None]:
    by_name = {job.name: job for job in jobs}

    def output_of(name: str, vault: Vault) -> str | None:
        job = by_name[name]
        lot = lot_at(job, vault, now) if placed[name] == Place(vault.account_id, vault.region) else None
        if lot is None or vault.name not in job.vaults:
            return None
        key = key_of(lot, Piece()).hex()
        record = state.latest([key]).get(key)
        return None if record is None else record.output

    return output_of


def _known_account(state: State) -> AccountLookup:
    return lambda _region, _vault: only_account(state.identity)


def _account_lookup(arguments: PlanningArguments, state: State, clients: Clients) -> AccountLookup:
    reader = GlacierReader(clients)

    def look_up(region: str, vault: str) -> str:
        check_endpoint(state.identity, clients.endpoint(region))
        account_id = resolve_account(reader, region, vault)
        is_empty, new_account = state.is_empty(), arguments.new_account
        check_account(state.identity, account_id, state_is_empty=is_empty, new_account=new_account)
        return account_id

    return look_up
