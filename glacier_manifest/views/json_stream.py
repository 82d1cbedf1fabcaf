"""A JSON document whose last member is a list of any length, written piece by piece."""

import json
from collections.abc import Iterable, Iterator, Mapping
from textwrap import indent
from typing import Any


def json_document(head: Mapping[str, Any], name: str, items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Stream a document just as ``json.dumps(document, indent=2)`` writes it, and a line end.

    Args:
        head: Its members but the last.
        name: The name of the last.
        items: What the last holds.
    """
    yield json.dumps(head, indent=2).removesuffix("\n}") + f",\n  {json.dumps(name)}: ["
    separator = ""
    for item in items:
        yield f"{separator}\n{indent(json.dumps(item, indent=2), '    ')}"
        separator = ","
    yield "\n  ]\n}\n" if separator else "]\n}\n"
