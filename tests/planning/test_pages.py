"""Pages of an inventory: what is known of them, how they are approved, and when they are all there."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from glacier_manifest.diagnostics import Span
from glacier_manifest.jobs.address import address_of
from glacier_manifest.jobs.status import Status
from glacier_manifest.manifest import NEVER, Repurchases
from glacier_manifest.planning.approval import entry, standing_entry
from glacier_manifest.planning.lot import Piece, lot_of
from glacier_manifest.planning.pages import End, Pages, pages_of, stored_as
from glacier_manifest.state.record import JOINED, Record
from tests.planning.examples import INVENTORY, NOON, SLOT, WEEKLY, record, request

SERIES = request(INVENTORY, job="list", slot=SLOT, schedule=WEEKLY)
FIRST, _ = lot_of(SERIES, Span(Path("jobs.yaml"), 7, 5, 9))
HOUR = timedelta(hours=1)


class Known:
    """What a state knows of pages."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}

    def latest(self, keys: Iterable[str]) -> Mapping[str, Record]:
        return {key: self.records[key] for key in keys if key in self.records}

    def add(self, status: Status, next_marker: str | None = None, hour: int = 0, **more: object) -> Record:
        """Let the last page that is known stand so."""
        lot = pages_of(FIRST, self.latest).known[-1].lot
        made = record(
            lot.request(Piece()),
            status,
            job_id="job",
            next_marker=next_marker,
            intended_at=NOON + hour * HOUR,
        )
        self.records[made.key] = replace(made, **more)  # type: ignore[arg-type]
        return made


def chain(*pages: tuple[Status, str | None]) -> Known:
    known = Known()
    for hour, (status, marker) in enumerate(pages):
        known.add(status, marker, hour, output=f"{hour + 1}.json")
    return known


def markers(pages: Pages) -> list[str | None]:
    return [getattr(page.lot.asking, "marker", None) for page in pages.known]


@pytest.mark.parametrize(
    ("known", "asked_for", "end"),
    [
        ([], [None], End.OPEN),
        ([(Status.IN_PROGRESS, None)], [None], End.OPEN),
        ([(Status.FAILED, None)], [None], End.OPEN),
        ([(Status.SUCCEEDED, None)], [None], End.LAST),
        ([(Status.SUCCEEDED, "m2")], [None, "m2"], End.OPEN),
        ([(Status.EXPIRED, "m2")], [None, "m2"], End.OPEN),
        ([(Status.FETCHED, "m2"), (Status.IN_PROGRESS, None)], [None, "m2"], End.OPEN),
        ([(Status.FETCHED, "m2"), (Status.FETCHED, "m3")], [None, "m2", "m3"], End.OPEN),
        ([(Status.FETCHED, "m2"), (Status.FETCHED, None)], [None, "m2"], End.LAST),
        ([(Status.FETCHED, "m2"), (Status.FETCHED, "m2")], [None, "m2"], End.REPEATED),
    ],
)
def test_a_page_is_asked_for_as_soon_as_the_one_before_it_has_told_its_marker(
    known: list[tuple[Status, str | None]], asked_for: list[str | None], end: End
) -> None:
    pages = pages_of(FIRST, chain(*known).latest)

    assert (markers(pages), pages.end) == (asked_for, end)


def test_pages_are_told_apart_by_their_addresses_and_keep_the_slot() -> None:
    pages = pages_of(FIRST, chain((Status.FETCHED, "m2"), (Status.FETCHED, "m3")).latest)

    assert [address_of(page.lot.request(Piece())) for page in pages.known] == [
        f"list/photos@{SLOT}",
        f"list/photos:page-2@{SLOT}",
        f"list/photos:page-3@{SLOT}",
    ]


@pytest.mark.parametrize(
    ("restarts", "approved_by"),
    [
        (NEVER, entry(SERIES, 0)),
        (Repurchases(expired=1), standing_entry(SERIES, Repurchases(expired=1))),
    ],
)
def test_further_pages_are_approved_with_the_first(restarts: Repurchases, approved_by: str) -> None:
    pages = pages_of(FIRST, chain((Status.FETCHED, "m2"), (Status.FETCHED, "m3")).latest, restarts)

    assert [page.lot.bounded for page in pages.known] == [None, approved_by, approved_by]


def test_a_page_that_was_bought_before_the_page_before_it_may_be_of_another_inventory() -> None:
    known = Known()
    known.add(Status.FETCHED, "m2", hour=9)
    known.add(Status.FETCHED, None, hour=3)

    assert pages_of(FIRST, known.latest).end is End.STALE


def test_an_inventory_in_one_piece_is_there_when_it_is_fetched() -> None:
    assert stored_as(pages_of(FIRST, chain((Status.SUCCEEDED, None)).latest)) is None
    assert stored_as(pages_of(FIRST, chain((Status.FETCHED, None)).latest)) == "1.json"


def test_an_inventory_in_pages_is_there_when_they_are_joined() -> None:
    known = chain((Status.FETCHED, "m2"), (Status.FETCHED, None))
    assert stored_as(pages_of(FIRST, known.latest)) is None

    known.records = {
        key: replace(one, verified_by=JOINED, output="whole.json") for key, one in known.records.items()
    }
    assert stored_as(pages_of(FIRST, known.latest)) == "whole.json"
