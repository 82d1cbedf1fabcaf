"""From the command line's words to the requests that are meant: read, place, expand, select."""

from datetime import datetime

from glacier_manifest.aws.glacier import GlacierReader, resolve_account
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import PlanningArguments
from glacier_manifest.cli.reading import ListFiles
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.manifest import Manifest
from glacier_manifest.planning.expand import expand
from glacier_manifest.planning.place import (
    AccountLookup,
    check_account,
    check_endpoint,
    only_account,
    places,
    region_of,
)
from glacier_manifest.state.protocol import State


def ask(
    manifest: Manifest,
    arguments: PlanningArguments,
    *,
    draft: Draft,
    lists: ListFiles,
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
        lists: Opens the lists of archive IDs.
        state: Knows the accounts and the endpoint.
        clients: Asked for the caller's account and the default region.
        refresh: False where AWS is not asked at all.
        now: The moment whose slots count.

    Raises:
        GlacierManifestError: As planning's rooms say.
    """
    placed = places(
        manifest.jobs,
        region=lambda job: region_of(job, flag=arguments.region, default=clients.region),
        caller_account=_account_lookup(arguments, state, clients) if refresh else _known_account(state),
    )
    if refresh:
        for region in {place.region for place in placed.values()}:
            check_endpoint(state.identity, clients.endpoint(region))
    for lot, pieces in expand(manifest.jobs, places=placed, now=now, read_list=lists):
        draft.add(lot, pieces)
    draft.merge()
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
