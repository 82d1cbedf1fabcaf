"""What exactly a reviewer approves."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.jobs.request import ByteRange, InventoryRetrieval, Request, Vault
from glacier_manifest.jobs.schedule import Schedule
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.approval import body_sha256, digest, entry
from tests.planning.examples import ACCOUNT, INVENTORY, NOON, QUERY, SLOT, TOPIC, WEEKLY, archive, request

WANTED = request(archive("a"), tiers=(Tier.BULK,), description="for the wedding", sns_topic=TOPIC)
SERIES = request(INVENTORY, job="weekly", slot=SLOT, schedule=WEEKLY, sns_topic=TOPIC)


@pytest.mark.parametrize(
    "changes",
    [
        {"what": archive("b")},
        {"what": replace(archive("a"), retrieval_byte_range=ByteRange(0, 1048575))},
        {"vault": Vault(ACCOUNT, "us-west-2", "videos")},
        {"vault": Vault(ACCOUNT, "eu-west-1", "photos")},
        {"vault": Vault("999999999999", "us-west-2", "photos")},
        {"tiers": (Tier.STANDARD,)},
        {"tiers": (Tier.BULK, Tier.STANDARD)},
        {"tiers": ()},
        {"description": "for the silver wedding"},
        {"description": None},
        {"sns_topic": None},
        {"sns_topic": TOPIC + "2"},
        {"slot": SLOT, "schedule": WEEKLY},
    ],
    ids=str,
)
def test_whatever_is_sent_or_paid_differently_is_another_entry(changes: dict[str, object]) -> None:
    changed = replace(WANTED, **changes)  # type: ignore[arg-type]  # any field

    assert entry(changed, 0) != entry(WANTED, 0)


@pytest.mark.parametrize(
    "changes", [{"job": "renamed"}, {"size": 1 << 30}], ids=["the job's name", "the size, once it is known"]
)
def test_what_is_not_sent_does_not_change_an_entry(changes: dict[str, object]) -> None:
    changed = replace(WANTED, **changes)  # type: ignore[arg-type]  # any field

    assert entry(changed, 0) == entry(WANTED, 0)


def test_the_order_of_tiers_counts() -> None:
    fast, slow = (Tier.EXPEDITED, Tier.BULK), (Tier.BULK, Tier.EXPEDITED)

    assert entry(replace(WANTED, tiers=fast), 0) != entry(replace(WANTED, tiers=slow), 0)


def test_each_generation_is_approved_by_itself() -> None:
    assert len({entry(WANTED, generation) for generation in range(5)}) == 5


def test_the_default_tier_spelled_out_is_the_same_purchase() -> None:
    bare = replace(WANTED, tiers=())

    assert entry(bare, 0) == entry(replace(WANTED, tiers=(Tier.STANDARD,)), 0)


def test_the_slots_of_a_series_share_their_entry_and_a_one_off_has_its_own() -> None:
    next_week = replace(SERIES, slot="2026-11-30T03:00Z")
    one_off = replace(SERIES, slot=None, schedule=None)

    assert entry(next_week, 0) == entry(SERIES, 0)
    assert entry(one_off, 0) != entry(SERIES, 0)


def test_two_inventories_of_one_series_differ_by_what_they_ask() -> None:
    as_json = replace(SERIES, what=InventoryRetrieval(format="JSON", limit="10000"))

    assert entry(as_json, 0) != entry(SERIES, 0)


hashes = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(st.sets(hashes, max_size=20))
def test_a_digest_is_the_hash_of_all_entries_sorted_a_line_each(entries: set[str]) -> None:
    lines = "\n".join(sorted(entries)).encode("ascii")

    assert digest(iter(sorted(entries))) == f"sha256:{hashlib.sha256(lines).hexdigest()}"


@given(st.sets(hashes, min_size=1, max_size=8))
def test_one_entry_more_or_less_is_another_digest(entries: set[str]) -> None:
    gone = set(entries)
    gone.pop()

    assert digest(sorted(entries)) != digest(sorted(gone))


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"job": "renamed"}, True),
        ({"size": 5}, True),
        ({"tiers": (Tier.BULK, Tier.STANDARD)}, True),
        ({"description": "other"}, False),
        ({"sns_topic": None}, False),
        ({"tiers": (Tier.EXPEDITED,)}, False),
    ],
    ids=str,
)
def test_the_hash_of_a_body_tells_what_would_be_sent_first(changes: dict[str, object], *, same: bool) -> None:
    changed: Request = replace(WANTED, **changes)  # type: ignore[arg-type]  # any field

    assert (body_sha256(changed) == body_sha256(WANTED)) is same


# Approvals are kept in states and in people's scripts: these never change.
@pytest.mark.parametrize(
    ("wanted", "generation", "pinned"),
    [
        (WANTED, 0, "5d0713198cdb13b32b11d40754054a096ef1a7e5dc46677b4d8d26befe983184"),
        (WANTED, 1, "ef2d3faedcfcba9f911481f038b063e5568c7cdca9624119967b4604090c92bc"),
        (SERIES, 0, "77e9d7fb6981faabbfb1a4d7b8c537dac4abd3e0e8b3a45a7e6a9e84da37d55f"),
        (
            request(QUERY, tiers=(Tier.EXPEDITED, Tier.STANDARD)),
            0,
            "ce1886297a8b0a6757f694a9eda7d28ef275c0ba4e434971ba1af4dffe47a10b",
        ),
    ],
)
def test_entries_are_a_contract(wanted: Request, generation: int, pinned: str) -> None:
    assert entry(wanted, generation) == pinned


def test_the_digest_of_nothing_is_a_contract() -> None:
    assert digest([]) == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_schedule_of_another_time_is_the_same_series() -> None:
    nightly = replace(SERIES, schedule=Schedule("0 0 * * *"), slot=f"{NOON:%Y-%m-%d}T00:00Z")

    assert entry(nightly, 0) == entry(SERIES, 0)
