"""A file of prices, in the form of the manifest's own section."""

from decimal import Decimal
from pathlib import Path

import pytest

from glacier_manifest.diagnostics import InvalidInput
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Price
from glacier_manifest.manifest.price_file import read_price_file
from glacier_manifest.manifest.yaml_source import Source

FILE = Path("prices.yaml")
YAML = """\
date: 2026-11-01
regions:
  us-west-2:
    Bulk: {per_gb: 0.0025, per_1000_requests: 0.025}
    Standard: {per_gb: 0.01}
"""
JSON = """\
{
\t"date": "2026-11-01",
\t"regions": {
\t\t"us-west-2": {"Bulk": {"per_gb": "0.0025", "per_1000_requests": 0.025}, "Standard": {"per_gb": 0.01}}
\t}
}
"""


@pytest.mark.parametrize("text", [YAML, JSON])
def test_yaml_and_json_say_the_same(text: str) -> None:
    prices, warnings = read_price_file(Source(FILE, text))

    assert prices.date == "2026-11-01"
    assert prices.regions == {
        "us-west-2": {
            Tier.BULK: Price(Decimal("0.0025"), Decimal("0.025")),
            Tier.STANDARD: Price(Decimal("0.01"), None),
        }
    }
    assert prices.span.file == FILE
    assert warnings == ()


def test_a_region_that_no_vault_is_in_is_a_warning() -> None:
    _, (warning,) = read_price_file(Source(FILE, YAML.replace("us-west-2", "us-west-9")))

    assert (warning.code, warning.span and warning.span.line) == ("unknown-region", 3)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "not-prices", 1),
        ("prices.json\n", "not-prices", 1),
        ("- us-west-2\n", "not-prices", 1),
        (YAML.replace("0.0025", "cheap"), "amount", 4),
        (YAML.replace("0.0025", "-1"), "amount", 4),
        (YAML.replace("Bulk", "bulk"), "unknown-key", 4),
        (YAML.replace("2026-11-01", "yesterday"), "date", 1),
        (YAML.replace("date: 2026-11-01\n", ""), "missing-key", 1),
        (YAML.replace("    Bulk", "   Bulk"), "yaml-syntax", 5),
        (JSON.replace('"regions": {', '"regions" {'), "json-syntax", 3),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, code: str, line: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_price_file(Source(FILE, text))

    (found,) = caught.value.diagnostics
    assert (found.code, found.span and found.span.line) == (code, line)
    assert "run the same command again" in caught.value.next_step
