"""What has changed from one inventory of a vault to another."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from glacier_manifest.inventory.archive import Archive


class Kind(StrEnum):
    """What became of an archive. Glacier's archives never change: if one has, a file was edited."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Difference:
    """One archive in both inventories; None where it is not in one."""

    old: Archive | None
    new: Archive | None

    @property
    def kind(self) -> Kind:
        """What became of it."""
        if self.old is None:
            return Kind.ADDED
        if self.new is None:
            return Kind.REMOVED
        return Kind.UNCHANGED if self.old == self.new else Kind.CHANGED

    @property
    def archive(self) -> Archive:
        """The archive as it is now, or was last."""
        archive = self.new or self.old
        assert archive is not None  # noqa: S101 - for the type checker: it is in one of them
        return archive


def differences(old: Iterable[Archive], new: Iterable[Archive]) -> Iterator[Difference]:
    """Yield every archive of two inventories, each once, in the order of archive IDs.

    Args:
        old: In the order of archive IDs; of an archive that is listed twice the first counts.
        new: The same.
    """
    before, after = _each_once(old), _each_once(new)
    one, other = next(before, None), next(after, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one.archive_id < other.archive_id):
            yield Difference(one, None)
            one = next(before, None)
        elif one is None or other.archive_id < one.archive_id:
            yield Difference(None, other)
            other = next(after, None)
        else:
            yield Difference(one, other)
            one, other = next(before, None), next(after, None)


def _each_once(archives: Iterable[Archive]) -> Iterator[Archive]:
    last = None
    for archive in archives:
        if archive.archive_id != last:
            last = archive.archive_id
            yield archive
