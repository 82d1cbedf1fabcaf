r"""Diagnostics as text for people, as JSON for programs, as annotations for GitHub.

Whatever a file holds, nothing of it reaches a terminal raw: control characters, escapes and marks that
turn the direction of writing are shown as ``\x1b`` or ``\u202e``.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

from glacier_manifest.diagnostics import Diagnostic, Severity, in_file_order

FORMAT_VERSION = "1.0"

_TAB_WIDTH = 4
_NARROWEST = 40
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_STYLES = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[1;33m"}
_FAINT, _BOLD, _PLAIN = "\x1b[34m", "\x1b[1m", "\x1b[0m"


def human(diagnostics: Iterable[Diagnostic], *, color: bool, width: int = 100) -> str:
    """Return diagnostics for people, in file order, with a line that counts them at the end.

    Args:
        diagnostics: What was found.
        color: Whether to use the colours of a terminal.
        width: Columns to write in; a longer line of a file is cut around the place that is meant.
    """
    found = in_file_order(diagnostics)
    paint = _Paint(color=color)
    blocks = [_block(one, paint, max(width, _NARROWEST)) for one in found]
    return "\n".join([*blocks, f"{_count(found)}\n"])


def as_json(diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    """Return diagnostics for programs, the document that ``validate --format json`` prints."""
    found = in_file_order(diagnostics)
    return {
        "format_version": FORMAT_VERSION,
        "valid": all(one.severity is Severity.WARNING for one in found),
        "diagnostics": objects(found),
    }


def objects(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Return each diagnostic as a JSON object, in file order."""
    return [_as_object(one) for one in in_file_order(diagnostics)]


def github(diagnostics: Iterable[Diagnostic]) -> str:
    """Return diagnostics as workflow commands, which GitHub shows beside the changed lines."""
    return "".join(f"{_annotation(one)}\n" for one in in_file_order(diagnostics))


class _Paint:
    """Colours, or none of them."""

    def __init__(self, *, color: bool) -> None:
        self._color = color

    def __call__(self, style: str, text: str) -> str:
        return f"{style}{text}{_PLAIN}" if self._color and text else text


def _block(found: Diagnostic, paint: _Paint, width: int) -> str:
    title = paint(_STYLES[found.severity], f"{found.severity}[{found.code}]")
    lines = [f"{title}: {paint(_BOLD, visible(found.message))}"]
    indent = "" if found.span is None else " " * len(str(found.span.line))
    if found.span is not None:
        place = f"{visible(str(found.span.file))}:{found.span.line}:{found.span.column}"
        lines.append(f"{indent}{paint(_FAINT, '-->')} {place}")
        lines += _snippet(found, paint, width)
        if found.source_line is None and found.label is not None:
            lines.append(f"{indent} {paint(_FAINT, '=')} note: {visible(found.label)}")
    if found.help is not None:
        lines.append(f"{indent} {paint(_FAINT, '=')} help: {visible(found.help)}")
    return "\n".join([*lines, ""])


def _snippet(found: Diagnostic, paint: _Paint, width: int) -> Iterator[str]:
    if found.span is None or found.source_line is None:
        return
    number = str(found.span.line)
    text, start, length = _excerpt(found, width - len(number) - 3)
    label = "" if found.label is None else f" {visible(found.label)}"
    bar = paint(_FAINT, "|")
    carets = paint(_STYLES[found.severity], f"{'^' * length}{label}")
    yield f"{' ' * len(number)} {bar}"
    yield f"{paint(_FAINT, number)} {bar} {text}".rstrip()
    yield f"{' ' * len(number)} {bar} {' ' * start}{carets}"


def _excerpt(found: Diagnostic, width: int) -> tuple[str, int, int]:
    """Return the shown text of a diagnostic's line, the cells before the caret, and the carets."""
    line, span = found.source_line or "", found.span
    first = 0 if span is None else min(span.column - 1, len(line))
    last = first + 1 if span is None else max(span.end_column - 1, first + 1)
    begin, end = _window(line, first, last, width)
    cells = [_cell(character) for character in line[begin:end]]
    before = "…" if begin else ""
    behind = "…" if end < len(line) else ""
    start = len(before) + sum(map(_width, cells[: first - begin]))
    length = sum(map(_width, cells[first - begin : last - begin]))
    return f"{before}{''.join(cells)}{behind}", start, max(length, 1)


def _window(line: str, first: int, last: int, width: int) -> tuple[int, int]:
    """Return the piece of a line that fits the width, the caret's beginning well inside it."""
    # A line may be as long as the file: nothing beyond a width to either side is looked at.
    near = max(0, first - width)
    ends = [0, *accumulate(_width(_cell(character)) for character in line[near : first + width])]
    if near == 0 and len(line) <= first + width and ends[-1] <= width:
        return 0, len(line)
    room = width - 2
    caret, behind = ends[first - near], ends[min(last - near, len(ends) - 1)]
    wanted = min(behind - caret, room // 2)
    from_cell = max(0, min(caret - (room - wanted) // 2, ends[-1] - room))
    begin = next(index for index, cell in enumerate(ends) if cell >= from_cell)
    end = max(index for index, cell in enumerate(ends) if cell <= ends[begin] + room)
    return near + begin, near + end


def _cell(character: str) -> str:
    return " " * _TAB_WIDTH if character == "\t" else visible(character)


def visible(text: str) -> str:
    r"""Return text with everything that has no shape of its own written out, such as ``\x1b``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(one) if unicodedata.category(one) in _HIDDEN else one for one in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _width(text: str) -> int:
    """Return the cells of a terminal that a text takes."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _count(found: tuple[Diagnostic, ...]) -> str:
    errors = sum(one.severity is Severity.ERROR for one in found)
    counted = f"Found {_plural(errors, 'error')} and {_plural(len(found) - errors, 'warning')}"
    files = sorted({str(one.span.file) for one in found if one.span is not None})
    if not files:
        return f"{counted}."
    return f"{counted} in {visible(files[0]) if len(files) == 1 else f'{len(files)} files'}."


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _as_object(found: Diagnostic) -> dict[str, Any]:
    span = found.span
    return {
        "severity": str(found.severity),
        "code": found.code,
        "message": found.message,
        "file": None if span is None else str(span.file),
        "line": None if span is None else span.line,
        "column": None if span is None else span.column,
        "end_column": None if span is None else span.end_column,
        "help": found.help,
    }


def _annotation(found: Diagnostic) -> str:
    properties: dict[str, object] = {}
    if found.span is not None:
        span = found.span
        properties = {"file": span.file, "line": span.line, "col": span.column, "endColumn": span.end_column}
    properties["title"] = found.code
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    text = "; ".join(part for part in (found.message, found.label, found.help) if part is not None)
    return f"::{found.severity} {written}::{_command_text(text)}"


def _command_text(text: str) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return visible(escaped)


def _property(text: str) -> str:
    return _command_text(text).replace(":", "%3A").replace(",", "%2C")
