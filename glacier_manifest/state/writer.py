"""The one thread that writes: it takes all that waits, commits it at once, and only then says so.

A commit costs one wait for the disk, however many changes are in it; so many threads that each wait for
their own change share that wait. A change that is refused fails alone; a disk that fails, fails all.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

from glacier_manifest.errors import StateError
from glacier_manifest.state import faults
from glacier_manifest.state.changes import Change
from glacier_manifest.state.written import Pending, Written, tell

T = TypeVar("T")

#: Most operations in one commit: bounds how long the first of them waits.
GROUP = 256
#: Seconds for which what nobody waits for may wait for others to share its commit: much of what a
#: commit costs is pages of indexes, each written once for all that share it.
LINGER = 0.1

#: Faults after which the next commit may well succeed.
_PASSING = frozenset({"state-busy"})


class Batch(Protocol):
    """Applies changes in few statements."""

    def __call__(
        self, connection: sqlite3.Connection, changes: Sequence[Change]
    ) -> "list[StateError | None]":
        """Apply changes within the open transaction; return for each why it was refused, if it was."""

    def forget(self) -> None:
        """Remember nothing of what was applied: it was rolled back."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What is to be done, and who waits for it."""

    what: Callable[[sqlite3.Connection], Any] | Change
    pending: Pending[Any]


@dataclass(frozen=True, slots=True)
class _Refused:
    reason: Exception


