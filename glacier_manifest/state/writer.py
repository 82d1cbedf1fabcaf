"""The one thread that writes: it takes all that waits, commits it at once, and only then says so.

A commit costs one wait for the disk, however many changes are in it; so many threads that each wait for
their own change share that wait. A change that is refused fails alone; a disk that fails, fails all.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from glacier_manifest.errors import StateError
from glacier_manifest.state import faults

T = TypeVar("T")

#: Most operations in one commit: bounds how long the first of them waits.
GROUP = 256

#: Faults after which the next commit may well succeed.
_PASSING = frozenset({"state-busy"})


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[T]):
    operation: Callable[[sqlite3.Connection], T]
    future: "Future[T]"


@dataclass(frozen=True, slots=True)
class _Refused:
    reason: Exception


class GroupWriter:
    """Runs operations in the order in which they come, on a thread and a connection of its own.

    Args:
        path: The file of the state, for messages and to notice its loss.
        connection: A writing connection that is nobody else's from now on.
        begin: Run first in every transaction.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, *, begin: Callable[[sqlite3.Connection], None]
    ) -> None:
        self._path = path
        self._connection = connection
        self._begin = begin
        self._file = _identity_of(path)
        self._queue: queue.SimpleQueue[_Waiting[Any] | None] = queue.SimpleQueue()
        self._failure: StateError | None = None
        self._closed = False
        self._door = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="glacier-manifest-state", daemon=True)
        self._thread.start()

    def submit(self, operation: Callable[[sqlite3.Connection], T]) -> "Future[T]":
        """Hand over an operation; the future holds its result once it is committed."""
        future: Future[T] = Future()
        with self._door:
            if self._closed:
                future.set_exception(_closed(self._path))
            else:
                self._queue.put(_Waiting(operation, future))
        return future

    def close(self) -> None:
        """Commit what was handed over, then end the thread and let go of the file."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            while group := self._next_group():
                self._commit(group)
        finally:
            self._connection.close()

    def _next_group(self) -> list[_Waiting[Any]]:
        """Wait for an operation and take all that waits behind it; nothing means the end."""
        group: list[_Waiting[Any]] = []
        waiting = self._queue.get()
        while waiting is not None:
            group.append(waiting)
            if len(group) == GROUP or self._queue.empty():
                return group
            waiting = self._queue.get()
        if group:
            self._queue.put(None)
        return group

    def _commit(self, group: list[_Waiting[Any]]) -> None:
        wanted = [one for one in group if one.future.set_running_or_notify_cancel()]
        try:
            outcomes = self._in_one_transaction(wanted)
        except BaseException as fault:  # noqa: BLE001 - whatever it is, nobody may be left waiting for ever
            failure = self._failed(fault)
            outcomes = [_Refused(failure) for _ in wanted]
        for waiting, outcome in zip(wanted, outcomes, strict=True):
            if isinstance(outcome, _Refused):
                waiting.future.set_exception(outcome.reason)
            else:
                waiting.future.set_result(outcome)

    def _in_one_transaction(self, group: list[_Waiting[Any]]) -> list[Any]:
        if self._failure is not None:
            raise self._failure
        if _identity_of(self._path) != self._file:
            raise faults.gone(self._path)
        self._connection.execute("BEGIN IMMEDIATE")
        self._begin(self._connection)
        outcomes = [self._one(waiting) for waiting in group]
        self._connection.execute("COMMIT")
        return outcomes

    def _one(self, waiting: _Waiting[Any]) -> Any:  # noqa: ANN401 - the operation's own result
        """Run one operation under a savepoint, so that it leaves no trace where it is refused."""
        self._connection.execute("SAVEPOINT one")
        try:
            outcome = waiting.operation(self._connection)
        except Exception as refusal:
            if _is_of_the_store(refusal):
                raise
            self._connection.execute("ROLLBACK TO one")
            outcome = _Refused(refusal)
        self._connection.execute("RELEASE one")
        return outcome

    def _failed(self, fault: BaseException) -> StateError:
        self._roll_back()
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
