"""What docs/cost.md says of prices is what the program reckons with."""

import re
from decimal import Decimal

from glacier_manifest.jobs.request import JobType
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest.price_file import read_price_file
from glacier_manifest.manifest.yaml_source import Source
from glacier_manifest.planning.cost import Tally, cost_of
from glacier_manifest.planning.price_table import SHIPPED
from glacier_manifest.units import KIB
from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs/cost.md"
_PRICE = re.compile(r"^\| `(\S+)` \| `(\w+)` \| \$(\S+) \| (\S+) \| (\S+) \|", re.MULTILINE)
_EXAMPLE = re.compile(r"^\| `(\w+)` \| \S+ \| \S+ \| (\S+) \|$", re.MULTILINE)


def test_the_shipped_prices_stand_on_the_page_with_their_days() -> None:
    shown = {
        (region, Tier(tier), Decimal(per_gb), requests, day)
        for region, tier, per_gb, requests, day in _PRICE.findall(PAGE.read_text(encoding="utf-8"))
    }

    assert shown == {
        (
            region,
            tier,
            price.per_gb,
            "unknown" if price.per_1000_requests is None else f"${price.per_1000_requests}",
            known.as_of.isoformat(),
        )
        for region, known in SHIPPED.regions.items()
        for tier, price in known.tiers.items()
    }


def test_the_million_small_archives_cost_what_the_page_says() -> None:
    shown = dict(_EXAMPLE.findall(PAGE.read_text(encoding="utf-8")))
    many, size = 1_000_000, 64 * KIB

    assert shown == {
        str(tier): str(
            cost_of(
                Tally(
                    "photos",
                    "012345678901",
                    "us-east-1",
                    "my-vault",
                    JobType.ARCHIVE_RETRIEVAL,
                    (tier,),
                    many,
                    many * size,
                    0,
                ),
                SHIPPED,
            )
        )
        for tier in Tier
    }


def test_the_file_of_prices_on_the_page_reads() -> None:
    (text,) = [block.body for block in blocks(PAGE) if block.file == "prices.yaml"]

    prices, warnings = read_price_file(Source(PAGE, text))

    assert set(prices.regions["us-west-2"]) == set(Tier)
    assert warnings == ()
