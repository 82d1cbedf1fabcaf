"""What is told beside the actions of a plan: the inventories it was made from, and how long it will take."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from glacier_manifest.diagnostics import Diagnostic
from glacier_manifest.errors import GlacierManifestError
from glacier_manifest.jobs.instant import slot_name
from glacier_manifest.manifest import Pace
from glacier_manifest.planning.consulted import Consulted
from glacier_manifest.planning.forecast import Ready, forecast, starting_time
from glacier_manifest.planning.plan import Plan
from glacier_manifest.units import format_duration, format_size
from glacier_manifest.views.records import moment

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
#: How many inventories people are shown; the JSON forms have all.
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that is known of a plan beside its actions.

    Attributes:
        inventories: What it was made from.
        pace: How fast it would be started; None where that is left untold.
        findings: What is odd, or would fail when it is applied.
        refusal: The limit that it would break, if it would break one.
    """

    inventories: Sequence[Consulted] = ()
    pace: Pace | None = None
    findings: Sequence[Diagnostic] = ()
    refusal: GlacierManifestError | None = None


def inventories(consulted: Sequence[Consulted], now: datetime) -> Iterator[str]:
    """Yield a line for each inventory: whose it is, how old, how many archives, how many are meant."""
    for one in consulted[:_SHOWN]:
        yield f"Inventory {one.name}{_of(one, now)}: {counts(one)}"
    if len(consulted) > _SHOWN:
        yield f"    and {len(consulted) - _SHOWN} inventories more (--format json shows all)"


def _of(one: Consulted, now: datetime) -> str:
    told = age(one, now)
    return f" of {told}" if told else ""


def age(one: Consulted, now: datetime) -> str:
    """Return the day of an inventory and its age; nothing where it does not tell."""
    made = one.made_at
    if made is None:
        return ""
    days = max((now - made) // _DAY, 0)
    old = "less than a day" if days == 0 else "1 day" if days == 1 else f"{days:,} days"
    return f"{made.date().isoformat()}, {old} old"


def counts(one: Consulted) -> str:
    """Return how many archives it lists, how many of them a job means, and what could not be read."""
    walked = one.walked
    meant = "read for their sizes" if one.picked is None else f"{one.picked:,} picked"
    skipped = f", {_rows(walked.skipped)} skipped" if walked.skipped else ""
    return f"{_archives(walked.archives)}, {meant} by '{one.job}'{skipped}"


def _archives(number: int) -> str:
    return "1 archive" if number == 1 else f"{number:,} archives"


def _rows(number: int) -> str:
    return "1 bad row" if number == 1 else f"{number:,} bad rows"


def timing(plan: Plan, pace: Pace) -> Iterator[str]:
    """Yield how long starting takes, where it takes a while, and when what starts is typically ready."""
    lasts = starting_time(plan.tallies, pace)
    if lasts >= _MINUTE:
        yield f"Starting takes {format_duration(lasts)} or more, {pace_words(pace)}."
    told = "; ".join(f"{kind(one)} {_span(one)}" for one in _forecast(plan, pace))
    yield f"Ready, if Glacier is as fast as usual: {told}."


def pace_words(pace: Pace) -> str:
    """Return the pace that a plan is started at, in words."""
    daily = "" if pace.bytes_per_day is None else f" and {format_size(pace.bytes_per_day)} a day"
    return f"at {pace.requests_per_second:g} calls a second{daily}"


def kind(one: Ready) -> str:
    """Return which jobs a forecast is about."""
    return ", ".join(one.tiers) or "inventories"


def _span(one: Ready) -> str:
    return f"from {slot_name(one.earliest)} to {slot_name(one.latest)}"


def circumstances_json(plan: Plan, circumstances: Circumstances) -> dict[str, Any]:
    """Return it as JSON; the keys are a contract."""
    pace = circumstances.pace
    return {
        "inventories": [_inventory_json(one) for one in circumstances.inventories],
        "pace": None if pace is None else _pace_json(plan, pace),
        "ready": [] if pace is None else [_ready_json(one) for one in _forecast(plan, pace)],
    }


def _forecast(plan: Plan, pace: Pace) -> tuple[Ready, ...]:
    return forecast(plan.tallies, pace, plan.made_at)


def _inventory_json(one: Consulted) -> dict[str, Any]:
    walked = one.walked
    return {
        "name": one.name,
        "job": one.job,
        "vault": one.vault.name,
        "vault_arn": walked.head.vault_arn,
        "inventory_date": moment(one.made_at),
        "sha256": walked.sha256,
        "archives": walked.archives,
        "picked": one.picked,
        "skipped_rows": walked.skipped,
    }


def _pace_json(plan: Plan, pace: Pace) -> dict[str, Any]:
    return {
        "requests_per_second": pace.requests_per_second,
        "bytes_per_day": pace.bytes_per_day,
        "starting_seconds": int(starting_time(plan.tallies, pace).total_seconds()),
    }


def _ready_json(one: Ready) -> dict[str, Any]:
    return {
        "type": str(one.kind),
        "tiers": [str(tier) for tier in one.tiers],
        "jobs": one.jobs,
        "earliest": moment(one.earliest),
        "latest": moment(one.latest),
    }
