"""Inventories as commands read them."""

import io
from contextlib import nullcontext

from glacier_manifest.cli.inventories import Beating
from glacier_manifest.inventory.bad_rows import RefuseBadRows
from glacier_manifest.inventory.origin import Origin

HEAD = "ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n"
ROW = '"{archive}","",2015-07-17T12:00:00Z,5,{hash}\n'


def test_the_reading_of_a_long_inventory_is_told_of() -> None:
    text = HEAD + "".join(ROW.format(archive=f"{number:0138}", hash="0" * 64) for number in range(25_000))
    beats: list[None] = []
    inventory = Beating(
        lambda: beats.append(None),
        Origin("photos.csv"),
        lambda: nullcontext(io.BytesIO(text.encode())),
        bad_rows=RefuseBadRows,
    )

    assert sum(1 for _archive in inventory) == 25_000
    assert len(beats) == 3
