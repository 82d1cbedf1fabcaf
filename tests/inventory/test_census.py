import tracemalloc
from collections.abc import Iterator

import pytest

from glacier_manifest.inventory.archive import Archive
from glacier_manifest.inventory.census import MOST_FOLDERS, Census, Tally, by_size
from tests.inventory.inventories import archive


def counted(*archives: Archive, depth: int = 1, largest: int = 10) -> Census:
    census = Census(largest, depth)
    census.take(archives)
    return census


def test_an_empty_inventory_has_nothing() -> None:
    census = counted()

    assert (census.total, census.years, census.folders, census.largest) == (Tally(), {}, {}, ())
    assert census.first_created is census.last_created is None


def test_archives_are_counted_by_year_with_the_first_and_the_last_day() -> None:
    late = archive(1, size=5)._replace(creation_date="2015-01-01T00:00:00.000Z")
    early = archive(2, size=7)._replace(creation_date="2012-12-31T23:59:59.999Z")

    census = counted(late, early, late)

    assert census.years == {"2015": Tally(2, 10), "2012": Tally(1, 7)}
    assert census.total == Tally(3, 17)
    assert (census.first_created, census.last_created) == (early.creation_date, late.creation_date)


@pytest.mark.parametrize(
    ("depth", "folders"),
    [
        (1, {"photos": Tally(3, 3), "": Tally(1, 1)}),
        (2, {"photos/2014": Tally(1, 1), "photos/2015": Tally(1, 1), "photos": Tally(1, 1), "": Tally(1, 1)}),
    ],
)
def test_folders_are_those_of_the_decoded_paths(depth: int, folders: dict[str, Tally]) -> None:
    paths = ["photos/2014/a.jpg", "/photos/2015/deep/b.jpg", "photos/c.jpg", "notes.txt"]
    described = [archive(number, path, size=1) for number, path in enumerate(paths)]

    assert counted(*described, depth=depth).folders == folders


def test_the_largest_come_first() -> None:
    archives = [archive(number, size=number * 37 % 101) for number in range(100)]

    assert [one.size for one in counted(*archives, largest=3).largest] == [100, 99, 98]
    assert counted(*archives, largest=0).largest == ()


def test_folders_without_number_take_no_more_room_than_a_thousand() -> None:
    def many(count: int) -> Iterator[Archive]:
        for number in range(count):
            yield archive(number, f"folder-{number}/a", size=1)

    tracemalloc.start()
    census = Census()
    census.take(many(20_000))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(census.folders) == MOST_FOLDERS
    assert census.elsewhere == Tally(19_000, 19_000)
    assert most < 2_000_000


def test_tallies_are_ranked_by_bytes_and_then_by_name() -> None:
    tallies = {"b": Tally(1, 5), "a": Tally(9, 5), "c": Tally(1, 6)}

    assert [name for name, _ in by_size(tallies)] == ["c", "a", "b"]
