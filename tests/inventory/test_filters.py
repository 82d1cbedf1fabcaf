from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.diagnostics import Span
from glacier_manifest.inventory.archive import Archive
from glacier_manifest.inventory.filters import Selection, rank, wanted
from glacier_manifest.inventory.names import cloudberry, fastglacier, mt2
from glacier_manifest.manifest.model import FromInventory, InventorySource, Order, TextMatch, Where

MODIFIED = datetime(2015, 1, 1, tzinfo=UTC)
SOURCE = InventorySource(Path("photos.json"), None, None, Span(Path("jobs.yaml"), 1, 1, 2))


def archive(
    description: str = "2015/a.jpg",
    *,
    archive_id: str = "a" * 138,
    created: str = "2015-06-01T10:00:00.000Z",
    size: int = 1000,
    tree_hash: str = "ab" * 32,
) -> Archive:
    return Archive(archive_id, description, created, size, tree_hash)


def picked(where: Where, archives: Iterable[Archive], exclude: tuple[Where, ...] = ()) -> list[str]:
    return [one.description for one in Selection(FromInventory(SOURCE, where, exclude)).of(archives)]


@pytest.mark.parametrize(
    ("where", "passes"),
    [
        (Where(), True),
        (Where(path=("2015/**",)), True),
        (Where(path=("2014/**", "**/*.jpg")), True),
        (Where(path=("2014/**",)), False),
        (Where(description=TextMatch(glob="2015*")), True),
        (Where(description=TextMatch(glob="2015")), False),
        (Where(description=TextMatch(regex=r"\.jpg$")), True),
        (Where(description=TextMatch(regex="^a")), False),
        (Where(created_from="2015-06-01T10:00:00.000Z"), True),
        (Where(created_from="2015-06-01T10:00:00.001Z"), False),
        (Where(created_to="2015-06-01T10:00:00.001Z"), True),
        (Where(created_to="2015-06-01T10:00:00.000Z"), False),
        (Where(smallest=1000), True),
        (Where(smallest=1001), False),
        (Where(largest=1000), True),
        (Where(largest=999), False),
        (Where(largest=0), False),
        (Where(tree_hash=("cd" * 32, "ab" * 32)), True),
        (Where(tree_hash=("cd" * 32,)), False),
        (Where(archive_id=("b" * 138, "a" * 138)), True),
        (Where(archive_id=("a" * 137,)), False),
        (Where(path=("2015/**",), smallest=1, largest=2000, created_to="2016"), True),
        (Where(path=("2015/**",), smallest=1, largest=2000, created_to="2015"), False),
        (Where(path=("2014/**",), smallest=1, largest=2000, created_to="2016"), False),
    ],
    ids=repr,
)
def test_all_conditions_that_are_given_must_hold(where: Where, *, passes: bool) -> None:
    assert bool(wanted(where)(archive())) is passes


@pytest.mark.parametrize(
    "description",
    [
        "2015/a.jpg",
        "/2015/a.jpg",
        mt2.encode("2015/a.jpg", MODIFIED),
        fastglacier.encode("2015/a.jpg", MODIFIED),
        cloudberry.encode("/2015/a.jpg", MODIFIED),
    ],
)
def test_paths_are_decoded_and_descriptions_are_raw(description: str) -> None:
    plain = archive(description)

    assert wanted(Where(path=("2015/*.jpg",)))(plain)
    assert not wanted(Where(path=("2016/*.jpg",)))(plain)
    assert wanted(Where(description=TextMatch(glob=f"{description[:4]}*")))(plain)


def test_an_archive_that_is_as_any_exclusion_says_is_left_out() -> None:
    archives = [archive(name) for name in ("2015/a.jpg", "2015/b.tmp", "2016/c.jpg", "2015/secret/d.jpg")]
    exclude = (Where(path=("**/*.tmp",)), Where(path=("2015/secret/**",), smallest=1000))

    assert picked(Where(path=("2015/**",)), archives, exclude) == ["2015/a.jpg"]


def test_all_conditions_of_an_exclusion_must_hold() -> None:
    archives = [archive("a.tmp", size=1), archive("b.tmp", size=1000)]

    assert picked(Where(), archives, (Where(path=("*.tmp",), largest=10),)) == ["b.tmp"]


def test_what_is_picked_keeps_the_inventorys_order() -> None:
    names = ["z", "a", "m", "b"]

    assert picked(Where(path=("?",)), [archive(name) for name in names]) == names


