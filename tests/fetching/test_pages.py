"""Pages of an inventory that are stored: put together once, whatever a run dies of meanwhile."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from glacier_manifest.errors import Failed
from glacier_manifest.fetching.folder import PARTS, Folder
from glacier_manifest.fetching.names import Name, Naming, Reason
from glacier_manifest.fetching.pages import Joining, in_file, is_joined, page_of
from glacier_manifest.fetching.places import Place
from glacier_manifest.fetching.tree_hash import tree_hash
from glacier_manifest.inventory.archive import Archive
from glacier_manifest.jobs.request import InventoryRetrieval
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Adopt, Change, Fetch, Join
from glacier_manifest.state.record import Record
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.state.written import Written
from tests.fetching.places import files_in
from tests.inventory.inventories import archive, csv_of, json_of, read
from tests.planning.examples import NOON, record, request
from tests.planning.examples import archive as retrieval
from tests.state.examples import RUN, STATE_ID

ARCHIVES = [archive(number) for number in range(7)]


@dataclass
class World:
    """A state, a folder, and pages that are stored in it."""

    state: SqliteState
    folder: Path

    def fetched(self, *pages: bytes) -> list[Record]:
        """Store pages, and let the state know."""
        return [self._page(number, body) for number, body in enumerate(pages, start=1)]

    def _page(self, number: int, body: bytes) -> Record:
        path = self.folder / f"photos.page-{number}"
        path.write_bytes(body)
        asked = request(InventoryRetrieval(limit="3", marker=f"m{number}", page=number), job="list")
        made = record(asked, Status.SUCCEEDED, job_id=f"job-{number}")
        self.state.write(Adopt(made, NOON))
        root = tree_hash([body]).hex()
        self.state.write(Fetch(made.key, 0, NOON, str(path), root, len(body), "read-twice"))
        return self.known([made])[0]

    def known(self, records: Sequence[Record]) -> list[Record]:
        latest = self.state.latest([one.key for one in records])
        return [latest[one.key] for one in records]

    def place(self) -> Place:
        destination = Folder(self.folder)
        return Place(destination, Naming(destination.rules, base=destination.base, claims={}))

    def joining(self, state: SqliteState | None = None) -> Joining:
        return Joining(state or self.state, in_file, lambda: NOON)

    @property
    def whole(self) -> bytes:
        return (self.folder / "photos").read_bytes()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "lists"
    folder.mkdir()
    path = tmp_path / "state.db"
    with closing(SqliteState(path, run=RUN, clock=lambda: NOON, new_id=lambda: STATE_ID)) as state:
        yield World(state, folder)


PAGES = (json_of(ARCHIVES[:3]), json_of(ARCHIVES[3:6]), json_of(ARCHIVES[6:]))


@pytest.mark.parametrize("write", [json_of, csv_of])
def test_the_whole_takes_the_place_of_its_pages(
    world: World, write: Callable[[list[Archive]], bytes]
) -> None:
    records = world.fetched(*(write(ARCHIVES[start : start + 3]) for start in (0, 3, 6)))

    joined = world.joining().join(records, world.place(), Name("photos"))

    assert read(world.whole) == ARCHIVES
    assert list(files_in(world.folder)) == ["photos"]
    assert (joined.archives, joined.size) == (7, len(world.whole))
    after = world.known(records)
    assert is_joined(after)
    assert {(one.output, one.output_tree_hash, one.output_size, one.verified_by) for one in after} == {
        (str(world.folder / "photos"), tree_hash([world.whole]).hex(), len(world.whole), "joined")
    }


def test_a_file_that_has_the_name_already_is_left_alone(world: World) -> None:
    (world.folder / "photos").write_text("precious")

    joined = world.joining().join(world.fetched(*PAGES), world.place(), Name("photos", (Reason.NO_NAME,)))

    assert world.whole == b"precious"
    assert read(Path(joined.location).read_bytes()) == ARCHIVES


@pytest.mark.parametrize(
    ("hurt", "code"),
    [
        (lambda path: path.write_bytes(json_of(ARCHIVES[:2])), "page-changed"),
        (lambda path: path.write_bytes(PAGES[1][:-9]), "page-changed"),
        (lambda path: path.unlink(), "page-missing"),
    ],
    ids=["another", "cut", "gone"],
)
def test_a_page_that_is_not_what_was_stored_is_not_put_into_a_whole(
    world: World, hurt: Callable[[Path], object], code: str
) -> None:
    records = world.fetched(*PAGES)
    hurt(world.folder / "photos.page-2")

    with pytest.raises(Failed) as refusal:
        world.joining().join(records, world.place(), Name("photos"))

    assert refusal.value.code == code
    assert not (world.folder / "photos").exists()
    assert (world.folder / "photos.page-1").exists()
    assert world.known(records) == records


class Killed(Exception):
    """The run ends here."""


class Dying:
    """A state that takes so many joined pages, and then the run dies."""

    def __init__(self, state: SqliteState, takes: int) -> None:
        self._state = state
        self._takes = takes

    def write(self, change: Change) -> None:
        self.submit_together([change])[0].result()

    def submit_together(self, changes: Sequence[Change]) -> list[Written[None]]:
        taken = self._state.submit_together(changes[: self._takes])
        for one in taken:
            one.result()
        self._takes -= len(taken)
        if len(taken) < len(changes):
            raise Killed
        return taken


@pytest.mark.parametrize("takes", [0, 1, 2])
def test_a_run_that_dies_while_it_writes_it_down_is_gone_on_with(world: World, takes: int) -> None:
    records = world.fetched(*PAGES)
    with pytest.raises(Killed):
        world.joining(Dying(world.state, takes)).join(records, world.place(), Name("photos"))  # type: ignore[arg-type]

    left = world.known(records)
    place = world.place()
    if not world.joining().resume(left, place):
        world.joining().join(left, place, Name("photos"))

    assert is_joined(world.known(records))
    assert read(world.whole) == ARCHIVES
    assert "photos" in files_in(world.folder)
    assert not [name for name in files_in(world.folder) if "~" in name], "there is one whole only"
    assert not list((world.folder / PARTS).iterdir())


def test_a_page_that_was_bought_again_later_is_not_taken_for_one_that_was_joined(world: World) -> None:
    records = world.fetched(*PAGES)
    world.joining().join(records, world.place(), Name("photos"))
    newer = replace(records[1], changed_at=NOON + timedelta(days=1))

    with pytest.raises(Failed, match="bought again after"):
        world.joining().resume([*world.known(records)[:1], newer], world.place())


def test_what_is_joined_is_not_resumed(world: World) -> None:
    records = world.fetched(*PAGES)
    assert not world.joining().resume(records, world.place())
    world.joining().join(records, world.place(), Name("photos"))

    assert not world.joining().resume(world.known(records), world.place())


def test_joining_what_is_joined_changes_nothing_in_the_state(world: World) -> None:
    (one,) = world.fetched(PAGES[0])
    join = Join(one.key, 0, NOON, "whole", "ab" * 32, 7, "joined")
    world.state.write(join)
    world.state.write(join)

    assert [event["event"] for event in world.state.events(key=one.key)] == ["adopted", "fetched", "joined"]


@pytest.mark.parametrize(
    ("made", "page"),
    [
        (record(request(InventoryRetrieval(), job="list"), Status.FETCHED), None),
        (record(request(InventoryRetrieval(), job="list"), Status.FETCHED, next_marker="m2"), 1),
        (record(request(InventoryRetrieval(marker="m2", page=2), job="list"), Status.FETCHED), 2),
        (record(request(retrieval("a")), Status.FETCHED), None),
    ],
    ids=["whole", "first", "second", "archive"],
)
def test_pages_are_told_from_what_is_whole(made: Record, page: int | None) -> None:
    assert page_of(made) == page
