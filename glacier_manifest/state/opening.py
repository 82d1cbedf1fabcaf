"""Opening the file of a state: made whole or not at all, checked before it is believed."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from itertools import count
from pathlib import Path

from glacier_manifest.errors import StateError
from glacier_manifest.state import faults
from glacier_manifest.state.schema import (
    APPLICATION_ID,
    MIGRATIONS,
    OLDEST_SQLITE,
    Migration,
    migrate,
    version_of,
)

#: How long SQLite waits for another process's commit.
BUSY_SECONDS = 30.0
#: Statements that a connection keeps ready. Some are as long as the changes are many that are written with
#: them, and each keeps the values that it was given last: with 256 of them a writer took 8 MiB.
_STATEMENTS = 48

Connect = Callable[[], sqlite3.Connection]


def check_sqlite(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> None:
    """Refuse a SQLite library that is too old for the state's tables.

    Raises:
        StateError: ``sqlite-too-old``.
    """
    if version < OLDEST_SQLITE:
        has, needs = (".".join(map(str, numbers)) for numbers in (version, OLDEST_SQLITE))
        raise StateError(
            "sqlite-too-old",
            f"this Python has SQLite {has}, and the state needs {needs} or newer",
            next_step="use a Python that is built with a newer SQLite",
        )


def is_there(path: Path) -> bool:
    """Say whether a state is at `path`; what cannot be seen is never taken for absent.

    Raises:
        StateError: The path cannot be looked at, or the file is gone and its log is not.
    """
    with faults.told_of(path):
        if _has_bytes(path) is not None:
            return True
        # SQLite would replay the log of the old file into a new one. (And another process may just have
        # made the file, so it is looked for again.)
        if _has_bytes(_log_of(path)) and _has_bytes(path) is None:
            raise faults.corrupt(path, f"the file is gone, and its log {_log_of(path).name} is still there")
        return _has_bytes(path) is not None


def create(path: Path, *, state_id: str, created_at: str) -> bool:
    """Make the file of a new state, unless there is one, and say whether it was made.

    It is made under another name and then given its own, so that a crash leaves no half-made state, and an
    empty file where a state should be is always a loss and never a beginning.

    Raises:
        StateError: The file cannot be made.
    """
    if is_there(path):
        return False
    draft = path.with_name(f".{path.name}.{state_id}.new")
    with faults.told_of(path):
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            _fill(draft, state_id=state_id, created_at=created_at)
            return _give_name(draft, path)
        finally:
            draft.unlink(missing_ok=True)


def upgrade(path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> Path | None:
    """Bring the file of an older program up to date, and keep a copy of what it was.

    Args:
        path: The file.
        migrations: All migrations, the oldest first.

    Returns:
        The copy: ``state.db.v1.bak`` beside the file, or the next free name; None where the file was up to
        date.

    Raises:
        StateError: It is no state, damaged, newer than this program, or it or its copy cannot be written; it
            is as it was.
    """
    copy: Path | None = None

    def keep(version: int) -> None:
        nonlocal copy
        copy = _copied(path, version)

    with faults.told_of(path), closing(_checked(path, "rw")) as connection:
        try:
            migrate(connection, migrations, keep=keep)
        except BaseException:
            if copy is not None:
                copy.unlink(missing_ok=True)
            raise
    return copy


def connect_writer(path: Path) -> sqlite3.Connection:
    """Open the file for writing; `upgrade` has brought it up to date.

    Raises:
        StateError: It is no state, damaged, newer or older than this program, or cannot be written.
    """
    with faults.told_of(path):
        connection = _checked(path, "rw")
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            # NORMAL would be faster, and could lose a paid start in a power cut.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")  # without it, macOS only asks the disk to hurry
            connection.execute("PRAGMA foreign_keys = ON")
            _check_is_current(path, connection)
            # A file that can only be read opens all the same; better to be told now than at the first intent.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except BaseException:
            connection.close()
            raise
        return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open the file for reading, beside a running writer or on a file system that cannot be written.

    Raises:
        StateError: It is no state, damaged, newer or older than this program, or cannot be read.
    """
    with faults.told_of(path):
        connection = _checked(path, "ro")
        try:
            connection.execute("PRAGMA temp_store = FILE")  # what is sorted may be more than memory holds
            _check_is_current(path, connection)
        except BaseException:
            connection.close()
            raise
        return connection


