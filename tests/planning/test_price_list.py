"""The price list of AWS for AmazonGlacier; the examples have the form that AWS Billing documents."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from glacier_manifest.diagnostics import InvalidInput
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Price
from glacier_manifest.planning.price_list import is_price_list, read_price_list
from glacier_manifest.planning.prices import UNKNOWN_PRICE

FILE = Path("index.json")


def product(sku: str, usage: str, *, region: str | None = "us-west-2", operation: str = "") -> dict[str, Any]:
    attributes = {"servicecode": "AmazonGlacier", "usagetype": usage, "operation": operation}
    if region is not None:
        attributes["regionCode"] = region
    return {"sku": sku, "productFamily": "Fee", "attributes": attributes}


def term(sku: str, *prices: str, unit: str = "GB", currency: str = "USD") -> dict[str, Any]:
    dimensions = {
        f"{sku}.JRTCKXETXF.{number}": {
            "rateCode": f"{sku}.JRTCKXETXF.{number}",
            "unit": unit,
            "beginRange": "0",
            "endRange": "Inf",
            "pricePerUnit": {currency: price},
        }
        for number, price in enumerate(prices)
    }
    code = f"{sku}.JRTCKXETXF"
    return {code: {"offerTermCode": "JRTCKXETXF", "sku": sku, "priceDimensions": dimensions}}


PRODUCTS = [
    (product("SBYTES", "USW2-Standard-Retrieval-Bytes"), term("SBYTES", "0.0000000000", "0.0100000000")),
    (product("EBYTES", "USW2-Expedited-Retrieval-Bytes"), term("EBYTES", "0.0300000000")),
    (product("BBYTES", "USW2-Bulk-Retrieval-Bytes"), term("BBYTES", "0.0025000000")),
    (
        product("SREQ", "USW2-Requests-Tier1", operation="UploadArchive"),
        term("SREQ", "0.00003", unit="Requests"),
    ),
    (
        product("SREQ2", "USW2-Requests-Tier1", operation="InitiateJob"),
        term("SREQ2", "0.00005", unit="Requests"),
    ),
    (product("BREQ", "USW2-Requests-Tier2"), term("BREQ", "0.0000250000", unit="Requests")),
    (product("EREQ", "USW2-Requests-Tier3"), term("EREQ", "0.0100000000", unit="Requests")),
    (product("EAST", "Bulk-Retrieval-Bytes", region="us-east-1"), term("EAST", "0.0020000000")),
    (product("NOTERM", "EU-Bulk-Retrieval-Bytes", region="eu-west-1"), {}),
    (
        product("YUAN", "CNN1-Bulk-Retrieval-Bytes", region="cn-north-1"),
        term("YUAN", "0.0167", currency="CNY"),
    ),
    (product("WHERE", "APS2-Bulk-Retrieval-Bytes", region=None), term("WHERE", "0.003")),
    (product("PERREQ", "SAE1-Bulk-Retrieval-Bytes", region="sa-east-1"), term("PERREQ", "3", unit="TB")),
    (product("STORE", "USW2-TimedStorage-ByteHrs"), term("STORE", "0.0036", unit="GB-Mo")),
    (product("SCAN", "USW2-Bulk-Select-Scanned-Bytes"), term("SCAN", "0.001")),
    (product("DEEP", "USW2-Requests-GDA-Tier3"), term("DEEP", "99", unit="Requests")),
]


def price_list(**changed: object) -> dict[str, Any]:
    return {
        "formatVersion": "v1.0",
        "disclaimer": "This pricing list is for informational purposes only.",
        "offerCode": "AmazonGlacier",
        "version": "20260911120000",
        "publicationDate": "2026-09-11T12:00:00Z",
        "products": {one["sku"]: one for one, _ in PRODUCTS},
        "terms": {"OnDemand": {one["sku"]: terms for one, terms in PRODUCTS if terms}},
        **changed,
    }


def written(listed: object) -> str:
    return json.dumps(listed, indent=1)


def refusal(text: str) -> tuple[str, str, int]:
    with pytest.raises(InvalidInput) as caught:
        read_price_list(text, file=FILE)
    (found,) = caught.value.diagnostics
    assert found.span is not None
    assert found.span.file == FILE
    assert "docs/cost.md" in caught.value.next_step
    return found.code, found.message, found.span.line


def test_a_list_gives_the_prices_of_its_regions_with_its_day() -> None:
    table = read_price_list(written(price_list()), file=FILE)

    assert table.price("us-west-2", Tier.EXPEDITED) == Price(Decimal("0.03"), Decimal(10))
    assert table.price("us-west-2", Tier.BULK) == Price(Decimal("0.0025"), Decimal("0.025"))
    assert table.dates(["us-west-2"]) == {"us-west-2": date(2026, 9, 11)}
    assert table.source == "price list index.json"


def test_of_several_prices_of_one_thing_the_dearest_counts() -> None:
    table = read_price_list(written(price_list()), file=FILE)

    assert table.price("us-west-2", Tier.STANDARD) == Price(Decimal("0.01"), Decimal("0.05"))


def test_a_region_without_abbreviation_and_with_half_a_price() -> None:
    table = read_price_list(written(price_list()), file=FILE)

    assert table.price("us-east-1", Tier.BULK) == Price(Decimal("0.002"), None)
    assert table.price("us-east-1", Tier.STANDARD) == UNKNOWN_PRICE


def test_what_has_no_term_no_usd_no_region_or_another_unit_stays_unknown() -> None:
    table = read_price_list(written(price_list()), file=FILE)

    assert set(table.regions) == {"us-west-2", "us-east-1"}


@pytest.mark.parametrize(
    ("text", "code", "told", "line"),
    [
        ('{"offerCode": \n', "json-syntax", "this is not JSON", 2),
        (written(price_list(offerCode="AmazonS3")), "not-prices", "'AmazonS3', not of 'AmazonGlacier'", 4),
        (written([]), "not-prices", "None, not of 'AmazonGlacier'", 1),
        (written(price_list(publicationDate="soon")), "price-list-damaged", "'soon', which is no date", 6),
        (written(price_list(products=[])), "price-list-damaged", "'products' is missing, or no mapping", 7),
        (written(price_list(terms={})), "price-list-damaged", "'OnDemand' is missing", 1),
        (written(price_list(products={"A": {"sku": "A"}})), "price-list-damaged", "'A' has no attributes", 9),
        (
            written(price_list(products={}, terms={"OnDemand": {}})),
            "not-prices",
            "no price of a retrieval",
            1,
        ),
        ("[" * 100_000, "price-list-damaged", "nest too deep", 1),
    ],
)
def test_what_is_no_price_list_of_glacier_is_refused_with_its_place(
    text: str, code: str, told: str, line: int
) -> None:
    found = refusal(text)

    assert (found[0], found[2]) == (code, line)
    assert told in found[1]


@pytest.mark.parametrize(
    "broken",
    [
        *(term("EAST", price) for price in ("free", "", "-1", "NaN", "1e9", "٣")),
        {"EAST.X": "free"},
        {"EAST.X": {"priceDimensions": []}},
        {"EAST.X": {"priceDimensions": {"EAST.X.Y": None}}},
        {"EAST.X": {"priceDimensions": {"EAST.X.Y": {"unit": "GB", "pricePerUnit": "0.01"}}}},
        {"EAST.X": {"priceDimensions": {"EAST.X.Y": {"unit": "GB", "pricePerUnit": {"USD": 0.01}}}}},
    ],
)
def test_a_price_that_does_not_read_is_refused_where_it_stands(broken: object) -> None:
    listed = price_list()
    listed["terms"]["OnDemand"]["EAST"] = broken
    text = written(listed)

    code, message, line = refusal(text)

    assert code == "price-list-damaged"
    assert "EAST" in message
    assert '"EAST"' in text.splitlines()[line - 1]


@pytest.mark.parametrize("service", ["AmazonGlacier", "AmazonS3"])
def test_a_price_list_is_known_by_its_head_whatever_its_service(service: str) -> None:
    assert is_price_list(written(price_list(offerCode=service)))


@pytest.mark.parametrize(
    "text", ['{"date": "2026-11-01", "regions": {}}', 'date: 2026-11-01\n# see "offerCode"\n', ""]
)
def test_prices_of_ones_own_are_no_price_list(text: str) -> None:
    assert not is_price_list(text)
