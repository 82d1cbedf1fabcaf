r"""Inventories as Glacier writes them, row by row, at any place and of any length.

https://docs.aws.amazon.com/amazonglacier/latest/dev/api-job-output-get.html describes both
formats. Its CSV is not RFC 4180: a quote inside a field is written `\"`, and a backslash is not
escaped at all.
"""

import base64
import json
import threading
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from glacier_manifest.sandbox.archives import Archive
from glacier_manifest.sandbox.clock import iso_instant, parse_instant
from glacier_manifest.sandbox.events import InventoryQuery
from glacier_manifest.sandbox.vaults import Inventory, Row, Vault

_STEP = 1024
_CSV_HEADER = "ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n"
_CSV_FIXED = len(",,,,\n") + 24 + 64
_JSON_ROW = '{"ArchiveId":"%s","ArchiveDescription":%s,"CreationDate":"%s","Size":%d,"SHA256TreeHash":"%s"}'
_JSON_FIXED = len((_JSON_ROW % ("", "", "", 0, "")).encode()) - 1 + 24 + 64 + len(",")
_MARKER_TAG = b"inventory:"


def csv_field(text: str) -> str:
    """Return a field as Glacier's CSV has it."""
    if "," not in text and '"' not in text:
        return text
    return '"' + text.replace('"', '\\"') + '"'


_json_text = json.JSONEncoder(ensure_ascii=False).encode


def _csv_row(archive: Archive) -> str:
    description, created = csv_field(archive.description), iso_instant(archive.created)
    return f"{archive.archive_id},{description},{created},{archive.size},{archive.tree_hash}\n"


def _json_row(archive: Archive) -> str:
    return "," + _JSON_ROW % (
        archive.archive_id,
        _json_text(archive.description),
        iso_instant(archive.created),
        archive.size,
        archive.tree_hash,
    )


@dataclass(frozen=True, slots=True)
class Shape:
    """One format of inventories.

    Attributes:
        content_type: of the output.
        described: a description as the format writes it.
        fixed: bytes of a row without ID, description and size.
        row: a row as text. A JSON row begins with its comma, and the first loses it.
        surplus: characters that the first row loses.
    """

    content_type: str
    described: Callable[[str], str]
    fixed: int
    row: Callable[[Archive], str]
    surplus: int


SHAPES = {
    "CSV": Shape("text/csv", csv_field, _CSV_FIXED, _csv_row, 0),
    "JSON": Shape("application/json", _json_text, _JSON_FIXED, _json_row, 1),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """What one pass over an inventory's rows tells.

    Attributes:
        length: bytes in all.
        offsets: bytes of rows before every 1,024th row.
        positions: the places of those rows in the vault.
        next_position: the place of the first row that the limit left out; None: there is none.
    """

    length: int
    offsets: "array[int]"
    positions: "array[int]"
    next_position: int | None


def marker_text(position: int) -> str:
    """Return the marker with which an inventory goes on at a position."""
    return base64.urlsafe_b64encode(_MARKER_TAG + b"%d" % position).decode()


def marker_position(marker: str) -> int:
    """Return the position of a marker.

    Raises:
        ValueError: nobody got this marker from here.
    """
    raw = base64.urlsafe_b64decode(marker)
    if not raw.startswith(_MARKER_TAG):
        raise ValueError("not a marker of an inventory")
    return int(raw.removeprefix(_MARKER_TAG))


class InventoryDocument:
    """The output of one inventory job.

    Args:
        vault: whose inventory it is.
        inventory: the version that it shows.
        query: which rows, in which format.
    """

    def __init__(self, vault: Vault, inventory: Inventory, query: InventoryQuery) -> None:
        self._vault = vault
        self._version = inventory.version
        self._shape = SHAPES[query.format]
        self._start = parse_instant(query.start_date) if query.start_date else float("-inf")
        self._end = parse_instant(query.end_date) if query.end_date else float("inf")
        self._limit = int(query.limit) if query.limit else None
        self._first = marker_position(query.marker) if query.marker else 0
        self._head, self._foot = _frame(vault, inventory, query)
        self._lock = threading.Lock()
        self._measured: Measure | None = None

    @property
    def content_type(self) -> str:
        """The Content-Type of the output."""
        return self._shape.content_type

    @property
    def length(self) -> int:
        """Bytes in all."""
        return self._measure().length

    @property
    def next_marker(self) -> str | None:
        """The marker of the next page; None when this is the last."""
        position = self._measure().next_position
        return None if position is None else marker_text(position)

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes [start, end)."""
        measure = self._measure()
        step = max(bisect_right(measure.offsets, start - len(self._head)) - 1, 0)
        at = len(self._head) + measure.offsets[step] if step else 0
        for text in self._texts(measure, step):
            piece = text.encode()
            if at + len(piece) > start:
                yield piece[max(start - at, 0) : end - at]
            at += len(piece)
            if at >= end:
                return

    def _texts(self, measure: Measure, step: int) -> Iterator[str]:
        """Yield the document in pieces of some rows, from a measured step on."""
        if step == 0:
            yield self._head
        for number in range(step, len(measure.positions)):
            text = "".join(
                self._shape.row(row.shelf.archive(row.index)) for row in self._step_rows(measure, number)
            )
            yield text if number else text[self._shape.surplus :]
        yield self._foot

    def _step_rows(self, measure: Measure, step: int) -> Iterator[Row]:
        end = measure.next_position
        if step + 1 < len(measure.positions):
            end = measure.positions[step + 1]
        for row in self._rows(measure.positions[step]):
            if row.position == end:
                return
            yield row

    def _rows(self, position: int) -> Iterator[Row]:
        for row in self._vault.rows(self._version, position):
            if self._start <= row.shelf.created_at(row.index) < self._end:
                yield row

    def _measure(self) -> Measure:
        with self._lock:
            if self._measured is None:
                self._measured = self._measure_rows()
            return self._measured

    def _measure_rows(self) -> Measure:
        offsets, positions, length, rest = array("q"), array("q"), 0, None
        for count, row in enumerate(self._rows(self._first)):
            if count == self._limit:
                rest = row.position
                break
            if count % _STEP == 0:
                offsets.append(length)
                positions.append(row.position)
            length += self._row_length(row)
            if count == 0:
                length -= self._shape.surplus
        frame = len(self._head.encode()) + len(self._foot)
        return Measure(frame + length, offsets, positions, rest)

    def _row_length(self, row: Row) -> int:
        description = self._shape.described(row.shelf.description_of(row.index))
        text = len(description) if description.isascii() else len(description.encode())
        size = len(str(row.shelf.size_of(row.index)))
        return self._shape.fixed + row.shelf.id_length + text + size


def _frame(vault: Vault, inventory: Inventory, query: InventoryQuery) -> tuple[str, str]:
    if query.format == "CSV":
        return _CSV_HEADER, ""
    date = iso_instant(inventory.date)
    head = f'{{"VaultARN":"{vault.key.arn}","InventoryDate":"{date}","ArchiveList":['
    return head, "]}"
