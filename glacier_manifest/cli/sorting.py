"""Archives in the order of their IDs, sorted on disk: there may be more than the memory holds."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

from glacier_manifest.errors import Failed
from glacier_manifest.inventory.archive import Archive

#: KiB that SQLite sorts in memory before it goes to disk.
_CACHE = 16 * 1024


@contextmanager
def by_archive_id(archives: Iterable[Archive]) -> Iterator[Iterator[Archive]]:
    """Sort archives by ID in a file of its own, which is gone at the end.

    Raises:
        Failed: ``cannot-sort``: there is no room for it.
    """
    try:
        with closing(sqlite3.connect("", isolation_level=None)) as database:
            database.execute(f"PRAGMA cache_size = -{_CACHE}")
            database.execute("PRAGMA journal_mode = OFF")
            database.execute(
                "CREATE TABLE archives (archive_id, description, creation_date, size, tree_hash)"
            )
            database.execute("BEGIN")
            database.executemany("INSERT INTO archives VALUES (?, ?, ?, ?, ?)", archives)
            yield map(Archive._make, database.execute("SELECT * FROM archives ORDER BY archive_id"))
    except sqlite3.Error as error:
        raise Failed(
            "cannot-sort",
            f"the archives cannot be sorted on disk: {error}",
            next_step="make room where temporary files go, or name another folder: SQLITE_TMPDIR=FOLDER",
        ) from error
