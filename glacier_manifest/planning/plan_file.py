"""A plan as a file: what was reviewed, so that exactly that is applied.

NDJSON: a header object, then an action a line. Each line carries all that is needed to send its request;
keys, entries and the digest are worked out anew when it is read, and a seal over all of the file tells
limits, pace and order that are no longer the reviewed ones.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, Span
from glacier_manifest.jobs.request import (
    ArchiveRetrieval,
    ByteRange,
    InventoryRetrieval,
    JobType,
    Request,
    Select,
    Vault,
    What,
)
from glacier_manifest.jobs.schedule import Schedule
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import NEVER, Limits, Pace, Price, Repurchases
from glacier_manifest.planning.approval import digest
from glacier_manifest.planning.limits import Bounds
from glacier_manifest.planning.plan import STARTING, Action, Plan, Reason, Verb, entry_of, requests_in
from glacier_manifest.planning.prices import PriceTable, RegionPrices

FORMAT_VERSION: Literal["1.0"] = "1.0"
_KIND: Literal["glacier-manifest-plan"] = "glacier-manifest-plan"


class _Edge(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Limits(_Edge):
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


class _Price(_Edge):
    per_gb: Decimal | None
    per_1000_requests: Decimal | None


class _RegionPrices(_Edge):
    as_of: date
    tiers: dict[Tier, _Price]

    @property
    def read(self) -> RegionPrices:
        tiers = {tier: Price(one.per_gb, one.per_1000_requests) for tier, one in self.tiers.items()}
        return RegionPrices(tiers, self.as_of)


class _Prices(_Edge):
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


class PlanHeader(_Edge):
    """The first line: what the plan was made for.

    Attributes:
        state_id: The state it was made with; None where there was none yet.
        digest: The digest of all its entries.
        actions: How many lines follow.
        manifests: The files it was made from, as they were named.
        pace: Requests a second, how many at once, and bytes a day where they are limited.
        limits: What the approval may start.
        job_limits: What it may start of the jobs that have limits of their own.
        prices: What it was priced by.
        restarts: How often a request may be bought again by itself.
        blocked: The entries of jobs that have no requests before the output of another is there.
        allow: The limits that were lifted when it was made.
        seal: The hash of all of the file without its seal; None before it is written.
    """

    kind: Literal["glacier-manifest-plan"] = _KIND
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
    blocked: tuple[str, ...] = ()
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
    def pace_read(self) -> Pace:
        """The pace that stood in the manifest."""
        bytes_per_day = self.pace.get("bytes_per_day")
        return Pace(
            requests_per_second=self.pace["requests_per_second"],
            concurrency=int(self.pace["concurrency"]),
            bytes_per_day=None if bytes_per_day is None else int(bytes_per_day),
        )


class _Schedule(_Edge):
    cron: str
    timezone: str


class _Line(_Edge):
    action: Verb
    reason: Reason
    address: str
    generation: int
    job: str
    account_id: str
    region: str
    vault: str
    tiers: tuple[Tier, ...]
    slot: str | None
    schedule: _Schedule | None
    size: int | None
    created: str | None = None
    bounded: str | None = None
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SavedAction:
    """One line of a plan file that was read back.

    Attributes:
        request: The request.
        line: Where it stands, counted from 1.
        entry: Its approval entry.
        bounded: The entry that approves its whole job, where it has one.
        restarts: The generation that it would buy again; None where it is no restart.
    """

    request: Request
    line: int
    entry: str
    bounded: str | None
    restarts: int | None


def is_plan_file(first_line: str) -> bool:
    """Say whether a file that begins with this line is a saved plan (and not a manifest)."""
    try:
        header = json.loads(first_line)
    except ValueError:
        return False
    return isinstance(header, dict) and header.get("kind") == _KIND


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
        },
        limits=_Limits.of(bounds.limits),
        job_limits={job: _Limits.of(own) for job, own in bounds.job_limits.items()},
        prices=_Prices.of(bounds.prices, (vault.region for vault in plan.vaults)),
        restarts={"expired": restarts.expired, "failed": restarts.failed},
        blocked=tuple(one.entry for one in plan.blocked),
        allow=dict(bounds.allowances.values),
    )


def plan_lines(plan: Plan, header: PlanHeader) -> Iterator[str]:
    """Stream the lines of a plan file, each without its line end."""
    seal = _Seal(header)
    for action in plan.actions():
        seal.add(_line_of(action).model_dump_json())
    yield header.model_copy(update={"seal": seal.text}).model_dump_json()
    for action in plan.actions():
        yield _line_of(action).model_dump_json()


class _Seal:
    """The hash of a header, its seal left out, and of every line, whatever the line ends."""

    def __init__(self, header: PlanHeader) -> None:
        self._hash = hashlib.sha256(header.model_dump_json(exclude={"seal"}).encode())

    def add(self, line: str) -> None:
        """Take in the next line."""
        self._hash.update(b"\n" + line.rstrip("\r\n").encode())

    @property
    def text(self) -> str:
        """The seal of what was taken in."""
        return f"sha256:{self._hash.hexdigest()}"


def _line_of(action: Action) -> _Line:
    request = action.request
    schedule = request.schedule
    return _Line(
        action=action.verb,
        reason=action.reason,
        address=action.address,
        generation=action.generation,
        job=request.job,
        account_id=request.vault.account_id,
        region=request.vault.region,
        vault=request.vault.name,
        tiers=request.tiers,
        slot=request.slot,
        schedule=None if schedule is None else _Schedule(cron=schedule.cron, timezone=schedule.timezone),
        size=request.size,
        created=request.created,
        bounded=action.bounded,
        body=request.body(tier=None, description=request.description),
    )


def read_header(text: str, *, file: Path) -> PlanHeader:
    """Read the first line of a plan file.

    Raises:
        InvalidInput: It is not that of a plan file of this format.
    """
    return _header(text, file)


def read_actions(rows: Iterable[str], header: PlanHeader, *, file: Path) -> Iterator[SavedAction]:
    """Stream the lines of a plan file below its header.

    Nothing may be made of them before they were read to their end: only there is it known that the file is
    whole. The digest is checked apart (`check_digest`), since that takes the entries sorted.

    Args:
        rows: The lines.
        header: Its first line.
        file: Its name, for messages.

    Raises:
        InvalidInput: It is not a whole, unchanged plan file of this format.
    """
    seal = _Seal(header)
    count = 0
    for number, text in enumerate(rows, start=2):
        seal.add(text)
        yield _read(text, header, file, number)
        count += 1
    if count != header.actions or seal.text != header.seal:
        raise edited(file)


def check_digest(header: PlanHeader, entries: Iterable[str], *, file: Path) -> None:
    """Refuse a plan file whose entries do not give its digest.

    Args:
        header: Its first line.
        entries: The entries of its lines, sorted, each once.
        file: Its name, for messages.

    Raises:
        InvalidInput: They do not.
    """
    if digest(entries) != header.digest:
        raise edited(file)


def edited(file: Path) -> InvalidInput:
    """Return the refusal of a plan file that is not what was reviewed."""
    return _damaged(file, "it was cut or edited: its lines do not give the digest and seal in its header")


def _header(text: str, file: Path) -> PlanHeader:
    try:
        return PlanHeader.model_validate_json(text)
    except ValidationError as error:
        raise _damaged(file, f"its header does not read ({error.error_count()} faults)") from None


def _read(text: str, header: PlanHeader, file: Path, number: int) -> SavedAction:
    try:
        line = _Line.model_validate_json(text)
        request = _request(line)
        verb, reason, restarts = line.action, line.reason, header.repurchases
        alone = entry_of(request, line.generation, verb=verb, reason=reason, restarts=restarts)
    except (ValueError, LookupError, AttributeError, TypeError):  # whatever a body may lack or hold instead
        raise _damaged(file, f"line {number} does not read", number) from None
    entry = line.bounded if line.bounded is not None and verb is not Verb.RESTART else alone
    is_restart = line.action in STARTING and line.generation > 0
    return SavedAction(request, number, entry, line.bounded, line.generation if is_restart else None)


def _damaged(file: Path, what: str, line: int = 1) -> InvalidInput:
    found = Diagnostic(
        Severity.ERROR,
        "plan-file-damaged",
        f"this is not a whole plan file: {what}",
        span=Span(file, line, 1, 2),
        help="make it again with 'glacier-manifest plan --out'",
    )
    return InvalidInput([found], next_step="make the plan again with 'glacier-manifest plan --out FILE'")


def _request(line: _Line) -> Request:
    schedule = line.schedule
    return Request(
        job=line.job,
        vault=Vault(line.account_id, line.region, line.vault),
        what=_what(line.body),
        tiers=line.tiers,
        description=line.body.get("Description"),
        sns_topic=line.body.get("SNSTopic"),
        slot=line.slot,
        schedule=None if schedule is None else Schedule(schedule.cron, schedule.timezone),
        size=line.size,
        created=line.created,
    )


def _what(body: Mapping[str, Any]) -> What:
    match JobType(body["Type"]):
        case JobType.ARCHIVE_RETRIEVAL:
            return ArchiveRetrieval(body["ArchiveId"], _byte_range(body.get("RetrievalByteRange")))
        case JobType.INVENTORY_RETRIEVAL:
            parameters = body.get("InventoryRetrievalParameters", {})
            return InventoryRetrieval(
                format=body.get("Format"),
                start_date=parameters.get("StartDate"),
                end_date=parameters.get("EndDate"),
                limit=parameters.get("Limit"),
                marker=parameters.get("Marker"),
            )
        case JobType.SELECT:
            return Select(body["ArchiveId"], body["SelectParameters"], body["OutputLocation"])


def _byte_range(text: str | None) -> ByteRange | None:
    if text is None:
        return None
    start, _, end = text.partition("-")
    return ByteRange(int(start), int(end))
