"""A journal tells what was verified, and nothing that it does not know for certain."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.fetching.parts import Division
from glacier_manifest.fetching.resume import Journal, Remembered, remembered
from glacier_manifest.units import MIB

DIVISION = Division(10 * MIB, 2 * MIB)
ROOTS = {number: bytes([number]) * 32 for number in range(5)}


@pytest.fixture
def journaled(tmp_path: Path) -> Path:
    path = tmp_path / "journal"
    journal = Journal.begin(path, "one", DIVISION, {0: ROOTS[0]})
    journal.keep(1, ROOTS[1])
    journal.keep(2, ROOTS[2])
    journal.close()
    return path


def test_what_was_kept_is_remembered(journaled: Path) -> None:
    assert remembered(journaled.read_bytes(), "one", DIVISION) == Remembered(
        {number: ROOTS[number] for number in (0, 1, 2)}
    )


def test_where_it_was_stored_is_remembered(tmp_path: Path) -> None:
    journal = Journal.begin(tmp_path / "journal", "one", DIVISION, ROOTS)
    journal.stored("/photos/a name\nwith ends/ü.jpg")
    journal.close()

    told = remembered((tmp_path / "journal").read_bytes(), "one", DIVISION)

    assert told == Remembered(ROOTS, "/photos/a name\nwith ends/ü.jpg")


def test_a_journal_cut_anywhere_tells_only_of_whole_lines(journaled: Path) -> None:
    text = journaled.read_bytes()
    all_known = remembered(text, "one", DIVISION).roots

    for length in range(len(text)):
        known = remembered(text[:length], "one", DIVISION).roots
        assert known.items() <= all_known.items()
        assert len(known) == max(0, text[:length].count(b"\n") - 1)


@pytest.mark.parametrize(
    ("identity", "division"),
    [("two", DIVISION), ("one", Division(10 * MIB, MIB)), ("one", Division(9 * MIB, 2 * MIB))],
    ids=["another-output", "other-parts", "another-length"],
)
def test_a_journal_of_something_else_tells_nothing(
    journaled: Path, identity: str, division: Division
) -> None:
    assert remembered(journaled.read_bytes(), identity, division) == Remembered()


@given(st.binary(max_size=200))
def test_whatever_stands_in_a_journal_is_read_in_silence(text: bytes) -> None:
    assert remembered(text, "one", DIVISION) == Remembered()


@given(st.binary(max_size=200).filter(lambda one: b"keep" not in one))
def test_whatever_stands_behind_the_first_line_is_read_in_silence(rest: bytes) -> None:
    head = b'{"version": 1, "identity": "one", "length": 10485760, "part_size": 2097152}\n'

    assert remembered(head + rest + b"\n", "one", DIVISION).roots == {}
