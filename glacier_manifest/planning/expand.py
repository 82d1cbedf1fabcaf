"""From jobs to requests: one retrieval per archive or piece of it, one inventory per vault and slot."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, Span
from glacier_manifest.inventory.archive import Archive
from glacier_manifest.inventory.filters import Selection, rank
from glacier_manifest.inventory.id_list import ListedId
from glacier_manifest.inventory.reading import Inventory, vault_finding
from glacier_manifest.jobs.instant import slot_name
from glacier_manifest.jobs.request import ArchiveRetrieval, InventoryRetrieval, Request, Vault
from glacier_manifest.manifest import (
    NEVER,
    Archives,
    FromInventory,
    IdList,
    InventorySource,
    Job,
    ListedArchive,
    Repurchases,
    SelectQuery,
)
from glacier_manifest.planning.bounded import bounded_entry
from glacier_manifest.planning.lot import Asking, Lot, Piece, Query
from glacier_manifest.planning.pieces import Cut, Sized, cutting
from glacier_manifest.planning.place import Place

_new = tuple.__new__  # a NamedTuple's own constructor takes twice as long, and there are millions


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with its key, and the place in the manifest that asks for it."""

    key: str
    request: Request
    span: Span


class Sources(Protocol):
    """Opens what a manifest names: lists of archive IDs, and inventories."""

    def ids(self, id_list: IdList) -> Iterable[ListedId]:
        """Stream a list of archive IDs.

        Raises:
            InvalidInput: It cannot be read, or holds something else.
        """

    def inventory(self, source: InventorySource, vault: Vault) -> Inventory | None:
        """Return an inventory; None where it is the output of a job that is not there yet."""

    def sizes(self, inventory: Inventory) -> Mapping[str, Sized]:
        """Read an inventory to its end; return the size and the date of each archive in it."""

    def warn(self, finding: Diagnostic) -> None:
        """Take what is odd and does not stop the reading."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Archives of which only the first in an order are meant.

    Attributes:
        pieces: Each with what it is ordered by.
        limit: How many are meant.
        descending: Whether the order is turned round.
    """

    pieces: Iterable[tuple[tuple[str | int, str], Piece]]
    limit: int
    descending: bool


@dataclass(frozen=True, slots=True)
class Portion:
    """What a job asks of one vault, or a part of it.

    Attributes:
        lot: What its requests have in common.
        pieces: What tells them apart, or archives that are still to be ranked.
        cut: Makes the pieces that are asked for of an archive; None where it is asked for as it is.
        waits_for: The job whose output must be there first; then there are no pieces yet.
        inventory: The inventory that tells of the archives; None where there is none.
        selection: What is picked from that inventory; None where it only tells sizes.
    """

    lot: Lot
    pieces: Iterable[Piece] | Ranked = ()
    cut: Cut | None = None
    waits_for: str | None = None
    inventory: Inventory | None = None
    selection: Selection | None = None


def _first_page(first: Lot) -> Iterable[Lot]:
    """Where nothing is known of an inventory, only its first page can be asked for."""
    return (first,)


def expand(
    jobs: Iterable[Job],
    *,
    places: Mapping[str, Place],
    now: datetime,
    sources: Sources,
    pages: Callable[[Lot], Iterable[Lot]] = _first_page,
    restarts: Repurchases = NEVER,
) -> Iterator[Portion]:
    """Stream all that the jobs ask for, portion by portion, in the order of the manifest.

    Args:
        jobs: The manifest's jobs.
        places: The account and region of each, by name.
        now: The moment whose slots count, with a timezone.
        sources: Opens what the jobs name.
        pages: Returns the pages that are known of an inventory, that which it is given being the first.
        restarts: How often a request may be bought again by itself.

    Raises:
        InvalidInput: A list or an inventory is wrong, or is another vault's.
    """
    for job in jobs:
        for name in job.vaults:
            vault = Vault(places[job.name].account_id, places[job.name].region, name)
            lot = lot_at(job, vault, now, restarts)
            match job.ask:
                case InventoryRetrieval():
                    yield from (Portion(page, [Piece()]) for page in pages(lot))
                case SelectQuery() as query:
                    yield Portion(lot, map(_named, query.archive_ids))
                case Archives(from_inventory=FromInventory() as wish) as archives:
                    yield _from_inventory(lot, archives, wish, sources)
                case Archives() as archives:
                    yield from _from_ids(lot, archives, sources)


