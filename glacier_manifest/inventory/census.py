"""What is in an inventory: archives and bytes, by year and by folder, and the largest ones."""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from glacier_manifest.inventory.archive import Archive
from glacier_manifest.inventory.names.table import path_of

#: How many folders are counted one by one; the archives of the others are counted together.
MOST_FOLDERS = 1000


@dataclass(slots=True)
class Tally:
    """A number of archives and their bytes."""

    count: int = 0
    bytes: int = 0


@dataclass(slots=True)
class Census:
    """What was counted; it stays as small as it is, however many archives come.

    Attributes:
        largest_wanted: How many of the largest archives to keep.
        depth: How many folders of a path, the first ones, are counted as one.
        total: All archives.
        years: By the year in which they were created.
        folders: By the folder of their paths; those without one stand under an empty name.
        elsewhere: The archives of folders that came when there were `MOST_FOLDERS` already.
        first_created, last_created: The earliest and the latest creation, None where there is no archive.
    """

    largest_wanted: int = 10
    depth: int = 1
    total: Tally = field(default_factory=Tally)
    years: dict[str, Tally] = field(default_factory=dict)
    folders: dict[str, Tally] = field(default_factory=dict)
    elsewhere: Tally = field(default_factory=Tally)
    first_created: str | None = None
    last_created: str | None = None
    _largest: list[tuple[int, str, Archive]] = field(default_factory=list)

    def take(self, archives: Iterable[Archive]) -> None:
        """Count archives."""
        for archive in archives:
            self._count(archive)

    @property
    def largest(self) -> tuple[Archive, ...]:
        """The largest archives, the largest one first."""
        return tuple(archive for _, _, archive in sorted(self._largest, reverse=True))

    def _count(self, archive: Archive) -> None:
        created, size = archive.creation_date, archive.size
        self.first_created = min(self.first_created or created, created)
        self.last_created = max(self.last_created or created, created)
        for tally in (self.total, self._year(created[:4]), self._folder(path_of(archive.description))):
            tally.count += 1
            tally.bytes += size
        if len(self._largest) < self.largest_wanted:
            heapq.heappush(self._largest, (size, archive.archive_id, archive))
        elif self._largest and size > self._largest[0][0]:
            heapq.heapreplace(self._largest, (size, archive.archive_id, archive))

    def _year(self, year: str) -> Tally:
        return self.years.setdefault(year, Tally())

    def _folder(self, path: str) -> Tally:
        *folders, _ = path.lstrip("/").split("/")
        name = "/".join(folders[: self.depth])
        known = self.folders.get(name)
        if known is None and len(self.folders) >= MOST_FOLDERS:
            return self.elsewhere
        return known or self.folders.setdefault(name, Tally())


def by_size(tallies: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    """Return tallies with the most bytes first, equal ones by name."""
    return sorted(tallies.items(), key=lambda one: (-one[1].bytes, one[0]))
