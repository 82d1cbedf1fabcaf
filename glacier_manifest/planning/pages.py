"""The pages of an inventory that is asked for with a limit: each begins where the one before it ended.

Where that is, Glacier tells of a finished job only (docs: "api-describe-job-get", Marker), so every page is
a job of its own that begins hours after the one before it, and is a request of its own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from glacier_manifest.jobs.request import InventoryRetrieval
from glacier_manifest.jobs.status import Status
from glacier_manifest.manifest import NEVER, Repurchases
from glacier_manifest.planning.lot import Lot, Piece
from glacier_manifest.planning.plan import Reason, Verb, entry_of
from glacier_manifest.planning.stencil import key_of
from glacier_manifest.state.record import JOINED, Record

Latest = Callable[[Iterable[str]], Mapping[str, Record]]

#: How a page stands of which the marker of the next one is known, even where its own output is gone.
_TOLD = frozenset({Status.SUCCEEDED, Status.FETCHED, Status.EXPIRED})


class End(Enum):
    """Why no more pages are known.

    LAST: There are none. OPEN: The last one that is known has not ended yet, or not well. STALE: It was
    bought before the page before it, and so belongs to another inventory. REPEATED: Its marker leads back to
    a page that there was before.
    """

    LAST = "last"
    OPEN = "open"
    STALE = "stale"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Page:
    """One page: what asks for it, and what is known of its latest purchase."""

    lot: Lot
    record: Record | None

    @property
    def number(self) -> int:
        """Which page it is, counted from 1."""
        return _asking(self.lot).page


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one inventory that are known, in order, and why there are no more."""

    known: tuple[Page, ...]
    end: End

    @property
    def are_several(self) -> bool:
        """Whether the inventory comes in more than one page."""
        return len(self.known) > 1 or self.end is End.REPEATED

    @property
    def fetched(self) -> tuple[Record, ...] | None:
        """The records of all pages, where each is stored; None where one is missing."""
        records = tuple(one.record for one in self.known if one.record is not None)
        are_fetched = all(record.status is Status.FETCHED for record in records)
        return records if self.end is End.LAST and are_fetched and len(records) == len(self.known) else None


def pages_of(first: Lot, latest: Latest, restarts: Repurchases = NEVER) -> Pages:
    """Return the pages of an inventory that are known to exist.

    Args:
        first: Asks for the first page.
        latest: Gives the latest purchase of each key that has one.
        restarts: How often a request may be bought again by itself, which its approval covers.
    """
    page = _page(first, latest)
    known, markers = [page], {_asking(first).marker}
    approved_by = _approved_by(page, restarts)
    while page.record is not None:
        if len(known) > 1 and _is_older(page.record, known[-2].record):
            return Pages(tuple(known), End.STALE)
        marker = page.record.next_marker if page.record.status in _TOLD else None
        if marker is None:
            break
        if marker in markers:
            return Pages(tuple(known), End.REPEATED)
        markers.add(marker)
        page = _page(_following(page.lot, marker, approved_by), latest)
        known.append(page)
    is_last = page.record is not None and page.record.status in _TOLD
    return Pages(tuple(known), End.LAST if is_last else End.OPEN)


def stored_as(pages: Pages) -> str | None:
    """Return where a whole inventory is stored, its pages joined; None where it is not there yet."""
    records = pages.fetched
    if records is None or (len(records) > 1 and records[0].verified_by != JOINED):
        return None
    return records[0].output


def _page(lot: Lot, latest: Latest) -> Page:
    key = key_of(lot, Piece()).hex()
    return Page(lot, latest([key]).get(key))


def _following(lot: Lot, marker: str, approved_by: str) -> Lot:
    asking = _asking(lot)
    return replace(lot, asking=replace(asking, marker=marker, page=asking.page + 1), bounded=approved_by)


def _approved_by(first: Page, restarts: Repurchases) -> str:
    """Return the entry that approves all pages: that of the first one, as it was bought last."""
    generation = 0 if first.record is None else first.record.generation
    request = first.lot.request(Piece())
    return entry_of(request, generation, verb=Verb.KEEP, reason=Reason.DONE, restarts=restarts)


def _is_older(record: Record, before: Record | None) -> bool:
    """Say whether a page was bought before the page before it, whose marker it should have."""
    own, earlier = _bought_at(record), None if before is None else _bought_at(before)
    return own is not None and earlier is not None and own < earlier


def _bought_at(record: Record) -> datetime | None:
    return record.intended_at or record.accepted_at


def _asking(lot: Lot) -> InventoryRetrieval:
    assert isinstance(lot.asking, InventoryRetrieval)  # noqa: S101 - nothing else has pages
    return lot.asking
