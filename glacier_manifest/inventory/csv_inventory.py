r"""Glacier's inventory as CSV (docs: "api-job-output-get", Response Body), archive by archive.

It is not the CSV of RFC 4180. A field may be enclosed in quotes, and one with a comma or a quote always is;
a quote inside is written ``\"``, and a backslash is not escaped at all, so that ``"x\"`` is ``x\``. What a
row means is therefore told by the columns that hold no comma: they are counted off from both ends, and what
is left between them is the description.
"""

import io
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO

from glacier_manifest.inventory.archive import Archive, InventoryHead
from glacier_manifest.inventory.bad_rows import BadRows
from glacier_manifest.inventory.origin import Origin
from glacier_manifest.inventory.rows import COLUMNS, MOMENT, BadRow, archive_of

_LONGEST_LINE = 64 * 1024
_ID, _DESCRIPTION, _DATE, _SIZE, _HASH = COLUMNS
#: Their last character tells that they are whole, where the last line of a file has no end.
_FIXED_LENGTH = frozenset({_DATE, _HASH})
_SHOWN = 60

#: The columns as they mostly look, without quotes.
_USUAL = {
    _ID: "([A-Za-z0-9_-]+)",
    _DESCRIPTION: r"([ !#-+\--~]*)",
    _DATE: f"({MOMENT})",
    _SIZE: "(0|[1-9][0-9]{0,17})",
    _HASH: "([0-9a-f]{64})",
}
_UNKNOWN_COLUMN = r'[^",\r\n]*'

# A quoted field whose text holds no quote followed by a comma, and one whose text ends in a backslash.
_QUOTED = (r'"(?:[^"\\]|\\"?)*+"', r'"(?:[^"\\]|\\(?!"(?:,|$))"?)*+"')
_new = tuple.__new__  # a NamedTuple's own constructor takes twice as long, and there are millions


class CsvInventory:
    """One walk over a CSV inventory.

    Attributes:
        head: A CSV says nothing of itself.
        rows: How many rows were read so far.
    """

    def __init__(self, stream: BinaryIO, origin: Origin, bad_rows: BadRows) -> None:
        self.head = InventoryHead()
        self.rows = 0
        # What is no UTF-8 becomes halves of characters, which the check of a row finds.
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="\n")
        self._read_line: Callable[[], str] = partial(text.readline, _LONGEST_LINE)
        self._origin = origin
        self._bad_rows = bad_rows

    def __iter__(self) -> Iterator[Archive]:
        """Yield the archives; after the first row that is refused, none.

        Raises:
            InvalidInput: It is cut, or no inventory.
        """
        layout = self._layout()
        usual, groups = layout.usual.fullmatch, layout.groups
        refused = self._bad_rows.refused
        blank = 0
        for number, line in enumerate(iter(self._read_line, ""), start=2):
            row = usual(line)
            self.rows = number - 1 - blank
            try:
                if row is not None:
                    archive_id, description, creation_date, size, tree_hash = row.group(*groups)
                    archive = _new(Archive, (archive_id, description, creation_date, int(size), tree_hash))
                elif line.isspace():
                    blank += 1
                    self.rows -= 1
                    continue
                else:
                    archive = self._unusual(layout, line, number)
            except BadRow as wrong:
                self._bad_rows.tell(self._origin.line_finding(number, str(wrong), line))
                refused = self._bad_rows.refused
                continue
            if not refused:
                yield archive

    def _layout(self) -> "_Layout":
        header = self._read_line()
        columns = [_unquoted(name.strip()) for name in header.rstrip("\r\n").split(",")]
        missing = [name for name in COLUMNS if name not in columns]
        if missing:
            raise self._no_header(header, columns, missing)
        if any(columns.count(name) > 1 for name in COLUMNS):
            raise self._origin.invalid("its header names a column twice")
        if not header.endswith("\n"):
            raise self._origin.truncated("inside its header")
        return _Layout(columns)

    def _no_header(self, header: str, columns: list[str], missing: list[str]) -> Exception:
        shown = header[:_SHOWN].rstrip("\r\n")
        if len(missing) == len(COLUMNS):
            reason = f"it begins with {shown!r}, which is neither JSON nor the header of Glacier's CSV"
        else:
            reason = f"the header of its CSV has no column {' and no '.join(missing)}"
        if _ID in columns:
            advice = "a list of archive IDs alone belongs under 'archive_ids_from'"
        else:
            advice = "name the output of an inventory-retrieval job ('aws glacier get-job-output' writes it)"
        return self._origin.not_an_inventory(reason, advice)

    def _unusual(self, layout: "_Layout", line: str, number: int) -> Archive:
        """Read a line that has quotes, another kind of date, or something wrong."""
        is_whole = line.endswith("\n")
        if not is_whole and len(line) >= _LONGEST_LINE:
            raise self._origin.invalid(f"line {number:,} is longer than {_LONGEST_LINE:,} characters")
        try:
            archive = layout.read(line.rstrip("\n").removesuffix("\r"))
        except BadRow:
            if is_whole:
                raise
            raise self._origin.truncated(f"inside line {number:,}") from None
        if not is_whole and layout.columns[-1] not in _FIXED_LENGTH:
            raise self._origin.truncated(f"inside line {number:,}, which has no line end")
        return archive