def test_a_selection_counts_what_it_has_met() -> None:
    selection = Selection(FromInventory(SOURCE, Where(smallest=5)))
    matching = selection.of(archive(size=size) for size in range(8))

    assert (selection.seen, selection.matched) == (0, 0)
    assert next(matching).size == 5
    assert (selection.seen, selection.matched) == (6, 1)
    assert [one.size for one in matching] == [6, 7]
    assert (selection.seen, selection.matched) == (8, 3)


def test_a_limit_in_the_inventorys_order_takes_the_first_and_reads_to_the_end() -> None:
    wish = FromInventory(SOURCE, Where(smallest=2), order=Order.INVENTORY, limit=2)
    selection = Selection(wish)

    taken = [one.size for one in selection.of(archive(size=size) for size in range(8))]

    assert taken == [2, 3]
    assert (selection.seen, selection.matched) == (8, 6)


@pytest.mark.parametrize("order", [Order.CREATION_DATE, Order.SIZE, Order.PATH])
def test_a_limit_in_another_order_is_left_to_who_puts_them_in_order(order: Order) -> None:
    selection = Selection(FromInventory(SOURCE, order=order, limit=1))

    assert len([*selection.of([archive(), archive()])]) == 2


def test_a_cut_inventory_is_noticed_even_where_the_limit_was_reached_long_before() -> None:
    def cut() -> Iterator[Archive]:
        yield archive()
        raise EOFError

    wish = FromInventory(SOURCE, order=Order.INVENTORY, limit=1)

    with pytest.raises(EOFError):
        list(Selection(wish).of(cut()))


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order.CREATION_DATE, ["b", "/a", "c"]),
        (Order.SIZE, ["c", "/a", "b"]),
        (Order.PATH, ["/a", "b", "c"]),
    ],
)
def test_archives_are_ranked_by_what_is_asked(order: Order, expected: list[str]) -> None:
    archives = [
        archive(fastglacier.encode("c", MODIFIED), created="2015-03-01T00:00:00.000Z", size=1),
        archive("/a", created="2015-02-01T00:00:00.000Z", size=22),
        archive("b", created="2015-01-01T00:00:00.000Z", size=111),
    ]
    names = {archives[0].description: "c"}
    key = rank(order)
    assert key is not None

    ranked = [names.get(one.description, one.description) for one in sorted(archives, key=key)]

    assert ranked == expected


@pytest.mark.parametrize("order", [Order.CREATION_DATE, Order.SIZE, Order.PATH])
def test_equal_archives_are_ranked_by_their_ids(order: Order) -> None:
    first, second = archive(archive_id="a"), archive(archive_id="b")
    key = rank(order)
    assert key is not None

    assert sorted([second, first], key=key) == [first, second]


def test_the_inventorys_own_order_needs_no_rank() -> None:
    assert rank(Order.INVENTORY) is None


ARCHIVES = st.lists(
    st.builds(
        archive,
        st.sampled_from(["a.tmp", "b/c.tmp", "b/d.jpg", mt2.encode("b/e.jpg", MODIFIED), ""]),
        archive_id=st.sampled_from("xyz"),
        created=st.sampled_from(["2014-12-31T23:59:59.999Z", "2015-01-01T00:00:00.000Z"]),
        size=st.integers(0, 3),
        tree_hash=st.sampled_from("uv"),
    ),
    max_size=20,
)
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "path": st.sampled_from([("**/*.tmp",), ("b/**",), ("a.tmp", "b/[de].*")]),
        "description": st.sampled_from([TextMatch(glob="b*"), TextMatch(regex="tmp|mt2")]),
        "created_from": st.just("2015-01-01T00:00:00.000Z"),
        "created_to": st.just("2015-01-01T00:00:00.000Z"),
        "smallest": st.integers(0, 3),
        "largest": st.integers(0, 3),
        "tree_hash": st.just(("u",)),
        "archive_id": st.just(("x", "y")),
    },
)


@given(CONDITIONS, CONDITIONS, ARCHIVES)
def test_a_filter_is_each_of_its_conditions_alone(
    conditions: dict[str, Any], excluded: dict[str, Any], archives: list[Archive]
) -> None:
    def passes(one: Archive, named: dict[str, Any]) -> bool:
        return all(wanted(replace(Where(), **{name: value}))(one) for name, value in named.items())

    is_wanted = wanted(Where(**conditions), [Where(**excluded)])

    for one in archives:
        assert bool(is_wanted(one)) is (passes(one, conditions) and not passes(one, excluded))