def lot_at(job: Job, vault: Vault, now: datetime, restarts: Repurchases = NEVER) -> Lot:
    """Return what the requests of a job at one vault have in common, at the slot that counts at `now`."""
    slot = slot_name(job.schedule.latest_tick(now)) if job.schedule is not None else None
    return Lot(
        job=job.name,
        vault=vault,
        asking=_asking(job),
        span=job.span,
        file=job.span.file,
        tiers=job.tiers,
        description=job.description,
        sns_topic=job.sns_topic,
        slot=slot,
        schedule=job.schedule,
        save_to=job.save_to,
        allows_overlap=isinstance(job.ask, Archives) and job.ask.allow_overlap,
        bounded=bounded_entry(job, vault, restarts),
    )


def _asking(job: Job) -> Asking:
    match job.ask:
        case InventoryRetrieval() as inventory:
            return inventory
        case SelectQuery() as query:
            return Query(query.select_parameters, query.output_location)
        case Archives():
            return ArchiveRetrieval


def _named(listed: ListedArchive) -> Piece:
    return Piece(listed.archive_id, line=listed.span.line, column=listed.span.column)


def _listed(row: ListedId) -> Piece:
    return Piece(row.archive_id, line=row.line, column=1)


def _picked(archive: Archive) -> Piece:
    return _new(Piece, (archive.archive_id, None, None, archive.size, archive.creation_date, 0, 0))


def _from_ids(lot: Lot, archives: Archives, sources: Sources) -> Iterator[Portion]:
    sizes: Mapping[str, Sized] = {}
    inventory: Inventory | None = None
    if archives.sizes_from is not None:
        inventory = sources.inventory(archives.sizes_from, lot.vault)
        if inventory is not None:
            sizes = sources.sizes(inventory)
            _check_vault(inventory, lot.vault, archives.sizes_from, sources)
        elif lot.bounded is not None:
            yield Portion(lot, waits_for=archives.sizes_from.job)
            return
    cut = cutting(archives, lot, sizes)
    if archives.archive_ids:
        yield Portion(lot, map(_named, archives.archive_ids), cut, inventory=inventory)
    if archives.archive_ids_from is not None:
        pieces = map(_listed, sources.ids(archives.archive_ids_from))
        in_list = replace(lot, file=archives.archive_ids_from.path)
        yield Portion(in_list, pieces, cutting(archives, in_list, sizes), inventory=inventory)


def _from_inventory(lot: Lot, archives: Archives, wish: FromInventory, sources: Sources) -> Portion:
    inventory = sources.inventory(wish.source, lot.vault)
    if inventory is None:
        return Portion(lot, waits_for=wish.source.job)
    cut = cutting(archives, lot, {})
    selection = Selection(wish)
    chosen = selection.of(_of_vault(inventory, lot.vault, wish.source, sources))
    order = rank(wish.order)
    pieces: Iterable[Piece] | Ranked = map(_picked, chosen)
    if wish.limit is not None and order is not None:
        pieces = Ranked(_ranked(chosen, order), wish.limit, wish.descending)
    return Portion(lot, pieces, cut, inventory=inventory, selection=selection)


def _ranked(
    archives: Iterable[Archive], order: Callable[[Archive], tuple[str | int, str]]
) -> Iterator[tuple[tuple[str | int, str], Piece]]:
    return ((order(archive), _picked(archive)) for archive in archives)


def _of_vault(
    inventory: Inventory, vault: Vault, source: InventorySource, sources: Sources
) -> Iterator[Archive]:
    """Stream an inventory; whose it is may stand at its end, before which nothing is started."""
    yield from inventory
    _check_vault(inventory, vault, source, sources)


def _check_vault(inventory: Inventory, vault: Vault, source: InventorySource, sources: Sources) -> None:
    found = vault_finding(inventory, vault, span=source.span)
    if found is None:
        return
    if found.severity is Severity.ERROR:
        raise InvalidInput([found])
    sources.warn(found)


def at_slot(lot: Lot, now: datetime) -> Lot:
    """Return the lot of the same series whose slot counts at `now`; one without a schedule as it is."""
    if lot.schedule is None:
        return lot
    return replace(lot, slot=slot_name(lot.schedule.latest_tick(now)))


def may_clash(portions: Iterable[Portion]) -> bool:
    """Say whether two of these may ask for the same on different terms, or for bytes that they share."""
    by_vault: dict[tuple[Vault, type], list[Portion]] = defaultdict(list)
    for portion in portions:
        by_vault[portion.lot.vault, type(portion.lot.asking)].append(portion)
    return any(_may_clash(together) for together in by_vault.values() if len(together) > 1)


def _may_clash(portions: list[Portion]) -> bool:
    return len({one.lot.terms for one in portions}) > 1 or any(one.cut is not None for one in portions)
