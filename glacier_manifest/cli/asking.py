"""From the command line's words to the requests that are meant: read, place, expand, select."""

from datetime import datetime

from glacier_manifest.aws.glacier import GlacierReader, resolve_account
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import PlanningArguments
from glacier_manifest.cli.vault_names import listed_names, no_names
from glacier_manifest.drafting.adding import add_portions
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.manifest import Job, Manifest
from glacier_manifest.planning.expand import Sources, expand
from glacier_manifest.planning.place import (
    AccountLookup,
    check_account,
    check_endpoint,
    only_account,
    places,
    region_of,
)
from glacier_manifest.planning.vaults import with_vaults_named
from glacier_manifest.state.protocol import State


def ask(
    manifest: Manifest,
    arguments: PlanningArguments,
    *,
    draft: Draft,
    sources: Sources,
    state: State,
    clients: Clients,
    refresh: bool,
    now: datetime,
) -> None:
    """Draft the requests that a manifest asks for, as far as the command line means them.

    Args:
        manifest: The manifest.
        arguments: The command line.
        draft: Takes the requests.
        sources: Opens what the manifest names.
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
    add_portions(draft, expand(jobs, places=placed, now=now, sources=sources))
    draft.select(targets=arguments.targets, excludes=arguments.excludes)


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
