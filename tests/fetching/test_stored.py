"""What a state says is stored: place by place, what came last first."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from glacier_manifest.fetching.output import Verified
from glacier_manifest.fetching.stored import AllStored, was_verified
from glacier_manifest.jobs.status import Status
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.record import Record
from tests.state.examples import NOON, intended

ROOT = "a" * 64
OTHER = "b" * 64


@pytest.fixture
def scratch() -> Iterator[Scratch]:
    with Scratch() as scratch:
        yield scratch


def fetched(
    name: str,
    output: str,
    *,
    hours: int = 0,
    tree_hash: str | None = ROOT,
    verified_by: str = "tree-hash",
) -> Record:
    return replace(
        intended(name),
        address=f"{name}/photos",
        status=Status.FETCHED,
        output=output,
        output_tree_hash=tree_hash,
        output_size=10,
        verified_by=verified_by,
        changed_at=NOON + timedelta(hours=hours),
    )


def all_stored(scratch: Scratch, *records: Record, wanted: str = "") -> AllStored:
    return AllStored(scratch, records, is_wanted=lambda address: address.startswith(wanted))


def test_places_come_in_order_each_with_what_was_stored_there_last(scratch: Scratch) -> None:
    stored = all_stored(
        scratch,
        fetched("b", "/kept/b"),
        fetched("old", "/kept/a", hours=1, tree_hash=OTHER),
        fetched("new", "/kept/a", hours=2),
    )

    first, second = stored

    assert (first.location, second.location) == ("/kept/a", "/kept/b")
    assert first.expected is not None
    assert first.expected.address == "new/photos"
    assert [claim.address for claim in first.claims] == ["new/photos", "old/photos"]


def test_what_nobody_asks_about_still_tells_what_has_a_place(scratch: Scratch) -> None:
    records = fetched("old", "/kept/a", tree_hash=OTHER), fetched("new", "/kept/a", hours=1)

    (only,) = all_stored(scratch, *records, wanted="old")

    assert [claim.address for claim in only.claims] == ["old/photos"]
    assert only.expected is not None
    assert only.expected.address == "new/photos"


def test_a_piece_that_is_held_is_no_file_yet(scratch: Scratch) -> None:
    (only,) = all_stored(scratch, fetched("a", "/kept/a", tree_hash=None, verified_by=Verified.HELD))

    assert only.expected is None
    assert only.claims[0].is_held


def test_the_bytes_are_those_of_each_place_once(scratch: Scratch) -> None:
    stored = all_stored(
        scratch,
        fetched("old", "/kept/a"),
        fetched("new", "/kept/a", hours=1),
        fetched("b", "s3://bucket/b"),
        fetched("held", "/kept/c", verified_by=Verified.HELD),
    )

    assert len(stored) == 4
    assert stored.size(lambda _location: True) == 20
    assert stored.size(lambda location: location.startswith("/")) == 10


@pytest.mark.parametrize(
    ("verified_by", "tree_hash", "expected"),
    [
        ("tree-hash", ROOT, True),
        ("read-twice", ROOT, True),
        ("joined", ROOT, True),
        ("length", ROOT, False),
        ("tree-hash", None, False),
    ],
)
def test_only_what_was_held_against_more_than_its_length_was_verified(
    scratch: Scratch, verified_by: str, tree_hash: str | None, *, expected: bool
) -> None:
    (only,) = all_stored(scratch, fetched("a", "/a", tree_hash=tree_hash, verified_by=verified_by))

    assert was_verified(only.claims[0]) is expected
