"""What is done about a request: every status, every restart, every change of the body."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.errors import UsageError
from glacier_manifest.jobs.address import address_of
from glacier_manifest.jobs.request import InventoryRetrieval, Request
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.plan import Action, Drift
from glacier_manifest.state.record import Record
from tests.planning.examples import TOPIC, archive, latest_of, planned, record, request

WANTED = request(archive("kKB7"), tiers=(Tier.BULK,), description="for the wedding", sns_topic=TOPIC)
OTHER = request(archive("other"), job="other")
WHOLE = address_of(WANTED)


def decided(wanted: Request, known: Record | None, restarts: Restarts | None = None) -> Action:
    """Decide about a request that stands beside another one."""
    records = latest_of([known] if known else [])
    first, _ = planned([wanted, OTHER], records, restarts).actions()
    return first


# status:        as it stands, --restart ADDRESS, --restart failed, --restart expired, with a changed body
TABLE = {
    "none": ["start not_started 0"] * 5,
    "ready": ["start not_started 2"] * 5,
    "intended": ["resolve unknown 2"] * 5,
    "unknown": ["resolve unknown 2"] * 5,
    "in_progress": ["wait in_progress 2"] * 5,
    "succeeded": ["keep done 2", "restart requested 3", *["keep done 2"] * 3],
    "fetched": ["keep done 2", "restart requested 3", *["keep done 2"] * 3],
    "failed": ["keep failed 2", *["restart failed 3"] * 2, *["keep failed 2"] * 2],
    "expired": [
        "keep expired 2",
        "restart expired 3",
        "keep expired 2",
        "restart expired 3",
        "keep expired 2",
    ],
    "rejected": ["keep rejected 2", "start not_started 2", *["keep rejected 2"] * 2, "start not_started 2"],
}
COLUMNS: list[tuple[str, tuple[str, ...], Request]] = [
    ("as it stands", (), WANTED),
    ("--restart ADDRESS", (WHOLE,), WANTED),
    ("--restart failed", ("failed",), WANTED),
    ("--restart expired", ("expired",), WANTED),
    ("changed body", (), replace(WANTED, description="for the silver wedding")),
]
ROWS = [
    pytest.param(status, words, wanted, row[number], id=f"{status}, {title}")
    for status, row in TABLE.items()
    for number, (title, words, wanted) in enumerate(COLUMNS)
]


def test_the_table_is_whole() -> None:
    assert set(TABLE) == {"none", *map(str, Status)}


@pytest.mark.parametrize(("status", "words", "wanted", "expected"), ROWS)
def test_what_is_done(status: str, words: tuple[str, ...], wanted: Request, expected: str) -> None:
    known = None if status == "none" else record(WANTED, Status(status), generation=2)

    action = decided(wanted, known, Restarts(words))

    assert f"{action.verb} {action.reason} {action.generation}" == expected
    assert action.record is known
    assert action.request == wanted


statuses = st.sampled_from(Status)
descriptions = st.sampled_from([None, "one", "another"])
tier_lists = st.sampled_from([(), (Tier.BULK,), (Tier.EXPEDITED, Tier.STANDARD)])


@given(statuses, st.integers(0, 5), descriptions, descriptions, tier_lists, tier_lists)
def test_nothing_is_bought_again_without_being_asked_for(
    status: Status,
    generation: int,
    sent: str | None,
    wanted: str | None,
    sent_tiers: tuple[Tier, ...],
    wanted_tiers: tuple[Tier, ...],
) -> None:
    before = replace(WANTED, description=sent, tiers=sent_tiers)
    now = replace(WANTED, description=wanted, tiers=wanted_tiers)

    action = decided(now, record(before, status, generation))

    assert action.generation == generation, "a further generation is a further purchase"
    if action.starts:
        assert status in {Status.READY, Status.REJECTED}, "nothing was bought so far"
    if status is Status.REJECTED and now == before:
        assert not action.starts, "exactly this body was refused"


@given(statuses, st.lists(st.sampled_from(["failed", "expired", WHOLE, "wedding", "other"]), max_size=4))
def test_an_open_outcome_is_never_bought_again_whoever_asks(status: Status, words: list[str]) -> None:
    action = decided(WANTED, record(WANTED, status), Restarts(words))

    if status in {Status.INTENDED, Status.UNKNOWN, Status.IN_PROGRESS}:
        assert not action.starts
    assert action.generation in {0, 1}


@pytest.mark.parametrize(
    ("words", "restarted"),
    [
        (["wedding"], True),
        (["wedding/photos"], True),
        (["wedding/photos/kKB"], True),
        (["*/photos/kKB*"], True),
        (["*"], True),
        (["other"], False),
        (["other", "wedding/photos/kK"], True),
    ],
)
def test_which_addresses_a_restart_means(words: list[str], *, restarted: bool) -> None:
    assert decided(WANTED, record(WANTED, Status.SUCCEEDED), Restarts(words)).starts is restarted


@pytest.mark.parametrize("word", ["weddin", "nothing/photos", "Failed", "succeeded", "kKB7", ""])
def test_a_restart_that_names_nothing_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="no") as caught:
        decided(WANTED, record(WANTED, Status.FAILED), Restarts(["wedding", word]))

    assert caught.value.code == "no-such-address"


def test_a_restart_by_a_cut_archive_id_that_two_archives_begin_with_is_refused() -> None:
    twins = [request(archive(name)) for name in ("kKB7", "kKB8")]

    with pytest.raises(UsageError) as caught:
        planned(twins, {}, Restarts(["wedding/photos/kKB"]))

    assert caught.value.code == "ambiguous-address"


@pytest.mark.parametrize("status", [Status.FAILED, Status.EXPIRED, Status.SUCCEEDED])
def test_a_restart_of_a_saved_plan_is_done_once(status: Status) -> None:
    key = record(WANTED, status).key
    reviewed = Restarts(generations={key: 1})

    assert decided(WANTED, record(WANTED, status, 0), reviewed).generation == 1
    assert not decided(WANTED, record(WANTED, status, 1), reviewed).starts
    assert not decided(WANTED, record(WANTED, status, 2), reviewed).starts


def test_a_restart_that_was_put_off_is_started_without_asking_again() -> None:
    action = decided(WANTED, record(WANTED, Status.READY, 1))

    assert (action.starts, action.generation) == (True, 1)


DESCRIBED = "for the wedding [gm1:"


@pytest.mark.parametrize(
    ("changes", "drift"),
    [
        ({}, []),
        ({"tiers": (Tier.STANDARD,)}, [Drift("tier", "Bulk", "Standard")]),
        ({"tiers": (Tier.EXPEDITED, Tier.BULK)}, []),
        ({"tiers": ()}, [Drift("tier", "Bulk", "Standard")]),
        ({"sns_topic": None}, [Drift("sns_topic", TOPIC, None)]),
        ({"job": "renamed"}, []),
    ],
    ids=["same", "tier", "tier in the list", "default tier", "topic", "renamed"],
)
@pytest.mark.parametrize("status", [Status.IN_PROGRESS, Status.UNKNOWN, Status.SUCCEEDED])
def test_a_difference_that_cannot_be_changed_any_more_is_shown(
    status: Status, changes: dict[str, object], drift: list[Drift]
) -> None:
    now = replace(WANTED, **changes)  # type: ignore[arg-type]  # any field

    action = decided(now, record(WANTED, status))

    assert not action.starts
    assert list(action.drift) == drift


def test_another_description_is_shown_with_its_marker() -> None:
    action = decided(replace(WANTED, description="new"), record(WANTED, Status.IN_PROGRESS))

    (drift,) = action.drift
    assert drift.field == "description"
    assert str(drift.running).startswith(DESCRIBED)
    assert str(drift.wanted).startswith("new [gm1:")


def test_what_starts_now_shows_no_difference_for_it_will_be_as_wanted() -> None:
    changed = replace(WANTED, description="new", tiers=(Tier.STANDARD,))

    assert decided(changed, record(WANTED, Status.READY)).drift == ()
    assert decided(changed, record(WANTED, Status.FAILED), Restarts(["failed"])).drift == ()


def test_the_services_default_tier_and_an_inventory_without_tier_do_not_differ() -> None:
    spelled_out = replace(WANTED, tiers=(Tier.STANDARD,))
    inventory = request(InventoryRetrieval())

    assert decided(spelled_out, record(WANTED, Status.IN_PROGRESS, tier=None)).drift == ()
    assert decided(inventory, record(inventory, Status.IN_PROGRESS)).drift == ()
