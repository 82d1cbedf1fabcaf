"""Moments, in the two spellings that stand in contracts.

On the wire a moment is ``2015-01-01T00:00:00Z`` (docs: "api-initiate-job-post", StartDate); a slot, which
is part of a request's key, is ``2026-11-23T03:00Z``. Both are UTC.
"""

from datetime import UTC, date, datetime


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 date or moment; a date is its first moment, a moment without a zone is UTC.

    Raises:
        ValueError: The text is neither.
    """
    moment = datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def wire_instant(moment: datetime | date) -> str:
    """Write a moment as Glacier wants it, to the second: ``2015-01-01T00:00:00Z``."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def slot_name(moment: datetime) -> str:
    """Write the tick of a schedule as a slot: ``2026-11-23T03:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
