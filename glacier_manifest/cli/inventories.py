"""Opening inventories, wherever they are: in a file, or in S3."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from glacier_manifest.aws.s3 import S3Objects
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.reading import ListFiles
from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, Span
from glacier_manifest.inventory.archive import Archive
from glacier_manifest.inventory.bad_rows import BadRows, RefuseBadRows
from glacier_manifest.inventory.origin import Origin
from glacier_manifest.inventory.reading import Inventory, Opener
from glacier_manifest.jobs.request import Vault
from glacier_manifest.manifest import InventorySource
from glacier_manifest.planning.pieces import Sized
from glacier_manifest.scratch.scratch import Scratch, ScratchMapping

#: Tells where the output of a job for a vault was stored; None where it was not fetched yet.
JobOutputs = Callable[[str, Vault], str | None]

#: How an address in S3 begins; anything else is a path.
S3 = "s3://"

#: Rows that are read in less than a second, and in more than it takes to tell of them.
_ROWS_A_BEAT = 10_000
_NEXT = "check the name and the permissions, then run the same command again"


class Inventories:
    """Opens inventories; AWS is asked for nothing before the first byte of an object in S3 is read."""

    def __init__(
        self,
        clients: Clients,
        *,
        bad_rows: Callable[[], BadRows] = RefuseBadRows,
        make: Callable[..., Inventory] = Inventory,
    ) -> None:
        """Take what reaches S3, what is told of bad rows, anew for each reading, and what reads."""
        self._objects = S3Objects(clients)
        self._bad_rows = bad_rows
        self._make = make

    def named(self, source: str) -> Inventory:
        """Return the inventory that a command line names: ``s3://bucket/key``, or a path."""
        return self.in_s3(source) if source.startswith(S3) else self.in_file(Path(source))

    def in_s3(self, url: str) -> Inventory:
        """Return the inventory ``s3://bucket/key``; reading it raises what `S3Objects.open` raises."""
        return self._make(Origin(url), partial(self._objects.open, url), bad_rows=self._bad_rows)

    def in_file(self, path: Path, *, span: Span | None = None) -> Inventory:
        """Return the inventory in a file.

        Args:
            path: Where it is.
            span: Where a manifest names it, for a message that it cannot be read.
        """
        return self._make(Origin(str(path), path), partial(_opened, path, span), bad_rows=self._bad_rows)


class Beating(Inventory):
    """An inventory that tells every so many rows that the reading of it goes on."""

    def __init__(
        self,
        moved: Callable[[], None],
        origin: Origin,
        open_stored: Opener,
        *,
        bad_rows: Callable[[], BadRows],
    ) -> None:
        super().__init__(origin, open_stored, bad_rows=bad_rows)
        self._moved = moved

    def __iter__(self) -> Iterator[Archive]:
        for number, archive in enumerate(super().__iter__()):
            if number % _ROWS_A_BEAT == 0:
                self._moved()
            yield archive


class ManifestSources(ListFiles):
    """Opens all that manifests name: lists, and inventories in files, in S3 and of other jobs.

    Attributes:
        read: Every inventory that was opened, by the place in the manifest that names it.
    """

    def __init__(
        self,
        inventories: Inventories,
        outputs: JobOutputs,
        scratch: Scratch,
        *,
        warnings: list[Diagnostic],
    ) -> None:
        super().__init__()
        self.warnings = warnings
        self.read: dict[Span, Inventory] = {}
        self._inventories = inventories
        self._outputs = outputs
        self._scratch = scratch

    def inventory(self, source: InventorySource, vault: Vault) -> Inventory | None:
        """Return an inventory; None where it is the output of a job that was not fetched yet."""
        found = self._found(source, vault)
        if found is not None:
            self.read[source.span] = found
        return found

    def _found(self, source: InventorySource, vault: Vault) -> Inventory | None:
        if source.path is not None:
            return self._inventories.in_file(source.path, span=source.span)
        if source.s3 is not None:
            return self._inventories.in_s3(source.s3)
        output = self._outputs(source.job or "", vault)
        return None if output is None else self._inventories.named(output)

    def sizes(self, inventory: Inventory) -> Mapping[str, Sized]:
        """Read an inventory to its end; return the size and the date of each archive in it."""
        found: ScratchMapping[Sized] = self._scratch.mapping()
        found.load((one.archive_id, Sized(one.size, one.creation_date)) for one in inventory)
        return found


@contextmanager
def _opened(path: Path, span: Span | None) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise InvalidInput([_unreadable(path, error, span)], next_step=_NEXT) from error


def _unreadable(path: Path, error: OSError, span: Span | None) -> Diagnostic:
    message = f"the inventory '{path}' cannot be read: {error.strerror or error}"
    advice = None if span is None else "a path in a manifest is relative to the manifest's own folder"
    return Diagnostic(Severity.ERROR, "unreadable-file", message, span, help=advice)
