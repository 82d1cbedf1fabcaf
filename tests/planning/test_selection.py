"""What a user's patterns mean among addresses that are looked at one by one."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.errors import UsageError
from glacier_manifest.planning.selection import Meaning

A, TWIN, DASH = "a" * 138, "a" * 100 + "b" * 38, "-" + "c" * 137
ADDRESSES = [
    ("weekly/photos@2026-11-23T03:00Z", None),
    (f"wedding/photos/{A}", A),
    (f"wedding/photos/{TWIN}", TWIN),
    (f"wedding/photos/{DASH}", DASH),
    (f"split/photos/{DASH}:0-1048575", DASH),
    (f"split/photos/{DASH}:1048576-2097151", DASH),
]
ALL = range(6)


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("weekly", [0]),
        ("wedding/photos", [1, 2, 3]),
        ("split", [4, 5]),
        ("*", list(ALL)),
        ("w*", [0, 1, 2, 3]),
        ("*:0-*", [4]),
        (f"wedding/photos/{A}", [1]),
        (f"wedding/photos/{'a' * 100}b", [2]),
        (f"split/photos/{DASH}", [4, 5]),
        ("split/photos/-c", [4, 5]),
    ],
)
def test_what_a_pattern_means(pattern: str, meant: list[int]) -> None:
    meaning = Meaning([pattern], ADDRESSES)

    assert meaning
    assert [number for number in ALL if ADDRESSES[number][0] in meaning] == meant


@pytest.mark.parametrize("order", [1, -1])
def test_a_whole_address_counts_before_what_merely_begins_so_whichever_is_looked_at_first(order: int) -> None:
    addresses = [("wedding/photos/ab", "ab"), ("wedding/photos/abc", "abc"), ("wedding/photos/abcd", "abcd")]

    meaning = Meaning(["wedding/photos/ab"], addresses[::order])

    assert [address for address, _ in addresses if address in meaning] == ["wedding/photos/ab"]


def test_several_patterns_mean_what_any_of_them_means() -> None:
    meaning = Meaning(["weekly", f"wedding/photos/{A}"], ADDRESSES)

    assert [number for number in ALL if ADDRESSES[number][0] in meaning] == [0, 1]


def test_without_a_pattern_no_address_is_looked_at() -> None:
    def nobody() -> Iterator[tuple[str, str | None]]:
        raise AssertionError("the addresses were asked for")
        yield

    meaning = Meaning([], nobody())

    assert not meaning
    assert ADDRESSES[0][0] not in meaning


@pytest.mark.parametrize("slip", ["wedding/photo", "Wedding", "-c", "*/videos", "split/photos/-d", ""])
def test_a_pattern_that_names_nothing_is_refused(slip: str) -> None:
    with pytest.raises(UsageError) as caught:
        Meaning(["wedding", slip], ADDRESSES)

    assert caught.value.code == "no-such-address"
    assert repr(slip) in caught.value.message


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (2, "of 2 archive IDs: j/v/a0000, j/v/a0001"),
        (999, "of 999 archive"),
        (5000, "of 1000 or more archive"),
    ],
)
def test_a_cut_archive_id_of_several_archives_is_refused_however_many_they_are(
    number: int, told: str
) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        Meaning(["j/v/a"], ((f"j/v/a{n:04}", f"a{n:04}") for n in range(number)))

    assert caught.value.code == "ambiguous-address"
    assert ("..." in caught.value.message) is (number > 2)
    assert "j/v/a*" in caught.value.next_step


@given(st.lists(st.sampled_from(ADDRESSES), unique=True, min_size=1), st.data())
def test_a_whole_address_means_itself_alone(
    addresses: list[tuple[str, str | None]], data: st.DataObject
) -> None:
    wanted, _ = data.draw(st.sampled_from(addresses))

    meaning = Meaning([wanted], addresses)

    assert [address for address, _ in addresses if address in meaning] == [wanted]
