"""What the event log tells: which run did what to which record, and when."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from glacier_manifest.state.changes import (
    Accept,
    Adopt,
    Change,
    Fetch,
    Find,
    Intend,
    Join,
    LoseTrack,
    Observe,
    Reject,
    Release,
    SendAgain,
    Withdraw,
)
from glacier_manifest.state.record import Record
from glacier_manifest.state.rows import moment_text, optional_text

#: What an import logs: of a record that it brought, of a further job of a request, and of the whole file.
IMPORTED, DUPLICATE = "imported", "duplicate"
#: What is logged of a record that a person has taken out.
FORGOTTEN = "forgotten"

_INTO_EVENTS = "INSERT INTO events (at, service_at, run, event, key, generation, details) VALUES "
_VALUES = "(?, ?, ?, ?, ?, ?, ?)"
_ABOUT_A_RECORD = _INTO_EVENTS + _VALUES

#: The stable name of each change in the log.
EVENTS: Mapping[type[Any], str] = {
    Intend: "intended",
    SendAgain: "sent-again",
    Accept: "accepted",
    Reject: "rejected",
    LoseTrack: "lost-track",
    Release: "released",
    Withdraw: "withdrawn",
    Find: "found",
    Adopt: "adopted",
    Observe: "observed",
    Fetch: "fetched",
    Join: "joined",
}


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the program, as its events name it.

    Attributes:
        id: A name that no other run has.
        host: The host it runs on.
        pid: Its process there.
        version: The program's version.
    """

    id: str
    host: str
    pid: int
    version: str


def log_run(connection: sqlite3.Connection, run: Run) -> None:
    """Note the run, unless it is known."""
    connection.execute(
        "INSERT INTO runs (id, host, pid, version) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (run.id, run.host, run.pid, run.version),
    )


def log_changes(connection: sqlite3.Connection, run: Run, changes: Sequence[tuple[Change, Record]]) -> None:
    """Log some hundred changes at most that were applied, each with what it made of the record."""
    if changes:
        values = [value for change, after in changes for value in _event(run, change, after)]
        connection.execute(_log_sql(len(changes)), values)


@lru_cache
def _log_sql(number: int) -> str:
    return _INTO_EVENTS + ", ".join([_VALUES] * number)


def _event(run: Run, change: Change, after: Record) -> tuple[str | int | None, ...]:
    return (
        moment_text(change.at),
        optional_text(getattr(change, "service_at", None)),
        run.id,
        EVENTS[type(change)],
        after.key,
        after.generation,
        json.dumps(_details(change, after)),
    )


def log_record(
    connection: sqlite3.Connection,
    run: Run,
    event: str,
    *,
    at: datetime,
    about: Record,
    details: Mapping[str, Any],
) -> None:
    """Log what was told of one record: that it was taken over or out, or that a job was paid for twice."""
    values = (moment_text(at), None, run.id, event, about.key, about.generation, json.dumps(details))
    connection.execute(_ABOUT_A_RECORD, values)


def log_decision(
    connection: sqlite3.Connection, run: Run, event: str, *, at: datetime, details: Mapping[str, Any]
) -> None:
    """Log what concerns no single record: an approval, a binding."""
    connection.execute(
        "INSERT INTO events (at, run, event, details) VALUES (?, ?, ?, ?)",
        (moment_text(at), run.id, event, json.dumps(details)),
    )


def _details(change: Change, after: Record) -> dict[str, Any]:
    told: dict[str, Any] = {"status": str(after.status), "attempts": after.attempts}
    if isinstance(change, Intend):
        told |= {"tier": after.tier, "approval": after.approval, "body_sha256": after.body_sha256}
    if isinstance(change, Accept | Find | Adopt):
        told["job_id"] = after.job_id
    if isinstance(change, Find | Adopt) and change.duplicates:
        told["duplicates"] = list(change.duplicates)
    if isinstance(change, Fetch | Join):
        told |= {"output": after.output, "verified_by": after.verified_by}
        told |= {"output_tree_hash": after.output_tree_hash, "output_size": after.output_size}
    if getattr(change, "next_marker", None) is not None:
        told["next_marker"] = after.next_marker
    if getattr(change, "mishap", None) is not None and after.mishap is not None:
        told |= {"code": after.mishap.code, "message": after.mishap.message}
    return told
