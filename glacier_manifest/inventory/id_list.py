"""Lists of archive IDs, read as a stream: one a line, a column of a CSV, or a JSON object a line.

The first line tells which. Blank lines are passed over, and in a plain list what stands behind a ``#``. A
list may name an archive twice: it is one request. Nothing may start before a list has been read to its end,
for only there is it known to be right.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, Span
from glacier_manifest.inventory.findings import Told
from glacier_manifest.manifest.checks import ARCHIVE_ID_CHARACTERS

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_COMMENT = re.compile(rb"(?:^|\s)#.*", re.DOTALL)
_ARCHIVE_ID = re.compile(rb"[A-Za-z0-9_-]+")
_LONGEST_SHOWN = 200

#: What a column or a key with archive IDs is called: as Glacier calls it, or as `inventory list` does.
_NAMES = ("ArchiveId", "archive_id")
#: A field of a CSV, whichever way a quote inside of it is written: with a backslash, or twice.
_FIELD = re.compile(rb'\s*+(?:"((?:[^"\\]|\\"?|"")*+)"\s*+|([^",]*+))(?:,|$)')

#: What stands in lines that are no ID, what it tells, and what to do; the first that is found counts.
_CAUSES = (
    (
        re.compile("^[\"'\u201c\u201d\u2018\u2019]|[\"'\u201c\u201d\u2018\u2019]$"),
        "stands in quotes",
        "remove the quotes",
    ),
    (
        re.compile("[,;\t]"),
        "is followed by more columns",
        "is this a CSV? keep its column of archive IDs alone",
    ),
    (re.compile(r"\s"), "holds a space", "write one archive ID a line, and comments behind '#'"),
    (
        re.compile("[^A-Za-z0-9_-]"),
        "holds {!r}, which no archive ID has",
        "copy the ID again: letters, digits, '-' and '_' only",
    ),
)


@dataclass(frozen=True, slots=True)
class ListedId:
    """An archive ID, and the line of the list that names it, counted from 1."""

    archive_id: str
    line: int


def read_id_list(
    lines: Iterable[bytes], path: Path, *, warn: Callable[[Diagnostic], None]
) -> Iterator[ListedId]:
    """Yield the archive IDs of a list, in its order; after the first wrong line, none.

    Args:
        lines: The lines, with or without their ends, as a file opened for bytes gives them.
        path: The list's name, for messages.
        warn: Called with what is odd and does not stop the reading: an ID whose length is not 138.

    Raises:
        InvalidInput: At the end of the list: some of its lines are no archive IDs, or there is none.
    """
    wrong = Told("{:,} more lines are no archive IDs")
    odd = Told(f"{{:,}} more archive IDs do not have {ARCHIVE_ID_CHARACTERS} characters", warn)
    empty = True
    for line in _entries(lines, path):
        empty = False
        if line.wrong is not None or not _ARCHIVE_ID.fullmatch(line.entry):
            wrong.tell(_not_an_id(line))
        elif not wrong.found:
            if len(line.entry) != ARCHIVE_ID_CHARACTERS:
                odd.tell(_odd_length(line))
            yield ListedId(line.entry.decode("ascii"), line.number)
    odd.tell_rest()
    wrong.tell_rest()
    if empty:
        wrong.tell(_nothing_in(path))
    if wrong.found:
        raise InvalidInput(wrong.found)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that names something: all of it, the entry alone, and why there is none where that is known."""

    path: Path
    number: int
    whole: bytes
    entry: bytes
    wrong: tuple[str, str] | None = None

    def finding(self, severity: Severity, code: str, message: str, advice: str) -> Diagnostic:
        line = _text(self.whole).removeprefix("\ufeff").rstrip()
        column = max(line.find(_text(self.entry)), 0) + 1
        end_column = max(column + 1, min(column + len(_text(self.entry)), _LONGEST_SHOWN))
        span = Span(self.path, self.number, column, end_column)
        return Diagnostic(severity, code, message, span, help=advice, source_line=_cut(line, _LONGEST_SHOWN))


#: The lines, and their numbers from 1 on.
_Numbered = Iterator[tuple[int, bytes]]


