"""A dated table of prices, and what is shipped."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from glacier_manifest.diagnostics import Span
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Price, Prices
from glacier_manifest.planning.price_table import SHIPPED
from glacier_manifest.planning.prices import UNKNOWN_PRICE, PriceTable, RegionPrices, of_manifest

SPAN = Span(Path("jobs.yaml"), 3, 1, 7)
CHEAP = Price(Decimal("0.001"), Decimal("0.002"))


@pytest.mark.parametrize(
    ("region", "tier", "per_gb", "per_1000"),
    [
        ("us-east-1", Tier.EXPEDITED, "0.03", "10"),
        ("us-east-1", Tier.STANDARD, "0.01", "0.05"),
        ("us-east-1", Tier.BULK, "0.0025", "0.025"),
        ("eu-west-1", Tier.EXPEDITED, "0.03", "11"),
        ("ap-southeast-2", Tier.STANDARD, "0.012", "0.06"),
    ],
)
def test_the_shipped_table_says_what_its_sources_say(
    region: str, tier: Tier, per_gb: str, per_1000: str
) -> None:
    assert SHIPPED.price(region, tier) == Price(Decimal(per_gb), Decimal(per_1000))


@pytest.mark.parametrize(
    ("region", "tier"),
    [("us-west-2", Tier.STANDARD), ("eu-west-1", Tier.BULK), ("ap-southeast-2", Tier.BULK)],
)
def test_what_no_source_tells_is_unknown(region: str, tier: Tier) -> None:
    assert SHIPPED.price(region, tier) == UNKNOWN_PRICE


def test_half_a_price_stays_half_known() -> None:
    assert SHIPPED.price("eu-west-1", Tier.STANDARD) == Price(Decimal("0.01"), None)


def test_every_region_has_its_own_day() -> None:
    assert SHIPPED.dates(["us-east-1", "mars-north-1", "ap-southeast-2", "us-east-1"]) == {
        "ap-southeast-2": date(2018, 7, 17),
        "us-east-1": date(2024, 7, 1),
    }


def test_what_a_plan_needs_of_a_table_can_be_saved_with_it_and_comes_back() -> None:
    needed = SHIPPED.only(["us-east-1", "eu-west-1", "mars-north-1"])
    edge = TypeAdapter(PriceTable)

    assert list(needed.regions) == ["us-east-1", "eu-west-1"]
    assert edge.validate_json(edge.dump_json(needed)) == needed


def test_a_region_of_another_table_replaces_the_whole_region() -> None:
    mine = PriceTable("mine", {"us-east-1": RegionPrices({Tier.BULK: CHEAP}, date(2026, 11, 1))})

    table = SHIPPED.overridden_by(mine)

    assert table.price("us-east-1", Tier.BULK) == CHEAP
    assert table.price("us-east-1", Tier.STANDARD) == UNKNOWN_PRICE
    assert table.price("eu-west-1", Tier.EXPEDITED) == SHIPPED.price("eu-west-1", Tier.EXPEDITED)
    assert table.source == "mine, then the table shipped with this program"


def test_the_prices_of_a_manifest_are_a_table() -> None:
    written = Prices(SPAN, "2026-11-01", {"us-west-2": {Tier.BULK: CHEAP}})

    table = of_manifest(written)

    assert table.price("us-west-2", Tier.BULK) == CHEAP
    assert table.dates(["us-west-2"]) == {"us-west-2": date(2026, 11, 1)}
    assert table.source == "prices in jobs.yaml"


def test_prices_that_stand_in_a_file_are_not_in_the_manifest() -> None:
    with pytest.raises(ValueError, match="file of prices"):
        of_manifest(Prices(SPAN, None, {}, Path("prices.json")))
