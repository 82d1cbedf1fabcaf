"""Glacier's inventory as JSON (docs: "api-job-output-get", Response Body), archive by archive.

The keys may come in any order and others may stand among them, so that what the inventory says of itself
may be known at its end only.
"""

import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from glacier_manifest.inventory.archive import Archive, InventoryHead
from glacier_manifest.inventory.bad_rows import BadRows
from glacier_manifest.inventory.json_text import Cut, JsonText, Malformed, Readable
from glacier_manifest.inventory.origin import Origin
from glacier_manifest.inventory.rows import COLUMNS, MOMENT, BadRow, archive_of

_LIST = "ArchiveList"
_SHOWN_KEYS = 5
#: A row as Glacier writes it, with nothing in it that JSON would escape; any other is read as JSON.
_USUAL = re.compile(
    r'\{"ArchiveId":"([A-Za-z0-9_-]+)",'
    r'"ArchiveDescription":"([ !#-\[\]-~]*)",'
    rf'"CreationDate":"({MOMENT})",'
    r'"Size":(0|[1-9][0-9]{0,17}),'
    r'"SHA256TreeHash":"([0-9a-f]{64})"\},'
)
_new = tuple.__new__  # a NamedTuple's own constructor takes twice as long, and there are millions


def row_texts(stream: Readable) -> Iterator[str]:
    """Stream the rows of a JSON inventory that was read to its end before, each as JSON, bad ones too.

    Raises:
        Cut, Malformed: It is another text by now.
    """
    text = JsonText(stream)
    text.take("{")
    mark = "," if text.peek() != "}" else text.take("}")
    while mark == ",":
        key = text.value()
        text.take(":")
        if key == _LIST:
            yield from map(_row_text, chain.from_iterable(text.elements(_USUAL)))
        else:
            text.value()
        mark = text.take(",", "}")


def _row_text(row: Any) -> str:  # noqa: ANN401 - JSON may be anything
    if type(row) is re.Match:
        text: str = row[0]
        return text.removesuffix(",")
    return json.dumps(row, separators=(",", ":"))


class JsonInventory:
    """One walk over a JSON inventory.

    Attributes:
        head: What it says of itself, as far as it was read.
        rows: How many rows were read so far.
    """

    def __init__(self, stream: Readable, origin: Origin, bad_rows: BadRows) -> None:
        self.head = InventoryHead()
        self._text = JsonText(stream)
        self._origin = origin
        self._bad_rows = bad_rows
        self.rows = 0

    def __iter__(self) -> Iterator[Archive]:
        """Yield the archives; after the first row that is refused, none.

        Raises:
            InvalidInput: It is cut, damaged, or no inventory.
        """
        try:
            yield from self._walk()
        except Cut:
            raise self._origin.truncated(self._where()) from None
        except Malformed as fault:
            raise self._origin.invalid(f"{fault}, {self._where()}") from None

    def _where(self) -> str:
        return f"after row {self.rows:,}" if self.rows else "before its first row"

    def _walk(self) -> Iterator[Archive]:
        text, said = self._text, dict[str, object]()
        text.take("{")
        mark = "," if text.peek() != "}" else text.take("}")
        while mark == ",":
            key = self._key()
            if key == _LIST:
                self._refuse_second(said)
                yield from self._archives()
            said[key] = None if key == _LIST else text.value()
            self.head = InventoryHead(_text_or_none(said, "VaultARN"), _text_or_none(said, "InventoryDate"))
            mark = text.take(",", "}")
        if text.peek():
            raise Malformed("something stands behind its end")
        if _LIST not in said:
            raise self._something_else(said)

    def _key(self) -> str:
        if self._text.peek() not in {'"', ""}:
            raise Malformed("a name in quotes is expected")
        key: str = self._text.value()
        self._text.take(":")
        return key

    def _refuse_second(self, said: dict[str, object]) -> None:
        if _LIST in said:
            raise Malformed(f"it has a second {_LIST}")

    def _archives(self) -> Iterator[Archive]:
        refused = self._bad_rows.refused
        for row in chain.from_iterable(self._text.elements(_USUAL)):
            self.rows += 1
            if type(row) is re.Match:
                archive_id, description, creation_date, size, tree_hash = row.groups()
                archive = _new(Archive, (archive_id, description, creation_date, int(size), tree_hash))
            else:
                try:
                    archive = _archive(row)
                except BadRow as wrong:
                    self._bad_rows.tell(self._origin.row_finding(self.rows, str(wrong)))
                    refused = self._bad_rows.refused
                    continue
            if not refused:
                yield archive

    def _something_else(self, said: dict[str, object]) -> Exception:
        keys = ", ".join(repr(key[:40]) for key in list(said)[:_SHOWN_KEYS]) or "nothing"
        reason = f"it is JSON without {_LIST!r}, and has {keys}"
        if "JobList" in said or "JobId" in said:
            return self._origin.not_an_inventory(
                reason,
                "this tells of jobs: an inventory is what 'aws glacier get-job-output' writes to its file",
            )
        return self._origin.not_an_inventory(
            reason, "name the output of an inventory-retrieval job ('aws glacier get-job-output' writes it)"
        )


def _archive(row: Any) -> Archive:  # noqa: ANN401 - JSON may be anything
    if not isinstance(row, dict):
        raise BadRow("it is no JSON object")
    archive_id, description, creation_date, size, tree_hash = map(row.get, COLUMNS)
    return archive_of(archive_id, description, creation_date, size, tree_hash=tree_hash)


def _text_or_none(said: dict[str, object], key: str) -> str | None:
    value = said.get(key)
    if value is None or isinstance(value, str):
        return value
    raise Malformed(f"its {key} is no text")
