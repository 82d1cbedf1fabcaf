import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.diagnostics import Diagnostic, InvalidInput
from glacier_manifest.manifest.json_nodes import compose_json
from glacier_manifest.manifest.yaml_nodes import Node
from glacier_manifest.manifest.yaml_source import Source

PATH = Path("job.json")

#: What YAML takes for a line end would cut a quotation short.
texts = st.text(st.characters(exclude_categories=["Cs", "Zl", "Zp"], exclude_characters="\x85"), max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
documents = st.recursive(
    scalars,
    lambda values: st.lists(values, max_size=4) | st.dictionaries(texts, values, max_size=4),
    max_leaves=12,
)


def compose(text: str) -> tuple[Node, tuple[Diagnostic, ...]]:
    return compose_json(Source(PATH, text))


def refused(text: str) -> Diagnostic:
    with pytest.raises(InvalidInput) as caught:
        compose(text)
    (found,) = caught.value.diagnostics
    return found


def quotes(source: Source, node: Node) -> Any:  # noqa: ANN401 -- any piece of JSON
    """Return the document as its places quote it from the text."""
    if node.members is not None:
        return {
            json.loads(source.quote(member.key)): quotes(source, member.node)
            for member in node.members.values()
        }
    if node.items is not None:
        return [quotes(source, item) for item in node.items]
    return json.loads(source.quote(node.place))


spellings = st.fixed_dictionaries(
    {"indent": st.sampled_from([None, 0, 2, "\t"]), "ensure_ascii": st.booleans()}
)


@given(documents, spellings)
def test_values_and_places_agree_with_the_text(document: object, spelling: dict[str, Any]) -> None:
    source = Source(PATH, json.dumps(document, **spelling))

    node, found = compose_json(source)

    assert node.value == document
    assert quotes(source, node) == document
    assert found == ()


def test_a_member_that_stands_twice_is_told_at_the_second_place() -> None:
    node, (found,) = compose('{"Type": "select",\n "Type": "archive-retrieval"}')

    assert node.value == {"Type": "select"}
    assert found.code == "duplicate-key"
    assert found.message == "duplicate key 'Type': it stands already at job.json:1:2"
    assert found.span is not None
    assert (found.span.line, found.span.column, found.span.end_column) == (2, 2, 8)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 1),
        ('{"Type": }', 1, 10),
        ("{'Type': 'select'}", 1, 2),
        ('{\n\t"Type": "select"\n\t"Tier": "Bulk"}', 3, 2),
        ('{"Type": "select"} {}', 1, 20),
    ],
)
def test_what_is_not_json_is_told_where_it_ceases_to_be(text: str, line: int, column: int) -> None:
    found = refused(text)

    assert found.code == "json-syntax"
    assert found.span is not None
    assert (found.span.line, found.span.column) == (line, column)


@pytest.mark.parametrize("depth", [40, 100_000])
def test_a_tower_of_brackets_is_refused(depth: int) -> None:
    assert refused("[" * depth + "]" * depth).code == "nested-too-deep"


def test_half_a_character_is_refused_and_a_whole_one_read() -> None:
    _, (found,) = compose('["\\ud83d"]')
    node, nothing = compose('["\\ud83d\\ude00"]')

    assert found.code == "json-syntax"
    assert (node.value, nothing) == (["\U0001f600"], ())
