"""Building blocks of HTML, in which no value leaves its place; a page that loads nothing and runs nothing."""

from collections.abc import Iterable, Sequence
from html import escape

from glacier_manifest.views.markdown import EMPTY, seen
from glacier_manifest.views.markup import Cell, Value

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1f2328;background:#fff}"
    "h1{font-size:1.4rem}table{border-collapse:collapse;margin:1rem 0}"
    "th,td{border:1px solid #d1d9e0;padding:.3rem .6rem;text-align:left;vertical-align:top}"
    "th{background:#f6f8fa}code{font:.9em ui-monospace,monospace;white-space:pre-wrap;"
    "overflow-wrap:anywhere;unicode-bidi:isolate}summary{cursor:pointer;font-weight:600}"
    ".n1 :is(th,td):nth-last-child(-n+1),.n2 :is(th,td):nth-last-child(-n+2),"
    ".n3 :is(th,td):nth-last-child(-n+3){text-align:right}"
)
#: Even where a value were to leave its place, a browser would load and run nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
BEGIN = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
    f"<title>Plan</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
)
END = "</body>\n</html>\n"


class Html:
    """Writes a page as HTML; see `Markup`."""

    table_end = "</table>\n"
    closed = "</details>\n"
    items_begin = "<ul>\n"
    items_end = "</ul>\n"
    line_break = "<br>\n"

    def code(self, value: str, *, longest: int = 300) -> str:
        """Return a value, shown as it is."""
        shown = seen(value, longest=longest)
        return f"<code>{escape(shown)}</code>" if shown else EMPTY

    def heading(self, text: str) -> str:
        """Return the heading of the page."""
        return f"<h1>{text}</h1>\n"

    def paragraph(self, text: str) -> str:
        """Return a paragraph."""
        return f"<p>{text}</p>\n"

    def bold(self, text: str) -> str:
        """Return a text that stands out."""
        return f"<strong>{text}</strong>"

    def item(self, text: str) -> str:
        """Return an item of a list."""
        return f"<li>{text}</li>\n"

    def table_head(self, names: Sequence[str], *, numbers: int = 0) -> str:
        """Begin a table, of which so many of the last columns hold numbers."""
        heads = "".join(f"<th>{name}</th>" for name in names)
        return f'<table class="n{numbers}">\n<tr>{heads}</tr>\n'

    def row(self, cells: Iterable[Cell]) -> str:
        """Return a line of a table."""
        return f"<tr>{''.join(f'<td>{self._cell(one)}</td>' for one in cells)}</tr>\n"

    def opened(self, summary: str) -> str:
        """Begin a part that a reader opens."""
        return f"<details>\n<summary>{summary}</summary>\n"

    def _cell(self, cell: Cell) -> str:
        return self.code(cell.text, longest=cell.longest) if isinstance(cell, Value) else cell
