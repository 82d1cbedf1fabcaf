"""Archives in the order of their IDs, sorted on disk: there may be more than the memory holds."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from glacier_manifest.inventory.archive import Archive
from glacier_manifest.scratch.scratch import Scratch


@contextmanager
def by_archive_id(archives: Iterable[Archive]) -> Iterator[Iterator[Archive]]:
    """Sort archives by ID in a file of their own, which is gone at the end.

    Raises:
        Failed: ``scratch-unwritable``: there is no room for it.
    """
    with Scratch() as scratch:
        scratch.run("CREATE TABLE archives (archive_id, description, creation_date, size, tree_hash)")
        scratch.run_many("INSERT INTO archives VALUES (?, ?, ?, ?, ?)", archives)
        yield map(Archive._make, scratch.rows("SELECT * FROM archives ORDER BY archive_id"))
