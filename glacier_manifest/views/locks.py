"""What a lock says, and whether it is still so, for people and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from glacier_manifest.planning.lock import Difference, LockedArchive, LockedInventory, LockedJob
from glacier_manifest.units import format_size
from glacier_manifest.views.diagnostics import visible
from glacier_manifest.views.records import FORMAT_VERSION

_ID_SHOWN = 12
_HASH_SHOWN = 19


def human(jobs: Iterable[tuple[LockedJob, Iterable[LockedArchive] | None]]) -> Iterator[str]:
    """Yield a paragraph for each job and vault, with a line for each archive where they are told."""
    requests = size = unknown = 0
    for job, archives in jobs:
        yield from (f"{line}\n" for line in _job(job))
        for one in archives or ():
            yield f"  {_archive(one)}\n"
        yield "\n"
        requests += job.requests
        size += job.bytes
        unknown += job.unknown_sizes
    yield f"{_counted(requests)}, {_size(size, unknown)}.\n"


def _job(job: LockedJob) -> Iterator[str]:
    yield job.address
    if job.waits_for is not None:
        yield f"  waits for   the output of {job.waits_for}"
    else:
        yield f"  requests    {_counted(job.requests)}, {_size(job.bytes, job.unknown_sizes)}"
    yield f"  digest      {job.digest[:_HASH_SHOWN]}…"
    for name, inventory in (("inventory", job.inventory), ("sizes from", job.sizes_from)):
        if inventory is not None:
            yield f"  {name:<10}  {_inventory(inventory)}"


def _size(known: int, unknown: int) -> str:
    return f"≥ {format_size(known)} ({unknown:,} of unknown size)" if unknown else format_size(known)


def _inventory(one: LockedInventory) -> str:
    date = "date not told" if one.inventory_date is None else f"of {visible(one.inventory_date)}"
    left_out = f", {one.skipped_rows:,} rows left out" if one.skipped_rows else ""
    return f"{visible(one.source)}, {date}, {one.archives:,} archives{left_out}, sha256 {one.sha256[:12]}…"


def _archive(one: LockedArchive) -> str:
    size = "unknown" if one.size is None else format_size(one.size)
    ranged = "" if one.byte_range is None else f"  {one.byte_range}"
    path = "" if one.path is None else f"  {visible(one.path)}"
    return f"{one.archive_id[:_ID_SHOWN]}…  {size:>10}{ranged}{path}"


def _counted(requests: int) -> str:
    return "1 request" if requests == 1 else f"{requests:,} requests"


def fresh(jobs: Sequence[LockedJob]) -> str:
    """Say that a lock says what is so."""
    return f"The lock is fresh: {_counted(sum(job.requests for job in jobs))}.\n"


def check_json(found: Sequence[Difference], edited: int | None = None) -> dict[str, Any]:
    """Return what ``expand --check --format json`` prints: how a lock differs from what is so now."""
    return {
        "format_version": FORMAT_VERSION,
        "fresh": not found and edited is None,
        "differences": [_difference(one) for one in found],
        "edited_line": edited,
    }


def _difference(one: Difference) -> dict[str, Any]:
    fields = {name: {"locked": old, "now": new} for name, (old, new) in one.fields.items()}
    return {"address": one.address, "change": one.change, "fields": fields}
