"""A state in one SQLite file: many readers, one writer thread."""

import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from glacier_manifest.errors import StateError
from glacier_manifest.jobs.status import Status
from glacier_manifest.state import faults, opening, queries
from glacier_manifest.state.batch import Batch
from glacier_manifest.state.binding import bind
from glacier_manifest.state.changes import Change
from glacier_manifest.state.forgetting import forget
from glacier_manifest.state.importing import Duplicate, Imported, import_knowledge
from glacier_manifest.state.knowledge import Knowledge
from glacier_manifest.state.log import Run, log_decision, log_run
from glacier_manifest.state.protocol import Approval, Identity, StandingGroup, Started, StartedGroup
from glacier_manifest.state.record import Record, Standing
from glacier_manifest.state.rows import moment_text
from glacier_manifest.state.writer import GroupWriter
from glacier_manifest.state.written import Written

T = TypeVar("T")


class _Readers:
    """Reading connections, each in one hand at a time and kept for the next."""

    def __init__(self, path: Path, connect: opening.Connect) -> None:
        self._path = path
        self._connect = connect
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._door = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for a ``with`` block, whose faults become StateErrors."""
        with faults.told_of_database(self._path):
            with self._door:
                idle = self._idle.pop() if self._idle else None
            connection = idle or self._connect()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._take_back(connection)

    def _take_back(self, connection: sqlite3.Connection) -> None:
        with self._door:
            if self._closed:
                connection.close()
            else:
                self._idle.append(connection)

    def close(self) -> None:
        """Let go of the file."""
        with self._door:
            self._closed = True
            while self._idle:
                self._idle.pop().close()


class ReadOnlyState:
    """A state that is looked at and not changed: what `plan`, `status` and `state list` use.

    Works beside a running writer, on a file system that cannot be written, and for a state that does not
    exist yet, which is empty and stays uncreated.

    Args:
        path: Where the state is, or would be.

    Raises:
        StateError: There is a file, and it is no state that this program can read.
    """

    def __init__(self, path: Path) -> None:
        opening.check_sqlite()
        exists = opening.is_there(path)
        self._path = path
        self._readers = _Readers(
            path, (lambda: opening.connect_reader(path)) if exists else opening.connect_nothing
        )
        with self._readers.one() as connection:
            queries.identity(connection)

    @property
    def identity(self) -> Identity:
        """What this state is bound to."""
        with self._readers.one() as connection:
            return queries.identity(connection)

    def is_empty(self) -> bool:
        """Say whether the state has no record."""
        with self._readers.one() as connection:
            return queries.is_empty(connection)

    def latest(self, keys: Iterable[str]) -> Mapping[str, Record]:
        """Return the record of the highest generation of each key that has one."""
        with self._readers.one() as connection:
            return queries.latest(connection, keys)

    def standings(self, keys: Iterable[str]) -> Mapping[str, Standing]:
        """Return how the highest generation of each key that has one stands."""
        with self._readers.one() as connection:
            return queries.standings(connection, keys)

    def every_standing(self) -> Iterator[tuple[str, Standing]]:
        """Stream how every purchase stands, sorted by key, the highest generation of each last."""
        with self._readers.one() as connection:
            yield from queries.every_standing(connection)

    def known_jobs(self, job_ids: Iterable[str]) -> frozenset[str]:
        """Return those of `job_ids` that some record has."""
        with self._readers.one() as connection:
            return queries.known_jobs(connection, job_ids)

    def holding(self, job_ids: Iterable[str]) -> Mapping[str, Record]:
        """Return the record that has each of `job_ids`, if one has, by job ID."""
        with self._readers.one() as connection:
            return queries.holding(connection, job_ids)

    def records(
        self, *, statuses: Collection[Status] | None = None, vault: str | None = None
    ) -> Iterator[Record]:
        """Stream the records in the order in which they were made."""
        with self._readers.one() as connection:
            yield from queries.records(connection, statuses=statuses, vault=vault)

    def count(self, statuses: Collection[Status] | None = None) -> Mapping[Status, int]:
        """Return how many records stand in each of `statuses` (all of them by default), zeros left out."""
        with self._readers.one() as connection:
            return queries.count(connection, tuple(Status) if statuses is None else statuses)

    def standing_groups(self) -> tuple[StandingGroup, ...]:
        """Sum up how all requests stand, each by its latest purchase."""
        with self._readers.one() as connection:
            return queries.standing_groups(connection)

    def ending(self, *, before: datetime, most: int) -> tuple[Record, ...]:
        """Return SUCCEEDED records whose output may be gone by a moment, the soonest first."""
        with self._readers.one() as connection:
            return queries.ending(connection, before, most)

    def ending_count(self, *, before: datetime) -> int:
        """Count the records that `ending` would return, were there no bound."""
        with self._readers.one() as connection:
            return queries.ending_count(connection, before)

    def has_unjoined_pages(self) -> bool:
        """Say whether a page of an inventory is stored that was not put together with the others."""
        with self._readers.one() as connection:
            return queries.has_unjoined_pages(connection)

    def held_pieces(self) -> Iterator[Record]:
        """Stream the pieces of archives that are held until the others are there, by archive and job."""
        with self._readers.one() as connection:
            yield from queries.held_pieces(connection)

    def approval(self, digest: str) -> Approval | None:
        """Return the approval of a digest, if there is one."""
        with self._readers.one() as connection:
            return queries.approval(connection, digest)

    def approvals(self) -> Iterator[Approval]:
        """Stream all approvals, oldest first."""
        with self._readers.one() as connection:
            yield from queries.approvals(connection)

    def approved_entries(self, approval: int) -> Iterator[str]:
        """Stream all entries of one approval, sorted."""
        with self._readers.one() as connection:
            yield from queries.approved_entries(connection, approval)

    def approved(self, digest: str, entries: Iterable[str]) -> frozenset[str]:
        """Return those of `entries` that the digest's approval holds."""
        with self._readers.one() as connection:
            return queries.approved(connection, digest, entries)

    def started_under(self, approval: int, *, slots: Collection[str]) -> Started:
        """Count what an approval has started: requests without a slot, and those of `slots`."""
        with self._readers.one() as connection:
            return queries.started_under(connection, approval, slots)

    def started_groups(self, approval: int, *, slots: Collection[str]) -> tuple[StartedGroup, ...]:
        """Sum up by job, vault, type and tier what an approval has started, the same requests."""
        with self._readers.one() as connection:
            return queries.started_groups(connection, approval, slots)

    def started_bytes(self, since: datetime) -> Mapping[datetime, int]:
        """Return the bytes that were started in each minute from `since` on, the earliest minute first."""
        with self._readers.one() as connection:
            return queries.started_bytes(connection, since)

    def last_sent_at(self) -> datetime | None:
        """Return when a call was last made, by the host's clock; None if that is long ago, or never."""
        with self._readers.one() as connection:
            return queries.last_sent_at(connection)

    def events(self, *, key: str | None = None) -> Iterator[Mapping[str, Any]]:
        """Stream the event log, oldest first."""
        with self._readers.one() as connection:
            yield from queries.events(connection, key=key)

    def bind(self, *, account_id: str, endpoint: str) -> None:
        """Refuse: this state is only looked at."""
        raise self._only_read(f"account {account_id} at {endpoint}")

    def write(self, change: Change) -> None:
        """Refuse: this state is only looked at."""
        raise self._only_read(type(change).__name__)

    def submit(self, change: Change) -> Written[None]:
        """Refuse, as the future tells: this state is only looked at."""
        future: Future[None] = Future()
        future.set_exception(self._only_read(type(change).__name__))
        return future

    def submit_together(self, changes: Sequence[Change]) -> list[Written[None]]:
        """Refuse, as the futures tell: this state is only looked at."""
        return [self.submit(change) for change in changes]

    def submit_unhurried(self, change: Change) -> Written[None]:
        """Refuse, as the future tells: this state is only looked at."""
        return self.submit(change)

    def approve(
        self, *, digest: str, entries: Iterable[str], how: str, at: datetime, lifted: Collection[str] = ()
    ) -> Approval:
        """Refuse: this state is only looked at."""
        raise self._only_read(f"approval of {digest} ({how}, {moment_text(at)}, {entries!r}, {lifted!r})")

    def close(self) -> None:
        """Let go of the file."""
        self._readers.close()

    def _only_read(self, what: str) -> StateError:
        return StateError(
            "state-read-only",
            f"the state {self._path} was opened to be read, and cannot take: {what}",
            next_step="report this as a bug: a command that only looks tried to write",
        )


