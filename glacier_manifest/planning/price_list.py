"""The AWS Price List file of service code AmazonGlacier, as a table of prices.

Its form is that of docs "reading-service-price-list-file-for-services" (AWS Billing): products by SKU with
their attributes, and terms by SKU with the price of a unit. The usage types, before which the region's
abbreviation may stand (``USW2-Bulk-Retrieval-Bytes``), are those that infracost looks up in the same list.
What a file does not have stays unknown.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, Span
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Price
from glacier_manifest.planning.prices import PriceTable, RegionPrices

SERVICE_CODE = "AmazonGlacier"

_NEXT_STEP = "download the list again, or write the prices yourself: see docs/cost.md"
_HEAD = 4096
_USAGE = re.compile(
    r"(?:[A-Z0-9]+-)?(?:(?P<tier>Expedited|Standard|Bulk)-Retrieval-Bytes|(?P<requests>Requests-Tier[123]))"
)
_TIER_OF_REQUESTS = {
    "Requests-Tier1": Tier.STANDARD,
    "Requests-Tier2": Tier.BULK,
    "Requests-Tier3": Tier.EXPEDITED,
}
_THOUSAND = Decimal(1000)
#: AWS writes ten digits behind the point.
_AMOUNT = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,15})?")
_LONGEST_MESSAGE = 200


def is_price_list(text: str) -> bool:
    """Say whether a text looks like a price list of AWS, of whatever service."""
    return text.lstrip().startswith("{") and '"offerCode"' in text[:_HEAD]


def read_price_list(text: str, *, file: Path) -> PriceTable:
    """Read a price list of AWS.

    Where a list has several prices of one thing (by operation, or by quantity), the dearest counts.

    Args:
        text: The JSON, of one region or of all.
        file: Its name, for messages.

    Raises:
        InvalidInput: It is not JSON, not a list of AmazonGlacier, or has no retrieval's price in USD.
    """
    reading = _Reading(text, file)
    listed = reading.document()
    as_of = reading.day(listed)
    dearest: dict[tuple[str, Tier, str], Decimal] = {}
    for sku, region, tier, per in reading.products(listed):
        for amount in reading.amounts(listed, sku, per):
            place = (region, tier, per)
            dearest[place] = max(amount, dearest.get(place, amount))
    if not dearest:
        raise reading.wrong("not-prices", "the list has no price of a retrieval in USD", "")
    regions = {region: RegionPrices(_tiers(region, dearest), as_of) for region, _, _ in dearest}
    return PriceTable(f"price list {file}", regions)


def _tiers(region: str, dearest: Mapping[tuple[str, Tier, str], Decimal]) -> dict[Tier, Price]:
    found = {
        tier: Price(dearest.get((region, tier, "GB")), dearest.get((region, tier, "Requests")))
        for tier in Tier
    }
    return {tier: price for tier, price in found.items() if price != Price(None, None)}


@dataclass(frozen=True, slots=True)
class _Reading:
    """A list as it is read: what is wrong is told with its place in the text."""

    text: str
    file: Path

    def document(self) -> Mapping[str, Any]:
        """Return the document of a list of the right service."""
        try:
            listed = json.loads(self.text)
        except json.JSONDecodeError as error:
            message = f"this is not JSON: {error.msg[0].lower()}{error.msg[1:]}"
            raise self.error("json-syntax", message, error.lineno, error.colno) from None
        except RecursionError:
            raise self.wrong("price-list-damaged", "its values nest too deep", "") from None
        if not isinstance(listed, dict) or listed.get("offerCode") != SERVICE_CODE:
            service = listed.get("offerCode") if isinstance(listed, dict) else None
            raise self.wrong(
                "not-prices", f"this is the price list of {service!r}, not of '{SERVICE_CODE}'", '"offerCode"'
            )
        return listed

    def day(self, listed: Mapping[str, Any]) -> date:
        """Return the day on which the list was published."""
        published = listed.get("publicationDate")
        try:
            return date.fromisoformat(str(published)[:10])
        except ValueError:
            message = f"publicationDate is {published!r}, which is no date"
            raise self.wrong("price-list-damaged", message, '"publicationDate"') from None

    def products(self, listed: Mapping[str, Any]) -> Iterator[tuple[str, str, Tier, str]]:
        """Yield the SKU, region, tier and unit of what retrievals are charged by."""
        for sku, product in self.mapping(listed, "products").items():
            attributes = product.get("attributes") if isinstance(product, dict) else None
            if not isinstance(attributes, dict):
                raise self.wrong("price-list-damaged", f"product {sku!r} has no attributes", f'"{sku}"')
            usage = _USAGE.fullmatch(str(attributes.get("usagetype")))
            region = attributes.get("regionCode")
            if usage is not None and isinstance(region, str) and region:
                requests = usage["requests"]
                if requests is None:
                    yield sku, region, Tier(usage["tier"]), "GB"
                else:
                    yield sku, region, _TIER_OF_REQUESTS[requests], "Requests"

    def amounts(self, listed: Mapping[str, Any], sku: str, per: str) -> Iterator[Decimal]:
        """Yield the prices of a product in USD: of a GB, or of a thousand requests."""
        on_demand = self.mapping(self.mapping(listed, "terms"), "OnDemand")
        for term in self.values(on_demand.get(sku), sku):
            for dimension in self.values(self.mapping(term, "priceDimensions", sku), sku):
                unit, prices = dimension.get("unit"), self.mapping(dimension, "pricePerUnit", sku)
                if unit == per and "USD" in prices:
                    amount = self.amount(prices["USD"], sku)
                    yield amount if per == "GB" else amount * _THOUSAND

    def mapping(self, inside: Mapping[str, Any], key: str, sku: str = "") -> Mapping[str, Any]:
        """Return a mapping that must be there."""
        found = inside.get(key)
        if not isinstance(found, dict):
            of = f" of {sku!r}" if sku else ""
            raise self.wrong(
                "price-list-damaged", f"'{key}'{of} is missing, or no mapping", f'"{sku or key}"'
            )
        return found

    def values(self, several: object, sku: str) -> Iterator[Mapping[str, Any]]:
        """Yield the mappings in a mapping; none where there is none."""
        for one in several.values() if isinstance(several, dict) else ():
            if not isinstance(one, dict):
                raise self.wrong("price-list-damaged", f"the terms of {sku!r} do not read", f'"{sku}"')
            yield one

    def amount(self, written: object, sku: str) -> Decimal:
        """Return a price as it is written, to its last digit."""
        if not isinstance(written, str) or _AMOUNT.fullmatch(written) is None:
            message = f"the price of {sku!r} is {written!r}, which is no amount"
            raise self.wrong("price-list-damaged", message[:_LONGEST_MESSAGE], f'"{sku}"')
        return Decimal(written)

    def wrong(self, code: str, message: str, word: str) -> InvalidInput:
        """Return an error at the last place where a word stands: the terms, below the products."""
        offset = max(self.text.rfind(word), 0) if word else 0
        line = self.text.count("\n", 0, offset) + 1
        column = offset - (self.text.rfind("\n", 0, offset) + 1) + 1
        return self.error(code, message, line, column, width=max(len(word), 1))

    def error(self, code: str, message: str, line: int, column: int, *, width: int = 1) -> InvalidInput:
        """Return an error at a place of the file."""
        span = Span(self.file, line, column, column + width)
        help_ = f"a price list of AWS is taken where its offerCode is {SERVICE_CODE}"
        found = Diagnostic(Severity.ERROR, code, message, span, help=help_)
        return InvalidInput([found], next_step=_NEXT_STEP)
