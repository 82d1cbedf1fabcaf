from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from glacier_manifest.manifest import archive_values
from glacier_manifest.units import GIB, MIB, TIB


def advice_on(rule: Callable[..., object], value: object) -> str:
    with pytest.raises(PydanticCustomError) as raised:
        rule(value)
    advice: str = (raised.value.context or {})["advice"]
    return advice


@pytest.mark.parametrize(
    "text",
    ["photos.json", "../inventories/photos.csv.gz", "/srv/a b.json", "s3://amzn-s3-demo-bucket/a/b.json"],
)
def test_where_an_inventory_may_lie(text: str) -> None:
    assert archive_values.inventory_location(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "http://example.com/a",
        "file:///a.json",
        "s3:bucket/key",
        "s3://",
        "s3://bucket",
        "s3://B/key",
        "S3://b/k",
    ],
)
def test_where_none_is_read(text: str) -> None:
    assert "s3" in advice_on(archive_values.inventory_location, text).lower()


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("2015-01-01", "2015-01-01T00:00:00.000Z"),
        ("2015-01-01T12:30", "2015-01-01T12:30:00.000Z"),
        ("2012-05-15T17:19:46.700Z", "2012-05-15T17:19:46.700Z"),
        ("2015-01-01 00:00:00.5+02:00", "2014-12-31T22:00:00.500Z"),
    ],
)
def test_dates_have_the_form_in_which_inventories_are_ordered(text: str, normalised: str) -> None:
    assert archive_values.archive_moment(text) == normalised


@pytest.mark.parametrize(
    "text",
    [
        "2015",
        "2015-02-30",
        "2015-01-01Z",
        "yesterday",
        "0001-01-01T00:00:00+10:00",
        "2015-01-01T00:00:00.1234Z",
    ],
)
def test_what_is_not_a_date_of_an_archive(text: str) -> None:
    assert "2015-01-01" in advice_on(archive_values.archive_moment, text)


@given(st.integers(0, 24))
def test_a_piece_is_a_power_of_two_in_mebibytes(power: int) -> None:
    assert archive_values.piece_size(MIB << power) == MIB << power


@given(st.integers(1, 8 * TIB).filter(lambda size: size < MIB or size & (size - 1)))
def test_no_other_piece_is(size: int) -> None:
    assert "only such pieces can be verified" in advice_on(archive_values.piece_size, size)


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("100 MiB", "write 64 MiB or 128 MiB"),
        ("1 GB", "write 512 MiB or 1 GiB"),
        ("1 KiB", "write 1 MiB:"),
        (3 * GIB, "write 2 GiB or 4 GiB"),
    ],
)
def test_the_pieces_nearest_to_a_wrong_one_are_named(value: object, advice: str) -> None:
    assert advice_on(archive_values.piece_size, value).startswith(advice)


@pytest.mark.parametrize(
    ("text", "dollars"), [("50 USD", "50"), ("50USD", "50"), ("0.05 USD", "0.05"), ("0 USD", "0")]
)
def test_amounts_of_money(text: str, dollars: str) -> None:
    assert archive_values.cost(text) == Decimal(dollars)


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (50, "write it like 50 USD"),
        (2.5, "write it like 2.5 USD"),
        ("$12.50", "prices are in USD: write it like 12.50 USD"),
        ("50 EUR", "prices are in USD: write it like 50 USD"),
        ("-5 USD", "write it like 5 USD"),
        ("1,000 USD", "write it like 1000 USD"),
        ("", "write it like 50 USD"),
        ("1e3 USD", "write it like 50 USD"),
        ("much", "write it like 50 USD"),
    ],
)
def test_what_is_not_an_amount_of_money(value: object, advice: str) -> None:
    assert advice_on(archive_values.cost, value) == advice


@pytest.mark.parametrize(
    ("value", "dollars"), [(0.0025, "0.0025"), (10, "10"), ("0.0100", "0.0100"), (0, "0"), (1e-7, "1E-7")]
)
def test_a_price_is_exactly_what_was_written(value: object, dollars: str) -> None:
    assert archive_values.amount(value) == Decimal(dollars)


@pytest.mark.parametrize("value", [-1, 1e9, "free", "", "1 USD", "1,5"])
def test_what_is_not_a_price(value: object) -> None:
    assert "such as 0.0025" in advice_on(archive_values.amount, value)


@pytest.mark.parametrize("value", [True, None, []])
def test_what_is_no_number_is_left_to_the_check_of_types(value: object) -> None:
    assert archive_values.amount(value) is value
    assert archive_values.cost(value) is value
    assert archive_values.piece_size(value) is value


def test_a_tree_hash_is_read_in_either_case() -> None:
    assert archive_values.tree_hash("AB" * 32) == "ab" * 32


def test_a_regex_with_groups_is_let_through() -> None:
    assert archive_values.regex(r"^(a|b)+\.jpe?g$") == r"^(a|b)+\.jpe?g$"
