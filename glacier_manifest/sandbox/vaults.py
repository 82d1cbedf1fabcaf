"""One vault: its archives in the order they came, what it looked like before, and its jobs."""

import math
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from glacier_manifest.sandbox.archives import Archive, Batch, Shelf, shelf_bytes
from glacier_manifest.sandbox.events import VaultKey
from glacier_manifest.sandbox.identity import origin_of
from glacier_manifest.sandbox.joblist import JobList


@dataclass(frozen=True, slots=True)
class Row:
    """An archive's place in its vault.

    Attributes:
        position: counts all archives that the vault ever held.
        shelf: where it stands.
        index: its number on that shelf.
    """

    position: int
    shelf: Shelf
    index: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """One generated inventory of a vault.

    Attributes:
        version: the vault's version that it shows.
        date: when it was made, seconds since the epoch.
    """

    version: int
    date: float


@dataclass(frozen=True, slots=True)
class Totals:
    """What an inventory adds up to.

    Attributes:
        archives: how many.
        size: bytes of them all.
    """

    archives: int
    size: int


class Vault:
    """A vault that only grows: what is deleted keeps its row with the version of its end.

    So every version of the vault can still be read, and an inventory costs nothing until it is.

    Args:
        key: account, region and name.
        created: seconds since the epoch.
        inventory_delay: seconds from the first upload to the first inventory, and from one
            inventory to the next; 0 makes every change part of the inventory at once.
    """

    def __init__(self, key: VaultKey, created: float, inventory_delay: float) -> None:
        self.key = key
        self.created = created
        self.jobs = JobList()
        self.tags: Mapping[str, str] = {}
        self.notifications: Mapping[str, Any] | None = None
        self._delay = inventory_delay
        self._shelves: list[Shelf] = []
        self._starts = array("q")
        self._added = array("q")
        self._end = 0
        self._singles: dict[str, int] = {}
        self._batches: dict[int, int] = {}
        self._deleted: dict[int, int] = {}
        self._changes = array("d")
        self._forced: Inventory | None = None
        self._totals: tuple[int, Totals] = (0, Totals(0, 0))

    @property
    def version(self) -> int:
        """How many changes the vault has seen."""
        return len(self._changes)

    def add(self, shelf: Shelf, at: float) -> None:
        """Put archives into the vault at an instant."""
        number = len(self._shelves)
        if isinstance(shelf, Batch):
            self._batches[shelf.number] = number
        else:
            self._singles[shelf.only.archive_id] = number
        self._shelves.append(shelf)
        self._starts.append(self._end)
        self._added.append(self.version + 1)
        self._end += shelf.count
        self._changes.append(at)

    def delete(self, row: Row, at: float) -> None:
        """Take one archive out of the vault at an instant."""
        self._deleted[row.position] = self.version + 1
        self._changes.append(at)

    def find(self, archive_id: str) -> Row | None:
        """Return the row of an archive that is in the vault now."""
        row = self.find_ever(archive_id)
        return None if row is None or row.position in self._deleted else row

    def find_ever(self, archive_id: str) -> Row | None:
        """Return the row of an archive, a deleted one too."""
        number = self._singles.get(archive_id)
        if number is not None:
            return Row(self._starts[number], self._shelves[number], 0)
        return self._find_generated(archive_id)

    def _find_generated(self, archive_id: str) -> Row | None:
        number = self._batches.get((origin_of(archive_id) or (-1,))[0])
        shelf = None if number is None else self._shelves[number]
        index = shelf.index_of(archive_id) if isinstance(shelf, Batch) else None
        if number is None or shelf is None or index is None:
            return None
        return Row(self._starts[number] + index, shelf, index)

    def archive(self, archive_id: str) -> Archive | None:
        """Return an archive that is in the vault now."""
        row = self.find(archive_id)
        return None if row is None else row.shelf.archive(row.index)

    def rows(self, version: int, position: int = 0) -> Iterator[Row]:
        """Yield the rows of a version from a position on, in the order the archives came."""
        first = max(bisect_right(self._starts, position) - 1, 0)
        for number in range(first, bisect_right(self._added, version)):
            start, shelf = self._starts[number], self._shelves[number]
            for index in range(max(position - start, 0), shelf.count):
                if self._deleted.get(start + index, version + 1) > version:
                    yield Row(start + index, shelf, index)

    def take_inventory(self, at: float) -> None:
        """Make an inventory of the vault as it is, out of turn."""
        self._forced = Inventory(self.version, at)

    def latest_inventory(self, now: float) -> Inventory | None:
        """Return the last inventory that was made; None before the first one.

        https://docs.aws.amazon.com/amazonglacier/latest/dev/vault-inventory.html: about once a
        day, the first some hours after the first upload, and not again without a change.
        """
        regular, forced = self._regular_inventory(now), self._forced
        if regular is None or (forced is not None and forced.version >= regular.version):
            return forced or regular
        return regular

    def _regular_inventory(self, now: float) -> Inventory | None:
        if self._delay == 0:
            return Inventory(self.version, self._changes[-1] if self._changes else self.created)
        if not self._changes or now < self._changes[0] + self._delay:
            return None
        first = self._changes[0]
        newest = first + math.floor((now - first) / self._delay) * self._delay
        version = bisect_right(self._changes, newest)
        since = math.ceil((self._changes[version - 1] - first) / self._delay) or 1
        return Inventory(version, first + since * self._delay)

    def totals(self, version: int) -> Totals:
        """Return count and bytes of the archives of a version."""
        if self._totals[0] != version:
            self._totals = (version, self._sum(version))
        return self._totals[1]

    def _sum(self, version: int) -> Totals:
        shelves = self._shelves[: bisect_right(self._added, version)]
        gone = [position for position, at in self._deleted.copy().items() if at <= version]
        archives = sum(shelf.count for shelf in shelves) - len(gone)
        size = sum(map(shelf_bytes, shelves)) - sum(map(self._size_at, gone))
        return Totals(archives, size)

    def _size_at(self, position: int) -> int:
        number = bisect_right(self._starts, position) - 1
        return self._shelves[number].size_of(position - self._starts[number])

    def is_deletable(self, now: float) -> bool:
        """Say whether the last inventory was empty and nothing was written since.

        https://docs.aws.amazon.com/amazonglacier/latest/dev/deleting-vaults.html
        """
        if self.version == 0:
            return True
        inventory = self.latest_inventory(now)
        if inventory is None or inventory.version != self.version:
            return False
        return self.totals(inventory.version).archives == 0
