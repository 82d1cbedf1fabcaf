"""Values as YAML text that every reader of YAML, of 1.1 as of 1.2, reads as what they are."""

import re
from collections.abc import Iterator, Mapping

import yaml

#: Text that needs no quotes: it begins with a letter, and no word of YAML 1.1 or 1.2 looks like it.
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9 _./-]|:(?=[A-Za-z0-9:]))*(?<! )")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})

#: Text, numbers, mappings, and lists of these; nothing in a manifest is a list of lists.
Item = str | int | float | bool | Mapping[str, "Value"] | None
Value = Item | list[Item]


def write_mapping(mapping: Mapping[str, Value], *, indent: int = 0) -> Iterator[str]:
    """Yield the lines of a block mapping, without line ends."""
    for key, value in mapping.items():
        yield from _entry(f"{' ' * indent}{scalar(key)}:", value, indent)


def _entry(start: str, value: Value, indent: int) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield start
        yield from write_mapping(value, indent=indent + 2)
    elif isinstance(value, list) and value:
        yield start
        for item in value:
            yield from _item(item, indent + 2)
    else:
        yield f"{start} {_inline(value)}"


def _item(item: Item, indent: int) -> Iterator[str]:
    if not isinstance(item, Mapping) or not item:
        yield f"{' ' * indent}- {_inline(item)}"
        return
    first, *rest = write_mapping(item, indent=indent + 2)
    yield f"{' ' * indent}- {first.lstrip(' ')}"
    yield from rest


def _inline(value: Value) -> str:
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, Mapping):
        return "{}"
    return "[]" if isinstance(value, list) else yaml.safe_dump(value).split("\n", 1)[0]


def scalar(text: str) -> str:
    """Return a text as a YAML scalar on one line, quoted wherever it could be misread."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return quoted(text)


def quoted(text: str) -> str:
    """Return a text as a YAML scalar in double quotes, on one line."""
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf")).removesuffix("\n")
