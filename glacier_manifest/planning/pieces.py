"""What is asked for of an archive: all of it, one range, or ranges that cover it one after the other."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity
from glacier_manifest.jobs.request import ByteRange
from glacier_manifest.manifest import Archives
from glacier_manifest.planning.lot import Lot, Piece

#: Makes the pieces that are asked for of an archive.
Cut = Callable[[Piece], Iterable[Piece]]


class Sized(NamedTuple):
    """What an inventory tells of an archive that something else names."""

    size: int
    created: str


def cutting(archives: Archives, lot: Lot, sizes: Mapping[str, Sized]) -> Cut | None:
    """Return what makes the pieces that a job asks for; None where whole archives are asked for as they are.

    Args:
        archives: What the job asks for.
        lot: The job at one vault, for messages.
        sizes: What is known of archives that the manifest names.
    """
    if archives.split is not None:
        return partial(_split, archives.split, lot, sizes)
    if archives.retrieval_byte_range is not None:
        return partial(_ranged, archives.retrieval_byte_range, lot, sizes)
    if sizes:
        return lambda piece: (_sized(piece, sizes),)
    return None


def _sized(piece: Piece, sizes: Mapping[str, Sized]) -> Piece:
    known = sizes.get(piece.archive_id or "") if piece.size is None else None
    return piece if known is None else piece._replace(size=known.size, created=known.created)


def _split(length: int, lot: Lot, sizes: Mapping[str, Sized], whole: Piece) -> Iterator[Piece]:
    """Cut an archive into aligned ranges, the last of which ends where the archive does.

    A range that begins at a multiple of its own length, a power of two of MiB, is tree-hash aligned (docs:
    "checksum-calculations-range"), so that Glacier gives a checksum for it.

    Raises:
        InvalidInput: ``size-unknown``: the archive is not in the inventory that should tell its size.
    """
    archive = _sized(whole, sizes)
    if archive.size is None:
        raise InvalidInput([_size_unknown(lot, archive)])
    if archive.size <= length:
        yield archive
        return
    for start in range(0, archive.size, length):
        end = min(start + length, archive.size) - 1
        yield archive._replace(start=start, end=end, size=end - start + 1)


def _ranged(wanted: ByteRange, lot: Lot, sizes: Mapping[str, Sized], whole: Piece) -> Iterator[Piece]:
    """Ask for one range; one that covers the whole archive is the whole archive.

    Raises:
        InvalidInput: ``range-outside``: the archive ends before the range begins.
    """
    archive = _sized(whole, sizes)
    if archive.size is None:
        yield archive._replace(start=wanted.start, end=wanted.end, size=wanted.end - wanted.start + 1)
    elif wanted.covers(archive.size):
        yield archive
    elif wanted.start >= archive.size:
        raise InvalidInput([_outside(lot, archive, wanted)])
    else:
        end = min(wanted.end, archive.size - 1)
        yield archive._replace(start=wanted.start, end=end, size=end - wanted.start + 1)


def _size_unknown(lot: Lot, piece: Piece) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "size-unknown",
        f"job '{lot.job}' splits archive {piece.archive_id}, and its inventory does not list it",
        lot.span_of(piece),
        help="name a later inventory of the vault, or leave the archive out",
    )


def _outside(lot: Lot, piece: Piece, wanted: ByteRange) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "range-outside",
        f"job '{lot.job}' asks for bytes {wanted} of archive {piece.archive_id}, which has {piece.size}",
        lot.span_of(piece),
        help="leave out archives that are so small (where: size), or ask for a range inside of them",
    )
