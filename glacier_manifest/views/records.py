"""Records as JSON documents and as tables for people."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from glacier_manifest.jobs.status import Status
from glacier_manifest.state import export
from glacier_manifest.state.record import Mishap, Record

FORMAT_VERSION = "1.0"


def moment(at: datetime | None) -> str | None:
    """Write a moment as JSON has it: ``2026-11-23T03:00:00Z``, milliseconds where there are some."""
    if at is None:
        return None
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds").replace("+00:00", "Z")


def mishap_json(mishap: Mishap | None) -> dict[str, str] | None:
    """Return what went wrong as a JSON object."""
    return None if mishap is None else {"code": mishap.code, "message": mishap.message}


#: What `state list` shows of a record; the keys are a contract.
KEYS = (
    "address",
    "key",
    "generation",
    "account_id",
    "region",
    "vault",
    "type",
    "archive_id",
    "retrieval_byte_range",
    "slot",
    "tier",
    "status",
    "job_id",
    "description",
    "size",
    "attempts",
    "intended_at",
    "accepted_at",
    "completed_at",
    "expires_at",
    "output",
    "error",
)


def record_json(record: Record) -> dict[str, Any]:
    """Return a record as `state list` shows it."""
    known = export.record_json(record)
    return {key: known[key] for key in KEYS}


def line_of(record: Record) -> str:
    """Return a record as one line for people: status, address, job ID, and what went wrong."""
    parts = [f"{record.status:<11}", record.address]
    if record.generation:
        parts.append(f"(generation {record.generation})")
    if record.job_id is not None:
        parts.append(f"job {record.job_id}")
    if record.mishap is not None and record.status is not Status.IN_PROGRESS:
        parts.append(f"{record.mishap.code}: {record.mishap.message}")
    return "  ".join(parts)


def counted(counts: Mapping[Status, int]) -> str:
    """Return how many records stand in each status, for people: ``3 in progress, 1 failed``."""
    told = [f"{number} {words(status)}" for status, number in counts.items() if number]
    return ", ".join(told) or "none"


def words(status: Iterable[str] | Status) -> str:
    """Return a stable word as people say it: ``in progress``."""
    return "".join(status).replace("_", " ")


def whole(record: Record) -> str:
    """Return all that is known of a record, a line each, for people."""
    known = {name: value for name, value in record_json(record).items() if value is not None}
    if record.mishap is not None:
        known["error"] = f"{record.mishap.code}: {record.mishap.message}"
    width = max(map(len, known))
    return "".join(f"{name.ljust(width)}  {value}\n" for name, value in known.items()) + "\n"


#: What an event's line begins with, or a person has no use for.
_UNTOLD = frozenset({"id", "at", "event", "run", "key", "generation", "body_sha256", "version"})


def event_line(event: Mapping[str, Any]) -> str:
    """Return an event of the log as one line for people."""
    told = ", ".join(f"{name} {value}" for name, value in event.items() if name not in _UNTOLD and value)
    return f"{event['at']}  {event['event']:<10}  {told}"
