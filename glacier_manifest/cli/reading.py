"""Opening the files that manifests name."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity
from glacier_manifest.errors import UsageError
from glacier_manifest.inventory.id_list import ListedId, read_id_list
from glacier_manifest.inventory.reading import Inventory
from glacier_manifest.jobs.request import Vault
from glacier_manifest.manifest import IdList, InventorySource
from glacier_manifest.planning.pieces import Sized


class ListFiles:
    """Opens what manifests name on this machine's disks, and keeps what is odd in it.

    Inventories are not read, which may take minutes: it is enough that they are there.
    """

    def __init__(self) -> None:
        self.warnings: list[Diagnostic] = []

    def warn(self, finding: Diagnostic) -> None:
        """Keep what is odd and does not stop the reading, once."""
        if finding not in self.warnings:
            self.warnings.append(finding)

    def ids(self, id_list: IdList) -> Iterator[ListedId]:
        """Stream the archive IDs of a list.

        Raises:
            InvalidInput: It cannot be read, or holds something else than archive IDs.
        """
        try:
            with id_list.path.open("rb") as lines:
                yield from read_id_list(lines, id_list.path, warn=self.warn)
        except OSError as error:
            raise InvalidInput([_unreadable(id_list, error)]) from error

    def inventory(self, source: InventorySource, vault: Vault) -> Inventory | None:  # noqa: ARG002 - as planning asks
        """Return None, which stands for an inventory that is not read.

        Raises:
            InvalidInput: It is a local file, and is not there.
        """
        if source.path is not None and not source.path.is_file():
            raise InvalidInput([_missing(source.path, source)])
        return None

    def sizes(self, inventory: Inventory) -> Mapping[str, Sized]:
        """Never asked for: no inventory is read."""
        raise AssertionError(inventory.origin.name)


def check_output(path: Path, inputs: Iterable[Path]) -> None:
    """Refuse to write over what was read.

    Raises:
        UsageError: The file is one of the inputs.
    """
    if any(path.exists() and one.exists() and path.samefile(one) for one in inputs):
        raise UsageError(
            "output-over-input",
            f"{path} is one of the manifests, and would be overwritten",
            next_step="name another file to write to; nothing was changed",
        )


def check_writable(path: Path) -> None:
    """Refuse a file that cannot be written before anything is started, whose report it is to take.

    Raises:
        OSError: It cannot be written.
    """
    existed = path.exists()
    if existed and not path.is_file():
        return  # a pipe or a terminal is not opened before there is something to say
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o666))
    if not existed:
        path.unlink()


def _missing(path: Path, source: InventorySource) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "unreadable-file",
        f"the inventory '{path}' is not there",
        source.span,
        help="a path in a manifest is relative to the manifest's own folder",
    )


def _unreadable(id_list: IdList, error: OSError) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "unreadable-file",
        f"the list '{id_list.path}' cannot be read: {error.strerror or error}",
        id_list.span,
        help="a path in a manifest is relative to the manifest's own folder",
    )
