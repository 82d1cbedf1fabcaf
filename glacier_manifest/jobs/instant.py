"""Moments, in the two spellings that stand in contracts.

On the wire a moment is ``2015-01-01T00:00:00Z`` (docs: "api-initiate-job-post", StartDate); a slot, which
is part of a request's key, is ``2026-11-23T03:00Z``. Both are UTC.
"""

from datetime import UTC, date, datetime


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 date or moment; a date is its first moment, a moment without a zone is UTC.

    Raises:
        ValueError: The text is neither, or lies outside of the years 1 to 9999.
    """
    try:
        return _in_utc(datetime.fromisoformat(text.strip()))
    except OverflowError:
        raise ValueError(f"{text!r} lies outside of the years 1 to 9999") from None


def wire_instant(moment: datetime | date) -> str:
    """Write a moment as Glacier wants it, to the second: ``2015-01-01T00:00:00Z``.

    A date is its first moment, a moment without a zone is UTC.
    """
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return _spell(moment, "seconds")


def slot_name(moment: datetime) -> str:
    """Write the tick of a schedule as a slot: ``2026-11-23T03:00Z``."""
    return _spell(moment, "minutes")


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _spell(moment: datetime, precision: str) -> str:
    return _in_utc(moment).replace(tzinfo=None).isoformat(timespec=precision) + "Z"
