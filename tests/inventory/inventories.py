"""Inventories for tests, written by the rules that Amazon documents."""

import gzip
import io
import json
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st

from glacier_manifest.diagnostics import Diagnostic, InvalidInput
from glacier_manifest.inventory.archive import Archive
from glacier_manifest.inventory.bad_rows import SkipBadRows
from glacier_manifest.inventory.origin import Origin
from glacier_manifest.inventory.reading import Inventory
from glacier_manifest.inventory.rows import COLUMNS

ARN = "arn:aws:glacier:us-west-2:012345678901:vaults/examplevault"
DATE = "2011-12-12T14:19:01Z"
HEADER = ",".join(COLUMNS)


def archive(number: int = 0, description: str = "photo.jpg", size: int = 2_140_123) -> Archive:
    """Return an archive like the others and yet of its own."""
    moment = datetime(2012, 5, 15, 17, 19, 46, 700_000, tzinfo=UTC) + timedelta(minutes=number)
    created = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Archive(f"{number:0138d}", description, created, size, f"{number:064x}")


def amazons_field(text: str, *, always: bool = False) -> str:
    """Write a field as the guide says: quoted where it must be, a quote escaped, a backslash not."""
    if not always and "," not in text and '"' not in text:
        return text
    return '"' + text.replace('"', '\\"') + '"'


def csv_of(archives: Iterable[Archive], *, end: str = "\n", columns: Sequence[str] = COLUMNS) -> bytes:
    """Write an inventory as CSV."""
    lines = [",".join(columns)]
    for one in archives:
        fields = dict(zip(COLUMNS, map(str, one), strict=True))
        lines.append(",".join(amazons_field(fields.get(name, "")) for name in columns))
    return "".join(line + end for line in lines).encode()


def json_of(archives: Iterable[Archive], *, indent: int | None = None) -> bytes:
    """Write an inventory as JSON, on one line unless indented."""
    rows = [dict(zip(COLUMNS, one, strict=True)) for one in archives]
    document = {"VaultARN": ARN, "InventoryDate": DATE, "ArchiveList": rows}
    separators = (",", ":") if indent is None else None
    return json.dumps(document, indent=indent, separators=separators).encode()


def inventory(content: bytes, *, skipped: list[Diagnostic] | None = None) -> Inventory:
    """Return the inventory that bytes hold; with a list for warnings, bad rows are left out."""
    origin = Origin("photos.inventory")
    if skipped is None:
        return Inventory(origin, lambda: nullcontext(io.BytesIO(content)))
    return Inventory(
        origin, lambda: nullcontext(io.BytesIO(content)), bad_rows=lambda: SkipBadRows(skipped.append)
    )


def read(content: bytes) -> list[Archive]:
    """Read an inventory to its end."""
    return list(inventory(content))


def refused(content: bytes, code: str) -> InvalidInput:
    """Assert that bytes are refused with a code, and return the refusal."""
    with pytest.raises(InvalidInput) as caught:
        read(content)
    assert {found.code for found in caught.value.diagnostics} == {code}, caught.value.diagnostics
    return caught.value


def packed(content: bytes) -> bytes:
    """Pack bytes with gzip."""
    return gzip.compress(content, mtime=0)


moments = st.datetimes(min_value=datetime(2012, 8, 20), max_value=datetime(2026, 11, 23)).map(  # noqa: DTZ001 - made UTC below
    lambda moment: moment.isoformat(timespec="milliseconds") + "Z"
)
hexadecimal = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")
archive_ids = st.text("ABCXYZabcxyz0189-_", min_size=138, max_size=138)


def archives_described(descriptions: st.SearchStrategy[str]) -> st.SearchStrategy[Archive]:
    """Make archives with such descriptions."""
    return st.builds(Archive, archive_ids, descriptions, moments, st.integers(0, 40 * 2**40), hexadecimal)
