import hashlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.jobs.marker import (
    DESCRIPTION_BYTES,
    USER_DESCRIPTION_BYTES,
    Marker,
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