class GroupWriter:
    """Applies changes and runs operations in the order in which they come, on a thread of its own.

    Args:
        path: The file of the state, for messages and to notice its loss.
        connection: A writing connection that is nobody else's from now on.
        begin: Run first in every transaction.
        batch: Applies changes.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        *,
        begin: Callable[[sqlite3.Connection], None],
        batch: Batch,
    ) -> None:
        self._path = path
        self._connection = connection
        self._begin = begin
        self._batch = batch
        self._file = _identity_of(path)
        self._waiting: deque[_Waiting] = deque()
        self._failure: StateError | None = None
        self._is_hurried = False
        self._is_closed = False
        self._door = threading.Condition(threading.Lock())
        self._told = threading.Condition(threading.Lock())
        self._thread = threading.Thread(target=self._run, name="glacier-manifest-state", daemon=True)
        self._thread.start()

    def submit(self, operation: Callable[[sqlite3.Connection], T]) -> Written[T]:
        """Hand over an operation; what is returned holds its result once it is committed."""
        (future,) = self._hand_over([operation])
        return future

    def write(self, changes: Sequence[Change]) -> list[Written[None]]:
        """Hand over changes that somebody waits for; each is done once it is committed."""
        return self._hand_over(changes)

    def write_unhurried(self, change: Change) -> Written[None]:
        """Hand over a change that nobody waits for: it may wait for others, `LINGER` at most."""
        waiting = _Waiting(change, Pending(self._told))
        with self._door:
            if self._is_closed:
                waiting.pending.fail(_closed(self._path))
                return waiting.pending
            self._waiting.append(waiting)
            if len(self._waiting) == 1:
                self._door.notify()
        return waiting.pending

    def _hand_over(self, wanted: Sequence[Any]) -> list[Written[Any]]:
        pending: list[Pending[Any]] = [Pending(self._told) for _ in wanted]
        with self._door:
            if self._is_closed:
                for one in pending:
                    one.fail(_closed(self._path))
                return [*pending]
            self._waiting.extend(map(_Waiting, wanted, pending))
            if self._waiting and not self._is_hurried:
                self._is_hurried = True
                self._door.notify()
        return [*pending]

    def close(self) -> None:
        """Commit what was handed over, then end the thread and let go of the file."""
        with self._door:
            self._is_closed = True
            self._door.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            while group := self._next_group():
                self._commit(group)
        finally:
            self._connection.close()
            self._turn_away()

    def _turn_away(self) -> None:
        """Leave nobody waiting for a thread that has ended, however it came to that."""
        with self._door:
            self._is_closed = True
            left = [one.pending for one in self._waiting]
            self._waiting.clear()
        for one in left:
            one.fail(_closed(self._path))
        tell(self._told, left)

    def _next_group(self) -> list[_Waiting]:
        """Wait for something to do and take all that waits; nothing means the end."""
        with self._door:
            while not (self._waiting or self._is_closed):
                self._door.wait()
            if not (self._is_hurried or self._is_closed):
                self._door.wait(LINGER)
            group = list(islice(self._waiting, GROUP))
            for _ in group:
                self._waiting.popleft()
            self._is_hurried = self._is_hurried and bool(self._waiting)
            return group

    def _commit(self, group: list[_Waiting]) -> None:
        with self._told:
            wanted = [one for one in group if one.pending.take()]
        try:
            outcomes = self._in_one_transaction(wanted)
        except BaseException as fault:  # noqa: BLE001 - whatever it is, nobody may be left waiting for ever
            failure = self._failed(fault)
            outcomes = [_Refused(failure) for _ in wanted]
        for waiting, outcome in zip(wanted, outcomes, strict=True):
            if isinstance(outcome, _Refused):
                waiting.pending.fail(outcome.reason)
            else:
                waiting.pending.set(outcome)
        tell(self._told, [one.pending for one in wanted])

    def _in_one_transaction(self, group: list[_Waiting]) -> list[Any]:
        if self._failure is not None:
            raise self._failure
        if _identity_of(self._path) != self._file:
            raise faults.gone(self._path)
        self._open_transaction()
        wanted = [one.what for one in group]
        outcomes = self._all_at_once(wanted) or [
            outcome for alike in _runs(wanted) for outcome in self._of_a_kind(alike)
        ]
        self._connection.execute("COMMIT")
        return outcomes

    def _open_transaction(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._begin(self._connection)

    def _all_at_once(self, wanted: Sequence[Any]) -> list[Any] | None:
        """Apply a group of changes without a savepoint; None where that cannot be, and nothing was done."""
        if any(map(callable, wanted)):
            return None
        try:
            return self._applied(wanted)
        except Exception as refusal:
            if _is_of_the_store(refusal):
                raise
            self._connection.execute("ROLLBACK")
            self._open_transaction()
            return None

    def _applied(self, changes: Sequence[Change]) -> list[Any]:
        return [refusal and _Refused(refusal) for refusal in self._batch(self._connection, changes)]

    def _of_a_kind(self, wanted: list[Any]) -> list[Any]:
        """Run operations one by one, or apply changes together: one by one where one of them spoils it."""
        if callable(wanted[0]):
            return [self._guarded(operation) for operation in wanted]
        applied = self._guarded(lambda _connection: self._applied(wanted))
        if not isinstance(applied, _Refused):
            return list(applied)
        if len(wanted) == 1:
            return [applied]
        return [outcome for change in wanted for outcome in self._of_a_kind([change])]

    def _guarded(self, operation: Callable[[sqlite3.Connection], Any]) -> Any:  # noqa: ANN401 - its own result
        """Run one operation under a savepoint, so that it leaves no trace where it is refused."""
        self._connection.execute("SAVEPOINT one")
        try:
            outcome = operation(self._connection)
        except Exception as refusal:
            if _is_of_the_store(refusal):
                raise
            self._connection.execute("ROLLBACK TO one")
            outcome = _Refused(refusal)
        self._connection.execute("RELEASE one")
        return outcome

    def _failed(self, fault: BaseException) -> StateError:
        self._roll_back()
        self._batch.forget()
        failure = _as_state_error(self._path, fault)
        if failure.code not in _PASSING:
            self._failure = failure
        return failure

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as fault:
            self._failure = faults.state_error(self._path, fault)


def _runs(wanted: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield what is to be done in pieces of one kind each: operations, or changes."""
    for _, alike in groupby(wanted, key=callable):
        yield list(alike)


def _is_of_the_store(fault: Exception) -> bool:
    """Say whether SQLite's file failed, rather than one operation's values."""
    of_the_operation = sqlite3.IntegrityError | sqlite3.DataError | sqlite3.ProgrammingError
    return isinstance(fault, sqlite3.DatabaseError) and not isinstance(fault, of_the_operation)


def _as_state_error(path: Path, fault: BaseException) -> StateError:
    if isinstance(fault, StateError):
        return fault
    if isinstance(fault, sqlite3.Error | OSError):
        return faults.state_error(path, fault)
    return faults.state_error(path, OSError(str(fault) or type(fault).__name__))


def _closed(path: Path) -> StateError:
    return StateError(
        "state-closed",
        f"the state {path} was closed before this was written",
        next_step="run the same command again: what was about to be sent is written down",
    )


def _identity_of(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
