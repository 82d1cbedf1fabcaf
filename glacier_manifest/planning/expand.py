"""From jobs to requests: one retrieval per archive ID, one inventory per vault and slot."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from glacier_manifest.diagnostics import Span
from glacier_manifest.inventory.id_list import ListedId
from glacier_manifest.jobs.instant import slot_name
from glacier_manifest.jobs.request import ArchiveRetrieval, InventoryRetrieval, Request, Vault
from glacier_manifest.manifest import Archives, IdList, Job, ListedArchive, SelectQuery
from glacier_manifest.planning.lot import Asking, Lot, Piece, Query
from glacier_manifest.planning.place import Place

#: Opens a list of archive IDs and streams it.
ListReader = Callable[[IdList], Iterable[ListedId]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with its key, and the place in the manifest that asks for it."""

    key: str
    request: Request
    span: Span


def expand(
    jobs: Iterable[Job], *, places: Mapping[str, Place], now: datetime, read_list: ListReader
) -> Iterator[tuple[Lot, Iterable[Piece]]]:
    """Stream all that the jobs ask for, lot by lot, in the order of the manifest.

    Args:
        jobs: The manifest's jobs.
        places: The account and region of each, by name.
        now: The moment whose slots count, with a timezone.
        read_list: Opens an `archive_ids_from` file.

    Raises:
        InvalidInput: A list of archive IDs is wrong.
    """
    for job in jobs:
        slot = slot_name(job.schedule.latest_tick(now)) if job.schedule is not None else None
        for name in job.vaults:
            vault = Vault(places[job.name].account_id, places[job.name].region, name)
            lot = _lot(job, vault, slot)
            match job.ask:
                case InventoryRetrieval():
                    yield lot, [Piece()]
                case SelectQuery() as query:
                    yield lot, map(_named, query.archive_ids)
                case Archives() as archives:
                    yield from _retrieved(lot, archives, read_list)


def _lot(job: Job, vault: Vault, slot: str | None) -> Lot:
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


def _retrieved(lot: Lot, archives: Archives, read_list: ListReader) -> Iterator[tuple[Lot, Iterable[Piece]]]:
    def piece_of(piece: Piece) -> Piece:
        wanted = archives.retrieval_byte_range
        if wanted is None:
            return piece
        return piece._replace(start=wanted.start, end=wanted.end, size=wanted.end - wanted.start + 1)

    if archives.archive_ids:
        yield lot, map(piece_of, map(_named, archives.archive_ids))
    id_list = archives.archive_ids_from
    if id_list is not None:
        listed = (Piece(row.archive_id, line=row.line, column=1) for row in read_list(id_list))
        yield replace(lot, file=id_list.path), map(piece_of, listed)


def at_slot(lot: Lot, now: datetime) -> Lot:
    """Return the lot of the same series whose slot counts at `now`; one without a schedule as it is."""
    if lot.schedule is None:
        return lot
    return replace(lot, slot=slot_name(lot.schedule.latest_tick(now)))
