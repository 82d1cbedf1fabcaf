r"""Building blocks of Markdown as GitHub reads it (GFM), in which no value leaves its place.

A value from a manifest or a vault stands in a code span: there GitHub and GitLab see no HTML, no entity, no
link, no mention and no reference. What has no shape of its own is written out (``\u202e``) before.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import count

from glacier_manifest.views.diagnostics import visible
from glacier_manifest.views.markup import Cell, Value

_BACKTICKS = re.compile("`+")
#: Letters, marks and signs that show nothing, and are in none of the categories of `visible`.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_MARKS = frozenset({"Mn", "Me"})
#: Marks upon one letter, beyond which they would cover the lines above and below.
_MOST_MARKS = 3
#: Stands where a value has no characters.
EMPTY = "(empty)"


def code(value: str, *, longest: int = 300) -> str:
    """Return a value as a code span for a paragraph or a list, not for a table.

    Args:
        value: Any text.
        longest: How many characters of it are shown; `…` stands for the others.
    """
    shown = seen(value, longest=longest)
    if not shown:
        return EMPTY
    fence = _fence(shown)
    # A space at both ends is taken for a part of the fence, unless there is nothing else; a backtick always.
    room = " " if shown.strip(" ") and (shown[0] in "` " or shown[-1] in "` ") else ""
    return f"{fence}{room}{shown}{room}{fence}"


def cell(value: str, *, longest: int = 300) -> str:
    """Return a value as a code span for a cell of a table, where a pipe would begin the next one."""
    return code(value, longest=longest).replace("|", "\\|")


def seen(value: str, *, longest: int) -> str:
    """Return what is to be seen of a value: of one line, cut, all of it with a shape of its own."""
    cut = value if len(value) <= longest else f"{value[: longest - 1]}…"
    text = visible(cut)
    if text.isascii():
        return text
    return "".join(_shaped(text))


def _shaped(text: str) -> Iterable[str]:
    marks = 0
    for one in text:
        marks = marks + 1 if unicodedata.category(one) in _MARKS else 0
        if one in _BLANK or marks > _MOST_MARKS or _is_odd_space(one) or _chooses_a_variant(one):
            yield one.encode("unicode_escape").decode("ascii")
        else:
            yield one


def _is_odd_space(character: str) -> bool:
    """A space that looks like the usual one, or is as wide as a column."""
    return character != " " and unicodedata.category(character) == "Zs"


def _chooses_a_variant(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _fence(shown: str) -> str:
    """Return the shortest row of backticks that the text does not hold."""
    rows = {len(row) for row in _BACKTICKS.findall(shown)}
    return "`" * next(length for length in count(1) if length not in rows)


def row(cells: Iterable[str]) -> str:
    """Return a line of a table; values in the cells are written with `cell`."""
    return f"| {' | '.join(cells)} |\n"


def table_head(names: Sequence[str], *, numbers: int = 0) -> str:
    """Return the two lines that begin a table.

    Args:
        names: Of the columns.
        numbers: How many of the last columns hold numbers, which stand at the right.
    """
    words = len(names) - numbers
    return row(names) + row("---" if place < words else "---:" for place in range(len(names)))


def opened(summary: str) -> str:
    """Begin a part that a reader opens; `summary` is words of our own alone."""
    return f"<details>\n<summary>{summary}</summary>\n\n"


#: Ends what `opened` began.
CLOSED = "</details>\n\n"


class Markdown:
    """Writes a page as Markdown; see `Markup`."""

    table_end = "\n"
    closed = CLOSED
    items_begin = ""
    items_end = "\n"
    line_break = "\\\n"

    def code(self, value: str, *, longest: int = 300) -> str:
        """Return a value, shown as it is."""
        return code(value, longest=longest)

    def heading(self, text: str) -> str:
        """Return the heading of the page."""
        return f"### {text}\n\n"

    def paragraph(self, text: str) -> str:
        """Return a paragraph."""
        return f"{text}\n\n"

    def bold(self, text: str) -> str:
        """Return a text that stands out."""
        return f"**{text}**"

    def item(self, text: str) -> str:
        """Return an item of a list."""
        return f"- {text}\n"

    def table_head(self, names: Sequence[str], *, numbers: int = 0) -> str:
        """Begin a table, of which so many of the last columns hold numbers."""
        return table_head(names, numbers=numbers)

    def row(self, cells: Iterable[Cell]) -> str:
        """Return a line of a table."""
        return row(cell(one.text, longest=one.longest) if isinstance(one, Value) else one for one in cells)

    def opened(self, summary: str) -> str:
        """Begin a part that a reader opens."""
        return opened(summary)


class Page:
    """A text that grows up to so many bytes, never beyond.

    Attributes:
        left: The bytes that may still be added.
    """

    def __init__(self, most: int) -> None:
        """Begin an empty page of at most so many bytes in UTF-8."""
        self.left = most
        self._parts: list[str] = []

    def add(self, text: str) -> bool:
        """Add a text where it fits; say whether it did."""
        size = len(text.encode())
        if size > self.left:
            return False
        self.left -= size
        self._parts.append(text)
        return True

    def add_first(self, *texts: str) -> None:
        """Add the first of these texts that fits."""
        any(self.add(text) for text in texts)

    def add_rows(self, begin: str, rows: Iterable[str], end: str, *, most: int | None = None) -> int:
        """Add a table with as many of its rows as fit, or nothing where none does; return how many.

        Args:
            begin: What stands before the rows.
            rows: Taken no further than they fit.
            end: What stands after them.
            most: The bytes that all of it may take; by default all that are left.
        """
        part = Page(self.left if most is None else min(most, self.left))
        if not (part.add(begin) and part.left >= len(end)):
            return 0
        part.left -= len(end.encode())
        number = 0
        for text in rows:
            if not part.add(text):
                break
            number += 1
        if number:
            self.add(str(part) + end)
        return number

    def __str__(self) -> str:
        """Return all of it."""
        return "".join(self._parts)
