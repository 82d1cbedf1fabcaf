"""What is wanted of outputs: as manifests say, or all of a state's in one place."""

from collections.abc import Callable, Container, Iterator, MutableMapping, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import FetchArguments
from glacier_manifest.cli.asking import Knows, account_lookup, ask_knowing, known_account
from glacier_manifest.cli.inventories import Inventories
from glacier_manifest.cli.vault_names import no_names
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.fetching.pieces import pieces_known
from glacier_manifest.fetching.wants import Anywhere, Meant, OfManifests, OfState, Told, Wants
from glacier_manifest.inventory.archive import Archive
from glacier_manifest.inventory.bad_rows import BadRows
from glacier_manifest.inventory.origin import Origin
from glacier_manifest.inventory.reading import Inventory, Opener
from glacier_manifest.jobs.status import Status
from glacier_manifest.manifest import Job, Manifest, is_glob
from glacier_manifest.planning.place import region_of
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.protocol import State
from glacier_manifest.tracking.latest import latest_purchases


def wants_of(
    manifest: Manifest | None,
    arguments: FetchArguments,
    *,
    state: State,
    clients: Clients,
    scratch: Scratch,
    now: datetime,
) -> Wants:
    """Return what is wanted of outputs; nothing is asked of AWS where the state has seen one account only.

    Args:
        manifest: What the manifests say; None where the state alone is meant.
        arguments: The command line.
        state: Knows the accounts, the vaults and what was fetched.
        clients: Read inventories in S3.
        scratch: Takes what the manifests ask for.
        now: The moment whose slots count.

    Raises:
        InvalidInput: A list or an inventory is wrong.
        UsageError: A target names nothing, or ``--to`` is no place.
    """
    to = None if arguments.to is None else Anywhere.parse(arguments.to, Path())
    if manifest is None:
        assert to is not None  # noqa: S101 - `fetch_command` has refused
        known = pieces_known(latest_purchases(state), scratch)
        return OfState(to, known, targets=arguments.targets, excludes=arguments.excludes)
    draft = Draft(scratch)
    told: MutableMapping[str, Told] = scratch.mapping()
    awaited = _awaited(state, scratch)
    is_plain = len(state.identity.accounts) == 1
    account = known_account(state) if is_plain else account_lookup(arguments, state, clients)
    ask_knowing(
        _with_known_vaults(manifest, state),
        replace(arguments, skip_bad_rows=True),  # an inventory is read for names; plan tells of its rows
        Knows(partial(_region, arguments, clients), no_names, account),
        draft=draft,
        state=state,
        inventories=lambda bad_rows: Inventories(
            clients, bad_rows=bad_rows, make=partial(_Listened, awaited, told)
        ),
        now=now,
    )
    jobs = {job.name: job for job in manifest.jobs}
    meant = Meant(arguments.targets, arguments.excludes)
    return OfManifests(draft, jobs, told.get, to=to, meant=meant, awaited=awaited)


class _Listened(Inventory):
    """An inventory that notes what it tells of archives whose outputs are awaited."""

    def __init__(
        self,
        awaited: Container[str],
        told: MutableMapping[str, Told],
        origin: Origin,
        open_stored: Opener,
        *,
        bad_rows: Callable[[], BadRows],
    ) -> None:
        super().__init__(origin, open_stored, bad_rows=bad_rows)
        self._awaited = awaited
        self._told = told

    def __iter__(self) -> Iterator[Archive]:
        for archive in super().__iter__():
            if archive.archive_id in self._awaited:
                told = Told(archive.description, archive.size, archive.tree_hash)
                self._told[archive.archive_id] = told
            yield archive


def _region(arguments: FetchArguments, clients: Clients, job: Job) -> str:
    return region_of(job, flag=arguments.region, default=clients.region)


def _awaited(state: State, scratch: Scratch) -> Container[str]:
    """Return the IDs of the archives whose outputs may be fetched now, or soon."""
    records = state.records(statuses={Status.SUCCEEDED, Status.IN_PROGRESS})
    return scratch.sorted_texts(record.archive_id for record in records if record.archive_id is not None)


def _with_known_vaults(manifest: Manifest, state: State) -> Manifest:
    """Return a manifest whose patterns of vaults stand for those of the state: no other has an output."""
    names = sorted({group.vault for group in state.standing_groups()})
    jobs = (replace(job, vaults=tuple(_known(job, names))) for job in manifest.jobs)
    return replace(manifest, jobs=tuple(job for job in jobs if job.vaults))


def _known(job: Job, names: Sequence[str]) -> dict[str, None]:
    """Return the vaults of a job, each once."""
    found: dict[str, None] = {}
    for vault in job.vaults:
        matching = [name for name in names if fnmatchcase(name, vault)] if is_glob(vault) else [vault]
        found |= dict.fromkeys(matching)
    return found
