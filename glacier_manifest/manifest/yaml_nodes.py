"""YAML text as nodes: every value together with the place where it was written.

The values and the places come from the same events, so that they cannot disagree. What YAML offers and a
manifest does not need (tags, merge keys, several documents, keys that are not text) is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from glacier_manifest.diagnostics import Diagnostic, InvalidInput
from glacier_manifest.manifest import yaml_syntax
from glacier_manifest.manifest.yaml_scalars import resolve
from glacier_manifest.manifest.yaml_source import Place, Source

#: libyaml where PyYAML was built with it: ten times as fast.
FASTEST_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

DEEPEST_NESTING = 32

#: How many values aliases may add to a file; a nest of aliases grows a thousandfold with every line.
MOST_ALIASED = 10_000

_Event = Any


class Member:
    """A key of a mapping: where it stands, and the node of its value."""

    __slots__ = ("key", "node")

    def __init__(self, key: Place, node: "Node") -> None:
        self.key = key
        self.node = node


@dataclass(slots=True, eq=False)
class Node:
    """One value.

    Attributes:
        value: The value in plain Python: str, int, float, bool, None, list or dict.
        place: Where it stands.
        members: The members of a mapping.
        items: The items of a sequence.
        weight: How many values it is made of, aliases counted each time.
    """

    value: Any
    place: Place
    members: dict[str, Member] | None = None
    items: "list[Node] | None" = None
    weight: int = 1


def compose(source: Source, *, loader: type[Any] = FASTEST_LOADER) -> tuple[Node, tuple[Diagnostic, ...]]:
    """Read a source as one YAML document.

    Args:
        source: The text.
        loader: The PyYAML loader whose parser reads it.

    Returns:
        The root node (the null value for an empty file), and the errors that did not stop the reading.

    Raises:
        InvalidInput: The text is not YAML, or nests or repeats more than any manifest needs.
    """
    try:
        composer = _Composer(source, yaml.parse(source.text, Loader=loader))
        return composer.document(), tuple(composer.found)
    except yaml.YAMLError as error:
        raise InvalidInput([yaml_syntax.explain(source, error)]) from error


class _Composer:
    def __init__(self, source: Source, events: Iterator[_Event]) -> None:
        self._source = source
        self._events = events
        self._anchors: dict[str, Node | None] = {}
        self._aliased = 0
        self.found: list[Diagnostic] = []

    def document(self) -> Node:
        root = Node(None, Place(1, 1, 2))
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                root = self._node(next(self._events), depth=0)
                break
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                raise self._stop("several-documents", "a second YAML document begins here", event)
        return root

    def _node(self, event: _Event, *, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.tag is not None:
            self._refuse_tag(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        node = self._content(event, depth=depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _content(self, event: _Event, *, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            value = resolve(event.value) if event.implicit[0] and event.tag is None else event.value
            return Node(value, self._place(event))
        if depth >= DEEPEST_NESTING:
            raise self._stop("nested-too-deep", f"values nest deeper than {DEEPEST_NESTING} levels", event)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, depth=depth)
        return self._sequence(event, depth=depth)

    def _sequence(self, start: _Event, *, depth: int) -> Node:
        items: list[Node] = []
        weight = 1
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            item = self._node(event, depth=depth + 1)
            items.append(item)
            weight += item.weight
        return Node([item.value for item in items], self._line_from(start), items=items, weight=weight)

    def _mapping(self, start: _Event, *, depth: int) -> Node:
        members: dict[str, Member] = {}
        weight = 1
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event)
            member = Member(self._place(event), self._node(next(self._events), depth=depth + 1))
            weight += 1 + member.node.weight
            self._add(members, key, member)
        value = {key: member.node.value for key, member in members.items()}
        return Node(value, self._line_from(start), members=members, weight=weight)

    def _key(self, event: _Event) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise self._stop("yaml-syntax", "a key must be plain text", event, "write the key as a word")
        if event.tag is not None:
            self._refuse_tag(event)
        text: str = event.value
        return text

    def _add(self, members: dict[str, Member], key: str, member: Member) -> None:
        if key == "<<":
            self._refuse_merge(member)
        elif key in members:
            self._refuse_duplicate(key, members[key].key, member.key)
        else:
            members[key] = member

    def _alias(self, event: _Event) -> Node:
        if event.anchor not in self._anchors:
            message = f"alias '*{event.anchor}' has no anchor '&{event.anchor}' before it"
            raise self._stop("yaml-syntax", message, event, yaml_syntax.QUOTE_ASTERISK)
        node = self._anchors[event.anchor]
        if node is None:
            raise self._stop("too-many-aliases", f"alias '*{event.anchor}' stands inside itself", event)
        self._aliased += node.weight
        if self._aliased > MOST_ALIASED:
            raise self._stop("too-many-aliases", f"aliases repeat more than {MOST_ALIASED:,} values", event)
        return node

    def _refuse_tag(self, event: _Event) -> None:
        message = f"YAML tag '{event.tag}' is not read"
        advice = 'remove it; to keep a value text, quote it, such as "2015"'
        self.found.append(self._source.error("yaml-tag", message, self._place(event), advice))

    def _refuse_merge(self, member: Member) -> None:
        advice = "write what jobs share under 'defaults', or in each job"
        self.found.append(self._source.error("merge-key", "merge key '<<' is not read", member.key, advice))

    def _refuse_duplicate(self, key: str, first: Place, again: Place) -> None:
        where = f"{self._source.path}:{first.line}:{first.column}"
        message = f"duplicate key '{key}': it stands already at {where}"
        advice = "remove one of the two, or rename it"
        self.found.append(self._source.error("duplicate-key", message, again, advice))

    def _stop(self, code: str, message: str, event: _Event, advice: str | None = None) -> InvalidInput:
        place = self._place(event)
        error = self._source.error(code, message, place, advice or yaml_syntax.ADVICE[code])
        return InvalidInput([*self.found, error])

    def _place(self, event: _Event) -> Place:
        start, end = event.start_mark, event.end_mark
        column = start.column + 1
        if end.line == start.line:
            return Place(start.line + 1, column, max(end.column, column) + 1)
        return self._line_from(event)

    def _line_from(self, event: _Event) -> Place:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        return Place(line, column, max(len(self._source.line(line).rstrip()), column) + 1)
