"""Which pieces of an archive become one file."""

from collections.abc import Sequence

import pytest

from glacier_manifest.fetching.pieces import (
    archive_identity,
    archive_of,
    become_one,
    is_held,
    is_piece,
    pieces_known,
)
from glacier_manifest.jobs.request import ArchiveRetrieval, ByteRange
from glacier_manifest.jobs.status import Status
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.record import Record
from tests.planning.examples import archive, record, request


def piece(
    start: int, end: int, status: Status = Status.SUCCEEDED, *, held: bool = False, job: str = "films"
) -> Record:
    whole = archive("a").archive_id
    wanted = request(ArchiveRetrieval(whole, ByteRange(start, end)), job=job)
    return record(wanted, status, verified_by="held" if held else None)


@pytest.mark.parametrize(
    ("pieces", "size", "together"),
    [
        pytest.param([piece(0, 9), piece(10, 19)], 20, True, id="they cover it"),
        pytest.param([piece(10, 19), piece(0, 9)], 20, True, id="in any order"),
        pytest.param([piece(0, 9)], 20, False, id="the end is missing"),
        pytest.param([piece(0, 9), piece(11, 19)], 20, False, id="a byte is missing"),
        pytest.param([piece(0, 9)], None, True, id="the manifest splits it"),
        pytest.param(
            [piece(0, 9), piece(10, 19, Status.IN_PROGRESS)], 20, True, id="one is still on its way"
        ),
        pytest.param([piece(0, 9, Status.FETCHED), piece(10, 19)], None, False, id="one is a file already"),
        pytest.param([piece(0, 9, Status.FETCHED, held=True), piece(10, 19)], 20, True, id="one is held"),
    ],
)
def test_pieces_become_one_file_where_they_are_all_of_it(
    pieces: Sequence[Record], size: int | None, *, together: bool
) -> None:
    assert become_one(pieces, size=size) is together


def test_only_a_range_is_a_piece() -> None:
    assert is_piece(piece(0, 9))
    assert not is_piece(record(request(archive("a")), Status.SUCCEEDED))


def test_only_what_was_fetched_is_held() -> None:
    assert is_held(piece(0, 9, Status.FETCHED, held=True))
    assert not is_held(piece(0, 9, Status.FETCHED))


def test_pieces_of_one_archive_and_one_job_are_known_by_one_name() -> None:
    assert archive_identity(piece(0, 9)) == archive_identity(piece(10, 19))
    assert archive_identity(piece(0, 9)) != archive_identity(piece(0, 9, job="others"))


def test_the_pieces_of_an_archive_are_found_among_all_records() -> None:
    records = [
        piece(0, 9),
        piece(10, 19),
        piece(0, 9, job="others"),
        record(request(archive("b")), Status.READY),
    ]
    with Scratch() as scratch:
        known = pieces_known(records, scratch)
        assert known(archive_of(records[0])) == {one.key: one.address for one in records[:2]}
        assert known("nothing") == {}