def _entries(lines: Iterable[bytes], path: Path) -> Iterator[_Line]:
    numbered = enumerate(_without_mark(lines), start=1)
    first = next(_plain_entries(numbered, path), None)
    if first is None:
        return
    if first.entry.startswith(b"{"):
        yield from _json_entries(chain([(first.number, first.whole)], numbered), path)
        return
    column = _column_of_ids(first.entry)
    if column is not None:
        yield from _csv_entries(numbered, path, column)
        return
    yield first
    yield from _plain_entries(numbered, path)


def _without_mark(lines: Iterable[bytes]) -> Iterator[bytes]:
    rest = iter(lines)
    for first in rest:
        yield first.removeprefix(_BYTE_ORDER_MARK)
        break
    yield from rest


def _plain_entries(numbered: _Numbered, path: Path) -> Iterator[_Line]:
    for number, line in numbered:
        entry = _COMMENT.sub(b"", line).strip() if b"#" in line else line.strip()
        if entry:
            yield _Line(path, number, line, entry)


def _column_of_ids(header: bytes) -> int | None:
    """Return which column of a CSV holds the archive IDs; None where this is no header of one."""
    names = [name.decode("ascii", errors="replace") for name in _fields(header)]
    return next((names.index(name) for name in _NAMES if name in names), None)


def _csv_entries(numbered: _Numbered, path: Path, column: int) -> Iterator[_Line]:
    for number, line in numbered:
        if not line.strip():
            continue
        fields = line.split(b",", column + 1) if b'"' not in line else _fields(line)
        if len(fields) > column:
            yield _Line(path, number, line, fields[column].strip())
        else:
            wrong = (f"stands where column {column + 1} must hold one", "is the line whole?")
            yield _Line(path, number, line, line.strip(), wrong)


def _fields(line: bytes) -> list[bytes]:
    """Return the fields of a line, as far as they are fields, without their quotes."""
    fields, at, line = [], 0, line.strip()
    while at <= len(line):
        match = _FIELD.match(line, at)
        if match is None:
            break
        fields.append(match[1] if match[1] is not None else match[2].strip())
        if not match[0].endswith(b","):
            break
        at = match.end()
    return fields


def _json_entries(numbered: Iterable[tuple[int, bytes]], path: Path) -> Iterator[_Line]:
    for number, line in numbered:
        if not line.strip():
            continue
        archive_id = _id_in(line)
        if archive_id is not None:
            yield _Line(path, number, line, archive_id.encode("utf-8", errors="replace"))
        else:
            wrong = ("is no JSON object with the key 'archive_id' or 'ArchiveId'", _IN_JSON)
            yield _Line(path, number, line, line.strip(), wrong)


#: What to do where a list of IDs holds other JSON, such as a whole inventory.
_IN_JSON = "write one object a line; a whole inventory belongs under 'archives: {inventory: ...}'"


def _id_in(line: bytes) -> str | None:
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        return None
    named = [read[name] for name in _NAMES if name in read] if isinstance(read, dict) else []
    return named[0] if named and isinstance(named[0], str) else None


def _not_an_id(line: _Line) -> Diagnostic:
    text = _text(line.entry)
    why, advice = line.wrong or _cause(text)
    return line.finding(Severity.ERROR, "invalid-archive-id", f"archive ID '{_cut(text)}' {why}", advice)


def _cause(text: str) -> tuple[str, str]:
    if not text:
        return "is empty", "name an archive in every line"
    if "\x00" in text or text.startswith("\ufffd"):
        return "is not text in UTF-8", "save the list as UTF-8 (for example: iconv -f UTF-16 -t UTF-8)"
    for pattern, why, advice in _CAUSES:
        match = pattern.search(text)
        if match is not None:
            return why.format(match[0]), advice
    raise AssertionError("a text that is no archive ID holds a character that none has")


def _odd_length(line: _Line) -> Diagnostic:
    text = _text(line.entry)
    message = f"archive ID '{_cut(text)}' has {len(text)} characters"
    advice = f"Glacier's archive IDs have {ARCHIVE_ID_CHARACTERS}: is it whole?"
    return line.finding(Severity.WARNING, "archive-id-length", message, advice)


def _nothing_in(path: Path) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "empty-list",
        f"'{path}' names no archive",
        Span(path, 1, 1, 2),
        help="write one archive ID a line, or remove what names this list",
    )


def _text(line: bytes) -> str:
    return line.decode("utf-8", errors="replace")


def _cut(text: str, longest: int = 60) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
