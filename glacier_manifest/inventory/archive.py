"""What an inventory says: its archives, one a row, and what it says of itself."""

from dataclasses import dataclass
from typing import NamedTuple


class Archive(NamedTuple):
    """One row of an inventory; a tuple, because millions of them stream by.

    Attributes:
        archive_id: Glacier's name for the archive.
        description: What the uploader wrote, as it stands there, decoded by nobody.
        creation_date: ``YYYY-MM-DDTHH:MM:SS.mmmZ`` in UTC, so that the order of texts is that of time.
        size: Bytes.
        tree_hash: The SHA-256 tree hash, 64 lower-case hexadecimal digits.
    """

    archive_id: str
    description: str
    creation_date: str
    size: int
    tree_hash: str


@dataclass(frozen=True, slots=True)
class InventoryHead:
    """What an inventory says of itself; a CSV says nothing.

    Attributes:
        vault_arn: The vault that was listed, or None where the inventory does not tell.
        inventory_date: When Glacier made the list, as it wrote it, or None.
    """

    vault_arn: str | None = None
    inventory_date: str | None = None
