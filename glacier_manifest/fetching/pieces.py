"""Pieces of one archive: which of them become one file, and what is known of those that are held."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from glacier_manifest.fetching.output import Verified
from glacier_manifest.jobs.request import ByteRange, JobType
from glacier_manifest.jobs.status import Status
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.record import Record


def is_piece(record: Record) -> bool:
    """Say whether a record is a retrieval of a range of an archive."""
    return record.retrieval_byte_range is not None and record.type == JobType.ARCHIVE_RETRIEVAL


def is_held(record: Record) -> bool:
    """Say whether a record is a piece that stands safely until the others are there."""
    return record.status is Status.FETCHED and record.verified_by == Verified.HELD


def job_in(address: str) -> str:
    """Return the name of the job that an address begins with."""
    return address.partition("/")[0]


def archive_of(record: Record) -> str:
    """Return what all pieces of one archive share that one job asks for."""
    return " ".join(
        (record.account_id, record.region, record.vault, record.archive_id or "", job_in(record.address))
    )


def archive_identity(record: Record) -> str:
    """Return the identity, as a place knows it, of the archive that a record's output is a piece of."""
    return f"archive {sha256(archive_of(record).encode()).hexdigest()}"


def identity_of(record: Record) -> str:
    """Return the identity, as a place knows it, of what a record's output is, or has become part of."""
    if is_piece(record) and record.output is not None and record.output_size != _length(record):
        return archive_identity(record)
    return f"{record.key}.{record.generation}"


def _length(record: Record) -> int:
    asked = range_of(record)
    return asked.end + 1 - asked.start


def range_of(record: Record) -> ByteRange:
    """Return the range that a record asks for, which is a piece."""
    start, _, end = (record.retrieval_byte_range or "").partition("-")
    return ByteRange(int(start), int(end))


def become_one(pieces: Iterable[Record], *, size: int | None) -> bool:
    """Say whether pieces of an archive become one file, rather than one file each.

    Args:
        pieces: All that are known; where one is stored as a file of its own, so are the others.
        size: Bytes of the archive that the pieces must cover; None where it is known that they will.
    """
    known = list(pieces)
    if any(one.status is Status.FETCHED and not is_held(one) for one in known):
        return False
    return size is None or _cover(sorted(map(range_of, known)), size)


def _cover(ranges: list[ByteRange], size: int) -> bool:
    behind = 0
    for one in ranges:
        if one.start > behind:
            return False
        behind = max(behind, one.end + 1)
    return behind >= size


def pieces_known(records: Iterable[Record], scratch: Scratch) -> "PiecesKnown":
    """Note all pieces among the records of a state, on a scratch file."""
    scratch.run("CREATE TABLE pieces (archive TEXT NOT NULL, key TEXT NOT NULL, address TEXT NOT NULL)")
    rows = ((archive_of(one), one.key, one.address) for one in records if is_piece(one))
    scratch.run_many("INSERT INTO pieces VALUES (?, ?, ?)", rows)
    scratch.run("CREATE INDEX pieces_by_archive ON pieces (archive)")
    return PiecesKnown(scratch)


class PiecesKnown:
    """The pieces of each archive."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch

    def __call__(self, archive: str) -> dict[str, str]:
        """Return the addresses of an archive's pieces, as `archive_of` names it, by their keys."""
        query = "SELECT key, address FROM pieces WHERE archive = ?"
        return dict(self._scratch.rows(query, (archive,)))


def held_among(records: Mapping[str, Record]) -> Iterator[Record]:
    """Yield the records of pieces that are held."""
    return (record for record in records.values() if is_held(record))
