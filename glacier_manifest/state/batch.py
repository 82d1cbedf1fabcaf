"""Many changes with few statements: what is known is read once, and what becomes of it is written once.

A statement lets go of the interpreter, and the writer must wait to have it again while other threads work;
so a group of changes costs four statements, however many they are.
"""

import sqlite3
from collections.abc import Iterator, Sequence

from glacier_manifest.errors import StateError
from glacier_manifest.jobs.status import Status
from glacier_manifest.state import queries, rows
from glacier_manifest.state.changes import (
    Accept,
    Adopt,
    Change,
    Find,
    LoseTrack,
    Reject,
    Release,
    SendAgain,
    Withdraw,
)
from glacier_manifest.state.log import Run, log_changes
from glacier_manifest.state.outcome import Conflict, Known, key_of, outcome
from glacier_manifest.state.record import Record

#: Changes that look at nothing but the record of the intent which they answer.
_ANSWERS = (Accept, LoseTrack, Reject, Release, SendAgain, Withdraw)

_Purchase = tuple[str, int]
_Generations = dict[str, dict[int, Record]]


class Batch:
    """Applies changes over one connection, and remembers the intents that it wrote until they are answered.

    What is remembered counts only while no other connection has changed the file.

    Args:
        run: This run, as the event log will name it.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._intents: dict[_Purchase, Record] = {}
        self._version: int | None = None

    def forget(self) -> None:
        """Remember nothing: what was written has been rolled back."""
        self._intents = {}

    def __call__(self, connection: sqlite3.Connection, changes: Sequence[Change]) -> list[StateError | None]:
        """Apply changes in their order, within the transaction that is open.

        Returns:
            For each change, why it was refused; None where it was applied.

        Raises:
            Exception: A value cannot be written, or the file: the transaction must be rolled back.
        """
        intents, known = self._known(connection, changes)
        self.forget()  # until all is written
        pending = _Pending(connection, self._run)
        refusals = [_refusal(change, known, pending) for change in changes]
        pending.write()
        for purchase in pending.touched:
            intents.pop(purchase, None)
        intents.update(pending.intents())
        self._intents = intents
        return refusals

    def _known(
        self, connection: sqlite3.Connection, changes: Sequence[Change]
    ) -> tuple[dict[_Purchase, Record], _Generations]:
        """Return the intents that are remembered rightly, and what is known of the keys of all changes."""
        known, asked = _remembered(changes, self._intents)
        before, (self._version, read) = self._version, queries.generations(connection, asked)
        if before == self._version:
            return self._intents, known | read
        if known:
            _, read = queries.generations(connection, {*known, *asked})
        return {}, read


class _Pending:
    """What is to be written, each purchase once and each change once."""

    def __init__(self, connection: sqlite3.Connection, run: Run) -> None:
        self.connection = connection
        self.touched: dict[_Purchase, Record] = {}
        self._run = run
        self._records: dict[_Purchase, Record] = {}
        self._changes: list[tuple[Change, Record]] = []

    def add(self, change: Change, after: Record) -> None:
        """Take what a change made of a record."""
        purchase = (after.key, after.generation)
        self.touched[purchase] = self._records[purchase] = after
        self._changes.append((change, after))

    def write(self) -> None:
        """Write what was taken."""
        rows.put(self.connection, tuple(self._records.values()))
        log_changes(self.connection, self._run, self._changes)
        self._records, self._changes = {}, []

    def intents(self) -> Iterator[tuple[_Purchase, Record]]:
        """Yield the purchases that are intended now."""
        return (one for one in self.touched.items() if one[1].status is Status.INTENDED)


def _remembered(changes: Sequence[Change], intents: dict[_Purchase, Record]) -> tuple[_Generations, set[str]]:
    """Return what is remembered of the keys of some changes, and the keys that must be looked up."""
    known: _Generations = {}
    asked: set[str] = set()
    for change in changes:
        key, generation = key_of(change)
        intent = intents.get((key, generation)) if isinstance(change, _ANSWERS) else None
        if intent is None:
            asked.add(key)
        else:
            known[key] = {generation: intent}
    return known, asked


def _refusal(change: Change, known: _Generations, pending: _Pending) -> StateError | None:
    """Apply one change; return why it was refused, where it was."""
    key, generation = key_of(change)
    generations = known[key]
    before = Known(
        record=generations.get(generation),
        latest=generations[max(generations)] if generations else None,
        job_holder=_job_holder(change, pending),
    )
    try:
        after = outcome(change, before)
    except Conflict as conflict:
        return _conflict(change, before, conflict)
    if after is not None:
        generations[generation] = after
        pending.add(change, after)
    return None


def _job_holder(change: Change, pending: _Pending) -> str | None:
    if not isinstance(change, Find | Adopt):
        return None
    job_id = change.job_id if isinstance(change, Find) else change.record.job_id
    if job_id is None:
        return None
    pending.write()  # a change of the same group may have given that job to another record
    key, generation = key_of(change)
    return queries.job_holder(pending.connection, job_id, key=key, generation=generation)


def _conflict(change: Change, known: Known, conflict: Conflict) -> StateError:
    key, generation = key_of(change)
    about = known.record or known.latest
    address = about.address if about else f"key {key}"
    refusal = StateError(
        "state-conflict",
        f"{type(change).__name__} of {address} (generation {generation}) is refused: {conflict}",
        next_step="see what became of it with 'glacier-manifest state show', then run the same command again",
    )
    refusal.__cause__ = conflict
    return refusal
