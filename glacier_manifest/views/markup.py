"""What a page for a reviewer is written with, whatever it is written as."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Value:
    """A text from a manifest, a vault or a service, which must not leave its cell.

    Attributes:
        text: The text.
        longest: How many characters of it are shown.
    """

    text: str
    longest: int = 300


#: What stands in a cell: words of our own as they are, anything else as a value.
Cell = str | Value


class Markup(Protocol):
    """A way to write a page. Texts are words of our own, with values in them that `code` has written.

    Attributes:
        table_end: Ends a table.
        closed: Ends a part that a reader opens.
        items_begin, items_end: Stand around the items of a list.
        line_break: Stands between two lines of a paragraph.
    """

    table_end: str
    closed: str
    items_begin: str
    items_end: str
    line_break: str

    def code(self, value: str, *, longest: int = 300) -> str:
        """Return a value, shown as it is."""

    def heading(self, text: str) -> str:
        """Return the heading of the page."""

    def paragraph(self, text: str) -> str:
        """Return a paragraph."""

    def bold(self, text: str) -> str:
        """Return a text that stands out."""

    def item(self, text: str) -> str:
        """Return an item of a list."""

    def table_head(self, names: Sequence[str], *, numbers: int = 0) -> str:
        """Begin a table, of which so many of the last columns hold numbers."""

    def row(self, cells: Iterable[Cell]) -> str:
        """Return a line of a table."""

    def opened(self, summary: str) -> str:
        """Begin a part that a reader opens."""
