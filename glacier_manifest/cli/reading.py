"""Opening the files that manifests name."""

from collections.abc import Iterator

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity
from glacier_manifest.inventory.id_list import ListedId, read_id_list
from glacier_manifest.manifest import IdList


class ListFiles:
    """Opens lists of archive IDs, and keeps what is odd in them."""

    def __init__(self) -> None:
        self.warnings: list[Diagnostic] = []

    def __call__(self, id_list: IdList) -> Iterator[ListedId]:
        """Stream the archive IDs of a list.

        Raises:
            InvalidInput: It cannot be read, or holds something else than archive IDs.
        """
        try:
            with id_list.path.open("rb") as lines:
                yield from read_id_list(lines, id_list.path, warn=self.warnings.append)
        except OSError as error:
            raise InvalidInput([_unreadable(id_list, error)]) from error


def _unreadable(id_list: IdList, error: OSError) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "unreadable-file",
        f"the list '{id_list.path}' cannot be read: {error.strerror or error}",
        id_list.span,
        help="a path in a manifest is relative to the manifest's own folder",
    )
