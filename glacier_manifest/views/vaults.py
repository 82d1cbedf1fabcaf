"""The vaults of an account, for people."""

from collections.abc import Iterator, Sequence

from glacier_manifest.aws.descriptions import VaultDescription
from glacier_manifest.units import format_size
from glacier_manifest.views.records import moment

_TITLES = ("vault", "archives", "bytes", "last inventory")


def human(vaults: Sequence[VaultDescription]) -> str:
    """Return a table of vaults, at least one, all of one account and region, and a line that adds them up."""
    place = vaults[0].vault
    lines = [f"Account {place.account_id}, region {place.region}", "", *_table(vaults), "", _sum(vaults)]
    return "".join(f"{line}\n" for line in lines)


def _table(vaults: Sequence[VaultDescription]) -> Iterator[str]:
    rows = [_TITLES, *map(_row, vaults)]
    name, archives, size = (max(len(row[column]) for row in rows) for column in range(3))
    for row in rows:
        yield f"  {row[0]:<{name}}  {row[1]:>{archives}}  {row[2]:>{size}}  {row[3]}"


def _row(one: VaultDescription) -> tuple[str, str, str, str]:
    """Before the first inventory Glacier counts nothing, whatever the vault holds (docs: "api-vault-get")."""
    if one.last_inventory_at is None:
        return one.vault.name, "-", "-", "none yet"
    archives = "-" if one.number_of_archives is None else f"{one.number_of_archives:,}"
    size = "-" if one.size_in_bytes is None else format_size(one.size_in_bytes)
    return one.vault.name, archives, size, str(moment(one.last_inventory_at.replace(microsecond=0)))


def _sum(vaults: Sequence[VaultDescription]) -> str:
    counted = [one for one in vaults if one.last_inventory_at is not None]
    archives = _plural(sum(one.number_of_archives or 0 for one in counted), "archive")
    size = format_size(sum(one.size_in_bytes or 0 for one in counted))
    return f"{_plural(len(vaults), 'vault')}: {archives}, {size}, as the last inventories told."


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