class SqliteState(ReadOnlyState):
    """A state that is read and written; made where there is none.

    Args:
        path: The file; its folder exists.
        run: This run, as the event log will name it.
        clock: Tells the time of what carries none of its own.
        new_id: Gives a random name to a state that is made.

    Attributes:
        created: Whether the file was made just now.
        kept_copy: Where the file was copied before it was brought up to date; None where it was not old.

    Raises:
        StateError: The file cannot be made, read or written, or is no state that this program can use.
    """

    def __init__(
        self, path: Path, *, run: Run, clock: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        opening.check_sqlite()
        self.created = opening.create(path, state_id=new_id(), created_at=moment_text(clock()))
        self.kept_copy = opening.upgrade(path)
        connection = opening.connect_writer(path)
        try:
            super().__init__(path)
        except BaseException:
            connection.close()
            raise
        self._run = run
        self._clock = clock
        self._writer = GroupWriter(
            path, connection, begin=lambda writing: log_run(writing, run), batch=Batch(run)
        )

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def run_id(self) -> str:
        """This run, as the event log names it."""
        return self._run.id

    def bind(self, *, account_id: str, endpoint: str) -> None:
        """Remember that the state has been used for this account, at this endpoint (``aws`` or a URL)."""
        at = self._clock()
        self._writer.submit(
            lambda connection: bind(connection, self._run, at, account_id=account_id, endpoint=endpoint)
        ).result()

    def write(self, change: Change) -> None:
        """Apply one change; when this returns, the change survives a power cut."""
        self.submit(change).result()

    def submit(self, change: Change) -> Written[None]:
        """Hand over one change; the future is done when the change survives a power cut."""
        (future,) = self._writer.write([change])
        return future

    def submit_together(self, changes: Sequence[Change]) -> list[Written[None]]:
        """Hand over some changes that belong into one commit."""
        return self._writer.write(changes)

    def submit_unhurried(self, change: Change) -> Written[None]:
        """Hand over one change that may wait a moment, to share the commit of the next ones."""
        return self._writer.write_unhurried(change)

    def approve(
        self, *, digest: str, entries: Iterable[str], how: str, at: datetime, lifted: Collection[str] = ()
    ) -> Approval:
        """Keep an approval with all its entries; a digest that is known keeps its first approval."""
        with faults.told_of_database(self._path), closing(opening.connect_writer(self._path)) as connection:
            # Entries come from a plan that may be long in reading: no lock is held meanwhile, nor memory.
            connection.execute("CREATE TEMP TABLE entries (entry TEXT NOT NULL)")
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO temp.entries VALUES (?)", ((entry,) for entry in entries))
            connection.execute("COMMIT")
            connection.execute("BEGIN IMMEDIATE")
            log_run(connection, self._run)
            approval = _approve(connection, self._run, digest=digest, how=how, at=at, lifted=lifted)
            connection.execute("COMMIT")
            return approval

    def forget(self, key: str) -> int:
        """Take all purchases of a request out, and log what was known of them; return how many they were.

        Raises:
            Refused: ``not-forgettable``: one of them is under way.
            StateError: The state cannot be written.
        """
        forgotten = self._writer.submit(
            lambda connection: forget(connection, self._run, key, at=self._clock())
        )
        return forgotten.result()

    def import_knowledge(
        self, knowledge: Iterable[Knowledge], *, tell: Callable[[Duplicate], None]
    ) -> Imported:
        """Merge what an export or a rescue file tells, all of it or nothing; see importing.py.

        Nothing else writes meanwhile: other programs wait for `opening.BUSY_SECONDS`, then fail.

        Args:
            knowledge: What the file tells, as `exported.read_export` streams it.
            tell: Called with each job that turns out to have been paid for a second time.

        Raises:
            Elsewhere: The file is of another service than this state.
            InvalidInput: From `knowledge`: the file is not whole.
            StateError: The state cannot be written.
        """
        with faults.told_of_database(self._path), closing(opening.connect_writer(self._path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            log_run(connection, self._run)
            imported = import_knowledge(connection, self._run, knowledge, at=self._clock(), tell=tell)
            connection.execute("COMMIT")
            return imported

    def close(self) -> None:
        """Write what was handed over, then let go of the file."""
        # The last to leave folds the log into the file, which a reading connection could not.
        super().close()
        self._writer.close()


def _approve(
    connection: sqlite3.Connection, run: Run, *, digest: str, how: str, at: datetime, lifted: Collection[str]
) -> Approval:
    """Keep an approval of what stands in ``temp.entries``."""
    connection.execute(
        "INSERT INTO approvals (digest, how, approved_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (digest, how, moment_text(at)),
    )
    row = connection.execute(queries.APPROVAL, (digest,)).fetchone()
    added = connection.execute(
        "INSERT INTO approved_entries (approval, entry) SELECT ?, entry FROM temp.entries WHERE true "
        "ORDER BY entry ON CONFLICT DO NOTHING",
        (row[0],),
    ).rowcount
    told = {"digest": digest, "how": how, "entries": added, **({"lifted": [*lifted]} if lifted else {})}
    log_decision(connection, run, "approved", at=at, details=told)
    return Approval(id=row[0], digest=row[1], how=row[2], approved_at=datetime.fromisoformat(row[3]))
