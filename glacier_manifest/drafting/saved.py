"""A saved plan, read back: its entries on a scratch file, its requests added to a draft."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TextIO

from glacier_manifest.diagnostics import Span
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.request import InventoryRetrieval
from glacier_manifest.planning.expand import at_slot
from glacier_manifest.planning.lot import Lot, Piece, lot_of
from glacier_manifest.planning.plan_file import (
    SavedAction,
    check_digest,
    edited,
    read_actions,
    read_header,
)
from glacier_manifest.planning.plan_header import PlanHeader
from glacier_manifest.scratch.scratch import Scratch

#: Opens the file, each time from its beginning.
Opens = Callable[[], AbstractContextManager[TextIO]]


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan that was read back, whole and unchanged.

    Attributes:
        header: Its first line.
        file: Its name.
        opens: Opens it.
        entries: The approval entries of its actions, sorted.
        restarts: The generation that each restart in it would buy, by key.
    """

    header: PlanHeader
    file: Path
    opens: Opens
    entries: Collection[str]
    restarts: Mapping[str, int]

    def add_to(self, draft: Draft, now: datetime, pages: Callable[[Lot], Iterable[Lot]]) -> None:
        """Add the requests that were reviewed, scheduled ones at the slot that counts now.

        The pages of an inventory are added as they are known by now, which the review covers.

        Args:
            draft: Takes them.
            now: The moment whose slots count.
            pages: Returns the pages that are known of an inventory, from its first one.

        Raises:
            InvalidInput: The file has changed since it was read.
        """
        with self.opens() as lines:
            header = read_header(next(lines, ""), file=self.file)
            if header != self.header:
                raise edited(self.file)
            saved = read_actions(lines, header, file=self.file)
            draft.add_all(piece for one in saved for piece in self._pieces(one, now, pages))
        draft.blocked.extend(header.blocked_read)

    def _pieces(
        self, saved: SavedAction, now: datetime, pages: Callable[[Lot], Iterable[Lot]]
    ) -> Iterator[tuple[Lot, Piece]]:
        lot, piece = lot_of(saved.request, Span(self.file, saved.line, 1, 2))
        lot = replace(at_slot(lot, now), bounded=saved.bounded)
        if not isinstance(lot.asking, InventoryRetrieval):
            yield lot, piece
        elif lot.asking.page == 1:
            yield from ((page, piece) for page in pages(lot))


def read_saved(file: Path, opens: Opens, scratch: Scratch) -> SavedPlan:
    """Read a plan file to its end.

    Args:
        file: Its name, for messages.
        opens: Opens it.
        scratch: Takes its entries.

    Raises:
        InvalidInput: It is not a whole, unchanged plan file of this format.
    """
    restarts: MutableMapping[str, int] = scratch.mapping()
    with opens() as lines:
        header = read_header(next(lines, ""), file=file)
        actions = _noting_restarts(read_actions(lines, header, file=file), restarts)
        waiting = (one.entry for one in header.blocked)
        entries = scratch.sorted_texts(chain((saved.entry for saved in actions), waiting))
    check_digest(header, entries, file=file)
    return SavedPlan(header, file, opens, entries, restarts)


def _noting_restarts(
    actions: Iterator[SavedAction], restarts: MutableMapping[str, int]
) -> Iterator[SavedAction]:
    for saved in actions:
        if saved.restarts is not None:
            restarts[request_key(saved.request)] = saved.restarts
        yield saved
