"""Totals with bytes and cost, for people and as JSON."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from glacier_manifest.jobs.request import JobType
from glacier_manifest.planning.cost import Cost, Tally, cost_of, total_cost
from glacier_manifest.planning.prices import PriceTable
from glacier_manifest.units import format_size

#: What no estimate holds; said wherever one is shown.
LEFT_OUT = "Not in it: data transfer out of AWS, notifications, early deletion, taxes and free allowances."

HEAD = ("job", "vault", "tier", "to start", "bytes", "cost")
_FIRST_NUMBER = 3
#: How many rows people are shown; the JSON forms have all.
_SHOWN = 40


def totals(rows: Sequence[Tally], prices: PriceTable) -> Iterator[str]:
    """Yield the lines of a table with a row for each job, vault and tier, and their total.

    Args:
        rows: What would start.
        prices: What Glacier charges.
    """
    table = [HEAD, *(cells(row, prices) for row in rows[:_SHOWN])]
    if len(rows) > 1:
        table.append(total_cells(rows, prices))
    widths = [max(len(row[column]) for row in table) for column in range(len(HEAD))]
    for row in table:
        words = [cell.ljust(width) for cell, width in zip(row[:_FIRST_NUMBER], widths, strict=False)]
        numbers = [
            cell.rjust(width) for cell, width in zip(row[_FIRST_NUMBER:], widths[_FIRST_NUMBER:], strict=True)
        ]
        yield f"  {'  '.join([*words, *numbers])}"
    if len(rows) > _SHOWN:
        yield f"    the total counts {len(rows) - _SHOWN} rows more (--format json shows all)"


def footnotes(
    rows: Sequence[Tally], prices: PriceTable, *, written: Callable[[str], str] = str
) -> Iterator[str]:
    """Yield what must be said beside an estimate: whose prices, of which day, and what is left out.

    Args:
        rows: What would start.
        prices: What Glacier charges.
        written: Writes a name that is not ours.
    """
    regions = {row.region for row in rows if row.kind is not JobType.INVENTORY_RETRIEVAL}
    if regions:
        days = _of_which_day(regions, prices, written)
        yield f"Estimated with {days}, from {written(prices.source)}. {LEFT_OUT}"
    if any(row.kind is JobType.INVENTORY_RETRIEVAL for row in rows):
        yield "Inventories are taken to be free: AWS lists a charge for uploads and retrievals alone."


def cost_json(cost: Cost) -> dict[str, Any]:
    """Return a cost as JSON: null where any of it is unknown, and beside it what is known at least."""
    return {"cost_usd": cost.usd, "cost_usd_at_least": cost.usd_at_least}


def totals_json(rows: Sequence[Tally], prices: PriceTable) -> dict[str, Any]:
    """Return the totals as JSON, with a row for each job, vault and list of tiers."""
    cost = total_cost(rows, prices)
    return {
        "bytes": sum(row.bytes for row in rows),
        "bytes_known": not any(row.unknown_sizes for row in rows),
        **cost_json(cost),
        "unknown_sizes": cost.unknown_sizes,
        "unknown_prices": cost.unknown_prices,
        "prices": {
            "source": prices.source,
            "dates": {
                region: day.isoformat() for region, day in prices.dates(row.region for row in rows).items()
            },
        },
        "rows": [_row_json(row, prices) for row in rows],
    }


def _row_json(row: Tally, prices: PriceTable) -> dict[str, Any]:
    return {
        "job": row.job,
        "account_id": row.account,
        "region": row.region,
        "vault": row.vault,
        "type": str(row.kind),
        "tiers": [str(tier) for tier in row.tiers],
        "jobs": row.count,
        "bytes": row.bytes,
        "unknown_sizes": row.unknown_sizes,
        **cost_json(cost_of(row, prices)),
    }


def cells(row: Tally, prices: PriceTable) -> tuple[str, ...]:
    """Return a row of the totals, a cell for each of `HEAD`."""
    tiers = ", ".join(row.tiers) or "-"
    is_inventory = row.kind is JobType.INVENTORY_RETRIEVAL
    size = "-" if is_inventory else _bytes([row])
    return (row.job, row.vault, tiers, str(row.count), size, str(cost_of(row, prices)))


def total_cells(rows: Sequence[Tally], prices: PriceTable) -> tuple[str, ...]:
    """Return the row that sums up all others."""
    return "total", "", "", str(_count(rows)), _bytes(rows), str(total_cost(rows, prices))


def _count(rows: Sequence[Tally]) -> int:
    return sum(row.count for row in rows)


def _bytes(rows: Sequence[Tally]) -> str:
    known = sum(row.bytes for row in rows)
    if not any(row.unknown_sizes for row in rows):
        return format_size(known)
    return f"≥ {format_size(known)}" if known else "unknown"


def _of_which_day(regions: set[str], prices: PriceTable, written: Callable[[str], str]) -> str:
    dates = prices.dates(regions)
    told = [f"prices of {day.isoformat()} for {written(region)}" for region, day in dates.items()]
    missing = sorted(regions - dates.keys())
    return " and ".join([*told, *(f"no price for {written(region)}" for region in missing)])
