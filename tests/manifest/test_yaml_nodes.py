import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.diagnostics import Diagnostic, InvalidInput
from glacier_manifest.manifest.yaml_nodes import DEEPEST_NESTING, FASTEST_LOADER, MOST_ALIASED, Node, compose
from glacier_manifest.manifest.yaml_source import Place, Source

LOADERS = [yaml.SafeLoader, yaml.CSafeLoader]
PATH = Path("jobs.yaml")


def read(text: str, loader: type[Any] = FASTEST_LOADER) -> Node:
    root, found = compose(Source(PATH, text), loader=loader)
    assert found == ()
    return root


def refusals(text: str) -> tuple[Diagnostic, ...]:
    try:
        return compose(Source(PATH, text))[1]
    except InvalidInput as error:
        return error.diagnostics


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for member in (node.members or {}).values():
        yield from nodes(member.node)
    for item in node.items or ():
        yield from nodes(item)


def test_the_parser_in_c_is_used_where_there_is_one() -> None:
    assert FASTEST_LOADER is yaml.CSafeLoader


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# only a comment\n", None),
        ("---\n...\n", None),
        ("a: 012345678901", {"a": "012345678901"}),
        ('a: "012345678901"', {"a": "012345678901"}),
        ("a: 111122223333", {"a": 111122223333}),
        ('a: "111122223333"', {"a": "111122223333"}),
        ("a: on", {"a": "on"}),
        ("a: '~'", {"a": "~"}),
        ("a: =", {"a": "="}),
        ("on: 1\n2015: 2\nnull: 3", {"on": 1, "2015": 2, "null": 3}),
        ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
        ("a: >-\n  one\n  two\n", {"a": "one two"}),
        ("%YAML 1.2\n---\na: 1\n", {"a": 1}),
    ],
)
def test_values_are_those_of_yaml_1_2(text: str, value: object, loader: type[Any]) -> None:
    assert read(text, loader).value == value


@pytest.mark.parametrize("loader", LOADERS)
def test_every_key_and_value_knows_its_place(loader: type[Any]) -> None:
    text = "a:\n  é: [one, 'two', 日本]\n  c:\nd:\n  - e: 1\n    f: 2\n"

    root = read(text, loader)

    assert root.members is not None
    inner = root.members["a"].node.members
    assert inner is not None
    assert root.members["a"].key == Place(1, 1, 2)
    assert inner["é"].key == Place(2, 3, 4)
    assert inner["é"].node.place == Place(2, 6, 22)
    assert [item.place for item in inner["é"].node.items or ()] == [
        Place(2, 7, 10),
        Place(2, 12, 17),
        Place(2, 19, 21),
    ]
    assert inner["c"].key == Place(3, 3, 4)
    assert root.members["d"].node.place == Place(5, 3, 9)


def test_a_value_of_several_lines_has_its_place_on_the_first() -> None:
    members = read("a: |\n  one\n  two\nb: 'three\n  four'\n").members

    assert members is not None
    assert members["a"].node.place == Place(1, 4, 5)
    assert members["b"].node.place == Place(4, 4, 10)


def test_what_stands_behind_an_alias_has_the_place_where_it_was_written() -> None:
    members = read("a: &x one\nb: *x\n").members

    assert members is not None
    assert members["b"].key == Place(2, 1, 2)
    assert members["b"].node is members["a"].node


def test_a_second_key_is_told_with_the_place_of_the_first() -> None:
    (found,) = refusals("a: 1\nb: 2\n'a': 3\n")

    assert found.message == "duplicate key 'a': it stands already at jobs.yaml:1:1"
    assert found.span is not None
    assert (found.span.line, found.span.column, found.span.end_column) == (3, 1, 4)


def test_reading_goes_on_after_what_it_can_pass_over() -> None:
    found = refusals("a: !x 1\na: 2\n<<: {b: 1}\n? !y c\n: 3\n")

    assert [one.code for one in found] == ["yaml-tag", "duplicate-key", "merge-key", "yaml-tag"]


def test_what_was_found_before_the_end_of_reading_is_told_too() -> None:
    found = refusals("a: 1\na: 2\nb: *nothing\n")

    assert [one.code for one in found] == ["duplicate-key", "yaml-syntax"]


def test_a_python_object_is_never_made() -> None:
    found = refusals("a: !!python/object/apply:os.system ['true']\n")

    assert [one.code for one in found] == ["yaml-tag"]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_nesting_ends_long_before_the_stack_does(opening: str) -> None:
    found = refusals(opening * 100_000)

    assert found[-1].code in {"nested-too-deep", "yaml-syntax"}


def test_the_deepest_nesting_that_is_read() -> None:
    assert read("[" * DEEPEST_NESTING + "]" * DEEPEST_NESTING).items is not None

    (found,) = refusals("[" * (DEEPEST_NESTING + 1) + "]" * (DEEPEST_NESTING + 1))
    assert found.code == "nested-too-deep"


def test_a_bomb_of_aliases_is_not_unfolded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 10)]

    found = refusals("\n".join(lines))

    assert [one.code for one in found] == ["too-many-aliases"]


def test_a_long_list_may_be_named_again_once() -> None:
    items = ", ".join(["x"] * (MOST_ALIASED - 1))

    assert refusals(f"a: &a [{items}]\nb: *a\n") == ()
    assert [one.code for one in refusals(f"a: &a [{items}]\nb: *a\nc: *a\n")] == ["too-many-aliases"]


@given(st.text(alphabet="ab:-?[]{}&*!|>'\"#% \n\t,01.é\u2028\ufeff\x85<~@`", max_size=60))
def test_any_text_is_read_or_refused_and_never_anything_else(text: str) -> None:
    source = Source(PATH, text)
    for loader in LOADERS:
        try:
            root, _ = compose(source, loader=loader)
        except InvalidInput:
            continue
        assert all(one.place.column < one.place.end_column for one in nodes(root))


_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.text(st.characters(exclude_categories=["C"]))
)


@given(st.recursive(_LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text("abc<é 1"), inner)))
def test_what_is_written_as_json_is_read_as_it_was(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False).replace("\u2028", " ")
    if "<<" in text:
        return

    assert read(text).value == json.loads(text)
