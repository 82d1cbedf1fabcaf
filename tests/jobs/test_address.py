import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.jobs.address import AddressPattern, address_of, page_in, whole_address_of
from glacier_manifest.jobs.request import (
    ArchiveRetrieval,
    ByteRange,
    InventoryRetrieval,
    Request,
    Vault,
    What,
)

ID_CHARACTERS = string.ascii_letters + string.digits + "_-"
FIRST, SECOND = "a" * 138, "a" * 100 + "b" * 38
DASHED = "-" + "c" * 137

INVENTORY = "weekly-inventory/photos-eu@2026-11-23T03:00Z"
OLDER_INVENTORY = "weekly-inventory/photos-eu@2026-11-16T03:00Z"
OTHER_VAULT = "weekly-inventory/photos-us@2026-11-23T03:00Z"
WHOLE, TWIN, DASH = f"wedding/photos-eu/{FIRST}", f"wedding/photos-eu/{SECOND}", f"wedding/photos-eu/{DASHED}"
PIECE_1, PIECE_2 = f"split/photos-eu/{FIRST}:0-1048575", f"split/photos-eu/{FIRST}:1048576-2097151"
SPLIT_TWIN = f"split/photos-eu/{SECOND}:0-1048575"

ALL = (INVENTORY, OLDER_INVENTORY, OTHER_VAULT, WHOLE, TWIN, DASH, PIECE_1, PIECE_2, SPLIT_TWIN)

archive_ids = st.text(ID_CHARACTERS, min_size=138, max_size=138)


def request(what: What, *, slot: str | None = None) -> Request:
    return Request("nightly", Vault("012345678901", "us-west-2", "my-vault"), what, slot=slot)


@pytest.mark.parametrize(
    ("what", "slot", "address"),
    [
        (InventoryRetrieval(), None, "nightly/my-vault"),
        (InventoryRetrieval(), "2026-11-23T03:00Z", "nightly/my-vault@2026-11-23T03:00Z"),
        (InventoryRetrieval(marker="m", page=1), None, "nightly/my-vault"),
        (InventoryRetrieval(marker="m", page=2), None, "nightly/my-vault:page-2"),
        (InventoryRetrieval(page=10), "2026-11-23T03:00Z", "nightly/my-vault:page-10@2026-11-23T03:00Z"),
        (ArchiveRetrieval(FIRST), None, f"nightly/my-vault/{FIRST}"),
        (ArchiveRetrieval(DASHED), None, f"nightly/my-vault/{DASHED}"),
        (ArchiveRetrieval(FIRST, ByteRange(0, 1048575)), None, f"nightly/my-vault/{FIRST}:0-1048575"),
    ],
)
def test_a_request_has_one_address(what: What, slot: str | None, address: str) -> None:
    assert address_of(request(what, slot=slot)) == address


@pytest.mark.parametrize("slot", [None, "2026-11-23T03:00Z"])
@pytest.mark.parametrize(("page", "told"), [(1, None), (2, 2), (10, 10)])
def test_a_page_of_an_inventory_is_told_by_its_address_and_is_part_of_the_whole(
    slot: str | None, page: int, told: int | None
) -> None:
    asked = request(InventoryRetrieval(page=page), slot=slot)

    assert page_in(address_of(asked)) == told
    assert whole_address_of(asked) == address_of(request(InventoryRetrieval(), slot=slot))


@pytest.mark.parametrize(
    ("what", "address"),
    [
        (ArchiveRetrieval(FIRST), f"nightly/my-vault/{FIRST}"),
        (ArchiveRetrieval(DASHED), f"nightly/my-vault/{DASHED}"),
    ],
)
def test_an_archive_is_no_page(what: What, address: str) -> None:
    assert page_in(address) is None
    assert whole_address_of(request(what)) == address


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        # a whole address is itself alone
        (INVENTORY, [INVENTORY]),
        (WHOLE, [WHOLE]),
        (PIECE_1, [PIECE_1]),
        # cut after a part, all that stands below
        ("weekly-inventory", [INVENTORY, OLDER_INVENTORY, OTHER_VAULT]),
        ("weekly-inventory/photos-eu", [INVENTORY, OLDER_INVENTORY]),
        ("wedding/photos-eu", [WHOLE, TWIN, DASH]),
        (f"split/photos-eu/{FIRST}", [PIECE_1, PIECE_2]),
        # a name is never cut
        ("weekly", []),
        ("weekly-inventory/photos", []),
        ("photos-eu", []),
        # an archive ID may be
        (f"wedding/photos-eu/{'a' * 100}b", [TWIN]),
        (f"wedding/photos-eu/{'a' * 100}", [WHOLE, TWIN]),
        ("wedding/photos-eu/-", [DASH]),
        (f"split/photos-eu/{'a' * 101}", [PIECE_1, PIECE_2]),
        # a byte range is never cut
        (f"split/photos-eu/{FIRST}:0-10", []),
        # wildcards stand for anything, in every part
        ("*", list(ALL)),
        ("weekly*", [INVENTORY, OLDER_INVENTORY, OTHER_VAULT]),
        ("*/photos-us", [OTHER_VAULT]),
        ("weekly-inventory/photos-??@2026-11-23*", [INVENTORY, OTHER_VAULT]),
        ("*@2026-11-16T03:00Z", [OLDER_INVENTORY]),
        ("split/*:0-*", [PIECE_1, SPLIT_TWIN]),
        ("wedding/*/-*", [DASH]),
        # and nothing else does
        ("weekly.inventory", []),
        ("[w]edding", []),
        ("(wedding", []),
        ("WEDDING", []),
        ("", []),
    ],
)
def test_what_a_pattern_means(text: str, meant: list[str]) -> None:
    assert list(AddressPattern(text).choose(ALL)) == meant


def test_the_exact_address_beats_all_that_it_begins() -> None:
    short, long = "nightly/my-vault", "nightly/my-vault@2026-11-23T03:00Z"

    assert AddressPattern(short).choose([long, short]) == (short,)


def test_a_known_address_is_meant_once_however_often_it_is_listed() -> None:
    assert AddressPattern("wedding").choose([WHOLE, WHOLE]) == (WHOLE,)


@given(archive_ids, st.integers(1, 138))
def test_every_beginning_of_an_archive_id_finds_it(archive_id: str, length: int) -> None:
    address = address_of(request(ArchiveRetrieval(archive_id)))
    cut = f"nightly/my-vault/{archive_id[:length]}"

    assert AddressPattern(cut).choose([address, INVENTORY]) == (address,)


@given(archive_ids)
def test_an_address_needs_no_quoting_in_a_shell(archive_id: str) -> None:
    address = address_of(
        request(ArchiveRetrieval(archive_id, ByteRange(0, 1048575)), slot="2026-11-23T03:00Z")
    )

    assert set(address) <= set(ID_CHARACTERS + "./:@")
