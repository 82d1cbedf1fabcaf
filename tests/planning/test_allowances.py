"""What `--allow` says."""

from decimal import Decimal

import pytest

from glacier_manifest.errors import UsageError
from glacier_manifest.planning.allowances import Allowances
from glacier_manifest.units import TIB


@pytest.mark.parametrize(
    ("word", "name", "value"),
    [
        ("jobs=2000", "jobs", 2000),
        ("expedited_jobs=0", "expedited_jobs", 0),
        ("bytes=10TiB", "bytes", 10 * TIB),
        ("bytes=10 TiB", "bytes", 10 * TIB),
        ("bytes=4096", "bytes", 4096),
        ("cost=50", "cost", Decimal(50)),
        ("cost=50USD", "cost", Decimal(50)),
        ("cost=12.345678 USD", "cost", Decimal("12.345678")),
        ("photos.jobs=7", "photos.jobs", 7),
        ("photos-2015.v2.cost=20USD", "photos-2015.v2.cost", Decimal(20)),
    ],
)
def test_a_word_lifts_one_limit_to_a_value(word: str, name: str, value: int | Decimal) -> None:
    assert Allowances.parse((word,)).values == {name: value}


@pytest.mark.parametrize(
    "word",
    [
        *("jobs", "jobs=", "jobs=-1", "jobs=many", "=5", "", "jobs=1.5", "Jobs=1", "jobs=\u0661"),
        *("bytes=", "bytes=many", "bytes=-1", "bytes=10 apples"),
        *("cost=", "cost=-1", "cost=5EUR", "cost=$5", "cost=1e3", "cost=NaN"),
        *(".jobs=5", "photos.=5", "photos=5", "photos.tiers=5", "photos.unknown-size"),
    ],
)
def test_what_lifts_no_limit_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="NAME=NUMBER") as caught:
        Allowances.parse(("jobs=1", word))

    assert caught.value.code == "bad-allowance"


def test_the_last_word_for_a_limit_counts() -> None:
    assert Allowances.parse(("jobs=1", "jobs=2")).values == {"jobs": 2}


def test_unknown_sizes_and_unknown_prices_are_allowed_each_by_its_own_word() -> None:
    size, price = Allowances.parse(("unknown-size",)), Allowances.parse(("unknown-price",))

    assert (size.unknown_size, size.unknown_price) == (True, False)
    assert (price.unknown_size, price.unknown_price) == (False, True)


def test_what_was_lifted_can_be_said_again() -> None:
    lifted = Allowances.parse(("unknown-size", "photos.cost=12.50USD", "bytes=1KiB", "jobs=7"))

    assert lifted.words == ("bytes=1024", "jobs=7", "photos.cost=12.50", "unknown-size")
    assert Allowances.parse(lifted.words) == lifted
