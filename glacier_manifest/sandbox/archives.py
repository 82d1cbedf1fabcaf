"""Archives as a vault holds them: single ones, and batches of generated ones that need no memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from glacier_manifest.sandbox.content import Content, GeneratedContent, range_tree_hash
from glacier_manifest.sandbox.identity import (
    ARCHIVE_ID_LENGTH,
    generated_archive_id,
    origin_of,
)

_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive.

    Attributes:
        archive_id: 138 characters.
        description: what the uploader wrote; the only metadata that Glacier keeps.
        created: seconds since the epoch.
        content: its bytes.
    """

    archive_id: str
    description: str
    created: float
    content: Content

    @property
    def size(self) -> int:
        """Bytes in all."""
        return self.content.size

    @property
    def tree_hash(self) -> str:
        """The tree hash of the whole archive, as hex."""
        return range_tree_hash(self.content, 0, self.size)


@dataclass(frozen=True, slots=True)
class Batch:
    """Generated archives, each of them a function of its index.

    Attributes:
        number: which batch of the sandbox this is; part of the archives' IDs.
        seed: other IDs, sizes and bytes for another seed.
        count: how many archives.
        smallest: bytes of the smallest that there may be.
        largest: bytes of the largest; every size between them is as likely.
        template: descriptions, as `str.format` fills `{index}` into them.
        first_created: creation of the first, seconds since the epoch.
        interval: seconds between one creation and the next.
    """

    number: int
    seed: int
    count: int
    smallest: int
    largest: int
    template: str
    first_created: float
    interval: float

    @property
    def id_length(self) -> int:
        """Characters of each ID."""
        return ARCHIVE_ID_LENGTH

    def archive_id(self, index: int) -> str:
        """Return the ID of one archive."""
        return generated_archive_id(self.number, self.seed, index)

    def size_of(self, index: int) -> int:
        """Return the size of one archive in bytes."""
        spread = self.largest - self.smallest + 1
        return self.smallest if spread == 1 else self.smallest + _mixed(self.seed, index) % spread

    def description_of(self, index: int) -> str:
        """Return the description of one archive."""
        return self.template.format(index=index)

    def created_at(self, index: int) -> float:
        """Return the creation of one archive, seconds since the epoch."""
        return self.first_created + index * self.interval

    def archive(self, index: int) -> Archive:
        """Return one archive."""
        archive_id = self.archive_id(index)
        content = GeneratedContent(archive_id, self.size_of(index))
        return Archive(archive_id, self.description_of(index), self.created_at(index), content)

    def archives(self) -> Iterator[Archive]:
        """Yield all of them in order."""
        return map(self.archive, range(self.count))

    def index_of(self, archive_id: str) -> int | None:
        """Return the index of the archive with this ID; None when it is not of this batch."""
        batch, index = origin_of(archive_id) or (-1, -1)
        known = batch == self.number and 0 <= index < self.count
        return index if known and self.archive_id(index) == archive_id else None


@dataclass(frozen=True, slots=True)
class Single:
    """One archive in the place of a batch, so that a vault reads all its rows in one way.

    Attributes:
        only: the archive.
    """

    only: Archive
    count: int = 1

    @property
    def id_length(self) -> int:
        """Characters of its ID; a user who improvises may have another idea of it."""
        return len(self.only.archive_id)

    def size_of(self, _index: int) -> int:
        """Return its size in bytes."""
        return self.only.size

    def description_of(self, _index: int) -> str:
        """Return its description."""
        return self.only.description

    def created_at(self, _index: int) -> float:
        """Return its creation, seconds since the epoch."""
        return self.only.created

    def archive(self, _index: int) -> Archive:
        """Return it."""
        return self.only


Shelf = Batch | Single


@lru_cache(maxsize=4096)
def batch_bytes(batch: Batch) -> int:
    """Return the bytes of all archives of a batch."""
    if batch.smallest == batch.largest:
        return batch.count * batch.smallest
    return sum(map(batch.size_of, range(batch.count)))


def shelf_bytes(shelf: Shelf) -> int:
    """Return the bytes of all archives on a shelf."""
    return batch_bytes(shelf) if isinstance(shelf, Batch) else shelf.only.size


def _mixed(seed: int, index: int) -> int:
    """Return 64 well-mixed bits (the finalizer of splitmix64)."""
    mixed = (seed * 0x9E3779B97F4A7C15 + index * 0xD1B54A32D192ED03 + 0x2545F4914F6CDD1D) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)
