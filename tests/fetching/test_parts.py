"""Parts cover a whole without a gap, and each is 2^k MiB."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.fetching.parts import MOST_PARTS, Division, Part, divided
from glacier_manifest.units import GIB, MIB, TIB


@given(st.integers(0, 64 * MIB), st.sampled_from([MIB, 2 * MIB, 16 * MIB, 64 * MIB]))
def test_parts_follow_one_another_from_the_first_byte_to_the_last(length: int, part_size: int) -> None:
    parts = list(Division(length, part_size))

    assert [part.number for part in parts] == list(range(len(parts)))
    assert [part.start for part in parts] == [0, *(part.end for part in parts[:-1])][: len(parts)]
    assert sum(part.length for part in parts) == length
    assert all(part.length == part_size for part in parts[:-1])
    assert all(0 < part.length <= part_size for part in parts)


def test_an_output_without_bytes_has_no_part() -> None:
    assert list(divided(0)) == []


def test_a_part_is_found_by_its_number() -> None:
    assert Division(5 * MIB - 1, 2 * MIB).part(2) == Part(2, 4 * MIB, 5 * MIB - 1)


@pytest.mark.parametrize("part_size", [0, 1, MIB - 1, 3 * MIB, -MIB])
def test_parts_that_are_no_nodes_of_the_tree_are_refused(part_size: int) -> None:
    with pytest.raises(ValueError, match="a part has 1 MiB, 2 MiB"):
        Division(10 * MIB, part_size)


@pytest.mark.parametrize(
    ("length", "part_size"),
    [(1, 64 * MIB), (625 * GIB, 64 * MIB), (626 * GIB, 128 * MIB), (40 * TIB, 8 * GIB)],
)
def test_the_largest_archives_have_larger_parts_and_not_more(length: int, part_size: int) -> None:
    division = divided(length)

    assert (division.part_size, len(division) <= MOST_PARTS) == (part_size, True)


@pytest.mark.parametrize(
    ("cuts", "part_size"),
    [([4 * MIB, 8 * MIB], 4 * MIB), ([0, 3 * MIB], MIB), ([6 * MIB], 2 * MIB), ([0, 16 * MIB], 64 * MIB)],
    ids=["even", "odd", "half", "ends-alone"],
)
def test_no_part_lies_on_both_sides_of_a_cut(cuts: list[int], part_size: int) -> None:
    assert divided(16 * MIB, 64 * MIB, cuts=cuts).part_size == part_size


def test_parts_grow_no_further_than_the_cuts_let_them() -> None:
    assert divided(40 * TIB, cuts=[GIB * number for number in range(41)]).part_size == GIB
