"""How much one approval may start, over all its reruns; checked before the first call.

Every refusal tells the limit, the numbers and the flag that lifts this one limit and no other. What is not
known never counts as zero: where bytes or cost are limited, it is refused until somebody allows it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import TypeVar

from glacier_manifest.errors import OverLimit
from glacier_manifest.jobs.request import JobType
from glacier_manifest.jobs.tier import SERVICE_DEFAULT, Tier
from glacier_manifest.manifest import Limits
from glacier_manifest.planning.allowances import UNKNOWN_PRICE, UNKNOWN_SIZE, Allowances
from glacier_manifest.planning.cost import Cost, Tally, cost_of, dollars
from glacier_manifest.planning.prices import PriceTable
from glacier_manifest.state.protocol import StartedGroup
from glacier_manifest.units import GIB, MIB, format_size

_TIERS = {str(tier): tier for tier in Tier}
_NOTHING = Cost()
_CENT = Decimal("0.01")
_Amount = TypeVar("_Amount", int, Decimal)


@dataclass(frozen=True, slots=True)
class _Amounts:
    """What the limits are about: sums of what would start now, or of what was started before."""

    jobs: int = 0
    expedited_jobs: int = 0
    bytes: int = 0
    unknown_sizes: int = 0
    cost: Cost = _NOTHING

    def with_row(self, tally: Tally, prices: PriceTable) -> "_Amounts":
        return _Amounts(
            self.jobs + tally.count,
            self.expedited_jobs + (tally.count if tally.is_expedited else 0),
            self.bytes + tally.bytes,
            self.unknown_sizes + tally.unknown_sizes,
            self.cost + cost_of(tally, prices),
        )


def _sum(tallies: Iterable[Tally], prices: PriceTable) -> _Amounts:
    total = _Amounts()
    for tally in tallies:
        total = total.with_row(tally, prices)
    return total


def started_before(groups: Iterable[StartedGroup]) -> tuple[Tally, ...]:
    """Return what a state tells of an approval's earlier starts, as it is counted and priced here.

    It is priced by today's table, at the tier that was sent last.
    """
    return tuple(_started(group) for group in groups)


def _started(group: StartedGroup) -> Tally:
    kind = JobType(group.type)
    has_bytes = kind is not JobType.INVENTORY_RETRIEVAL
    return Tally(
        job=group.job,
        account=group.account_id,
        region=group.region,
        vault=group.vault,
        kind=kind,
        tiers=_tiers(group.tier) if has_bytes else (),
        count=group.jobs,
        bytes=group.bytes if has_bytes else 0,
        unknown_sizes=group.unknown_sizes if has_bytes else 0,
    )


def _tiers(tier: str | None) -> tuple[Tier, ...]:
    """A tier that this program does not know has no price either."""
    if tier is None:
        return (SERVICE_DEFAULT,)
    return (_TIERS[tier],) if tier in _TIERS else ()


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a set of limits holds for: everything, or one job."""

    job: str | None
    limits: Limits
    rows: Sequence[Tally]
    now: _Amounts
    before: _Amounts

    @property
    def subject(self) -> str:
        return "this" if self.job is None else f"job '{self.job}'"

    def lifting(self, name: str) -> str:
        """Return the name by which `--allow` lifts one of these limits."""
        return name if self.job is None else f"{self.job}.{name}"

    def written(self, name: str) -> str:
        """Return where the manifest writes one of these limits."""
        return f"limits.{name}" if self.job is None else f"jobs.{self.job}.limits.{name}"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What bounds an approval.

    Attributes:
        limits: The manifest's limits.
        job_limits: The limits of the jobs that have their own, by the job's name.
        prices: What Glacier charges.
        allowances: What this run lifts.
    """

    limits: Limits
    job_limits: Mapping[str, Limits]
    prices: PriceTable
    allowances: Allowances


def check_totals(now: Sequence[Tally], *, before: Sequence[Tally], bounds: Bounds) -> None:
    """Refuse what would take an approval over one of its limits: those over all, then each job's own.

    Args:
        now: What would start now.
        before: What the same approval has started before.
        bounds: What bounds the approval.

    Raises:
        OverLimit: ``over-limit``, ``unknown-size`` or ``unknown-price``; names the limit, the numbers and the
            flag that lifts that one.
    """
    prices, allowances = bounds.prices, bounds.allowances
    everything = _Scope(None, bounds.limits, now, _sum(now, prices), _sum(before, prices))
    _check(everything, allowances, prices)
    now_of, before_of = _by_job(now), _by_job(before)
    for job, own in bounds.job_limits.items():
        rows = now_of.get(job, [])
        scope = _Scope(job, own, rows, _sum(rows, prices), _sum(before_of.get(job, []), prices))
        _check(scope, allowances, prices)


def _by_job(tallies: Iterable[Tally]) -> Mapping[str, list[Tally]]:
    found: dict[str, list[Tally]] = {}
    for tally in tallies:
        found.setdefault(tally.job, []).append(tally)
    return found


def _check(scope: _Scope, allowances: Allowances, prices: PriceTable) -> None:
    for name in ("jobs", "expedited_jobs"):
        _check_count(scope, name, allowances)
    _check_bytes(scope, allowances)
    _check_cost(scope, allowances, prices)


def _check_count(scope: _Scope, name: str, allowances: Allowances) -> None:
    allowed = allowances.values.get(scope.lifting(name), getattr(scope.limits, name))
    before, now = getattr(scope.before, name), getattr(scope.now, name)
    if allowed is None or now == 0 or before + now <= allowed:
        return
    told = f"would start {before + now} {name.replace('_', ' ')}"
    raise _over(
        scope, name, told, earlier=f"{before}" if before else "", limit=f"{allowed}", lift=f"{before + now}"
    )


def _check_bytes(scope: _Scope, allowances: Allowances) -> None:
    allowed = allowances.values.get(scope.lifting("bytes"), scope.limits.bytes)
    now, before = scope.now, scope.before
    if allowed is None or (now.bytes == 0 and now.unknown_sizes == 0):
        return
    unknown = now.unknown_sizes + before.unknown_sizes
    if unknown and not allowances.unknown_size:
        raise _unknown_size(scope, "bytes")
    total = before.bytes + now.bytes
    if total > allowed:
        told, limit, earlier = _told_apart(
            total, int(allowed), before.bytes, briefly=format_size, exactly=_every_byte
        )
        raise _over(
            scope,
            "bytes",
            f"would retrieve {_at_least(unknown)}{told}",
            earlier=earlier if before.bytes else "",
            limit=limit,
            lift=_enough_bytes(total),
        )


def _check_cost(scope: _Scope, allowances: Allowances, prices: PriceTable) -> None:
    allowed = allowances.values.get(scope.lifting("cost"), scope.limits.cost)
    if allowed is None or scope.now.cost == _NOTHING:
        return
    cost, before = scope.before.cost + scope.now.cost, scope.before.cost.known
    if cost.unknown_prices and not allowances.unknown_price:
        raise _unknown_price(scope, prices)
    if cost.unknown_sizes and not allowances.unknown_size:
        raise _unknown_size(scope, "cost")
    if cost.known > allowed:
        told, limit, earlier = _told_apart(
            cost.known, Decimal(allowed), before, briefly=dollars, exactly=_every_digit
        )
        raise _over(
            scope,
            "cost",
            f"would cost {_at_least(cost.unknown_actions)}{told}",
            earlier=earlier if before else "",
            limit=limit,
            lift=f"{cost.known.quantize(_CENT, ROUND_UP)}USD",
        )


def _told_apart(
    total: _Amount,
    allowed: _Amount,
    earlier: _Amount,
    *,
    briefly: Callable[[_Amount], str],
    exactly: Callable[[_Amount], str],
) -> tuple[str, str, str]:
    """Write three amounts for people: briefly, unless an amount over the limit would look like the limit."""
    write = exactly if briefly(total) == briefly(allowed) else briefly
    return write(total), write(allowed), write(earlier)


def _every_byte(size: int) -> str:
    return f"{size} bytes"


def _every_digit(amount: Decimal) -> str:
    return f"${amount.normalize():f}"


def _at_least(unknown: int) -> str:
    return "at least " if unknown else ""


def _enough_bytes(size: int) -> str:
    """Return a size that is no smaller, and as short to write as may be."""
    for name, unit in (("GiB", GIB), ("MiB", MIB)):
        if size >= 10 * unit:
            return f"{-(-size // unit)}{name}"
    return f"{size}B"


def _over(scope: _Scope, name: str, told: str, *, earlier: str, limit: str, lift: str) -> OverLimit:
    of_them = f", {earlier} of them started earlier under the same approval" if earlier else ""
    return OverLimit(
        "over-limit",
        f"{scope.subject} {told}{of_them}, and the limit is {limit}",
        next_step=f"start fewer (--target, --exclude), raise {scope.written(name)} in the manifest, "
        f"or lift it for this run with --allow {scope.lifting(name)}={lift}",
    )


def _unknown_size(scope: _Scope, name: str) -> OverLimit:
    unsized = [row for row in scope.rows if row.unknown_sizes]
    return OverLimit(
        UNKNOWN_SIZE,
        f"{scope.written(name)} is set, and nobody knows the size of {_of_what(scope, unsized)}: "
        "it never counts as zero",
        next_step="name an inventory that tells them (sizes_from), ask for byte ranges, "
        f"or start them uncounted with --allow {UNKNOWN_SIZE}",
    )


def _of_what(scope: _Scope, unsized: Sequence[Tally]) -> str:
    if not unsized:
        return f"{scope.before.unknown_sizes} archives that the same approval started earlier"
    number = scope.now.unknown_sizes
    first = unsized[0]
    archives = "1 archive" if number == 1 else f"{number} archives"
    others = "" if len(unsized) == 1 else f" and {len(unsized) - 1} more places"
    return f"{archives} (of job '{first.job}' in vault {first.vault}{others})"


def _unknown_price(scope: _Scope, prices: PriceTable) -> OverLimit:
    return OverLimit(
        UNKNOWN_PRICE,
        f"{scope.written('cost')} is set, and nobody knows {_unpriced(scope, prices)}: "
        "it never counts as zero",
        next_step="give the prices ('prices' in the manifest, or --prices FILE), "
        f"or start it uncounted with --allow {UNKNOWN_PRICE}",
    )


def _unpriced(scope: _Scope, prices: PriceTable) -> str:
    for row in scope.rows:
        if not cost_of(row, prices).unknown_prices:
            continue
        if row.kind is JobType.SELECT:
            return f"before it has run what a select costs (job '{row.job}')"
        return f"the whole price of {' or '.join(row.tiers)} in {row.region} (looked up in {prices.source})"
    return "the price of what the same approval started earlier"
