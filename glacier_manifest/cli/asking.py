"""From the command line's words to the requests that are meant: read, place, expand, select."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from glacier_manifest.aws.glacier import Reader, resolve_account
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.reading import read_id_list_file
from glacier_manifest.manifest import Job, Manifest
from glacier_manifest.planning.expand import Asked, expand, merged
from glacier_manifest.planning.place import (
    check_account,
    check_endpoint,
    only_account,
    places,
    region_of,
)
from glacier_manifest.planning.selection import selected
from glacier_manifest.state.protocol import State


@dataclass(frozen=True, slots=True)
class Words:
    """What the command line says about which requests are meant, and where they are.

    Attributes:
        region: `--region`.
        targets, excludes: `--target` and `--exclude`.
        new_account: `--new-account`.
        refresh: False where AWS is not asked at all.
    """

    region: str | None
    targets: tuple[str, ...]
    excludes: tuple[str, ...]
    new_account: bool
    refresh: bool


def asked_for(
    manifest: Manifest, words: Words, *, state: State, clients: Clients, reader: Reader, now: datetime
) -> tuple[Asked, ...]:
    """Return the requests that a manifest asks for, as far as the command line means them.

    Raises:
        GlacierManifestError: As planning's rooms say.
    """
    placed = places(
        manifest.jobs,
        region=lambda job: _region(job, words, clients),
        caller_account=_account_lookup(words, state, reader),
    )
    if words.refresh:
        for region in {place.region for place in placed.values()}:
            check_endpoint(state.identity, clients.endpoint(region))
    asked = expand(manifest.jobs, places=placed, now=now, read_list=read_id_list_file)
    return selected(merged(asked), targets=words.targets, excludes=words.excludes)


def _region(job: Job, words: Words, clients: Clients) -> str:
    return region_of(job, flag=words.region, default=clients.region)


def _account_lookup(words: Words, state: State, reader: Reader) -> Callable[[str, str], str]:
    if not words.refresh:
        return lambda _region, _vault: only_account(state.identity)

    def look_up(region: str, vault: str) -> str:
        account_id = resolve_account(reader, region, vault)
        check_account(
            state.identity, account_id, state_is_empty=state.is_empty(), new_account=words.new_account
        )
        return account_id

    return look_up
