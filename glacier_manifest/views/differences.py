"""What has changed between two inventories, as text for people and as JSON and CSV, written as it comes."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from glacier_manifest.inventory.archive import Archive, InventoryHead
from glacier_manifest.inventory.census import Tally
from glacier_manifest.inventory.difference import Difference, Kind
from glacier_manifest.units import format_size
from glacier_manifest.views.inventories import COLUMNS, archive_json, archive_line, csv_line
from glacier_manifest.views.records import FORMAT_VERSION

#: What each inventory says of itself, the old one first.
Heads = Callable[[], tuple[InventoryHead, InventoryHead]]

_MARKS = {Kind.ADDED: "+", Kind.REMOVED: "-", Kind.CHANGED: "~"}


@dataclass(slots=True)
class Sums:
    """How many archives, and bytes, were added, removed, changed and left as they were."""

    tallies: dict[Kind, Tally] = field(default_factory=lambda: {kind: Tally() for kind in Kind})

    def changes(self, found: Iterable[Difference]) -> Iterator[tuple[Kind, Difference]]:
        """Count what is found, and yield what is not as it was."""
        for one in found:
            kind = one.kind
            tally = self.tallies[kind]
            tally.count += 1
            tally.bytes += one.archive.size
            if kind is not Kind.UNCHANGED:
                yield kind, one


def lines(found: Iterable[Difference]) -> Iterator[str]:
    """Yield a line a change, and one that sums them up."""
    sums = Sums()
    for kind, one in sums.changes(found):
        if one.old is not None and one.new is not None:
            yield f"~ {archive_line(one.new)}  ({_what(one.old, one.new)})\n"
        else:
            yield f"{_MARKS[kind]} {archive_line(one.archive)}\n"
    told = [f"{tally.count:,} {kind} ({format_size(tally.bytes)})" for kind, tally in sums.tallies.items()]
    yield f"{', '.join(told)}.\n"


def as_csv(found: Iterable[Difference]) -> Iterator[str]:
    """Yield a CSV line by line; a changed archive has two lines, as it was and as it is."""
    yield csv_line(("difference", *COLUMNS))
    for kind, one in Sums().changes(found):
        if one.old is not None and one.new is not None:
            yield _csv_line("changed-from", one.old)
            yield _csv_line("changed-to", one.new)
        else:
            yield _csv_line(kind, one.archive)


def as_json(found: Iterable[Difference], heads: Heads) -> Iterator[str]:
    """Yield one JSON document piece by piece, its summary last."""
    sums = Sums()
    yield f'{{\n  "format_version": "{FORMAT_VERSION}",\n  "differences": ['
    comma = ""
    for kind, one in sums.changes(found):
        yield f"{comma}\n    {json.dumps(_document(kind, one))}"
        comma = ","
    old, new = heads()
    summary = {str(kind): _tally_json(tally) for kind, tally in sums.tallies.items()}
    ends = {"summary": summary, "old": _head_json(old), "new": _head_json(new)}
    yield "\n  ]" if comma else "]"
    yield "".join(f',\n  "{name}": {json.dumps(value)}' for name, value in ends.items()) + "\n}\n"


def _document(kind: Kind, one: Difference) -> dict[str, Any]:
    document = {"difference": str(kind), **archive_json(one.archive)}
    if one.old is not None and one.new is not None:
        document["was"] = archive_json(one.old)
    return document


def _what(old: Archive, new: Archive) -> str:
    names = [name.replace("_", " ") for name in Archive._fields if getattr(old, name) != getattr(new, name)]
    return f"another {' and '.join(names)}"


def _csv_line(difference: str, archive: Archive) -> str:
    return csv_line((difference, *archive_json(archive).values()))


def _head_json(head: InventoryHead) -> dict[str, str | None]:
    return {"vault_arn": head.vault_arn, "inventory_date": head.inventory_date}


def _tally_json(tally: Tally) -> dict[str, int]:
    return {"archives": tally.count, "bytes": tally.bytes}
