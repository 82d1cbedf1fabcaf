"""Lists of archive IDs: one a line, read as a stream.

Blank lines and what stands behind a ``#`` are passed over. A list may name an archive twice: it is one
request. Nothing may start before a list has been read to its end, for only there is it known to be right.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, Span
from glacier_manifest.inventory.findings import Told
from glacier_manifest.manifest.checks import ARCHIVE_ID_CHARACTERS

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_COMMENT = re.compile(rb"(?:^|\s)#.*", re.DOTALL)
_ARCHIVE_ID = re.compile(rb"[A-Za-z0-9_-]+")
_LONGEST_SHOWN = 200

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
        if not _ARCHIVE_ID.fullmatch(line.entry):
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
    """A line that names something: all of it, and the entry without comment and spaces."""

    path: Path
    number: int
    whole: bytes
    entry: bytes

    def finding(self, severity: Severity, code: str, message: str, advice: str) -> Diagnostic:
        line = _text(self.whole).removeprefix("\ufeff").rstrip()
        column = len(line) - len(line.lstrip()) + 1
        end_column = max(column + 1, min(column + len(_text(self.entry)), _LONGEST_SHOWN))
        span = Span(self.path, self.number, column, end_column)
        return Diagnostic(severity, code, message, span, help=advice, source_line=_cut(line, _LONGEST_SHOWN))


def _entries(lines: Iterable[bytes], path: Path) -> Iterator[_Line]:
    for number, line in enumerate(lines, start=1):
        text = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
        entry = _COMMENT.sub(b"", text).strip() if b"#" in text else text.strip()
        if entry:
            yield _Line(path, number, line, entry)


def _not_an_id(line: _Line) -> Diagnostic:
    text = _text(line.entry)
    why, advice = _cause(text)
    return line.finding(Severity.ERROR, "invalid-archive-id", f"archive ID '{_cut(text)}' {why}", advice)


def _cause(text: str) -> tuple[str, str]:
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
