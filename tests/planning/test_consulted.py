"""The inventories that a plan was made from."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from glacier_manifest.diagnostics import Span
from glacier_manifest.inventory.archive import InventoryHead
from glacier_manifest.inventory.origin import Origin
from glacier_manifest.inventory.reading import Inventory
from glacier_manifest.jobs.request import ArchiveRetrieval
from glacier_manifest.planning.consulted import Noted
from glacier_manifest.planning.expand import Portion
from glacier_manifest.planning.lot import Lot
from tests.inventory.inventories import DATE, archive, json_of
from tests.planning.consultations import consulted
from tests.planning.examples import NOON, PHOTOS

LOT = Lot("photos", PHOTOS, ArchiveRetrieval, Span(Path("jobs.yaml"), 1, 1, 2), Path("jobs.yaml"))


def read_to_its_end(inventory: Inventory) -> Inventory:
    assert len(list(inventory)) == 2
    return inventory


def unread() -> Inventory:
    content = json_of([archive(1), archive(2)])
    return Inventory(Origin("old.json"), lambda: nullcontext(BytesIO(content)))


def test_an_inventory_is_noted_once_for_each_job_that_names_it() -> None:
    inventory = read_to_its_end(unread())
    portions = [Portion(LOT, inventory=inventory)] * 2 + [Portion(replace(LOT, job="b"), inventory=inventory)]

    noted = Noted(portions)

    assert list(noted) == portions
    assert [(one.name, one.job, one.walked.archives) for one in noted.consulted] == [
        ("old.json", "photos", 2),
        ("old.json", "b", 2),
    ]
    assert noted.consulted[0].walked.head.inventory_date == DATE


def test_an_inventory_is_noted_when_whoever_takes_the_portions_has_read_it() -> None:
    inventory = unread()

    def portions() -> Iterator[Portion]:
        yield Portion(LOT, inventory=inventory)

    noted = Noted(portions())
    for portion in noted:
        assert portion.inventory is not None
        assert noted.consulted == []
        read_to_its_end(portion.inventory)

    assert [one.name for one in noted.consulted] == ["old.json"]


def test_what_names_no_inventory_or_has_none_yet_is_not_noted() -> None:
    noted = Noted([Portion(LOT), Portion(LOT, waits_for="weekly"), Portion(LOT, inventory=unread())])

    assert len(list(noted)) == 3
    assert noted.consulted == []


@pytest.mark.parametrize("told", [None, "yesterday", ""])
def test_a_date_that_nobody_can_read_is_no_date(told: str | None) -> None:
    one = consulted("photos.json", NOON)

    walked = replace(one.walked, head=InventoryHead(None, told))

    assert replace(one, walked=walked).made_at is None
    assert one.made_at == NOON
