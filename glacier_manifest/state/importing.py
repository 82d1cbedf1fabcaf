"""Importing: what an export or a rescue file tells becomes known here, in the caller's transaction."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from glacier_manifest.errors import Elsewhere
from glacier_manifest.state import queries, rows
from glacier_manifest.state.binding import are_apart, bind
from glacier_manifest.state.knowledge import Entry, Knowledge
from glacier_manifest.state.log import DUPLICATE, IMPORTED, Run, log_decision, log_record
from glacier_manifest.state.merging import merge
from glacier_manifest.state.protocol import Approval, Identity
from glacier_manifest.state.record import Record
from glacier_manifest.state.rows import moment_text, optional_text


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two jobs of one purchase: both were paid for.

    Attributes:
        record: What is known here, with the job that is kept.
        job_id: The other job.
    """

    record: Record
    job_id: str


@dataclass(slots=True)
class Imported:
    """What an import came to: records taken, records left as they were, and duplicates among the latter."""

    taken: int = 0
    unchanged: int = 0
    duplicates: int = 0


def import_knowledge(
    connection: sqlite3.Connection,
    run: Run,
    knowledge: Iterable[Knowledge],
    *,
    at: datetime,
    tell: Callable[[Duplicate], None],
) -> Imported:
    """Merge what a file tells into the state, by the table in merging.py.

    Accounts and approvals are added to those that are known; a record's approval is the one with the same
    digest here. Every record that is taken is logged as imported. A state that knows it all already is not
    changed, and nothing is logged.

    Args:
        connection: A writing connection, inside a transaction.
        run: This run, which is logged already.
        knowledge: What the file tells, its identity first.
        at: When, for the log.
        tell: Called with each duplicate.

    Raises:
        Elsewhere: ``other-endpoint``: the file is of AWS and the state of another service, or the reverse.
        InvalidInput: From `knowledge`; the transaction is to be rolled back.
    """
    importing = _Importing(connection, run, at, tell)
    before = connection.total_changes
    for told in knowledge:
        importing.take(told)
    if connection.total_changes != before:
        importing.log_whole()
    return importing.imported


class _Importing:
    """One import under way: where it comes from, and what it came to so far."""

    def __init__(
        self, connection: sqlite3.Connection, run: Run, at: datetime, tell: Callable[[Duplicate], None]
    ) -> None:
        self.imported = Imported()
        self._connection = connection
        self._run = run
        self._at = at
        self._tell = tell
        self._source = ""
        self._from_here = False
        self._approvals: dict[int, int] = {}

    def take(self, told: Knowledge) -> None:
        match told:
            case Identity():
                self._take_identity(told)
            case Approval():
                self._take_approval(told)
            case Entry():
                self._take_entry(told)
            case Record():
                self._take_record(told)
            case _:
                assert_never(told)

    def log_whole(self) -> None:
        imported = self.imported
        details = {"from_state": self._source, "taken": imported.taken, "duplicates": imported.duplicates}
        log_decision(self._connection, self._run, IMPORTED, at=self._at, details=details)

    def _take_identity(self, theirs: Identity) -> None:
        ours = queries.identity(self._connection)
        if are_apart(ours.endpoint, theirs.endpoint):
            raise Elsewhere(
                "other-endpoint",
                f"this state was made against {ours.endpoint}, and the file tells of {theirs.endpoint}",
                next_step="name the state that it belongs to with --state; nothing was imported",
            )
        self._source = theirs.id
        self._from_here = theirs.id == ours.id
        for account_id in sorted(theirs.accounts) if theirs.endpoint is not None else ():
            endpoint = str(theirs.endpoint)
            bind(self._connection, self._run, self._at, account_id=account_id, endpoint=endpoint)

    def _take_approval(self, theirs: Approval) -> None:
        self._connection.execute(
            "INSERT INTO approvals (digest, how, approved_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (theirs.digest, theirs.how, moment_text(theirs.approved_at)),
        )
        ours = queries.approval(self._connection, theirs.digest)
        if ours is not None:
            self._approvals[theirs.id] = ours.id

    def _take_entry(self, theirs: Entry) -> None:
        self._connection.execute(
            "INSERT INTO approved_entries (approval, entry) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (self._approvals[theirs.approval], theirs.entry),
        )

    def _take_record(self, told: Record) -> None:
        theirs = replace(told, approval=self._approval_here(told.approval))
        ours = queries.record_of(self._connection, theirs.key, theirs.generation)
        if ours == theirs:
            self.imported.unchanged += 1
            return
        attempts = queries.attempts_at(self._connection, theirs.key, theirs.generation) if ours else ()
        merged = merge(ours, theirs, our_attempts=attempts)
        if merged.record is not None:
            self._keep(merged.record, is_new=ours is None)
            return
        self.imported.unchanged += 1
        if ours is not None and merged.duplicate is not None:
            self._tell_duplicate(Duplicate(ours, merged.duplicate))

    def _approval_here(self, theirs: int | None) -> int | None:
        """Return an approval's number here; a rescue file uses the numbers of its own state."""
        if theirs is None:
            return None
        return self._approvals.get(theirs, theirs if self._from_here else None)

    def _keep(self, record: Record, *, is_new: bool) -> None:
        store = rows.insert if is_new else rows.update
        store(self._connection, record)
        self.imported.taken += 1
        details = {
            "status": str(record.status),
            "attempts": record.attempts,
            "job_id": record.job_id,
            "intended_at": optional_text(record.intended_at),
            "from_state": self._source,
        }
        log_record(self._connection, self._run, IMPORTED, at=self._at, about=record, details=details)

    def _tell_duplicate(self, duplicate: Duplicate) -> None:
        self.imported.duplicates += 1
        self._tell(duplicate)
        record = duplicate.record
        details = {"job_id": record.job_id, "duplicates": [duplicate.job_id]}
        if not queries.has_event(self._connection, DUPLICATE, about=record, details=json.dumps(details)):
            log_record(self._connection, self._run, DUPLICATE, at=self._at, about=record, details=details)
