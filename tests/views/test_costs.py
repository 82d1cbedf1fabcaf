"""Totals with bytes and cost, as people and programs read them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from glacier_manifest.jobs.request import JobType
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Price
from glacier_manifest.planning.cost import Cost, Tally
from glacier_manifest.planning.prices import PriceTable, RegionPrices
from glacier_manifest.units import GIB
from glacier_manifest.views.costs import cost_json, footnotes, totals, totals_json

PRICES = PriceTable(
    "the table of this test",
    {
        "us-east-1": RegionPrices(
            {
                Tier.EXPEDITED: Price(Decimal("0.03"), Decimal(10)),
                Tier.BULK: Price(Decimal("0.0025"), Decimal("0.025")),
            },
            date(2026, 11, 1),
        )
    },
)
BULK = Tally(
    "photos-2015",
    "012345678901",
    "us-east-1",
    "photos",
    JobType.ARCHIVE_RETRIEVAL,
    (Tier.BULK,),
    400,
    1000 * GIB,
    0,
)
FAST = replace(
    BULK, job="wedding", tiers=(Tier.EXPEDITED, Tier.BULK), count=12, bytes=3 * GIB, unknown_sizes=2
)
WEEKLY = replace(BULK, job="weekly", kind=JobType.INVENTORY_RETRIEVAL, tiers=(), count=1, bytes=0)
ELSEWHERE = replace(BULK, job="mail", region="mars-north-1", vault="mail", count=1, bytes=0, unknown_sizes=1)


def shown(*rows: Tally) -> str:
    return "\n".join(totals(rows, PRICES))


def test_people_see_a_row_for_each_job_vault_and_tier_and_the_total() -> None:
    assert (
        shown(BULK, FAST, WEEKLY, ELSEWHERE)
        == """\
  job          vault   tier             to start         bytes                                        cost
  photos-2015  photos  Bulk                  400    1000.0 GiB                                       $2.51
  wedding      photos  Expedited, Bulk        12     ≥ 3.0 GiB                   ≥ $0.21 (2 sizes unknown)
  weekly       photos  -                       1             -                                       $0.00
  mail         mail    Bulk                    1       unknown   unknown (1 size unknown, 1 price unknown)
  total                                      414  ≥ 1003.0 GiB  ≥ $2.72 (3 sizes unknown, 1 price unknown)"""
    )


def test_one_row_is_its_own_total() -> None:
    assert shown(BULK).splitlines()[1:] == ["  photos-2015  photos  Bulk       400  1000.0 GiB  $2.51"]


def test_a_thousand_vaults_are_shown_in_part_and_counted_whole() -> None:
    lines = shown(*(replace(BULK, vault=f"v{number}") for number in range(1000))).splitlines()

    assert len(lines) == 43
    assert lines[-2].split() == ["total", "400000", "976.6", "TiB", "$2,510.00"]
    assert "960 rows more" in lines[-1]


FREE = "Inventories are taken to be free: AWS lists a charge for uploads and retrievals alone."


@pytest.mark.parametrize(
    ("rows", "prices"),
    [
        ([BULK], "prices of 2026-11-01 for us-east-1"),
        ([ELSEWHERE, BULK], "prices of 2026-11-01 for us-east-1 and no price for mars-north-1"),
        ([ELSEWHERE], "no price for mars-north-1"),
    ],
)
def test_an_estimate_says_whose_prices_of_which_day_and_what_it_leaves_out(
    rows: Sequence[Tally], prices: str
) -> None:
    (told,) = footnotes(rows, PRICES)

    assert told == (
        f"Estimated with {prices}, from the table of this test. Not in it: data transfer out of AWS, "
        "notifications, early deletion, taxes and free allowances."
    )


def test_what_is_taken_to_be_free_is_said_to_be() -> None:
    assert list(footnotes([WEEKLY], PRICES)) == [FREE]
    assert list(footnotes([WEEKLY, BULK], PRICES))[1:] == [FREE]
    assert list(footnotes([], PRICES)) == []


def test_an_unknown_cost_is_null_in_json_and_its_bound_stands_beside() -> None:
    assert cost_json(Cost(Decimal("0.009975"))) == {"cost_usd": 0.009975, "cost_usd_at_least": 0.009975}
    assert cost_json(Cost(Decimal("1.5"), 1, 0, 1)) == {"cost_usd": None, "cost_usd_at_least": 1.5}


def test_programs_get_the_totals_with_their_rows() -> None:
    document = totals_json([BULK, ELSEWHERE], PRICES)

    assert document == {
        "bytes": 1000 * GIB,
        "bytes_known": False,
        "cost_usd": None,
        "cost_usd_at_least": 2.51,
        "unknown_sizes": 1,
        "unknown_prices": 1,
        "prices": {"source": "the table of this test", "dates": {"us-east-1": "2026-11-01"}},
        "rows": [
            {
                "job": "photos-2015",
                "account_id": "012345678901",
                "region": "us-east-1",
                "vault": "photos",
                "type": "archive-retrieval",
                "tiers": ["Bulk"],
                "jobs": 400,
                "bytes": 1000 * GIB,
                "unknown_sizes": 0,
                "cost_usd": 2.51,
                "cost_usd_at_least": 2.51,
            },
            {
                "job": "mail",
                "account_id": "012345678901",
                "region": "mars-north-1",
                "vault": "mail",
                "type": "archive-retrieval",
                "tiers": ["Bulk"],
                "jobs": 1,
                "bytes": 0,
                "unknown_sizes": 1,
                "cost_usd": None,
                "cost_usd_at_least": 0.0,
            },
        ],
    }


def test_nothing_to_start_costs_nothing() -> None:
    document = totals_json([], PRICES)

    assert (document["bytes"], document["bytes_known"], document["cost_usd"]) == (0, True, 0.0)