class _Layout:
    """The columns of one file, in their order, and how a line with them is read.

    Attributes:
        columns: Their names.
        usual: A line without quotes, its end included.
        groups: Which groups of it hold the columns of an Archive, in that order.
    """

    def __init__(self, columns: list[str]) -> None:
        self.columns = columns
        fields = ",".join(_USUAL.get(name, _UNKNOWN_COLUMN) for name in columns)
        self.usual = re.compile(fields + r"\r?\n")
        known = [name for name in columns if name in _USUAL]
        self.groups = [known.index(name) + 1 for name in COLUMNS]
        self._before = columns.index(_DESCRIPTION)
        self._behind = len(columns) - self._before - 1
        self._fields = (
            None if len(known) == len(columns) else [_line_of(quoted, columns) for quoted in _QUOTED]
        )

    def read(self, line: str) -> Archive:
        """Read a line without its end.

        Raises:
            BadRow: It is no row of an inventory.
        """
        fields = self._counted_off(line) if self._fields is None else self._matched(self._fields, line)
        by_name = dict(zip(self.columns, fields, strict=True))
        archive_id, creation_date, size, tree_hash = (
            _unquoted(by_name[name].strip(" ")) for name in (_ID, _DATE, _SIZE, _HASH)
        )
        description = _text_of(by_name[_DESCRIPTION])
        return archive_of(archive_id, description, creation_date, _number(size), tree_hash=tree_hash)

    def _counted_off(self, line: str) -> list[str]:
        """Take the columns without commas from both ends, and the rest as the description."""
        *before, rest = line.split(",", self._before)
        fields = before + rest.rsplit(",", self._behind)
        if len(fields) != len(self.columns):
            raise BadRow(f"it has {len(fields)} of the {len(self.columns)} columns")
        return fields

    def _matched(self, patterns: list[re.Pattern[str]], line: str) -> list[str]:
        """Where there are columns of unknown content, quotes alone tell where each ends."""
        for pattern in patterns:
            found = pattern.fullmatch(line)
            if found is not None:
                return list(found.groups())
        raise BadRow(f"it does not have the {len(self.columns)} columns that the header names")


def _line_of(quoted: str, columns: list[str]) -> re.Pattern[str]:
    return re.compile(",".join(f'({quoted}|[^",]*+)' for _ in columns))


def _unquoted(field: str) -> str:
    return field[1:-1] if len(field) > 1 and field[0] == field[-1] == '"' else field


def _text_of(field: str) -> str:
    r"""Return the text of a field: without the quotes around it, and ``\"`` as ``"``.

    Raises:
        BadRow: It is not quoted as Glacier quotes.
    """
    is_quoted = len(field) > 1 and field[0] == field[-1] == '"'
    inside = field[1:-1] if is_quoted else field
    quotes = inside.count('"')
    if quotes != inside.count('\\"') or (not is_quoted and (quotes or "," in inside)):
        raise BadRow(
            f"its {_DESCRIPTION} is not quoted as Glacier quotes (was the file saved by another program?)"
        )
    return inside.replace('\\"', '"')


def _number(text: str) -> int | str:
    """Return a whole number; what is none, or too long for one, as it is."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _SHOWN else text
