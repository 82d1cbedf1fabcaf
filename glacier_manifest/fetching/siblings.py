"""The pieces of one archive that the state knows: which become one file, which are held, which were lost."""

from collections.abc import Iterator, Mapping, Sequence

from glacier_manifest.fetching.errands import Prepared, Wanted
from glacier_manifest.fetching.output import Partly
from glacier_manifest.fetching.pieces import become_one, held_among, is_piece, range_of
from glacier_manifest.fetching.wants import Wants
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Record


class Siblings:
    """Looks for all pieces of an archive.

    Args:
        state: Tells what became of each piece.
        wants: Tells which pieces the manifest wants.
    """

    def __init__(self, state: State, wants: Wants) -> None:
        self._state = state
        self._wants = wants

    def of(self, record: Record) -> Mapping[str, Record]:
        """Return all pieces of an archive that the state knows, by key."""
        return self._state.latest(self._wants.pieces(record))

    def become_one(self, wanted: Sequence[Wanted]) -> bool:
        """Say whether these are pieces of an archive that become one file."""
        first = wanted[0]
        if not is_piece(first.record):
            return False
        size = None if first.want.split is not None else first.job.archive_size
        return become_one(self.of(first.record).values(), size=size)

    def held(self, prepared: Prepared) -> list[Record]:
        """Return the pieces that are held of the archive that an errand is for."""
        return [*held_among(self.of(prepared.served[0].record))] if prepared.is_archive else []

    def lost(self, prepared: Prepared, ending: Partly) -> Iterator[Record]:
        """Yield pieces that were held once, and whose parts are not there any more."""
        division = prepared.errand.division
        for record in held_among(self.of(prepared.served[0].record)):
            asked = range_of(record)
            first, last = (place // division.part_size for place in (asked.start, asked.end))
            if not ending.absent.isdisjoint(range(first, min(last + 1, len(division)))):
                yield record
