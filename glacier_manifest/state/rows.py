# ruff: noqa: S608 - only names of this program's own are put into SQL, every value is bound
"""Records as rows of SQLite and back: the columns, and moments as text."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.record import Mishap, Record

COLUMNS = (
    "key",
    "generation",
    "address",
    "account_id",
    "region",
    "vault",
    "type",
    "archive_id",
    "retrieval_byte_range",
    "slot",
    "tier",
    "sns_topic",
    "description",
    "body_sha256",
    "status",
    "job_id",
    "size",
    "attempts",
    "approval",
    "intended_at",
    "accepted_at",
    "completed_at",
    "expires_at",
    "service_at",
    "changed_at",
    "output",
    "mishap_code",
    "mishap_message",
    "output_tree_hash",
    "output_size",
    "verified_by",
    "next_marker",
)

_INSERT = f"INSERT INTO requests ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
_UPDATE = (
    f"UPDATE requests SET {', '.join(f'{column} = ?' for column in COLUMNS[2:])} "
    "WHERE key = ? AND generation = ?"
)
_ROW = f"({', '.join('?' * len(COLUMNS))})"
_ANEW = ", ".join(f"{column} = excluded.{column}" for column in COLUMNS[2:])


def insert(connection: sqlite3.Connection, record: Record) -> None:
    """Write the row of a purchase that has none yet."""
    connection.execute(_INSERT, to_row(record))


def update(connection: sqlite3.Connection, record: Record) -> None:
    """Write the row of a purchase anew."""
    connection.execute(_UPDATE, (*to_row(record)[2:], record.key, record.generation))


def put(connection: sqlite3.Connection, records: Sequence[Record]) -> None:
    """Write the rows of some hundred purchases at most, new ones and known ones, in one statement.

    Each statement lets go of the interpreter and must wait to have it again: many short ones wait long.
    """
    if records:
        connection.execute(_put_sql(len(records)), [value for one in records for value in to_row(one)])


@lru_cache
def _put_sql(number: int) -> str:
    return (
        f"INSERT INTO requests ({', '.join(COLUMNS)}) VALUES {', '.join([_ROW] * number)} "
        f"ON CONFLICT (key, generation) DO UPDATE SET {_ANEW}"
    )


@lru_cache
def moment_text(moment: datetime) -> str:
    """Write a moment as the state keeps it: UTC, to the millisecond, ``2026-11-23T03:00:00.000Z``.

    Raises:
        ValueError: The moment has no timezone, and so is no moment.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no timezone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def optional_text(moment: datetime | None) -> str | None:
    """Write a moment that may not have happened."""
    return None if moment is None else moment_text(moment)


def optional_moment(text: str | None) -> datetime | None:
    """Read a moment that may not have happened."""
    return None if text is None else datetime.fromisoformat(text)


def to_row(record: Record) -> tuple[str | int | None, ...]:
    """Return a record's values in the order of COLUMNS."""
    mishap = record.mishap
    return (
        record.key,
        record.generation,
        record.address,
        record.account_id,
        record.region,
        record.vault,
        record.type,
        record.archive_id,
        record.retrieval_byte_range,
        record.slot,
        record.tier,
        record.sns_topic,
        record.description,
        record.body_sha256,
        str(record.status),
        record.job_id,
        record.size,
        record.attempts,
        record.approval,
        optional_text(record.intended_at),
        optional_text(record.accepted_at),
        optional_text(record.completed_at),
        optional_text(record.expires_at),
        optional_text(record.service_at),
        optional_text(record.changed_at),
        record.output,
        None if mishap is None else mishap.code,
        None if mishap is None else mishap.message,
        record.output_tree_hash,
        record.output_size,
        record.verified_by,
        record.next_marker,
    )


def from_row(row: tuple[Any, ...]) -> Record:
    """Return the record whose values stand in `row` in the order of COLUMNS."""
    mishap_code, mishap_message = row[26:28]
    values: tuple[Any, ...] = (
        *row[:14],
        Status(row[14]),
        *row[15:19],
        *map(optional_moment, row[19:25]),
        row[25],
        None if mishap_code is None else Mishap(mishap_code, mishap_message),
        *row[28:],
    )
    return Record(*values)
