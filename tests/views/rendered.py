"""Markdown as a reader sees it, by markdown-it, with GFM tables and HTML let through."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

#: All the HTML that a page of ours holds.
_OURS = re.compile(r"<details>\n<summary>[\w ,;:.'-]*</summary>\n?|</details>\n?")
#: All that a line of ours holds: no links, no images, no HTML, no emphasis but our own bold figures.
_PLAIN = frozenset({"text", "code_inline", "strong_open", "strong_close", "softbreak", "hardbreak"})

_RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@dataclass(frozen=True)
class Rendered:
    """What is to be seen.

    Attributes:
        tables: Each a list of rows, each a list of what the cells show; the first row is the head.
        lines: What stands outside of tables.
        summaries: The lines that a reader opens parts by.
    """

    tables: list[list[list[str]]]
    lines: list[str]
    summaries: list[str]

    def table(self, *head: str) -> list[list[str]]:
        """Return the rows of all tables with this head."""
        return [row for table in self.tables if table[0] == list(head) for row in table[1:]]


def rendered(markdown: str) -> Rendered:
    """Render a page; it is a fault if anything in it is more than text in its place."""
    found = Rendered([], [], [])
    in_cell = False
    for token in _RENDERER.parse(markdown):
        match token.type:
            case "table_open":
                found.tables.append([])
            case "tr_open":
                found.tables[-1].append([])
            case "th_open" | "td_open":
                in_cell = True
            case "th_close" | "td_close":
                in_cell = False
            case "inline":
                shown = _shown(token)
                (found.tables[-1][-1] if in_cell else found.lines).append(shown)
            case "html_block":
                found.summaries.extend(_summaries(token.content))
    for table in found.tables:
        assert {len(row) for row in table} == {len(table[0])}, table
    return found


def _shown(inline: Token) -> str:
    children: Sequence[Token] = inline.children or ()
    assert {child.type for child in children} <= _PLAIN, inline.content
    return "".join("\n" if child.type.endswith("break") else child.content for child in children)


def _summaries(html: str) -> Iterator[str]:
    assert _OURS.fullmatch(html), html
    yield from re.findall("<summary>(.*)</summary>", html)
