from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from glacier_manifest.manifest.writing import scalar, write_mapping
from glacier_manifest.manifest.yaml_nodes import compose
from glacier_manifest.manifest.yaml_source import Source

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
lookalikes = st.text("-+.:_~#0123456789eExoyYnNtTrRuUfFlLaAsS{}[]&*!|>'\"%@` \t\n", max_size=12)
keys = texts.filter(lambda key: key != "<<")
scalars = texts | lookalikes | st.integers(-(10**15), 10**15) | st.booleans() | st.none()
mappings = st.recursive(
    st.dictionaries(keys, scalars, max_size=4),
    lambda inner: st.dictionaries(keys, scalars | inner | st.lists(scalars | inner, max_size=3), max_size=4),
    max_leaves=6,
)


def flattened(mapping: dict[str, Any]) -> str:
    return "".join(f"{line}\n" for line in write_mapping(mapping))


@given(texts | lookalikes)
@example("on")
@example("Null")
@example("012345678901")
@example("2015-01-01")
@example("12:30:45")
@example("1_000")
@example("0x1F")
@example("=")
@example("-")
@example("a: b")
@example("a #b")
@example("ends with a space ")
@example("ends with a colon:")
@example("\x85\u2028\ufeff\x7f")
def test_a_text_is_read_as_itself_by_yaml_1_1_and_1_2(text: str) -> None:
    written = scalar(text)

    assert yaml.safe_load(written) == text
    assert compose(Source(Path("one.yaml"), written))[0].value == text


@pytest.mark.parametrize(
    "text",
    [
        "my-vault",
        "archive-retrieval",
        "arn:aws:sns:us-west-2:012345678901:my-topic",
        "Retrieve archive on 2015-07-17",
    ],
)
def test_what_cannot_be_misread_needs_no_quotes(text: str) -> None:
    assert scalar(text) == text


@pytest.mark.parametrize(
    "text", ["-", "012345678901", "-KB7ymWJVpPS", "no", "2015-01-01T00:00:00Z", "0-1048575", ""]
)
def test_what_could_be_misread_stands_in_quotes(text: str) -> None:
    assert scalar(text) == f'"{text}"'


@given(mappings.filter(bool))
def test_a_mapping_reads_back_whole(mapping: dict[str, Any]) -> None:
    node, found = compose(Source(Path("one.yaml"), flattened(mapping)))

    assert node.value == mapping
    assert found == ()


def test_a_mapping_reads_well() -> None:
    mapping = {
        "s3": {"bucket_name": "b", "grants": [{"grantee": {"id": "x"}, "to": "READ"}, "y"]},
        "limit": 10,
    }

    assert flattened(mapping) == (
        "s3:\n"
        "  bucket_name: b\n"
        "  grants:\n"
        "    - grantee:\n"
        "        id: x\n"
        "      to: READ\n"
        '    - "y"\n'
        "limit: 10\n"
    )
