"""A file of parts: nothing is taken for held that is not there, and no name is given to half a file."""

import errno
import os
from pathlib import Path
from random import Random

import pytest

from glacier_manifest.errors import Failed
from glacier_manifest.fetching.parts import Division
from glacier_manifest.fetching.store import PartFile, journal_of, put_new, told
from glacier_manifest.fetching.tree_hash import tree_hash
from glacier_manifest.units import MIB

BODY = Random(1).randbytes(5 * MIB // 2)  # noqa: S311 - any bytes
DIVISION = Division(len(BODY), MIB)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "photo.part"


def write(parts: PartFile, *numbers: int) -> None:
    for part in (DIVISION.part(number) for number in numbers):
        piece = BODY[part.start : part.end]
        parts.put(part.start, piece)
        parts.keep(part, tree_hash([piece]))


def held(path: Path, identity: str = "one", division: Division = DIVISION) -> set[int]:
    with PartFile(path, identity, division) as parts:
        return set(parts.held())


def test_parts_in_any_order_become_the_file(path: Path, tmp_path: Path) -> None:
    with PartFile(path, "one", DIVISION) as parts:
        write(parts, 2, 0, 1)
        parts.become(tmp_path / "photo")

    assert (tmp_path / "photo").read_bytes() == BODY
    assert not path.exists()


def test_what_was_written_is_held_by_the_next_run(path: Path) -> None:
    with PartFile(path, "one", DIVISION) as parts:
        write(parts, 0, 2)

    assert held(path) == {0, 2}
    assert held(path) == {0, 2}


def test_a_part_that_is_not_on_the_disk_is_not_held_whatever_the_journal_says(path: Path) -> None:
    with PartFile(path, "one", DIVISION) as parts:
        write(parts, 0, 1, 2)
    with path.open("r+b") as file:
        file.seek(MIB + 5)
        file.write(bytes(100))

    assert held(path) == {0, 2}


def test_nothing_is_held_of_a_file_without_its_journal_nor_of_a_journal_without_its_file(path: Path) -> None:
    for lost in (path, journal_of(path)):
        with PartFile(path, "one", DIVISION) as parts:
            write(parts, 0, 1)
        lost.unlink()

        assert held(path) == set()


@pytest.mark.parametrize(
    ("identity", "division"),
    [("two", DIVISION), ("one", Division(len(BODY), 2 * MIB)), ("one", Division(len(BODY) + 1, MIB))],
    ids=["another-output", "other-parts", "another-length"],
)
def test_parts_of_something_else_are_not_held(path: Path, identity: str, division: Division) -> None:
    with PartFile(path, "one", DIVISION) as parts:
        write(parts, 0, 1)

    assert held(path, identity, division) == set()


def test_what_is_discarded_is_not_held(path: Path) -> None:
    with PartFile(path, "one", DIVISION) as parts:
        write(parts, 0, 1)
        parts.discard()
        assert parts.held() == {}
        write(parts, 2)

    assert held(path) == {2}


def test_another_file_is_replaced_only_where_that_is_asked_for(path: Path, tmp_path: Path) -> None:
    taken = tmp_path / "photo"
    taken.write_bytes(b"somebody's")
    with PartFile(path, "one", DIVISION) as parts:
        write(parts, 0, 1, 2)
        with pytest.raises(FileExistsError):
            parts.become(taken)
        assert taken.read_bytes() == b"somebody's"

        parts.become(taken, overwrite=True)

    assert taken.read_bytes() == BODY


def test_a_run_that_died_between_the_two_names_is_ended_by_the_next(path: Path, tmp_path: Path) -> None:
    with PartFile(path, "one", DIVISION) as parts:
        write(parts, 0, 1, 2)
    os.link(path, tmp_path / "photo")

    with PartFile(path, "one", DIVISION) as parts:
        parts.become(tmp_path / "photo")

    assert (tmp_path / "photo").read_bytes() == BODY
    assert not path.exists()


def test_no_link_is_followed_to_where_parts_are_written(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Failed, match="cannot be written") as caught:
        PartFile(path, "one", DIVISION)

    assert caught.value.code == "cannot-save"
    assert not (tmp_path / "elsewhere").exists()


def test_a_link_that_has_the_name_is_neither_followed_nor_replaced(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"new")
    (tmp_path / "photo").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FileExistsError):
        put_new(path, tmp_path / "photo")


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "no-room"), (errno.EDQUOT, "no-room"), (errno.EACCES, "cannot-save")],
)
def test_what_the_system_says_is_told_with_what_to_do(path: Path, number: int, code: str) -> None:
    with pytest.raises(Failed, match=r"photo\.part") as caught, told(path):
        raise OSError(number, os.strerror(number))

    assert caught.value.code == code


def test_an_output_without_bytes_is_an_empty_file(path: Path, tmp_path: Path) -> None:
    with PartFile(path, "one", Division(0, MIB)) as parts:
        parts.become(tmp_path / "photo")

    assert (tmp_path / "photo").read_bytes() == b""
