"""What Glacier charges for retrievals: a dated table by region and tier, in which much may be unknown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Price, Prices

#: What is known of the price of a tier that a table does not have: nothing.
UNKNOWN_PRICE = Price(per_gb=None, per_1000_requests=None)


@dataclass(frozen=True, slots=True)
class RegionPrices:
    """What each tier costs in one region, in USD, and the day on which that was so."""

    tiers: Mapping[Tier, Price]
    as_of: date


@dataclass(frozen=True, slots=True)
class PriceTable:
    """A table of prices.

    Attributes:
        source: Where the prices come from, in a few words for people.
        regions: The prices of each region that is known, by its code, such as ``us-east-1``.
    """

    source: str
    regions: Mapping[str, RegionPrices]

    def price(self, region: str, tier: Tier) -> Price:
        """Return what a tier costs in a region; what the table does not have is unknown, never zero."""
        known = self.regions.get(region)
        return UNKNOWN_PRICE if known is None else known.tiers.get(tier, UNKNOWN_PRICE)

    def overridden_by(self, other: "PriceTable") -> "PriceTable":
        """Return the table in which the other's regions replace this one's, each region whole.

        A region is never mixed from two tables: its prices have one day.
        """
        return PriceTable(f"{other.source}, then {self.source}", {**self.regions, **other.regions})

    def only(self, regions: Iterable[str]) -> "PriceTable":
        """Return the part of the table that is about `regions`, as a saved plan keeps it."""
        wanted = {*regions}
        return PriceTable(self.source, {one: known for one, known in self.regions.items() if one in wanted})

    def dates(self, regions: Iterable[str]) -> Mapping[str, date]:
        """Return the day of the prices of each of `regions` that the table has, in alphabetical order."""
        return {one: self.regions[one].as_of for one in sorted({*regions}) if one in self.regions}


def of_manifest(prices: Prices) -> PriceTable:
    """Return the table that stands in a manifest below ``prices:``.

    Raises:
        ValueError: The manifest only names a file of prices.
    """
    if prices.date is None:
        raise ValueError("the manifest names a file of prices, which is to be read")
    day = date.fromisoformat(prices.date)
    regions = {region: RegionPrices(tiers, day) for region, tiers in prices.regions.items()}
    return PriceTable(f"prices in {prices.span.file}", regions)
