"""The manifest that `init` writes: a weekly inventory of every vault that was listed."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from glacier_manifest.aws.descriptions import VaultDescription
from glacier_manifest.manifest.writing import quoted, scalar
from glacier_manifest.units import format_size

_HEAD = """\
# yaml-language-server: $schema=manifest-v1.json
# For editors: glacier-manifest schema > manifest-v1.json
#
# Written by 'glacier-manifest init' on {day} from what Glacier listed; change it as you like.
#
#   glacier-manifest plan {file}      shows what would start; starts nothing
#   glacier-manifest apply {file}     starts it, each job once
#   glacier-manifest status {file}    shows what the jobs are doing
#   glacier-manifest fetch {file}     stores what has come; 'run' does all of it, from start to store
version: 1
account_id: {account}
region: {region}

jobs:
"""
_JOB = """\
  # An inventory lists a vault's archives: ID, description, date, size and tree hash. Run 'apply' as often as
  # you like: one inventory of each vault is started for each week that has begun.
  weekly-inventory:
    type: inventory-retrieval
    format: JSON              # or CSV
    every: weekly             # Monday 00:00 UTC; or schedule: "0 3 * * MON" with timezone: Europe/Dublin
    save_to: inventories/{vault}/{date}.json
    vault:
"""
_UNLISTED = "no inventory yet: Glacier makes the first one within about a day of the first upload"


def first_manifest(vaults: Sequence[VaultDescription], *, file: str, made_at: datetime) -> str:
    """Return a commented manifest that asks for a weekly inventory of each vault, ready to apply.

    A vault of which Glacier has made no inventory yet stands there as a comment: a job for it would be
    refused (docs: "vault-inventory").

    Args:
        vaults: At least one, all of one account and region, in the order to write them.
        file: What the file will be called.
        made_at: Now.
    """
    place = vaults[0].vault
    head = _HEAD.format(
        day=made_at.date().isoformat(),
        file=file,
        account=quoted(place.account_id),
        region=scalar(place.region),
    )
    return head + "".join(f"{line}\n" for line in _job(vaults))


def _job(vaults: Sequence[VaultDescription]) -> Iterator[str]:
    """Yield the job's lines; where it would have no vault, the whole job is a comment."""
    listed = [one.last_inventory_at is not None for one in vaults]
    if any(listed):
        yield from _JOB.splitlines()
        yield from _vaults(vaults)
        return
    yield "  # No vault has an inventory yet. When they have, take away the '# ' before these lines:"
    for line in [*_JOB.splitlines(), *(f"      - {scalar(one.vault.name)}" for one in vaults)]:
        yield f"# {line}"


def _vaults(vaults: Sequence[VaultDescription]) -> Iterator[str]:
    width = max(len(scalar(one.vault.name)) for one in vaults) + 2
    for one in vaults:
        name = scalar(one.vault.name)
        if one.last_inventory_at is None:
            yield f"      # - {name.ljust(width - 2)}  # {_UNLISTED}"
        else:
            yield f"      - {name.ljust(width)}  # {_told(one)}"


def _told(one: VaultDescription) -> str:
    """Say what the vault held when its last inventory was made."""
    archives, size = one.number_of_archives, one.size_in_bytes
    parts = [
        None if archives is None else f"{archives:,} archive{'' if archives == 1 else 's'}",
        None if size is None else format_size(size),
        None if one.last_inventory_at is None else f"inventory of {one.last_inventory_at.date().isoformat()}",
    ]
    return ", ".join(part for part in parts if part is not None)
