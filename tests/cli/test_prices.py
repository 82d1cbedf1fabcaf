"""Which prices count: those shipped, the manifest's, or those of `--prices`."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from glacier_manifest.cli.prices import prices_for
from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Span
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Price, Prices
from glacier_manifest.planning.price_table import SHIPPED
from glacier_manifest.planning.prices import PriceTable

SPAN = Span(Path("jobs.yaml"), 3, 1, 7)


def nothing_odd(warnings: Sequence[Diagnostic]) -> None:
    assert list(warnings) == []


def table(written: Prices | None, file: Path | None = None) -> PriceTable:
    return prices_for(written, file, warn=nothing_odd)


def of_bulk(per_gb: int) -> Price:
    return Price(Decimal(per_gb), None)


def prices_file(folder: Path, per_gb: int, region: str = "us-west-2") -> Path:
    path = folder / f"prices-{per_gb}.yaml"
    text = f"date: 2026-11-01\nregions: {{{region}: {{Bulk: {{per_gb: {per_gb}}}}}}}\n"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_table_counts_where_nobody_says_another() -> None:
    assert table(None) == SHIPPED


def test_the_flag_comes_before_the_manifest_and_the_manifest_before_what_is_shipped(tmp_path: Path) -> None:
    regions = {"us-west-2": {Tier.BULK: of_bulk(1)}, "us-east-1": {Tier.BULK: of_bulk(2)}}
    written = Prices(SPAN, "2026-11-01", regions)

    found = table(written, prices_file(tmp_path, 3))

    assert found.price("us-west-2", Tier.BULK) == of_bulk(3)
    assert found.price("us-east-1", Tier.BULK) == of_bulk(2)
    assert found.price("eu-west-1", Tier.EXPEDITED) == SHIPPED.price("eu-west-1", Tier.EXPEDITED)


def test_a_file_that_the_manifest_names_is_read(tmp_path: Path) -> None:
    found = table(Prices(SPAN, None, {}, prices_file(tmp_path, 4)))

    assert found.price("us-west-2", Tier.BULK) == of_bulk(4)


def test_a_price_list_of_aws_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "prices"
    listed = {
        "formatVersion": "v1.0",
        "offerCode": "AmazonGlacier",
        "publicationDate": "2026-09-11T00:00:00Z",
        "products": {
            "A": {"attributes": {"usagetype": "USW2-Bulk-Retrieval-Bytes", "regionCode": "us-west-2"}}
        },
        "terms": {
            "OnDemand": {
                "A": {"A.B": {"priceDimensions": {"A.B.C": {"unit": "GB", "pricePerUnit": {"USD": "5"}}}}}
            }
        },
    }
    path.write_text(json.dumps(listed), encoding="utf-8")

    assert table(None, path).price("us-west-2", Tier.BULK) == of_bulk(5)


def test_what_is_odd_in_a_file_is_told(tmp_path: Path) -> None:
    told: list[Diagnostic] = []

    prices_for(None, prices_file(tmp_path, 1, region="us-west-9"), warn=told.extend)

    assert [one.code for one in told] == ["unknown-region"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot read"):
        table(None, tmp_path / "none.json")
