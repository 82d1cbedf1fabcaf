"""The first line of a plan file: what the plan was made for, and what bounds its approval."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import NEVER, Limits, Pace, Price, Repurchases
from glacier_manifest.planning.limits import Bounds
from glacier_manifest.planning.plan import Blocked, Plan, requests_in
from glacier_manifest.planning.plan_kind import KIND
from glacier_manifest.planning.prices import PriceTable, RegionPrices

FORMAT_VERSION: Literal["1.0"] = "1.0"


class Edge(BaseModel):
    """What is read from a plan file: keys of later versions are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Limits(Edge):
    jobs: int | None = None
    expedited_jobs: int | None = None
    bytes: int | None = None
    cost: Decimal | None = None

    @classmethod
    def of(cls, limits: Limits) -> "_Limits":
        return cls(
            jobs=limits.jobs, expedited_jobs=limits.expedited_jobs, bytes=limits.bytes, cost=limits.cost
        )

    @property
    def read(self) -> Limits:
        return Limits(jobs=self.jobs, expedited_jobs=self.expedited_jobs, bytes=self.bytes, cost=self.cost)


class _Price(Edge):
    per_gb: Decimal | None
    per_1000_requests: Decimal | None


class _RegionPrices(Edge):
    as_of: date
    tiers: dict[Tier, _Price]

    @property
    def read(self) -> RegionPrices:
        tiers = {tier: Price(one.per_gb, one.per_1000_requests) for tier, one in self.tiers.items()}
        return RegionPrices(tiers, self.as_of)


class _Prices(Edge):
    source: str
    regions: dict[str, _RegionPrices]

    @classmethod
    def of(cls, prices: PriceTable, regions: Iterable[str]) -> "_Prices":
        """Keep only what this plan is priced by."""
        kept = {name: prices.regions[name] for name in sorted({*regions}) if name in prices.regions}
        return cls(source=prices.source, regions={name: _region(one) for name, one in kept.items()})


def _region(prices: RegionPrices) -> _RegionPrices:
    tiers = {
        tier: _Price(per_gb=one.per_gb, per_1000_requests=one.per_1000_requests)
        for tier, one in prices.tiers.items()
    }
    return _RegionPrices(as_of=prices.as_of, tiers=tiers)


class _Blocked(Edge):
    job: str
    account_id: str
    region: str
    vault: str
    tiers: tuple[Tier, ...]
    waits_for: str
    entry: str

    @classmethod
    def of(cls, blocked: Blocked) -> "_Blocked":
        vault = blocked.vault
        return cls(
            job=blocked.job,
            account_id=vault.account_id,
            region=vault.region,
            vault=vault.name,
            tiers=blocked.tiers,
            waits_for=blocked.waits_for,
            entry=blocked.entry,
        )

    @property
    def read(self) -> Blocked:
        vault = Vault(self.account_id, self.region, self.vault)
        return Blocked(self.job, vault, self.tiers, self.waits_for, self.entry)


class PlanHeader(Edge):
    """The first line: what the plan was made for.

    Attributes:
        state_id: The state it was made with; None where there was none yet.
        digest: The digest of all its entries.
        actions: How many lines follow.
        manifests: The files it was made from, as they were named.
        pace: Requests a second, how many at once, and bytes a day and staged at once where they are limited.
        limits: What the approval may start.
        job_limits: What it may start of the jobs that have limits of their own.
        prices: What it was priced by.
        restarts: How often a request may be bought again by itself.
        blocked: The jobs that have no requests before the output of another is there.
        allow: The limits that were lifted when it was made.
        seal: The hash of all of the file without its seal; None before it is written.
    """

    kind: Literal["glacier-manifest-plan"] = KIND
    format_version: Literal["1.0"] = FORMAT_VERSION
    state_id: str | None
    digest: str
    made_at: datetime
    actions: int
    manifests: tuple[str, ...]
    pace: dict[str, float]
    limits: _Limits
    job_limits: dict[str, _Limits]
    prices: _Prices
    blocked: tuple[_Blocked, ...] = ()
    restarts: dict[str, int]
    allow: dict[str, int | Decimal]
    seal: str | None = None

    @property
    def repurchases(self) -> Repurchases:
        """How often a request may be bought again by itself."""
        return Repurchases(expired=self.restarts["expired"], failed=self.restarts["failed"])

    @property
    def limits_read(self) -> Limits:
        """The limits that stood in the manifest."""
        return self.limits.read

    @property
    def job_limits_read(self) -> Mapping[str, Limits]:
        """The limits of the jobs that had their own."""
        return {job: limits.read for job, limits in self.job_limits.items()}

    @property
    def prices_read(self) -> PriceTable:
        """The prices that the reviewer saw."""
        regions = {name: region.read for name, region in self.prices.regions.items()}
        return PriceTable(self.prices.source, regions)

    @property
    def blocked_read(self) -> Iterator[Blocked]:
        """The jobs that had no requests when the plan was made."""
        return (one.read for one in self.blocked)

    @property
    def pace_read(self) -> Pace:
        """The pace that stood in the manifest."""
        bytes_per_day, staged_bytes = self.pace.get("bytes_per_day"), self.pace.get("staged_bytes")
        return Pace(
            requests_per_second=self.pace["requests_per_second"],
            concurrency=int(self.pace["concurrency"]),
            bytes_per_day=None if bytes_per_day is None else int(bytes_per_day),
            staged_bytes=None if staged_bytes is None else int(staged_bytes),
        )


def header_of(
    plan: Plan,
    *,
    state_id: str | None,
    manifests: Sequence[Path],
    pace: Pace,
    bounds: Bounds,
    restarts: Repurchases = NEVER,
) -> PlanHeader:
    """Return the first line of a plan file."""
    bytes_per_day = {} if pace.bytes_per_day is None else {"bytes_per_day": pace.bytes_per_day}
    staged_bytes = {} if pace.staged_bytes is None else {"staged_bytes": pace.staged_bytes}
    return PlanHeader(
        state_id=state_id,
        digest=plan.digest,
        made_at=plan.made_at,
        actions=requests_in(plan) - len(plan.blocked),
        manifests=tuple(str(path) for path in manifests),
        pace={
            "requests_per_second": pace.requests_per_second,
            "concurrency": pace.concurrency,
            **bytes_per_day,
            **staged_bytes,
        },
        limits=_Limits.of(bounds.limits),
        job_limits={job: _Limits.of(own) for job, own in bounds.job_limits.items()},
        prices=_Prices.of(bounds.prices, (vault.region for vault in plan.vaults)),
        restarts={"expired": restarts.expired, "failed": restarts.failed},
        blocked=tuple(map(_Blocked.of, plan.blocked)),
        allow=dict(bounds.allowances.values),
    )
