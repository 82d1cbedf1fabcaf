# ruff: noqa: S608 - only names of this program's own are put into SQL, every value is bound
"""A private temporary database: it spills to disk what its cache does not hold, and ends with the process.

SQLite sorts and looks up any number of rows in little memory (https://sqlite.org/tempfiles.html); the
file has no name that anybody could open, and nothing in it is worth a sync.
"""

import pickle
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any, Generic, Self, TypeVar

from glacier_manifest.errors import Failed

T = TypeVar("T")
Row = tuple[Any, ...]

#: KiB of pages that are kept in memory; sorting takes as much again. A run has four such files, and the
#: system keeps what it has room for besides: four times as much makes no plan quicker.
_CACHE = 2_000
_NO_ROOM = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")
_PRAGMAS = (
    "journal_mode = OFF",
    "synchronous = OFF",
    "temp_store = FILE",
    f"cache_size = -{_CACHE}",
    "secure_delete = OFF",  # some systems' libraries overwrite what is deleted, of a file that has no name
)
_FETCHED_AT_ONCE = 500
_WRITTEN_TOGETHER = 500


@contextmanager
def _told() -> Iterator[None]:
    """Turn SQLite's complaint of a full disk into one that says what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if not error.sqlite_errorname.startswith(_NO_ROOM):
            raise
        raise no_room(error) from error


def no_room(error: sqlite3.OperationalError) -> Failed:
    """Return the error for temporary files that find no room: ``scratch-unwritable``."""
    return Failed(
        "scratch-unwritable",
        f"the temporary files of this run cannot be written: {error}",
        next_step="make room where temporary files go, or name another folder with SQLITE_TMPDIR",
    )


class Scratch:
    """A temporary database that many threads may use.

    Attributes:
        lock: Held while the file is used, and while rows are made for it.

    Raises:
        Failed: ``scratch-unwritable``, from every method: the temporary files find no room.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._tables = 0
        for pragma in _PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")

    def run(self, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> None:
        """Run one statement."""
        with self.lock, _told():
            self._connection.execute(statement, values)

    def run_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row; what `rows` raises is raised as it is.

        Making the rows may write to other tables of the file.
        """
        with self.lock, _told():
            is_inner = self._connection.in_transaction
            if not is_inner:
                self._connection.execute("BEGIN")
            try:
                self._connection.executemany(statement, rows)
            finally:
                if self._connection.in_transaction and not is_inner:  # a full disk has ended it already
                    self._connection.execute("COMMIT")

    def rows(self, query: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Iterator[Row]:
        """Stream the rows of a query; other tables may be written meanwhile."""
        with self.lock, _told():
            cursor = self._connection.execute(query, values)
        while found := self._fetched(cursor):
            yield from found

    def _fetched(self, cursor: sqlite3.Cursor) -> list[Row]:
        with self.lock, _told():
            return cursor.fetchmany(_FETCHED_AT_ONCE)

    def row(self, query: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Row | None:
        """Return the first row of a query, if it has any."""
        with self.lock, _told():
            found: Row | None = self._connection.execute(query, values).fetchone()
            return found

    def mapping(self) -> "ScratchMapping[Any]":
        """Return a new, empty mapping from text to anything that can be pickled."""
        self._tables += 1
        return ScratchMapping(self, f"mapping_{self._tables}")

    def sorted_texts(self, texts: Iterable[str]) -> "SortedTexts":
        """Return texts sorted, each once; what `texts` raises is raised."""
        self._tables += 1
        table = f"texts_{self._tables}"
        self.run(f"CREATE TABLE {table} (text TEXT PRIMARY KEY) WITHOUT ROWID")
        self.run("CREATE TABLE unsorted (text TEXT NOT NULL)")
        self.run_many("INSERT INTO unsorted VALUES (?)", ((text,) for text in texts))
        self.run(f"INSERT OR IGNORE INTO {table} SELECT text FROM unsorted ORDER BY text")
        self.run("DROP TABLE unsorted")
        return SortedTexts(self, table)

    def close(self) -> None:
        """Let go of the file."""
        with self.lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class ScratchMapping(MutableMapping[str, T], Generic[T]):
    """A mapping whose values lie in a scratch file, in the order in which their keys were first put in.

    What was put in last waits in memory, to be written together: what finds no room is told of by then.
    """

    def __init__(self, scratch: Scratch, table: str) -> None:
        self._scratch = scratch
        self._table = table
        self._waiting: dict[str, T] = {}
        self._lock = scratch.lock  # one of its own, and two threads could each hold what the other waits for
        scratch.run(
            f"CREATE TABLE {table} (seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value BLOB NOT NULL)"
        )

    def __getitem__(self, key: str) -> T:
        with self._lock:
            if key in self._waiting:
                return self._waiting[key]
        row = self._scratch.row(f"SELECT value FROM {self._table} WHERE key = ?", (key,))
        if row is None:
            raise KeyError(key)
        value: T = pickle.loads(row[0])  # noqa: S301 - written by this process, into a file without a name
        return value

    def __setitem__(self, key: str, value: T) -> None:
        with self._lock:
            self._waiting[key] = value
            if len(self._waiting) >= _WRITTEN_TOGETHER:
                self._write()

    def _write(self) -> None:
        with self._lock:
            if self._waiting:
                self._put(self._waiting.items())
                self._waiting = {}

    def load(self, items: Iterable[tuple[str, T]]) -> None:
        """Put in many at once; the last value of a key counts. What `items` raises is raised."""
        self._write()
        self._put(items)

    def _put(self, items: Iterable[tuple[str, T]]) -> None:
        statement = (
            f"INSERT INTO {self._table} (key, value) VALUES (?, ?) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        )
        dumps, protocol = pickle.dumps, pickle.HIGHEST_PROTOCOL
        self._scratch.run_many(statement, ((key, dumps(value, protocol)) for key, value in items))

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._write()
        self._scratch.run(f"DELETE FROM {self._table} WHERE key = ?", (key,))

    def __contains__(self, key: object) -> bool:
        query = f"SELECT 1 FROM {self._table} WHERE key = ?"
        return key in self._waiting or self._scratch.row(query, (key,)) is not None

    def __iter__(self) -> Iterator[str]:
        self._write()
        rows = self._scratch.rows(f"SELECT key FROM {self._table} ORDER BY seq")
        return (key for (key,) in rows)

    def __len__(self) -> int:
        self._write()
        row = self._scratch.row(f"SELECT count(*) FROM {self._table}")
        assert row is not None  # noqa: S101 - a count has a row
        return int(row[0])


class SortedTexts(Collection[str]):
    """Texts in a scratch file, sorted, each once."""

    def __init__(self, scratch: Scratch, table: str) -> None:
        self._scratch = scratch
        self._table = table

    def __contains__(self, text: object) -> bool:
        query = f"SELECT 1 FROM {self._table} WHERE text = ?"
        return self._scratch.row(query, (text,)) is not None

    def __iter__(self) -> Iterator[str]:
        rows = self._scratch.rows(f"SELECT text FROM {self._table} ORDER BY text")
        return (text for (text,) in rows)

    def __len__(self) -> int:
        row = self._scratch.row(f"SELECT count(*) FROM {self._table}")
        assert row is not None  # noqa: S101 - a count has a row
        return int(row[0])
