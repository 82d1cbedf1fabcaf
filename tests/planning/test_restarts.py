"""What is bought again by itself: as often as the manifest says, as it was approved, and no more."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.diagnostics import InvalidInput
from glacier_manifest.errors import NotApproved
from glacier_manifest.jobs.address import address_of
from glacier_manifest.jobs.status import Status
from glacier_manifest.manifest import NEVER, Limits, Pace, Repurchases
from glacier_manifest.planning.approval import entry
from glacier_manifest.planning.consent import check_approved
from glacier_manifest.planning.decide import Restarts, decide_all
from glacier_manifest.planning.plan import Action, Plan, Verb
from glacier_manifest.planning.plan_file import SavedPlan, header_of, plan_lines, read_plan
from glacier_manifest.state.record import Record
from tests.planning.examples import INVENTORY, NOON, SLOT, WEEKLY, archive, asked, latest_of, record, request

WANTED = request(archive("kKB7"), description="for the wedding")
ADDRESS = address_of(WANTED)
ONCE = Repurchases(failed=1)
TWICE = Repurchases(expired=1, failed=2)


def plan(
    status: Status | None, generation: int = 0, *, by_itself: Repurchases = NEVER, words: tuple[str, ...] = ()
) -> Plan:
    """Plan one request that stands so."""
    known = latest_of([] if status is None else [record(WANTED, status, generation)])
    restarts = Restarts(words, repurchases=by_itself)
    return Plan(decide_all([asked(WANTED)], lambda _keys: known, restarts), NOON)


def only(planned: Plan) -> Action:
    (action,) = planned.actions
    return action


@pytest.mark.parametrize(
    ("status", "generation", "by_itself", "expected"),
    [
        (Status.FAILED, 0, ONCE, "restart failed 1"),
        (Status.FAILED, 1, ONCE, "keep failed 1"),
        (Status.EXPIRED, 0, ONCE, "keep expired 0"),
        (Status.FAILED, 1, TWICE, "restart failed 2"),
        (Status.FAILED, 2, TWICE, "keep failed 2"),
        (Status.EXPIRED, 0, TWICE, "restart expired 1"),
        (Status.EXPIRED, 1, TWICE, "keep expired 1"),
        (Status.FAILED, 7, TWICE, "keep failed 7"),
        (Status.READY, 1, TWICE, "start not_started 1"),
        (Status.REJECTED, 0, TWICE, "keep rejected 0"),
        (Status.SUCCEEDED, 0, TWICE, "keep done 0"),
        (Status.FETCHED, 0, TWICE, "keep done 0"),
        (Status.IN_PROGRESS, 0, TWICE, "wait in_progress 0"),
        (Status.UNKNOWN, 0, TWICE, "resolve unknown 0"),
        (Status.INTENDED, 0, TWICE, "resolve unknown 0"),
    ],
)
def test_what_has_ended_badly_is_bought_again_so_many_times(
    status: Status, generation: int, by_itself: Repurchases, expected: str
) -> None:
    action = only(plan(status, generation, by_itself=by_itself))

    assert f"{action.verb} {action.reason} {action.generation}" == expected


@given(st.sampled_from(Status), st.integers(0, 9))
def test_nothing_is_bought_again_by_itself_where_the_manifest_does_not_say_so(
    status: Status, generation: int
) -> None:
    action = only(plan(status, generation))

    assert action.generation == generation
    assert action.verb is not Verb.RESTART


@given(st.integers(0, 6), st.integers(0, 6), st.lists(st.sampled_from([Status.FAILED, Status.EXPIRED])))
def test_however_it_ends_it_is_bought_no_more_often_than_the_larger_number_says(
    expired: int, failed: int, endings: list[Status]
) -> None:
    by_itself, generation, bought = Repurchases(expired, failed), 0, 0
    for status in endings:
        action = only(plan(status, generation, by_itself=by_itself))
        bought += action.starts
        generation = action.generation

    assert bought == generation <= max(expired, failed)


@pytest.mark.parametrize("generation", range(4))
def test_only_jobs_that_would_be_bought_again_are_looked_at(generation: int) -> None:
    waiting = record(WANTED, Status.IN_PROGRESS, generation)

    assert Restarts(repurchases=Repurchases(failed=2)).may_mean(waiting) is (generation < 2)
    assert not Restarts(repurchases=Repurchases(expired=9)).may_mean(waiting), "a listing shows no expiry"
    assert not Restarts().may_mean(waiting)


LIFE: list[tuple[Status | None, int]] = [
    (None, 0),
    (Status.IN_PROGRESS, 0),
    (Status.FAILED, 0),
    (Status.READY, 1),
    (Status.UNKNOWN, 1),
    (Status.FAILED, 1),
    (Status.EXPIRED, 2),
]


@pytest.mark.parametrize(("status", "generation"), LIFE)
def test_the_digest_stays_the_same_through_all_restarts_that_follow_by_themselves(
    status: Status | None, generation: int
) -> None:
    first = plan(None, by_itself=TWICE)
    later = plan(status, generation, by_itself=TWICE)

    assert later.digest == first.digest
    check_approved(later, first.entries)


def test_the_series_of_a_schedule_is_approved_with_its_restarts() -> None:
    weekly = request(INVENTORY, slot=SLOT, schedule=WEEKLY)
    next_week = replace(weekly, slot="2026-11-30T03:00Z")
    restarts = Restarts(repurchases=ONCE)
    first = Plan(decide_all([asked(weekly)], lambda _keys: {}, restarts), NOON)
    known = latest_of([record(next_week, Status.FAILED)])
    later = Plan(decide_all([asked(next_week)], lambda _keys: known, restarts), NOON)

    assert only(later).generation == 1
    check_approved(later, first.entries)


def test_without_restarts_an_entry_is_what_it_was() -> None:
    assert only(plan(None)).entry == entry(WANTED, 0)
    assert only(plan(Status.FAILED, words=("failed",))).entry == entry(WANTED, 1)


@pytest.mark.parametrize("other", [NEVER, ONCE, Repurchases(expired=1), Repurchases(expired=2, failed=2)])
def test_other_numbers_need_another_review(other: Repurchases) -> None:
    reviewed = plan(None, by_itself=TWICE)

    with pytest.raises(NotApproved):
        check_approved(plan(None, by_itself=other), reviewed.entries)
    if other.failed:
        with pytest.raises(NotApproved, match="restart: failed"):
            check_approved(plan(Status.FAILED, by_itself=other), reviewed.entries)


def test_restarts_that_were_added_after_the_review_are_not_covered_by_it() -> None:
    reviewed = plan(None)

    with pytest.raises(NotApproved, match="restart: failed"):
        check_approved(plan(Status.FAILED, by_itself=ONCE), reviewed.entries)


@pytest.mark.parametrize(
    ("status", "generation", "word"),
    [
        (Status.SUCCEEDED, 0, ADDRESS),
        (Status.EXPIRED, 1, "expired"),
        (Status.FAILED, 2, "failed"),
        (Status.FAILED, 2, ADDRESS),
    ],
)
def test_what_somebody_asks_for_beyond_them_is_approved_by_itself(
    status: Status, generation: int, word: str
) -> None:
    standing = plan(None, by_itself=TWICE)
    asked_for = plan(status, generation, by_itself=TWICE, words=(word,))

    assert only(asked_for).entry == entry(WANTED, generation + 1)
    with pytest.raises(NotApproved):
        check_approved(asked_for, standing.entries)


def test_what_was_asked_for_and_put_off_starts_under_its_own_approval() -> None:
    asked_for = plan(Status.SUCCEEDED, by_itself=TWICE, words=(ADDRESS,))
    put_off = plan(Status.READY, 1, by_itself=TWICE)

    check_approved(put_off, asked_for.entries)


def saved(planned: Plan, restarts: Repurchases) -> SavedPlan:
    header = header_of(
        planned,
        state_id="5f0c9a3e",
        manifests=[Path("jobs.yaml")],
        pace=Pace(2.5, 3, 1 << 40),
        limits=Limits(),
        allow={"unknown-size": 1},
        restarts=restarts,
    )
    return read_plan(plan_lines(planned, header), file=Path("plan.ndjson"))


@pytest.mark.parametrize(("status", "generation"), LIFE)
def test_a_saved_plan_keeps_its_restarts(status: Status | None, generation: int) -> None:
    planned = plan(status, generation, by_itself=TWICE)

    read = saved(planned, TWICE)

    assert read.repurchases == TWICE
    assert read.entries == set(planned.entries)
    assert read.pace == Pace(2.5, 3, 1 << 40)


def test_a_saved_plan_with_other_restarts_than_it_was_made_for_is_refused() -> None:
    planned = plan(None, by_itself=ONCE)
    header = header_of(
        planned,
        state_id=None,
        manifests=[Path("jobs.yaml")],
        pace=Pace(),
        limits=Limits(),
        allow={},
        restarts=ONCE,
    )
    first, *rest = plan_lines(planned, header)
    edited = first.replace('"failed":1', '"failed":9')

    assert edited != first
    with pytest.raises(InvalidInput) as caught:
        read_plan([edited, *rest], file=Path("plan.ndjson"))
    assert [one.code for one in caught.value.diagnostics] == ["plan-file-damaged"]


def test_a_hundred_plans_leave_alone_what_has_ended_badly() -> None:
    requests = [request(archive(f"a{number}")) for number in range(40)]
    ended = (Status.FAILED, Status.EXPIRED)
    known: dict[str, Record] = dict(
        latest_of(record(one, ended[number % 2], number % 3) for number, one in enumerate(requests))
    )
    for _ in range(100):
        planned = Plan(decide_all(map(asked, requests), lambda _keys: known, Restarts()), NOON)
        assert planned.starts == ()
