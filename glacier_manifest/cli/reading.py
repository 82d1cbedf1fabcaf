"""Opening the files that manifests name."""

from collections.abc import Iterator
from pathlib import Path

from glacier_manifest.inventory.id_list import ListedId, read_id_list


def read_id_list_file(path: Path) -> Iterator[ListedId]:
    """Stream the archive IDs of a list file.

    Raises:
        InvalidInput: It cannot be read, or holds something else than archive IDs.
    """
    yield from read_id_list(path)