def connect_nothing() -> sqlite3.Connection:
    """Open an empty state that stands for one which does not exist yet, and touch no disk."""
    connection = _open(":memory:")
    migrate(connection)
    return connection


def _checked(path: Path, mode: str) -> sqlite3.Connection:
    if _has_bytes(path) is False:
        raise faults.corrupt(path, "the file is empty")
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    try:
        return _ours(path, uri)
    except sqlite3.OperationalError as fault:
        if mode != "ro" or not _cannot_make_log(fault) or not _is_at_rest(path):
            raise
    # WAL needs a writable folder even for reading; a file at rest can be read as it lies.
    return _ours(path, f"{uri}&immutable=1")


def _ours(path: Path, uri: str) -> sqlite3.Connection:
    connection = _open(uri)
    try:
        _check_is_ours(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _open(database: str) -> sqlite3.Connection:
    return sqlite3.connect(
        database,
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS,
    )


def _check_is_ours(path: Path, connection: sqlite3.Connection) -> None:
    version = version_of(connection)
    if version > len(MIGRATIONS):
        raise StateError(
            "state-too-new",
            f"the state {path} was written by a newer glacier-manifest "
            f"(schema {version}, this program knows {len(MIGRATIONS)})",
            next_step="install the newer glacier-manifest; nothing was changed",
        )
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise faults.corrupt(path, "it is a SQLite file of another program")


def _check_is_current(path: Path, connection: sqlite3.Connection) -> None:
    if version_of(connection) < len(MIGRATIONS):
        raise StateError(
            "state-too-old",
            f"the state {path} was written by an older glacier-manifest",
            next_step="run 'glacier-manifest apply' once: it brings the state up to date",
        )


def _copied(path: Path, version: int) -> Path:
    """Copy the file, under a name that nothing has; the caller keeps everybody else from writing."""
    draft = path.with_name(f".{path.name}.v{version}.new")
    draft.unlink(missing_ok=True)  # of a process that was killed: whoever has the write lock is alone here
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with (
            closing(_open(f"{path.absolute().as_uri()}?mode=ro")) as source,
            closing(_open(f"{draft.absolute().as_uri()}?mode=rw")) as target,
        ):
            source.backup(target)
        names = (f"{path.name}.v{version}{suffix}.bak" for suffix in _suffixes())
        return next(copy for copy in map(path.with_name, names) if _give_name(draft, copy))
    finally:
        draft.unlink(missing_ok=True)


def _suffixes() -> Iterator[str]:
    yield ""
    yield from (f"-{number}" for number in count(2))


def _cannot_make_log(fault: sqlite3.OperationalError) -> bool:
    return fault.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}


def _is_at_rest(path: Path) -> bool:
    return not _has_bytes(_log_of(path))


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _has_bytes(path: Path) -> bool | None:
    """Say whether a file has content; None where there is no file."""
    try:
        return path.stat().st_size > 0
    except (FileNotFoundError, NotADirectoryError):
        return None


def _fill(draft: Path, *, state_id: str, created_at: str) -> None:
    with closing(_open(f"{draft.absolute().as_uri()}?mode=rw")) as connection:
        migrate(connection)
        meta = [("id", state_id), ("created_at", created_at)]
        connection.executemany("INSERT INTO meta (name, value) VALUES (?, ?)", meta)
        connection.execute("PRAGMA journal_mode = WAL")


def _give_name(draft: Path, path: Path) -> bool:
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    except OSError:
        # A file system without hard links: the gap between the two lines is a moment, once in a state's life.
        if path.exists():
            return False
        draft.rename(path)
    with suppress(OSError):
        _sync_folder(path.parent)
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
