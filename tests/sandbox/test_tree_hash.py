"""Tree hashes and the ranges that have one, against vectors and an independent reading of the rule."""

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.sandbox.treehash import (
    MIB,
    combine,
    is_megabyte_aligned,
    is_tree_hash_aligned,
    leaf_digests,
)


@pytest.mark.parametrize(
    ("body", "root"),
    [
        (b"a", hashlib.sha256(b"a").hexdigest()),
        (b"", hashlib.sha256(b"").hexdigest()),
        (bytes(MIB), "30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58"),
        (bytes(MIB + 1), "28638dab8d5e1754a4ecb38b0ebe6df66c844f94aed142d4d0283d208bb786cd"),
        (bytes(3 * MIB), "ca6cc129a4514ec765de86a4e7a49adf44842c9cac213c383ebe4071271bdf21"),
        (bytes(13 * MIB // 2), "7fce0b2525bccf5bd8ed75ec7b7eb52de9b5c0aac4cf60f485aed45a934e9cf5"),
    ],
    ids=["a", "empty", "1 MiB", "1 MiB + 1", "3 MiB", "6.5 MiB"],
)
def test_known_tree_hashes(body: bytes, root: str) -> None:
    assert combine(leaf_digests(body)).hex() == root


@given(whole=st.integers(0, 9), rest=st.integers(0, MIB - 1))
def test_the_tree_hash_is_botocores(tree_hash: Callable[[bytes], str], whole: int, rest: int) -> None:
    body = b"\x07" * (whole * MIB + rest)

    assert combine(leaf_digests(body)).hex() == tree_hash(body)


def nodes(leaves: int) -> set[tuple[int, int]]:
    """Every node of the tree over so many leaves, as the leaves that it covers."""
    level = [(leaf, leaf + 1) for leaf in range(leaves)]
    found = set(level)
    while len(level) > 1:
        pairs = [(left[0], right[1]) for left, right in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(pairs) * 2 :]
        found |= set(level)
    return found


@pytest.mark.parametrize("leaves", range(1, 34))
def test_the_aligned_ranges_are_exactly_the_nodes_of_the_tree(leaves: int) -> None:
    size = leaves * MIB - 5
    ranges = [(first, behind) for behind in range(1, leaves + 1) for first in range(behind)]

    aligned = {
        (first, behind)
        for first, behind in ranges
        if is_tree_hash_aligned(first * MIB, min(behind * MIB, size), size)
    }

    assert aligned == nodes(leaves)


@given(st.integers(1, 1 << 43), st.integers(0, 1 << 43), st.integers(0, 1 << 43))
def test_what_is_tree_hash_aligned_is_megabyte_aligned(size: int, start: int, end: int) -> None:
    assert not is_tree_hash_aligned(start, end, size) or is_megabyte_aligned(start, end, size)


@pytest.mark.parametrize(
    ("start", "end", "aligned"),
    [
        (0, MIB, True),
        (0, 5 * MIB // 2, True),
        (2 * MIB, 5 * MIB // 2, True),
        (0, MIB - 1, False),
        (1, MIB, False),
        (MIB, MIB, False),
        (0, 3 * MIB, False),
    ],
)
def test_megabyte_alignment_of_an_archive_of_two_and_a_half(start: int, end: int, *, aligned: bool) -> None:
    assert is_megabyte_aligned(start, end, 5 * MIB // 2) is aligned
