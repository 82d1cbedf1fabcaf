"""What a plan would cost: counted first, in whole numbers, and priced afterwards, exactly.

A GB is 2^30 bytes: so AWS converts Byte-Hours in its own examples of S3 and Glacier bills (docs:
"S3 FAQs", Billing: 1 GB / 1,073,741,824 bytes). Each job is one request, and its bytes are those of the
range that is asked for. An inventory costs nothing: the charged requests are UPLOAD and RETRIEVAL, and
"LISTVAULTS, GETJOBOUTPUT, DELETE and all other requests are free". A select is billed by bytes scanned and
returned, which nobody knows before. What leaves AWS (egress), messages and early deletion are left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, Inexact
from functools import reduce

from glacier_manifest.jobs.request import JobType
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.prices import PriceTable
from glacier_manifest.units import GIB

#: Digits enough that no product or sum is ever rounded; one that were would be an error, not a wrong cent.
_EXACT = Context(prec=200, traps=[Inexact])
_CENT = Decimal("0.01")
_ZERO = Decimal(0)
_THOUSAND = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Tally:
    """How much would start (or was started) of one job, in one vault, at one list of tiers.

    Attributes:
        job: The name of the manifest's job.
        account, region, vault: Where it is sent.
        kind: The job type.
        tiers: The tiers that may be paid for; empty for an inventory.
        count: How many jobs.
        bytes: The bytes of archives that they retrieve, as far as known; 0 for inventories.
        unknown_sizes: How many of them retrieve a number of bytes that nobody knows.
    """

    job: str
    account: str
    region: str
    vault: str
    kind: JobType
    tiers: tuple[Tier, ...]
    count: int
    bytes: int
    unknown_sizes: int

    @property
    def is_expedited(self) -> bool:
        """Whether the price of Expedited may be paid for it."""
        return Tier.EXPEDITED in self.tiers


_Group = tuple[str, str, str, str, JobType, tuple[Tier, ...]]


class Totals:
    """Counts jobs and bytes as they stream by, in as much memory as there are jobs times vaults."""

    __slots__ = ("_group", "_groups", "_sums")

    def __init__(self) -> None:
        self._groups: dict[_Group, list[int]] = {}
        self._group: _Group | None = None
        self._sums: list[int] = []

    def add(  # noqa: PLR0917 - called for each of a million archives, and keywords take their time
        self,
        job: str,
        vault: str,
        region: str,
        account: str,
        tiers: tuple[Tier, ...],
        size: int | None,
        kind: JobType,
    ) -> None:
        """Count one job.

        Args:
            job: The name of the manifest's job.
            vault: The vault's name.
            region: The vault's region.
            account: The vault's owner, 12 digits.
            tiers: The tiers that may be paid for (`Request.effective_tiers`).
            size: The bytes of the archive or range, where known; of no account for an inventory.
            kind: The job type.
        """
        group = (job, account, region, vault, kind, tiers)
        if group != self._group:  # jobs come in long rows of one group; to look one up takes much longer
            self._group = group
            self._sums = self._groups.setdefault(group, [0, 0, 0])
        sums = self._sums
        sums[0] += 1
        if kind is JobType.INVENTORY_RETRIEVAL:
            return
        if size is None:
            sums[2] += 1
        else:
            sums[1] += size

    def rows(self) -> tuple[Tally, ...]:
        """Return what was counted, in the order in which each group first came by."""
        return tuple(Tally(*group, *sums) for group, sums in self._groups.items())


@dataclass(frozen=True, slots=True)
class Cost:
    """What is known of a cost, and how much is not.

    Attributes:
        known: USD, exact: no less is to be paid.
        unknown_sizes: How many jobs have bytes that are not known.
        unknown_prices: How many jobs have a price that is not known, or not whole.
        unknown_actions: How many jobs have one of the two, or both.
    """

    known: Decimal = _ZERO
    unknown_sizes: int = 0
    unknown_prices: int = 0
    unknown_actions: int = 0

    @property
    def is_known(self) -> bool:
        """Whether nothing of it is unknown."""
        return self.unknown_actions == 0

    @property
    def usd(self) -> float | None:
        """The whole cost as a number for JSON, unrounded; None where any of it is unknown."""
        return float(self.known) if self.is_known else None

    @property
    def usd_at_least(self) -> float:
        """What is known of it as a number for JSON, unrounded."""
        return float(self.known)

    def __add__(self, other: "Cost") -> "Cost":
        """Return the cost of both, exactly."""
        return Cost(
            _EXACT.add(self.known, other.known),
            self.unknown_sizes + other.unknown_sizes,
            self.unknown_prices + other.unknown_prices,
            self.unknown_actions + other.unknown_actions,
        )

    def __str__(self) -> str:
        """For people: ``$12.34``, ``≥ $12.34 (3 sizes unknown)``, ``unknown (3 prices unknown)``."""
        if self.is_known:
            return dollars(self.known)
        if not self.known:
            return f"unknown ({self._unknown})"
        return f"≥ ${self.known.quantize(_CENT, ROUND_DOWN, _EVERY_DIGIT):,} ({self._unknown})"

    @property
    def _unknown(self) -> str:
        counts = ((self.unknown_sizes, "size"), (self.unknown_prices, "price"))
        return ", ".join(f"{_numbered(number, word)} unknown" for number, word in counts if number)


#: A bound is rounded down and a sum to the nearest cent, both at the very end.
_EVERY_DIGIT = Context(prec=200)


def dollars(amount: Decimal) -> str:
    """Write an amount for people, to the nearest cent, half a cent going up: ``$1,234.50``."""
    return f"${amount.quantize(_CENT, ROUND_HALF_UP, _EVERY_DIGIT):,}"


def _numbered(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def total_cost(tallies: Iterable[Tally], prices: PriceTable) -> Cost:
    """Return what all of it costs."""
    return reduce(Cost.__add__, (cost_of(tally, prices) for tally in tallies), Cost())


def cost_of(tally: Tally, prices: PriceTable) -> Cost:
    """Return what one row of the totals costs, at the dearest of its tiers.

    Args:
        tally: The row.
        prices: What Glacier charges.
    """
    if tally.kind is JobType.INVENTORY_RETRIEVAL or tally.count == 0:
        return Cost()
    if tally.kind is JobType.SELECT:
        return Cost(unknown_prices=tally.count, unknown_actions=tally.count)
    of_each = [prices.price(tally.region, tier) for tier in tally.tiers]
    per_gb = _dearest([price.per_gb for price in of_each])
    per_1000 = _dearest([price.per_1000_requests for price in of_each])
    is_priced = per_gb.is_whole and per_1000.is_whole
    return Cost(
        known=_EXACT.add(
            _EXACT.multiply(per_gb.known, _EXACT.divide(Decimal(tally.bytes), Decimal(GIB))),
            _EXACT.multiply(per_1000.known, _EXACT.divide(Decimal(tally.count), _THOUSAND)),
        ),
        unknown_sizes=tally.unknown_sizes,
        unknown_prices=0 if is_priced else tally.count,
        unknown_actions=tally.unknown_sizes if is_priced else tally.count,
    )


@dataclass(frozen=True, slots=True)
class _Dearest:
    """The highest price among those that are known, and whether all are."""

    known: Decimal
    is_whole: bool


def _dearest(prices: list[Decimal | None]) -> _Dearest:
    known = [price for price in prices if price is not None]
    return _Dearest(max(known, default=_ZERO), len(known) == len(prices) > 0)
