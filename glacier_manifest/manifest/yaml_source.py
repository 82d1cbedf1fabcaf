"""A file's text, its lines, and the spans that point into it."""

import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, Span
from glacier_manifest.units import MIB

#: The largest file that is read as YAML; longer lists of archives stand in a file of IDs.
LARGEST_FILE = 128 * MIB

#: What libyaml takes for the end of a line, so that its line numbers are ours.
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")

#: Everything that YAML 1.2 does not call printable.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Place(NamedTuple):
    """A piece of one line: line and columns count from 1, `end_column` is exclusive."""

    line: int
    column: int
    end_column: int


@dataclass(frozen=True)
class Source:
    """The text of one file."""

    path: Path
    text: str = field(repr=False)

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return _LINE_END.split(self.text)

    def line(self, number: int) -> str:
        """Return a line by its number, counted from 1; the empty text behind the last."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def quote(self, place: Place) -> str:
        """Return the text at a place, as it was written."""
        return self.line(place.line)[place.column - 1 : place.end_column - 1]

    def span(self, place: Place) -> Span:
        """Return a place as a span of this file."""
        return Span(self.path, place.line, place.column, place.end_column)

    def error(self, code: str, message: str, place: Place, advice: str) -> Diagnostic:
        """Return an error at a place of this file."""
        line = self.line(place.line)
        return Diagnostic(Severity.ERROR, code, message, self.span(place), help=advice, source_line=line)


def read_source(path: Path) -> Source:
    """Read a file as UTF-8 text, with or without a byte order mark.

    Raises:
        InvalidInput: The file cannot be read, is too large, is not UTF-8 or holds unprintable characters.
    """
    source = Source(path, _decode(path, _read(path)))
    found = _UNPRINTABLE.search(source.text)
    if found is not None:
        raise InvalidInput([_unprintable(source, found)])
    return source


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise InvalidInput([unreadable(path, error)]) from error
    if len(content) > LARGEST_FILE:
        raise InvalidInput([_too_large(path)])
    return content


def unreadable(path: Path, error: OSError | ValueError) -> Diagnostic:
    """Return why a file cannot be read, for people."""
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    if os.path.islink(path) and not os.path.exists(path):  # noqa: PTH110, PTH114 - Path raises on some names
        why = f"it is a symbolic link to '{path.readlink()}', which does not exist"
    return Diagnostic(
        Severity.ERROR,
        "unreadable-file",
        f"cannot read '{path}': {why[0].lower()}{why[1:]}",
        help="check the name and the permissions",
    )


def _too_large(path: Path) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "unreadable-file",
        f"'{path}' is larger than {LARGEST_FILE // MIB} MiB",
        help="keep long lists of archive IDs in a text file and name it in 'archive_ids_from'",
    )


def _decode(path: Path, content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InvalidInput([_not_utf8(path, content, 0)])
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise InvalidInput([_not_utf8(path, content, error.start)]) from error


def _not_utf8(path: Path, content: bytes, offset: int) -> Diagnostic:
    source = Source(path, content.decode("utf-8", errors="replace"))
    before = Source(path, content[:offset].decode("utf-8", errors="replace")).lines
    column = len(before[-1]) + 1
    return source.error(
        "not-utf8",
        f"the file is not UTF-8: its byte {offset + 1} is 0x{content[offset]:02X}",
        Place(len(before), column, column + 1),
        "save the file as UTF-8 (for example: iconv -t UTF-8)",
    )


def _unprintable(source: Source, found: re.Match[str]) -> Diagnostic:
    before = Source(source.path, source.text[: found.start()]).lines
    column = len(before[-1]) + 1
    return source.error(
        "unprintable-character",
        f"unprintable character U+{ord(found[0]):04X}",
        Place(len(before), column, column + 1),
        'remove it; inside a value, write it escaped and in double quotes, such as "\\x1b"',
    )
