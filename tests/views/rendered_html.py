"""HTML as a reader sees it, by the standard library's parser."""

from html.parser import HTMLParser

from tests.views.rendered import Rendered

_BARE = frozenset(
    {"head", "title", "style", "body", "h1", "p", "ul", "li", "tr", "th", "td"}
    | {"details", "summary", "strong", "code", "br"}
)
#: All the elements that a page of ours holds, with their attributes.
_OURS = {name: set[str]() for name in _BARE} | {
    "html": {"lang"},
    "meta": {"charset", "http-equiv", "content"},
    "table": {"class"},
}
_LINES = frozenset({"h1", "p", "li"})
_CELLS = frozenset({"th", "td"})
_EMPTY = frozenset({"meta", "br"})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Rendered([], [], [])
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _value in attrs} <= _OURS[tag], (tag, attrs)
        if tag == "table":
            self.found.tables.append([])
        elif tag == "tr":
            self.found.tables[-1].append([])
        elif tag in _CELLS:
            self.found.tables[-1][-1].append("")
        elif tag in _LINES:
            self.found.lines.append("")
        elif tag == "summary":
            self.found.summaries.append("")
        elif tag == "br":
            self._show("\n")
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self._show(data.replace("\n", ""))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def _show(self, text: str) -> None:
        inside = set(self.open)
        if inside & _CELLS:
            self.found.tables[-1][-1][-1] += text
        elif inside & _LINES:
            self.found.lines[-1] += text
        elif "summary" in inside:
            self.found.summaries[-1] += text
        else:
            assert not text or inside & {"title", "style"}, text


def rendered_html(html: str) -> Rendered:
    """Read a page; it is a fault if anything in it is no element of ours, or not in its place."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader.found
