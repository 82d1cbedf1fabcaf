"""Inventories that came in pages, put together as soon as the last page is stored."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from glacier_manifest.errors import GlacierManifestError, StateError
from glacier_manifest.fetching.pages import Joined, Joining, is_joined
from glacier_manifest.fetching.places import Place, Places
from glacier_manifest.fetching.report import Outcome, Report, Result
from glacier_manifest.fetching.template import Filling
from glacier_manifest.fetching.wants import Want, Wants
from glacier_manifest.jobs.instant import parse_instant, slot_name
from glacier_manifest.planning.lot import Lot
from glacier_manifest.planning.pages import End, Pages, pages_of
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Mishap, Record

_MOMENT = timedelta(minutes=1)


def join_inventories(
    state: State,
    wants: Wants,
    *,
    joining: Joining,
    places: Places,
    report: Report,
    tell: Callable[[Outcome], None],
) -> None:
    """Put together each inventory all pages of which are stored, and count those that wait for a page.

    Args:
        state: Tells which pages there are.
        wants: Tells which inventories are asked for, and where they go.
        joining: Does it.
        places: Where they are kept.
        report: Takes what became of each.
        tell: Told of each as well.

    Raises:
        StateError: The state cannot be written.
    """
    for lot in wants.inventories():
        for pages in _chains(lot, state):
            found = _outcome(pages, wants, joining, places)
            if found is not None:
                report.add(found)
                tell(found)
        report.incomplete += _waits(pages_of(lot, state.latest))


def _chains(lot: Lot, state: State) -> Iterator[Pages]:
    """Yield the pages of an inventory, and those of the slot before, whose last one may just have ended."""
    yield from (
        pages for one in (lot, *_slot_before(lot)) if (pages := pages_of(one, state.latest)).are_several
    )


def _slot_before(lot: Lot) -> Iterable[Lot]:
    if lot.schedule is None or lot.slot is None:
        return ()
    return (replace(lot, slot=slot_name(lot.schedule.latest_tick(parse_instant(lot.slot) - _MOMENT))),)


def _waits(pages: Pages) -> bool:
    return pages.are_several and pages.fetched is None and pages.end in {End.OPEN, End.LAST}


def _outcome(pages: Pages, wants: Wants, joining: Joining, places: Places) -> Outcome | None:
    """Return what became of an inventory; None where nothing had to be done, or can be done yet."""
    if pages.end in _ODD:
        return _odd(pages)
    records = pages.fetched
    want = None if records is None else wants.of(records[0])
    if records is None or want is None or is_joined(records):
        return None
    try:
        return _joined(records, want, joining, places.at(want.template.base))
    except StateError:
        raise
    except GlacierManifestError as error:
        return _failed(records[0], Mishap(error.code, error.message))


def _joined(records: Sequence[Record], want: Want, joining: Joining, place: Place) -> Outcome | None:
    if joining.resume(records, place):
        return None
    wanted = want.template.wanted(_filling(records[0], want.job))
    return _told(records[0], joining.join(records, place, wanted))


def _filling(record: Record, job: str) -> Filling:
    began = record.accepted_at or record.intended_at
    assert began is not None  # noqa: S101 - what was fetched was accepted before
    return Filling(vault=record.vault, job=job, date=began.date(), slot=record.slot)


def _told(first: Record, joined: Joined) -> Outcome:
    return Outcome(
        Result.FETCHED,
        first.address,
        first.key,
        first.generation,
        first.job_id,
        output=joined.location,
        size=joined.size,
        tree_hash=joined.tree_hash,
        verified_by="joined",
        renamed=joined.name.reasons,
    )


_ODD = {
    End.STALE: Mishap(
        "page-stale",
        "it was bought before the page before it, and so may be of an older inventory: buy it again with "
        "--restart and its address",
    ),
    End.REPEATED: Mishap(
        "pages-repeat",
        "Glacier's marker leads from its last page back to one that there was before: ask AWS Support, and "
        "use 'start_date' and 'end_date' in place of 'limit' meanwhile",
    ),
}


def _odd(pages: Pages) -> Outcome | None:
    record = pages.known[-1].record
    return None if record is None else _failed(record, _ODD[pages.end])


def _failed(record: Record, mishap: Mishap) -> Outcome:
    return Outcome(Result.FAILED, record.address, record.key, record.generation, record.job_id, mishap=mishap)
