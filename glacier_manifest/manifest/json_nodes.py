"""JSON text as nodes: every value together with the place where it was written."""

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from glacier_manifest.diagnostics import Diagnostic, InvalidInput
from glacier_manifest.manifest.yaml_nodes import DEEPEST_NESTING, Member, Node
from glacier_manifest.manifest.yaml_source import Place, Source

_SPACE = re.compile(r"[ \t\n\r]*")
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ADVICE = "write JSON: names and texts in double quotes, a comma between members and none behind the last"


def compose_json(source: Source) -> tuple[Node, tuple[Diagnostic, ...]]:
    """Read a source as one JSON document.

    Returns:
        The root node, and the errors that did not stop the reading: members that stand twice.

    Raises:
        InvalidInput: The text is not JSON, or nests deeper than any request to Glacier.
    """
    try:
        json.loads(source.text)
    except json.JSONDecodeError as error:
        raise InvalidInput([_not_json(source, error)]) from error
    except RecursionError as error:
        raise InvalidInput([_too_deep(source, Place(1, 1, 2))]) from error
    scanner = _Scanner(source)
    node, _ = scanner.value(0, depth=0)
    return node, tuple(scanner.found)


class _Scanner:
    """Walks a text that is known to be JSON; every step takes an offset and returns the next."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._text = source.text
        self._line_starts = _line_starts(source.text)
        self._scalar: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().raw_decode
        self.found: list[Diagnostic] = []

    def value(self, offset: int, *, depth: int) -> tuple[Node, int]:
        """Read the value at or after an offset; return it with the offset behind it.

        Raises:
            InvalidInput: ``nested-too-deep``.
        """
        start = self._skip(offset)
        if depth > DEEPEST_NESTING:
            raise InvalidInput([*self.found, _too_deep(self._source, self._place(start, start + 1))])
        if self._text[start] == "{":
            return self._object(start, depth=depth)
        if self._text[start] == "[":
            return self._array(start, depth=depth)
        value, end = self._scalar(self._text, start)
        place = self._place(start, end)
        if isinstance(value, str) and _SURROGATE.search(value):
            message = "half of a surrogate pair is not a character"
            self.found.append(self._source.error("json-syntax", message, place, "write the character itself"))
        return Node(value, place), end

    def _object(self, start: int, *, depth: int) -> tuple[Node, int]:
        members: dict[str, Member] = {}
        offset = start
        while not self._closes(offset, "}"):
            key_start = self._skip(self._skip(offset) + 1)
            key, key_end = self._scalar(self._text, key_start)
            place = self._place(key_start, key_end)
            node, offset = self.value(self._skip(key_end) + 1, depth=depth + 1)
            self._add(members, key, Member(place, node))
        value = {key: member.node.value for key, member in members.items()}
        return Node(value, self._place(start, start + 1), members=members), self._after(offset, "}")

    def _array(self, start: int, *, depth: int) -> tuple[Node, int]:
        items: list[Node] = []
        offset = start
        while not self._closes(offset, "]"):
            node, offset = self.value(self._skip(offset) + 1, depth=depth + 1)
            items.append(node)
        value = [item.value for item in items]
        return Node(value, self._place(start, start + 1), items=items), self._after(offset, "]")

    def _closes(self, offset: int, bracket: str) -> bool:
        """Say whether a list ends here: at its bracket, or at one that opens it and is empty."""
        at = self._skip(offset)
        return self._text[at] == bracket or (
            self._text[at] in "{[" and self._text[self._skip(at + 1)] == bracket
        )

    def _after(self, offset: int, bracket: str) -> int:
        return self._text.index(bracket, offset) + 1

    def _add(self, members: dict[str, Member], key: str, member: Member) -> None:
        if key in members:
            first = members[key].key
            where = f"{self._source.path}:{first.line}:{first.column}"
            message = f"duplicate key '{key}': it stands already at {where}"
            advice = "remove one of the two, or rename it"
            self.found.append(self._source.error("duplicate-key", message, member.key, advice))
            return
        members[key] = member

    def _skip(self, offset: int) -> int:
        space = _SPACE.match(self._text, offset)
        return offset if space is None else space.end()

    def _place(self, start: int, end: int) -> Place:
        return _place(self._line_starts, start, end)


def _line_starts(text: str) -> list[int]:
    return [0, *(end.end() for end in _LINE_END.finditer(text))]


def _place(line_starts: list[int], start: int, end: int) -> Place:
    line = bisect_right(line_starts, start)
    column = start - line_starts[line - 1] + 1
    return Place(line, column, column + end - start)


def _not_json(source: Source, error: json.JSONDecodeError) -> Diagnostic:
    message = f"this is not JSON: {error.msg[0].lower()}{error.msg[1:]}"
    place = _place(_line_starts(source.text), error.pos, error.pos + 1)
    return source.error("json-syntax", message, place, _ADVICE)


def _too_deep(source: Source, place: Place) -> Diagnostic:
    message = f"values nest deeper than {DEEPEST_NESTING} levels"
    return source.error(
        "nested-too-deep", message, place, "write what initiate-job takes: it needs fewer levels"
    )
