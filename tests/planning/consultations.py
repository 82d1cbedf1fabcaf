"""Inventories as a plan has read them."""

from datetime import datetime

from glacier_manifest.inventory.archive import InventoryHead
from glacier_manifest.inventory.reading import Walked
from glacier_manifest.jobs.instant import wire_instant
from glacier_manifest.planning.consulted import Consulted
from tests.planning.examples import PHOTOS

ARN = "arn:aws:glacier:us-west-2:012345678901:vaults/photos"


def consulted(
    name: str, made_at: datetime | None, *, archives: int = 10, picked: int | None = 5, skipped: int = 0
) -> Consulted:
    """Return an inventory that was read for the job ``photos-2015``."""
    head = InventoryHead(ARN, None if made_at is None else wire_instant(made_at))
    walked = Walked(head, "0" * 64, 1234, archives, skipped)
    return Consulted(name, "photos-2015", PHOTOS, walked, picked)
