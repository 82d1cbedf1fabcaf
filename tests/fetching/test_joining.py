"""Which inventories are put together: those whose pages are all there, of this slot and of the one before."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from glacier_manifest.diagnostics import Span
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.fetching.folder import Folder
from glacier_manifest.fetching.joining import join_inventories
from glacier_manifest.fetching.pages import Joining, in_file
from glacier_manifest.fetching.places import Places
from glacier_manifest.fetching.report import Outcome, Report, Result
from glacier_manifest.fetching.tree_hash import tree_hash
from glacier_manifest.fetching.wants import OfManifests
from glacier_manifest.jobs.request import InventoryRetrieval
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.lot import Lot, Piece
from glacier_manifest.planning.pages import pages_of
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.changes import Adopt, Fetch
from glacier_manifest.state.record import Record
from glacier_manifest.state.sqlite import SqliteState
from tests.fetching.places import files_in
from tests.inventory.inventories import archive, json_of, read
from tests.planning.examples import NOON, PHOTOS, SLOT, WEEKLY, record
from tests.state.examples import RUN, STATE_ID

BEFORE = "2026-11-16T03:00Z"
#: What a page is whose job was bought, and not fetched yet.
NOT_FETCHED = b""


class World:
    """A manifest that asks for an inventory in pages, and what a state knows of these."""

    def __init__(self, folder: Path, state: SqliteState, scratch: Scratch) -> None:
        self.folder = folder
        self.state = state
        self.lot = Lot(
            job="list",
            vault=PHOTOS,
            asking=InventoryRetrieval(limit="2"),
            span=Span(folder / "jobs.yaml", 1, 1, 2),
            file=folder / "jobs.yaml",
            slot=SLOT,
            schedule=WEEKLY,
            save_to="lists/{slot}.json",
        )
        draft = Draft(scratch)
        draft.add(self.lot, [Piece()])
        draft.merge()
        self.wants = OfManifests(draft, {}, lambda _archive: None)

    def bought(self, *pages: bytes, slot: str = SLOT, hours: tuple[int, ...] = (0, 1, 2)) -> None:
        """Let the state know of pages, each with the marker of the one behind it but the last."""
        first = replace(self.lot, slot=slot)
        for number, body in enumerate(pages, start=1):
            lot = pages_of(first, self.state.latest).known[-1].lot
            marker = f"m{number + 1}" if number < len(pages) else None
            self._bought(lot, body, next_marker=marker, hour=hours[number - 1])

    def _bought(self, lot: Lot, body: bytes, *, next_marker: str | None, hour: int) -> None:
        made = record(
            lot.request(Piece()),
            Status.SUCCEEDED,
            job_id=f"{lot.slot} {next_marker}",
            next_marker=next_marker,
        )
        self.state.write(Adopt(replace(made, accepted_at=NOON.replace(hour=hour)), NOON))
        if body is not NOT_FETCHED:
            path = self.folder / f"{lot.slot}.{next_marker}"
            path.write_bytes(body)
            root = tree_hash([body]).hex()
            self.state.write(Fetch(made.key, 0, NOON, str(path), root, len(body), "read-twice"))

    def join(self) -> Report:
        report, told = Report({}), list[Outcome]()
        join_inventories(
            self.state,
            self.wants,
            joining=Joining(self.state, in_file, lambda: NOON),
            places=Places(lambda base: Folder(Path(base)), {}, list),
            report=report,
            tell=told.append,
        )
        assert told == [*report.outcomes.values()]
        return report

    @property
    def lists(self) -> dict[str, bytes]:
        return files_in(self.folder / "lists") if (self.folder / "lists").exists() else {}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    path = tmp_path / "state.db"
    with (
        closing(SqliteState(path, run=RUN, clock=lambda: NOON, new_id=lambda: STATE_ID)) as state,
        Scratch() as scratch,
    ):
        yield World(tmp_path, state, scratch)


ONE, TWO, THREE = (json_of([archive(number)]) for number in range(3))


@pytest.mark.parametrize("slot", [SLOT, BEFORE], ids=["this slot", "the slot before"])
def test_pages_that_are_all_there_are_put_together_once(world: World, slot: str) -> None:
    world.bought(ONE, TWO, THREE, slot=slot)

    (joined,) = world.join().outcomes.values()

    assert (joined.result, joined.address) == (Result.FETCHED, f"list/photos@{slot}")
    (name,) = world.lists
    assert joined.output == str(world.folder / "lists" / name)
    assert read(world.lists[name]) == [archive(0), archive(1), archive(2)]
    assert world.join().outcomes == {}


@pytest.mark.parametrize(
    ("pages", "incomplete"), [((ONE, TWO, NOT_FETCHED), 1), ((NOT_FETCHED, TWO), 1), ((ONE,), 0), ((), 0)]
)
def test_pages_are_waited_for(world: World, pages: tuple[bytes, ...], incomplete: int) -> None:
    world.bought(*pages)
    report = world.join()

    assert (report.outcomes, report.incomplete, world.lists) == ({}, incomplete, {})


def test_a_page_that_was_bought_too_early_is_told_with_its_address(world: World) -> None:
    world.bought(ONE, TWO, hours=(5, 1))
    (stale,) = world.join().outcomes.values()

    assert (stale.result, stale.address) == (Result.FAILED, f"list/photos:page-2@{SLOT}")
    assert stale.mishap is not None
    assert stale.mishap.code == "page-stale"


def test_a_page_that_is_gone_is_told_and_nothing_is_put_together(world: World) -> None:
    world.bought(ONE, TWO)
    (world.folder / f"{SLOT}.None").unlink()
    (failed,) = world.join().outcomes.values()

    assert failed.mishap is not None
    assert (failed.result, failed.mishap.code, world.lists) == (Result.FAILED, "page-missing", {})


def test_pages_of_a_slot_that_is_over_are_still_wanted(world: World) -> None:
    world.bought(NOT_FETCHED, NOT_FETCHED, slot=BEFORE)
    pages: list[Record] = list(world.state.records())

    assert [world.wants.of(page) is not None for page in pages] == [True, True]
