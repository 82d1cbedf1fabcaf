"""The reference of the manifest has every key of the schema and no other, and its examples are valid."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from jsonschema import Draft7Validator

from glacier_manifest.manifest.schema import json_schema
from glacier_manifest.manifest.yaml_nodes import compose
from glacier_manifest.manifest.yaml_source import Source
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/manifest.md").read_text(encoding="utf-8")
SCHEMA = json_schema()

_TABLE = re.compile(r"^<!-- keys: (?P<names>.*?) -->\n\n(?P<rows>(?:^\|.*\n)+)", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """A key of one definition of the schema, and what the page says of it."""

    definition: str
    key: str
    example: str
    default: str | None

    def __str__(self) -> str:
        return f"{self.definition}.{self.key}"


def _rows() -> Iterator[Row]:
    for table in _TABLE.finditer(PAGE):
        titles, _, *rows = [_cells(line) for line in table["rows"].splitlines()]
        example, default = titles.index("example"), titles.index("default") if "default" in titles else None
        for definition in table["names"].split():
            for cells in rows:
                said = None if default is None else cells[default]
                yield Row(definition, cells[0].strip("`"), cells[example].strip("`"), said)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


ROWS = list(_rows())


def definition_of(name: str) -> dict[str, Any]:
    """Return a definition of the schema; the whole file is called `file`."""
    found: dict[str, Any] = SCHEMA if name == "file" else SCHEMA["definitions"][name]
    return found


def test_every_key_stands_on_the_page_and_no_other() -> None:
    documented = defaultdict(set)
    for row in ROWS:
        documented[row.definition].add(row.key)
    names = ["file", *(name for name in SCHEMA["definitions"] if name != "job")]

    assert dict(documented) == {name: set(definition_of(name)["properties"]) for name in names}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_an_example_is_valid(row: Row) -> None:
    schema = {"definitions": SCHEMA["definitions"], **definition_of(row.definition)["properties"][row.key]}
    value = compose(Source(ROOT / "docs/manifest.md", f"example: {row.example}\n"))[0].value["example"]
    if row.key == "type" and row.definition.endswith("Job"):
        schema = SCHEMA["definitions"]["job"]["properties"]["type"]

    assert [error.message for error in Draft7Validator(schema).iter_errors(value)] == []


@pytest.mark.parametrize("row", [row for row in ROWS if row.default is not None], ids=str)
def test_what_is_needed_and_what_is_the_default_is_as_in_the_schema(row: Row) -> None:
    definition = definition_of(row.definition)
    default = definition["properties"][row.key].get("default")

    assert row.key not in definition.get("required", []) or str(row.default).startswith("needed")
    if default is not None:
        assert str(row.default).strip("`") == written(default)


def written(default: object) -> str:
    """Return a default as the page writes it."""
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, int | float) else str(default)


def test_the_example_of_every_parameter_has_every_key_that_a_job_can_have() -> None:
    text = (ROOT / "manifests/every-parameter.yaml").read_text(encoding="utf-8")
    keys = {row.key for row in ROWS}

    assert {key for key in keys if not re.search(rf"\b{key}:", text)} == set()
