"""The pages of an inventory, read as one."""

import io
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.inventory.archive import Archive, InventoryHead
from glacier_manifest.inventory.joined import PageHead, PagesDisagreeError, joined
from glacier_manifest.inventory.origin import Origin
from glacier_manifest.inventory.reading import Inventory
from tests.inventory.inventories import ARN, DATE, archive, csv_of, json_of

HEAD = InventoryHead(ARN, DATE)
DESCRIPTIONS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
ARCHIVES = st.builds(archive, st.integers(0, 99), DESCRIPTIONS.filter(lambda text: not text.endswith("\\")))
PAGES = st.lists(st.lists(ARCHIVES, max_size=3), min_size=1, max_size=4)


def whole(pages: Sequence[bytes], heads: Sequence[InventoryHead] | None = None) -> bytes:
    known = heads or [HEAD] * len(pages)

    def opener(page: bytes) -> AbstractContextManager[io.BytesIO]:
        return io.BytesIO(page)

    told = [PageHead(head, page.startswith(b"{")) for head, page in zip(known, pages, strict=True)]
    return b"".join(
        joined([(head, lambda page=page: opener(page)) for head, page in zip(told, pages, strict=True)])  # type: ignore[misc]
    )


def archives_in(text: bytes) -> list[Archive]:
    return list(Inventory(Origin("whole"), lambda: io.BytesIO(text)))


@given(PAGES)
def test_a_json_inventory_has_the_archives_of_all_pages_in_their_order(pages: list[list[Archive]]) -> None:
    text = whole([json_of(page) for page in pages])

    assert archives_in(text) == [archive for page in pages for archive in page]
    assert json.loads(text)["VaultARN"] == ARN
    assert json.loads(text)["InventoryDate"] == DATE


@given(PAGES, st.sampled_from(["\n", "\r\n"]))
def test_a_csv_inventory_has_one_header_and_the_archives_of_all_pages(
    pages: list[list[Archive]], end: str
) -> None:
    text = whole([csv_of(page, end=end) for page in pages], [InventoryHead()] * len(pages))

    assert archives_in(text) == [archive for page in pages for archive in page]


def test_a_last_line_without_an_end_does_not_run_into_the_next_page() -> None:
    header = "ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash"
    pages = [f"{header}\na".encode(), f"{header}\nb\n".encode(), header.encode()]

    assert whole(pages, [InventoryHead()] * 3) == f"{header}\na\nb\n".encode()


def test_rows_that_nobody_can_read_are_as_glacier_wrote_them() -> None:
    rows: list[object] = [{"ArchiveId": "é", "Size": None}, 7, {"Comment": 'a "quoted" one'}]
    page = json.dumps({"VaultARN": ARN, "InventoryDate": DATE, "ArchiveList": rows}, ensure_ascii=False)

    assert json.loads(whole([page.encode(), page.encode()]))["ArchiveList"] == [*rows, *rows]


def test_the_date_is_that_of_the_oldest_page() -> None:
    heads = [InventoryHead(ARN, "2026-11-24T03:00:00Z"), HEAD]
    text = whole([json_of([]), json_of([])], heads)

    assert json.loads(text)["InventoryDate"] == DATE


@pytest.mark.parametrize(
    ("pages", "heads", "why"),
    [
        ([json_of([]), csv_of([])], [HEAD, InventoryHead()], "CSV"),
        ([json_of([]), json_of([])], [HEAD, InventoryHead(ARN + "-2", DATE)], "vaults"),
        ([b"a,b\n", b"b,a\n"], [InventoryHead()] * 2, "columns"),
    ],
    ids=["formats", "vaults", "tables"],
)
def test_pages_of_several_inventories_are_not_joined(
    pages: list[bytes], heads: list[InventoryHead], why: str
) -> None:
    with pytest.raises(PagesDisagreeError, match=why):
        whole(pages, heads)
