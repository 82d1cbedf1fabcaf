"""What --target and --exclude leave."""

import pytest

from glacier_manifest.errors import UsageError
from glacier_manifest.jobs.address import address_of
from glacier_manifest.jobs.request import ArchiveRetrieval, ByteRange, InventoryRetrieval
from glacier_manifest.planning.expand import Asked
from glacier_manifest.planning.selection import selected
from tests.planning.examples import SLOT, WEEKLY, asked, request

A, TWIN, DASH = "a" * 138, "a" * 100 + "b" * 38, "-" + "c" * 137
REQUESTS = {
    "inventory": asked(request(InventoryRetrieval(), job="weekly", slot=SLOT, schedule=WEEKLY)),
    "a": asked(request(ArchiveRetrieval(A))),
    "twin": asked(request(ArchiveRetrieval(TWIN))),
    "dash": asked(request(ArchiveRetrieval(DASH))),
    "piece 1": asked(request(ArchiveRetrieval(DASH, ByteRange(0, 1048575)), job="split")),
    "piece 2": asked(request(ArchiveRetrieval(DASH, ByteRange(1048576, 2097151)), job="split")),
}


def names(found: tuple[Asked, ...]) -> list[str]:
    by_address = {address_of(one.request): name for name, one in REQUESTS.items()}
    return [by_address[address_of(one.request)] for one in found]


@pytest.mark.parametrize(
    ("targets", "excludes", "left"),
    [
        ([], [], list(REQUESTS)),
        (["weekly"], [], ["inventory"]),
        (["wedding/photos"], [], ["a", "twin", "dash"]),
        (["split", "weekly"], [], ["inventory", "piece 1", "piece 2"]),
        (["split", "split/photos"], [], ["piece 1", "piece 2"]),
        ([], ["wedding"], ["inventory", "piece 1", "piece 2"]),
        (["wedding"], [f"wedding/photos/{A}"], ["twin", "dash"]),
        (["wedding"], ["wedding"], []),
        (["w*"], [], ["inventory", "a", "twin", "dash"]),
        (["*/photos/a*"], [], ["a", "twin"]),
        (["*"], ["*:0-*"], ["inventory", "a", "twin", "dash", "piece 2"]),
        (["*@2026-11-23*"], [], ["inventory"]),
        ([f"wedding/photos/{'a' * 101}"], [], ["a"]),
        ([f"wedding/photos/{'a' * 100}b"], [], ["twin"]),
        (["wedding/photos/-"], [], ["dash"]),
        ([f"wedding/photos/{DASH}"], [], ["dash"]),
        (["split/photos/-cc"], [], ["piece 1", "piece 2"]),
        (["wedding"], ["wedding/photos/-c"], ["a", "twin"]),
    ],
)
def test_what_is_left(targets: list[str], excludes: list[str], left: list[str]) -> None:
    assert names(selected(REQUESTS.values(), targets=targets, excludes=excludes)) == left


@pytest.mark.parametrize("slip", ["wedding/photo", "Wedding", "-c", "*/videos", "split/photos/-d", ""])
@pytest.mark.parametrize("flag", ["targets", "excludes"])
def test_a_slip_of_the_pen_does_not_widen_a_run(slip: str, flag: str) -> None:
    words: dict[str, list[str]] = {"targets": [], "excludes": []}
    words[flag] = ["wedding", slip]

    with pytest.raises(UsageError) as caught:
        selected(REQUESTS.values(), targets=words["targets"], excludes=words["excludes"])

    assert caught.value.code == "no-such-address"
    assert repr(slip) in caught.value.message


@pytest.mark.parametrize("flag", ["targets", "excludes"])
def test_a_cut_archive_id_must_be_the_only_one(flag: str) -> None:
    words: dict[str, list[str]] = {"targets": [], "excludes": []}
    words[flag] = [f"wedding/photos/{'a' * 100}"]

    with pytest.raises(UsageError, match="2 archive IDs") as caught:
        selected(REQUESTS.values(), targets=words["targets"], excludes=words["excludes"])

    assert caught.value.code == "ambiguous-address"


def test_nothing_is_left_of_nothing() -> None:
    assert selected([], targets=[], excludes=[]) == ()
