"""What is bought again by itself: as often as the manifest says, as it was approved, and no more."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.diagnostics import InvalidInput
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.drafting.saved import SavedPlan, read_saved
from glacier_manifest.errors import NotApproved
from glacier_manifest.jobs.address import address_of
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.status import Status
from glacier_manifest.manifest import NEVER, Pace, Repurchases
from glacier_manifest.planning.approval import entry
from glacier_manifest.planning.consent import check_approved
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.plan import Action, Verb
from glacier_manifest.planning.plan_file import plan_lines
from glacier_manifest.planning.plan_header import header_of
from glacier_manifest.state.record import Record
from tests.planning.examples import (
    INVENTORY,
    SLOT,
    WEEKLY,
    archive,
    bounds,
    latest_of,
    planned,
    record,
    request,
    scratch,
)

WANTED = request(archive("kKB7"), description="for the wedding")
ADDRESS, KEY = address_of(WANTED), request_key(WANTED)
ONCE = Repurchases(failed=1)
TWICE = Repurchases(expired=1, failed=2)


def plan(
    status: Status | None, generation: int = 0, *, by_itself: Repurchases = NEVER, words: tuple[str, ...] = ()
) -> Drafted:
    """Plan one request that stands so."""
    known = latest_of([] if status is None else [record(WANTED, status, generation)])
    return planned([WANTED], known, Restarts(words, repurchases=by_itself))


def approved(reviewed: Drafted) -> Callable[[Collection[str]], Collection[str]]:
    """Return what tells which of some entries were in the plan that was reviewed."""
    entries = frozenset(reviewed.entries())
    return entries.intersection


def only(drafted: Drafted) -> Action:
    (action,) = drafted.actions()
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
    twice, expired = Restarts(repurchases=Repurchases(failed=2)), Restarts(repurchases=Repurchases(expired=9))

    assert twice.may_mean(KEY, generation) is (generation < 2)
    assert not expired.may_mean(KEY, generation), "a listing shows no expiry"
    assert not Restarts().may_mean(KEY, generation)


@pytest.mark.parametrize(
    ("restarts", "may_mean_any"),
    [
        (Restarts(), False),
        (Restarts(repurchases=Repurchases(expired=9)), False),
        (Restarts(repurchases=ONCE), True),
        (Restarts(words=("failed",)), True),
        (Restarts(generations={KEY: 1}), True),
    ],
    ids=["nothing", "expiry, which a listing does not show", "failures", "a word", "a saved plan"],
)
def test_whether_any_job_would_be_bought_again_is_known_without_looking_at_one(
    restarts: Restarts, *, may_mean_any: bool
) -> None:
    assert restarts.may_mean_any is may_mean_any
    assert any(restarts.may_mean(KEY, generation) for generation in range(4)) is may_mean_any


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
    check_approved(later, approved(first))


def test_the_series_of_a_schedule_is_approved_with_its_restarts() -> None:
    weekly = request(INVENTORY, slot=SLOT, schedule=WEEKLY)
    next_week = replace(weekly, slot="2026-11-30T03:00Z")
    restarts = Restarts(repurchases=ONCE)
    first = planned([weekly], {}, restarts)
    later = planned([next_week], latest_of([record(next_week, Status.FAILED)]), restarts)

    assert only(later).generation == 1
    check_approved(later, approved(first))


def test_without_restarts_an_entry_is_what_it_was() -> None:
    assert only(plan(None)).entry == entry(WANTED, 0)
    assert only(plan(Status.FAILED, words=("failed",))).entry == entry(WANTED, 1)


@pytest.mark.parametrize("other", [NEVER, ONCE, Repurchases(expired=1), Repurchases(expired=2, failed=2)])
def test_other_numbers_need_another_review(other: Repurchases) -> None:
    reviewed = plan(None, by_itself=TWICE)

    with pytest.raises(NotApproved):
        check_approved(plan(None, by_itself=other), approved(reviewed))
    if other.failed:
        with pytest.raises(NotApproved, match="restart: failed"):
            check_approved(plan(Status.FAILED, by_itself=other), approved(reviewed))


def test_restarts_that_were_added_after_the_review_are_not_covered_by_it() -> None:
    reviewed = plan(None)

    with pytest.raises(NotApproved, match="restart: failed"):
        check_approved(plan(Status.FAILED, by_itself=ONCE), approved(reviewed))


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
        check_approved(asked_for, approved(standing))


def test_what_was_asked_for_and_put_off_starts_under_its_own_approval() -> None:
    asked_for = plan(Status.SUCCEEDED, by_itself=TWICE, words=(ADDRESS,))
    put_off = plan(Status.READY, 1, by_itself=TWICE)

    check_approved(put_off, approved(asked_for))


def read_back(lines: Iterable[str]) -> SavedPlan:
    text = "".join(f"{line}\n" for line in lines)
    return read_saved(Path("plan.ndjson"), lambda: StringIO(text), scratch())


def saved(drafted: Drafted, restarts: Repurchases) -> SavedPlan:
    header = header_of(
        drafted,
        state_id="5f0c9a3e",
        manifests=[Path("jobs.yaml")],
        pace=Pace(2.5, 3, 1 << 40),
        bounds=bounds(allow={"unknown-size": 1}),
        restarts=restarts,
    )
    return read_back(plan_lines(drafted, header))


@pytest.mark.parametrize(("status", "generation"), LIFE)
def test_a_saved_plan_keeps_its_restarts(status: Status | None, generation: int) -> None:
    drafted = plan(status, generation, by_itself=TWICE)

    read = saved(drafted, TWICE)

    assert read.header.repurchases == TWICE
    assert list(read.entries) == list(drafted.entries())
    assert read.header.pace_read == Pace(2.5, 3, 1 << 40)


def test_a_saved_plan_with_other_restarts_than_it_was_made_for_is_refused() -> None:
    drafted = plan(None, by_itself=ONCE)
    header = header_of(
        drafted,
        state_id=None,
        manifests=[Path("jobs.yaml")],
        pace=Pace(),
        bounds=bounds(),
        restarts=ONCE,
    )
    first, *rest = plan_lines(drafted, header)
    edited = first.replace('"failed":1', '"failed":9')

    assert edited != first
    with pytest.raises(InvalidInput) as caught:
        read_back([edited, *rest])
    assert [one.code for one in caught.value.diagnostics] == ["plan-file-damaged"]


def test_a_hundred_plans_leave_alone_what_has_ended_badly() -> None:
    requests = [request(archive(f"a{number}")) for number in range(40)]
    ended = (Status.FAILED, Status.EXPIRED)
    known: dict[str, Record] = dict(
        latest_of(record(one, ended[number % 2], number % 3) for number, one in enumerate(requests))
    )
    for _ in range(100):
        assert list(planned(requests, known).starts()) == []
