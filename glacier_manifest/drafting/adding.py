# ruff: noqa: S608 - only names of this program's own are put into SQL, every value is bound
"""From portions to a draft: archives ranked, limited, cut into pieces, added; then looked over as a whole."""

from collections.abc import Iterable, Iterator
from itertools import chain

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.tables import piece_of
from glacier_manifest.jobs.address import address_of
from glacier_manifest.jobs.request import Vault
from glacier_manifest.planning.expand import Portion, Ranked
from glacier_manifest.planning.lot import Piece
from glacier_manifest.scratch.scratch import Scratch

_MOST_OVERLAPS = 50
_RANKED = "CREATE TABLE ranked (value, archive_id TEXT, size INTEGER, created TEXT)"


def add_portions(draft: Draft, portions: Iterable[Portion]) -> None:
    """Add all that is asked for, take what is asked for twice as one, and check what is left.

    Args:
        draft: Empty.
        portions: What is asked for; what they raise is raised.

    Raises:
        InvalidInput: ``conflicting-requests``: the same is asked for on two terms; ``overlapping-ranges``:
            bytes of an archive would be bought twice.
    """
    for portion in portions:
        if portion.waits_for is not None:
            draft.block(portion.lot, portion.waits_for)
            continue
        pieces = portion.pieces
        chosen = _first_of(pieces, draft.scratch) if isinstance(pieces, Ranked) else pieces
        cut = portion.cut
        draft.add(portion.lot, chosen if cut is None else chain.from_iterable(map(cut, chosen)))
    draft.merge()
    _check_overlaps(draft)


def _first_of(ranked: Ranked, scratch: Scratch) -> Iterator[Piece]:
    """Sort on the scratch file, and stream the first."""
    scratch.run("DROP TABLE IF EXISTS ranked")
    scratch.run(_RANKED)
    rows = ((value, name, piece.size, piece.created) for (value, name), piece in ranked.pieces)
    scratch.run_many("INSERT INTO ranked VALUES (?, ?, ?, ?)", rows)
    direction = "DESC" if ranked.descending else "ASC"
    query = f"SELECT archive_id, size, created FROM ranked ORDER BY value {direction}, archive_id LIMIT ?"
    found = scratch.rows(query, (ranked.limit,))
    return (Piece(archive_id, size=size, created=created) for archive_id, size, created in found)


def _check_overlaps(draft: Draft) -> None:
    """Refuse ranges of one archive that share bytes; a whole archive shares them with all its ranges."""
    found: list[Diagnostic] = []
    for vault in _vaults_with_ranges(draft):
        found += _overlaps(draft, vault)
    if found:
        raise InvalidInput(found[:_MOST_OVERLAPS])


def _vaults_with_ranges(draft: Draft) -> Iterator[Vault]:
    """Only where several lots ask for archives of a vault, some for ranges, can any two overlap."""
    ranged = {number for (number,) in draft.scratch.rows(_LOTS_WITH_RANGES)}
    by_vault: dict[Vault, list[int]] = {}
    for number, lot in enumerate(draft.lots):
        if lot.has_archives and not lot.allows_overlap:
            by_vault.setdefault(lot.vault, []).append(number)
    return (vault for vault, lots in by_vault.items() if len(lots) > 1 and not ranged.isdisjoint(lots))


_LOTS_WITH_RANGES = "SELECT DISTINCT lot FROM requests WHERE first_byte IS NOT NULL"


def _overlaps(draft: Draft, vault: Vault) -> Iterator[Diagnostic]:
    before: tuple[str, int, Piece, int] | None = None
    for number, piece in _by_archive(draft, vault):
        archive_id, start = piece.archive_id or "", piece.start or 0
        end = piece.end if piece.end is not None else _END
        if before is not None and before[0] == archive_id and start <= before[3]:
            yield _overlap(draft, (before[1], before[2]), (number, piece))
        if before is None or before[0] != archive_id or end > before[3]:
            before = (archive_id, number, piece, end)


#: Where a whole archive ends: behind every range.
_END = 1 << 62


def _by_archive(draft: Draft, vault: Vault) -> Iterator[tuple[int, Piece]]:
    numbers = [
        number
        for number, lot in enumerate(draft.lots)
        if lot.vault == vault and lot.has_archives and not lot.allows_overlap
    ]
    query = (
        f"SELECT key, {_COLUMNS} FROM requests WHERE lot IN ({', '.join(map(str, numbers))}) "
        "ORDER BY archive_id, coalesce(first_byte, 0), seq"
    )
    return ((row[1], piece_of(row)) for row in draft.scratch.rows(query))


_COLUMNS = "lot, archive_id, first_byte, last_byte, size, created, line, column_"


def _overlap(draft: Draft, first: tuple[int, Piece], second: tuple[int, Piece]) -> Diagnostic:
    lot, other = draft.lots[second[0]], draft.lots[first[0]]
    place = other.span_of(first[1])
    return Diagnostic(
        Severity.ERROR,
        "overlapping-ranges",
        f"{address_of(lot.request(second[1]))} shares bytes with {address_of(other.request(first[1]))}: "
        "they would be bought twice",
        lot.span_of(second[1]),
        label=f"the other one is asked for at {place.file}:{place.line}",
        help="ask for ranges that do not overlap, or say 'allow_overlap: true' where it is meant",
    )
