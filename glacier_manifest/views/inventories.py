"""Archives of inventories, as text for people and as JSON and CSV, written as they come."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from io import StringIO
from typing import Any

from glacier_manifest.inventory.archive import Archive, InventoryHead
from glacier_manifest.inventory.census import Census, Tally, by_size
from glacier_manifest.inventory.names.table import path_of
from glacier_manifest.inventory.reading import Walked
from glacier_manifest.jobs.instant import parse_instant
from glacier_manifest.units import format_size
from glacier_manifest.views.diagnostics import visible
from glacier_manifest.views.records import FORMAT_VERSION

#: The columns of a listed archive, as JSON keys and as the header of a CSV; a contract.
COLUMNS = ("archive_id", "description", "path", "creation_date", "size", "tree_hash")

_ID_SHOWN = 12
_FOLDERS_SHOWN = 20
_UNTOLD = "not told (a CSV has no date)"


def archive_json(archive: Archive) -> dict[str, Any]:
    """Return an archive as a JSON object."""
    archive_id, description, creation_date, size, tree_hash = archive
    return {
        "archive_id": archive_id,
        "description": description,
        "path": path_of(description),
        "creation_date": creation_date,
        "size": size,
        "tree_hash": tree_hash,
    }


def archive_line(archive: Archive) -> str:
    """Return an archive as a line for people: when, how large, its ID's beginning, its path."""
    created = archive.creation_date[:16].replace("T", " ")
    beginning = archive.archive_id[:_ID_SHOWN]
    path = visible(path_of(archive.description))
    return f"{created}  {format_size(archive.size):>10}  {beginning}…  {path}".rstrip()


def lines(archives: Iterable[Archive]) -> Iterator[str]:
    """Yield a line an archive, and one that sums them up."""
    total = Tally()
    for archive in archives:
        total.count += 1
        total.bytes += archive.size
        yield f"{archive_line(archive)}\n"
    yield f"{counted(total)}.\n"


def as_csv(archives: Iterable[Archive]) -> Iterator[str]:
    """Yield a CSV (RFC 4180, as spreadsheets read it) line by line."""
    yield csv_line(COLUMNS)
    for archive in archives:
        yield csv_line(tuple(archive_json(archive).values()))


def csv_line(fields: Sequence[object]) -> str:
    """Return one line of a CSV."""
    line = StringIO(newline="")
    csv.writer(line, lineterminator="\n").writerow(fields)
    return line.getvalue()


def as_json(archives: Iterable[Archive], date: Callable[[], str | None]) -> Iterator[str]:
    """Yield one JSON document piece by piece.

    Args:
        archives: They are written as they come.
        date: Tells the inventory's date, as far as it is known when called; it may stand behind the archives.
    """
    documents = map(archive_json, archives)
    first = next(documents, None)
    known = date()
    told = "" if known is None else f',\n  "inventory_date": {json.dumps(known)}'
    yield f'{{\n  "format_version": "{FORMAT_VERSION}"{told},\n  "archives": ['
    if first is not None:
        yield f"\n    {json.dumps(first)}"
    for document in documents:
        yield f",\n    {json.dumps(document)}"
    late = f',\n  "inventory_date": {json.dumps(date())}' if known is None else ""
    yield f"\n  ]{late}\n}}\n" if first is not None else f"]{late}\n}}\n"


def census_json(census: Census, walked: Walked) -> dict[str, Any]:
    """Return what is in an inventory as a JSON object."""
    folders = by_size(census.folders)
    return {
        "format_version": FORMAT_VERSION,
        "vault_arn": walked.head.vault_arn,
        "inventory_date": walked.head.inventory_date,
        "sha256": walked.sha256,
        "archives": census.total.count,
        "bytes": census.total.bytes,
        "skipped_rows": walked.skipped,
        "first_created": census.first_created,
        "last_created": census.last_created,
        "years": [{"year": int(year), **_tally_json(one)} for year, one in sorted(census.years.items())],
        "folders": [{"folder": name, **_tally_json(one)} for name, one in folders],
        "other_folders": _tally_json(census.elsewhere),
        "largest": [archive_json(archive) for archive in census.largest],
    }


def census_text(census: Census, walked: Walked, *, now: datetime) -> str:
    """Return what is in an inventory, for people.

    Args:
        census: What was counted.
        walked: What the inventory says of itself.
        now: The moment to reckon its age from, with a timezone.
    """
    head = walked.head
    facts = [
        ("vault", visible(head.vault_arn or "not told (a CSV does not name it)")),
        ("inventory", _age(head, now)),
        ("archives", f"{census.total.count:,}"),
        ("bytes", f"{census.total.bytes:,} ({format_size(census.total.bytes)})"),
        ("sha256", walked.sha256),
    ]
    if census.first_created is not None and census.last_created is not None:
        facts.insert(4, ("created", f"{census.first_created[:10]} to {census.last_created[:10]}"))
    blocks = ["".join(f"{name:<9}  {value}\n" for name, value in facts)]
    if census.total.count:
        blocks += [_table("by year", sorted(census.years.items())), _folders(census), _largest(census)]
    return "\n".join(blocks)


def counted(tally: Tally) -> str:
    """Return a number of archives and their bytes, for people: ``2 archives, 1.5 GiB``."""
    noun = "archive" if tally.count == 1 else "archives"
    return f"{tally.count:,} {noun}, {format_size(tally.bytes)}"


def _age(head: InventoryHead, now: datetime) -> str:
    if head.inventory_date is None:
        return _UNTOLD
    date = visible(head.inventory_date)
    try:
        days = (now - parse_instant(head.inventory_date)).days
    except ValueError:
        return date
    age = "1 day" if days == 1 else f"{days:,} days"
    return f"{date}, {age} old: what was uploaded or deleted since is not in it"


def _folders(census: Census) -> str:
    ranked = by_size(census.folders)
    shown = [(f"{visible(name)}/" if name else "(no folder)", one) for name, one in ranked[:_FOLDERS_SHOWN]]
    rest = [one for _, one in ranked[_FOLDERS_SHOWN:]] + [census.elsewhere]
    others = Tally(sum(one.count for one in rest), sum(one.bytes for one in rest))
    return _table("by folder", [*shown, *([("(others)", others)] if others.count else [])])


def _largest(census: Census) -> str:
    return "largest\n" + "".join(f"  {archive_line(archive)}\n" for archive in census.largest)


def _table(title: str, rows: Sequence[tuple[str, Tally]]) -> str:
    counts = max(len(f"{one.count:,}") for _, one in rows)
    text = "".join(f"  {one.count:>{counts},}  {format_size(one.bytes):>10}  {name}\n" for name, one in rows)
    return f"{title}\n{text}"


def _tally_json(tally: Tally) -> dict[str, int]:
    return {"archives": tally.count, "bytes": tally.bytes}
