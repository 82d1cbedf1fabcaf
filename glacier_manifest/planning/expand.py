"""From jobs to requests: one retrieval per archive ID, one inventory per vault and slot."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, Span
from glacier_manifest.inventory.id_list import ListedId
from glacier_manifest.jobs.address import address_of
from glacier_manifest.jobs.instant import slot_name
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.request import (
    ArchiveRetrieval,
    InventoryRetrieval,
    Request,
    Select,
    Vault,
    What,
)
from glacier_manifest.manifest import Archives, IdList, Job, SelectQuery
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
) -> Iterator[Asked]:
    """Stream every request that the jobs ask for, in the order of the manifest.

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
            for what, span in _what(job, read_list):
                request = _request(job, vault, what, slot)
                yield Asked(request_key(request), request, span)


def _request(job: Job, vault: Vault, what: What, slot: str | None) -> Request:
    return Request(
        job=job.name,
        vault=vault,
        what=what,
        tiers=job.tiers,
        description=job.description,
        sns_topic=job.sns_topic,
        slot=slot,
        schedule=job.schedule,
        size=_size_of(what),
    )


def _size_of(what: What) -> int | None:
    """Return the bytes that are asked for, where the manifest alone tells."""
    asked_for = what.retrieval_byte_range if isinstance(what, ArchiveRetrieval) else None
    return None if asked_for is None else asked_for.end - asked_for.start + 1


def _what(job: Job, read_list: ListReader) -> Iterator[tuple[What, Span]]:
    match job.ask:
        case InventoryRetrieval() as inventory:
            yield inventory, job.span
        case SelectQuery() as query:
            for listed in query.archive_ids:
                yield Select(listed.archive_id, query.select_parameters, query.output_location), listed.span
        case Archives() as archives:
            for archive_id, span in _archive_ids(archives, read_list):
                yield ArchiveRetrieval(archive_id, archives.retrieval_byte_range), span


def _archive_ids(archives: Archives, read_list: ListReader) -> Iterator[tuple[str, Span]]:
    for listed in archives.archive_ids:
        yield listed.archive_id, listed.span
    if archives.archive_ids_from is not None:
        for row in read_list(archives.archive_ids_from):
            yield row.archive_id, Span(archives.archive_ids_from.path, row.line, 1, 1 + len(row.archive_id))


def merged(asked: Iterable[Asked]) -> tuple[Asked, ...]:
    """Take requests with the same key as the one request that they are; the first one is kept.

    Raises:
        InvalidInput: Two of them disagree on the tier: only one can be bought.
    """
    kept: dict[str, Asked] = {}
    conflicts: list[Diagnostic] = []
    for one in asked:
        first = kept.setdefault(one.key, one)
        if first.request.effective_tiers != one.request.effective_tiers:
            conflicts.append(_conflict(first, one))
    if conflicts:
        raise InvalidInput(conflicts)
    return tuple(kept.values())


def _conflict(first: Asked, second: Asked) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "conflicting-requests",
        f"{address_of(second.request)} asks for what {address_of(first.request)} asks for, "
        f"at another tier ({_tiers(second.request)} instead of {_tiers(first.request)})",
        span=second.span,
        label=f"first asked for at {first.span.file}:{first.span.line}",
        help="ask for it once, or at one tier",
    )


def _tiers(request: Request) -> str:
    return ", ".join(request.effective_tiers)


def at_slot(asked: Asked, now: datetime) -> Asked:
    """Return the request of the same series whose slot counts at `now`; one without a schedule as it is."""
    request = asked.request
    if request.schedule is None:
        return asked
    current = replace(request, slot=slot_name(request.schedule.latest_tick(now)))
    return Asked(request_key(current), current, asked.span)
