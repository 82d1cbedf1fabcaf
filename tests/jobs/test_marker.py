import base64
import hashlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.jobs.marker import (
    DESCRIPTION_BYTES,
    USER_DESCRIPTION_BYTES,
    Marker,
    is_described,
    marker_of,
    read_marker,
    with_marker,
)

KEY = hashlib.sha256(b"a request").hexdigest()

keys = st.binary(min_size=32, max_size=32).map(bytes.hex)
generations = st.integers(0, 999_999_999)
descriptions = st.text(string.printable[:95], max_size=USER_DESCRIPTION_BYTES)


def test_a_marker_is_spelled_as_the_contract_says() -> None:
    assert str(marker_of("00" * 32, 0)) == "[gm1:aaaaaaaaaaaaaaaaaaaaaaaaaa.0]"
    assert str(marker_of("ff" * 32, 17)) == "[gm1:77777777777777777777777777.17]"


@given(descriptions | st.none(), keys, generations)
def test_what_was_marked_is_read_back_from_the_end(text: str | None, key: str, generation: int) -> None:
    marker = marker_of(key, generation)

    marked = with_marker(text, marker)

    assert marked.startswith(text or "")
    assert marked.endswith(str(marker))
    assert read_marker(marked) == marker


@given(keys, generations)
def test_a_marker_tells_the_first_characters_of_the_key_in_base32(key: str, generation: int) -> None:
    encoded = base64.b32encode(bytes.fromhex(key)).decode("ascii").lower()

    assert marker_of(key, generation) == Marker(encoded[:26], generation)


@given(descriptions | st.none(), keys, generations)
def test_a_marked_text_is_known_for_what_it_is(text: str | None, key: str, generation: int) -> None:
    marked = with_marker(text, marker_of(key, generation))

    assert is_described(marked, text, key=key, generation=generation)
    assert not is_described(marked, text, key=key, generation=generation + 1)
    assert not is_described(marked, f"{text}!", key=key, generation=generation)
    assert not is_described(marked, text, key="f" + key[1:], generation=generation) or key[0] == "f"


@given(descriptions | st.none(), keys, st.integers(0, 12), st.data())
def test_any_other_text_is_not_taken_for_a_marked_one(
    text: str | None, key: str, generation: int, data: st.DataObject
) -> None:
    marked = with_marker(text, marker_of(key, generation))
    at = data.draw(st.integers(0, len(marked) - 1))
    put = data.draw(
        st.sampled_from(["", "a", "A", "_", " ", "0", "1", "7", "é", "\ud800", "]"]) | st.characters()
    )
    other = marked[:at] + put + marked[at + data.draw(st.integers(0, 1)) :]

    assert is_described(other, text, key=key, generation=generation) == (other == marked)


@given(descriptions, keys, generations)
def test_the_longest_user_text_still_fits_with_its_marker(text: str, key: str, generation: int) -> None:
    full = text.ljust(USER_DESCRIPTION_BYTES, "x")

    assert len(with_marker(full, marker_of(key, generation)).encode("ascii")) <= DESCRIPTION_BYTES


def test_a_text_that_was_copied_with_its_marker_carries_only_the_last() -> None:
    old, new = marker_of(KEY, 0), marker_of(KEY, 1)

    assert read_marker(with_marker(with_marker("wedding", old), new)) == new


def test_no_text_leaves_the_marker_alone() -> None:
    marker = marker_of(KEY, 3)

    assert with_marker(None, marker) == with_marker("", marker) == str(marker)


@pytest.mark.parametrize(
    "description",
    [
        None,
        "",
        "wedding",
        "[gm1:aaaaaaaaaaaaaaaaaaaaaaaaaa.0] wedding",
        "[gm2:aaaaaaaaaaaaaaaaaaaaaaaaaa.0]",
        "[gm1:AAAAAAAAAAAAAAAAAAAAAAAAAA.0]",
        "[gm1:aaaaaaaaaaaaaaaaaaaaaaaaa.0]",
        "[gm1:aaaaaaaaaaaaaaaaaaaaaaaaa1.0]",
        "[gm1:aaaaaaaaaaaaaaaaaaaaaaaaaa.00]",
        "[gm1:aaaaaaaaaaaaaaaaaaaaaaaaaa.-1]",
        "[gm1:aaaaaaaaaaaaaaaaaaaaaaaaaa.1000000000]",
        "[gm1:aaaaaaaaaaaaaaaaaaaaaaaaaa.]",
        "mtijob1 eyJ0eXBlIjoiZnVsbCJ9",
    ],
)
def test_other_peoples_jobs_are_not_taken_for_ours(description: str | None) -> None:
    assert read_marker(description) is None


@given(keys, keys)
def test_different_keys_have_different_markers(one: str, other: str) -> None:
    assert (marker_of(one, 0) == marker_of(other, 0)) == (one == other)


def test_markers_of_one_request_order_by_generation() -> None:
    assert max(Marker("a" * 26, 10), Marker("a" * 26, 9)).generation == 10
