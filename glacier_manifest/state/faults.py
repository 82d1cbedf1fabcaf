"""What SQLite and the disk say went wrong, as errors that say where the state is and what to do."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glacier_manifest.errors import StateError

#: Ends every message after which the state may be lost: what was paid for is still to be found.
STILL_LISTED = (
    "'glacier-manifest plan': it starts nothing, and shows what Glacier still lists, until about a day after "
    "a job ended, and would be adopted, and what would be bought again"
)

_MASK = 0xFF  # the extended codes of SQLite carry the primary code in their lowest byte


def state_error(path: Path, fault: sqlite3.Error | OSError) -> StateError:
    """Return what a fault of SQLite or the operating system means for the state at `path`.

    The codes are ``state-full``, ``state-busy``, ``state-corrupt`` and ``state-unusable``.
    """
    kind = _kind(fault)
    if kind in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return corrupt(path, str(fault))
    if kind == sqlite3.SQLITE_FULL:
        return StateError(
            "state-full",
            f"no room to write the state {path}: {fault}; what was recorded before is intact",
            next_step=f"make room on the disk of {path.parent}, then run the same command again",
        )
    if kind in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StateError(
            "state-busy",
            f"another program keeps the state {path} locked: {fault}",
            next_step="close what else has the file open (a database browser, a backup), then run again",
        )
    return StateError(
        "state-unusable",
        f"the state {path} cannot be read or written: {fault}; what was recorded before is intact",
        next_step=f"check the disk, the permissions of {path} and of its folder, then run again",
    )


def corrupt(path: Path, why: str) -> StateError:
    """Return the error for a file that is no state, or no longer one."""
    return StateError(
        "state-corrupt",
        f"the state {path} is damaged or is no state of glacier-manifest: {why}",
        next_step=f"restore a backup of {path} (an old one will do) or move it away, then run {STILL_LISTED}",
    )


def gone(path: Path) -> StateError:
    """Return the error for a file that was taken away while it was in use."""
    return StateError(
        "state-gone",
        f"the state {path} was deleted or replaced while this run used it; nothing more is sent",
        next_step=f"put the file back, or an old copy of it; then run {STILL_LISTED}",
    )


@contextmanager
def told_of_database(path: Path) -> Iterator[None]:
    """Turn the faults of SQLite inside the block into StateErrors; other people's OSErrors stay theirs."""
    try:
        yield
    except sqlite3.Error as fault:
        raise state_error(path, fault) from fault


@contextmanager
def told_of(path: Path) -> Iterator[None]:
    """Turn the faults of SQLite and of the operating system inside the block into StateErrors."""
    try:
        yield
    except (sqlite3.Error, OSError) as fault:
        raise state_error(path, fault) from fault


def _kind(fault: sqlite3.Error | OSError) -> int:
    if isinstance(fault, OSError):
        return sqlite3.SQLITE_FULL if fault.errno in {errno.ENOSPC, errno.EDQUOT} else sqlite3.SQLITE_IOERR
    return int(getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & _MASK
