"""What formats share: JSON in descriptions is read as the standard library reads it."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from glacier_manifest.inventory.names.name import json_object

spaces = st.text(" \t\r\n", max_size=2)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=2) | st.dictionaries(st.text(max_size=3), inside, max_size=3),
    max_leaves=5,
)
texts = st.builds(
    lambda before, value, behind: f"{before}{json.dumps(value)}{behind}", spaces, values, spaces
)


def by_the_library(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


@given(texts | st.text(max_size=20) | st.builds("".join, st.lists(texts, max_size=3)))
@example(' {"filename": "a"}\n')
@example('{"filename": "a"} {"filename": "b"}')
@example('\ufeff{"filename": "a"}')
@example('{"filename": "a", "filename": "b"}')
@example("{" * 100_000)
def test_an_object_is_read_as_the_library_reads_it(text: str) -> None:
    assert repr(json_object(text)) == repr(by_the_library(text))
