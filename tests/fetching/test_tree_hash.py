"""Tree hashes, held against AWS's own numbers and botocore's way to reckon them."""

import io

import pytest
from botocore.utils import calculate_tree_hash
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.fetching.parts import divided
from glacier_manifest.fetching.tree_hash import Roots, TreeHash, combined, tree_hash
from glacier_manifest.units import MIB


def botocores(body: bytes) -> str:
    return str(calculate_tree_hash(io.BytesIO(body)))  # type: ignore[arg-type]  # the stub wants a str


@pytest.mark.parametrize(
    ("body", "known"),
    [
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"a", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        (bytes(MIB), "30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58"),
        (bytes(MIB + 1), "28638dab8d5e1754a4ecb38b0ebe6df66c844f94aed142d4d0283d208bb786cd"),
        (bytes(3 * MIB), "ca6cc129a4514ec765de86a4e7a49adf44842c9cac213c383ebe4071271bdf21"),
        (bytes(6 * MIB + MIB // 2), "7fce0b2525bccf5bd8ed75ec7b7eb52de9b5c0aac4cf60f485aed45a934e9cf5"),
    ],
    ids=["nothing", "a-byte", "a-leaf", "a-byte-more", "three-leaves", "half-a-leaf-more"],
)
def test_the_tree_hash_of_known_bytes(body: bytes, known: str) -> None:
    assert tree_hash([body]).hex() == known


@given(st.lists(st.integers(1, 3 * MIB // 2), max_size=8), st.integers(0, 255))
def test_pieces_of_any_length_hash_as_the_whole_does(lengths: list[int], seed: int) -> None:
    whole = bytes((seed + at // 977) % 256 for at in range(0, sum(lengths), 1021)) * 1021
    whole = whole[: sum(lengths)]
    hashed, at = TreeHash(), 0
    for length in lengths:
        hashed.update(memoryview(whole)[at : at + length])
        at += length

    assert hashed.digest().hex() == botocores(whole)


@pytest.mark.parametrize("part_size", [MIB, 2 * MIB, 4 * MIB, 8 * MIB])
@pytest.mark.parametrize("length", [1, MIB, MIB + 1, 4 * MIB, 5 * MIB - 1, 7 * MIB, 9 * MIB + 3])
def test_the_parts_of_a_whole_combine_to_its_own_tree_hash(part_size: int, length: int) -> None:
    whole = bytes(range(251)) * (length // 251 + 1)
    whole = whole[:length]
    roots = [tree_hash([whole[part.start : part.end]]) for part in divided(length, part_size)]

    assert combined(roots).hex() == botocores(whole)


def test_roots_keep_no_more_than_one_node_for_each_height() -> None:
    roots = Roots()
    for number in range(100_000):
        roots.add(number.to_bytes(32))

    assert len(roots._open) <= 17
