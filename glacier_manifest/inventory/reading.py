"""Any inventory, read as a stream: JSON or CSV, packed with gzip or not, told apart by what it holds."""

import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from gzip import BadGzipFile

from glacier_manifest.diagnostics import Diagnostic, Severity, Span
from glacier_manifest.inventory.archive import Archive, InventoryHead
from glacier_manifest.inventory.bad_rows import BadRows, RefuseBadRows
from glacier_manifest.inventory.csv_inventory import CsvInventory
from glacier_manifest.inventory.json_inventory import JsonInventory
from glacier_manifest.inventory.json_text import Readable
from glacier_manifest.inventory.origin import Origin
from glacier_manifest.inventory.streams import GZIP, Measured, unpacked
from glacier_manifest.jobs.request import Vault

#: Opens the stored bytes, from their first one on.
Opener = Callable[[], AbstractContextManager[Readable]]

_OUTPUT = "name the output of an inventory-retrieval job ('aws glacier get-job-output' writes it)"
_UTF_8_MARK = b"\xef\xbb\xbf"

#: What other files begin with, what they are, and what to do.
_OTHERS = (
    (GZIP, "it is packed twice with gzip", "unpack it once ('gunzip'), then name the result"),
    (b"PK", "it is a ZIP file or a spreadsheet", "unpack it; a spreadsheet garbles archive IDs and dates"),
    (b"BZh", "it is packed with bzip2", "unpack it with 'bunzip2'; gzip is read as it is"),
    (b"\xfd7zXZ", "it is packed with xz", "unpack it with 'unxz'; gzip is read as it is"),
    (b"\x28\xb5\x2f\xfd", "it is packed with zstd", "unpack it with 'unzstd'; gzip is read as it is"),
    (b"\xff\xfe", "it is text in UTF-16", "save it as UTF-8 (for example: iconv -f UTF-16 -t UTF-8)"),
    (b"\xfe\xff", "it is text in UTF-16", "save it as UTF-8 (for example: iconv -f UTF-16 -t UTF-8)"),
    (b"<", "it is HTML or XML, such as the error page of a proxy", _OUTPUT),
    (b"[", "it is a JSON list, and not the object that Glacier writes", _OUTPUT),
)
_VAULT_ARN = re.compile(r"arn:[^:]+:glacier:(?P<region>[^:]*):(?P<account_id>[^:]*):vaults/(?P<name>.+)")


@dataclass(frozen=True, slots=True)
class Walked:
    """What is known of an inventory when it was read to its end.

    Attributes:
        head: What it says of itself.
        sha256: Of the bytes as they are stored, 64 hexadecimal digits.
        byte_count: How many those are.
        archives: How many archives were read; one that is listed twice counts twice.
        skipped: How many rows were left out, since they cannot be read.
    """

    head: InventoryHead
    sha256: str
    byte_count: int
    archives: int
    skipped: int


class Inventory:
    """An inventory that is read from its beginning whenever it is iterated over.

    Nothing may be started before it was read to its end: only there is it known to be whole.

    Attributes:
        origin: What it is called.
        walked: What is known at the end of a walk; None until then.
    """

    def __init__(
        self, origin: Origin, open_stored: Opener, *, bad_rows: Callable[[], BadRows] = RefuseBadRows
    ) -> None:
        """Take what opens the stored bytes, and what is told of bad rows, anew for each walk."""
        self.origin = origin
        self.walked: Walked | None = None
        self._open_stored = open_stored
        self._new_bad_rows = bad_rows
        self._walk: JsonInventory | CsvInventory | None = None

    @property
    def head(self) -> InventoryHead:
        """What the inventory says of itself, as far as it was read."""
        return InventoryHead() if self._walk is None else self._walk.head

    def __iter__(self) -> Iterator[Archive]:
        """Yield the archives in the order of the inventory.

        Raises:
            InvalidInput: ``truncated-inventory``, ``invalid-inventory``, ``not-an-inventory``, or
                ``bad-inventory-row`` at the end, where bad rows are refused.
            OSError: The stored bytes cannot be read.
        """
        self.walked = None
        bad_rows = self._new_bad_rows()
        with self._open_stored() as stream:
            stored = Measured(stream)
            try:
                self._walk = walk = self._begun(stored, bad_rows)
                yield from walk
            except EOFError:
                raise self.origin.truncated("inside of what gzip packed") from None
            except (BadGzipFile, zlib.error) as fault:
                raise self.origin.invalid(f"gzip cannot unpack it ({fault})") from None
        bad_rows.end()
        archives = walk.rows - bad_rows.count
        self.walked = Walked(walk.head, stored.sha256, stored.byte_count, archives, bad_rows.count)

    def _begun(self, stored: Measured, bad_rows: BadRows) -> JsonInventory | CsvInventory:
        inside, beginning = unpacked(stored)
        text = beginning.removeprefix(_UTF_8_MARK).lstrip()
        for mark, reason, advice in _OTHERS:
            if text.startswith(mark):
                raise self.origin.not_an_inventory(reason, advice)
        if not text:
            raise self.origin.not_an_inventory("it is empty", _OUTPUT)
        if b"\0" in text:
            raise self.origin.not_an_inventory("it is no text", _OUTPUT)
        reader = JsonInventory if text.startswith(b"{") else CsvInventory
        return reader(inside, self.origin, bad_rows)


def vault_finding(inventory: Inventory, vault: Vault, *, span: Span | None = None) -> Diagnostic | None:
    """Say whether an inventory is that of the vault whose archives are asked for.

    Args:
        inventory: Read to its end.
        vault: Where the archives are asked for; an account or region that is not known is ``-``.
        span: Where the manifest names the inventory.

    Returns:
        ``wrong-vault``, an error; ``vault-not-told``, a warning; or None where it is the vault's.
    """
    arn = inventory.head.vault_arn
    name = inventory.origin.name
    if arn is None:
        message = f"the inventory '{name}' does not tell whose it is; taken for that of vault '{vault.name}'"
        advice = "Glacier's JSON tells its vault and its date, its CSV does not"
        return Diagnostic(Severity.WARNING, "vault-not-told", message, span, help=advice)
    if _is_of(arn, vault):
        return None
    message = (
        f"the inventory '{name}' is that of {arn}, not of vault '{vault.name}' in {vault.region}, "
        f"account {vault.account_id}"
    )
    advice = "name that vault's own inventory: its archives are not in this vault, and would all be rejected"
    return Diagnostic(Severity.ERROR, "wrong-vault", message, span, help=advice)


def _is_of(arn: str, vault: Vault) -> bool:
    told = _VAULT_ARN.fullmatch(arn)
    return (
        told is not None
        and told["name"] == vault.name
        and vault.region in {"-", told["region"]}
        and vault.account_id in {"-", told["account_id"]}
    )
