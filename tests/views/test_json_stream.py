"""A document that is written piece by piece reads as if it had been written at once."""

import json
from collections.abc import Iterator
from itertools import count, islice
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from glacier_manifest.views.json_stream import json_document

texts = st.text(max_size=12)
values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
members = st.dictionaries(texts, values, max_size=4)


@given(st.dictionaries(texts, values, min_size=1, max_size=4), st.lists(members, max_size=4), st.data())
@example({"a": "}\n"}, [{"b": "\n  "}, {}], None)
def test_it_is_written_as_json_writes_it(
    head: dict[str, Any], items: list[dict[str, Any]], data: st.DataObject | None
) -> None:
    name = "requests" if data is None else data.draw(texts.filter(lambda text: text not in head))

    streamed = "".join(json_document(head, name, iter(items)))

    assert streamed == json.dumps({**head, name: items}, indent=2) + "\n"


def test_each_item_is_written_before_the_next_is_read() -> None:
    read: list[int] = []

    def endless() -> Iterator[dict[str, int]]:
        for number in count():
            read.append(number)
            yield {"number": number}

    pieces = list(islice(json_document({"format_version": "1.0"}, "requests", endless()), 4))

    assert '"number": 2' in pieces[-1]
    assert read == [0, 1, 2]
