"""Who may start what."""

from collections.abc import Callable, Collection
from dataclasses import replace

import pytest

from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.errors import Elsewhere, NotApproved
from glacier_manifest.jobs.address import address_of
from glacier_manifest.jobs.request import Request
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Pace
from glacier_manifest.planning.consent import check_approved, check_state, nobody_to_ask
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.plan_header import PlanHeader, header_of
from glacier_manifest.state.protocol import Approval, Identity
from glacier_manifest.state.record import Record
from tests.planning.examples import (
    INVENTORY,
    NOON,
    SLOT,
    WEEKLY,
    archive,
    bounds,
    latest_of,
    planned,
    record,
    request,
)

A, B = request(archive("a")), request(archive("b"))
SERIES = request(INVENTORY, job="weekly", slot=SLOT, schedule=WEEKLY)
KNOWN = Approval(1, "sha256:0", "plan", NOON)


def plan(*wanted: Request, known: tuple[Record, ...] = (), words: tuple[str, ...] = ()) -> Drafted:
    return planned(wanted, latest_of(known), Restarts(words))


def approved(reviewed: Drafted) -> Callable[[Collection[str]], Collection[str]]:
    """Return what tells which of some entries were in the plan that was reviewed."""
    entries = frozenset(reviewed.entries())
    return entries.intersection


def refusal(now: Drafted, reviewed: Drafted) -> str:
    with pytest.raises(NotApproved) as caught:
        check_approved(now, approved(reviewed))
    assert caught.value.code == "not-approved"
    return caught.value.message


def test_exactly_what_was_reviewed_may_start() -> None:
    check_approved(plan(A, B, SERIES), approved(plan(A, B, SERIES)))


def test_less_than_was_reviewed_may_start() -> None:
    check_approved(plan(A), approved(plan(A, B)))


def test_what_is_left_after_a_partial_failure_needs_no_new_review() -> None:
    left = plan(A, B, known=(record(A, Status.IN_PROGRESS), record(B, Status.READY)))

    check_approved(left, approved(plan(A, B)))


def test_the_next_slot_of_an_approved_series_may_start() -> None:
    check_approved(plan(replace(SERIES, slot="2026-11-30T03:00Z")), approved(plan(SERIES)))


def test_what_does_not_start_needs_no_approval() -> None:
    check_approved(plan(A, known=(record(A, Status.FAILED),)), approved(plan()))


def test_what_is_new_is_refused_by_its_address() -> None:
    message = refusal(plan(A, B), plan(A))

    assert message.startswith("1 of 2 to start are not in what was approved")
    assert f"wedding/photos/{B.archive_id} (start: not_started)" in message
    assert str(A.archive_id) not in message


@pytest.mark.parametrize(
    "changed",
    [replace(A, tiers=(Tier.EXPEDITED,)), replace(A, description="other"), replace(A, sns_topic="arn:other")],
    ids=["tier", "description", "topic"],
)
def test_what_was_changed_since_the_review_is_refused(changed: Request) -> None:
    assert "1 of 1" in refusal(plan(changed), plan(A))


def test_a_restart_is_not_covered_by_the_review_of_the_first_start() -> None:
    failed = (record(A, Status.FAILED),)

    message = refusal(plan(A, known=failed, words=("failed",)), plan(A))

    assert "(restart: failed)" in message
    check_approved(
        plan(A, known=failed, words=("failed",)), approved(plan(A, known=failed, words=("failed",)))
    )


def test_a_second_restart_is_not_covered_by_the_review_of_the_first() -> None:
    once = plan(A, known=(record(A, Status.FAILED, 0),), words=("failed",))
    twice = plan(A, known=(record(A, Status.FAILED, 1),), words=("failed",))

    refusal(twice, once)


def test_a_long_list_of_refused_starts_is_cut() -> None:
    many = plan(*(request(archive(f"a{number}")) for number in range(25)))

    message = refusal(many, plan())

    assert message.count("wedding/photos/") == 20
    assert message.endswith("and 5 more")


def test_what_is_approved_is_asked_for_a_few_at_a_time_and_every_start_is_checked() -> None:
    many = [request(archive(f"a{number}")) for number in range(1201)]
    reviewed = approved(plan(*many[:-1]))
    asked_for: list[int] = []

    def counting(entries: Collection[str]) -> Collection[str]:
        asked_for.append(len(entries))
        return reviewed(entries)

    with pytest.raises(NotApproved, match="1 of 1201") as caught:
        check_approved(plan(*many), counting)

    assert address_of(many[-1]) in caught.value.message
    assert sum(asked_for) == 1201
    assert max(asked_for) <= 500


def test_nobody_to_ask_is_told_the_digest_to_say() -> None:
    error = nobody_to_ask(plan(A, B))

    assert error.message.startswith("2 jobs would start")
    assert plan(A, B).digest in error.next_step


def header(state_id: str | None) -> PlanHeader:
    return header_of(plan(A), state_id=state_id, manifests=(), pace=Pace(), bounds=bounds())


@pytest.mark.parametrize(
    ("made_with", "is_empty", "approval"),
    [
        ("mine", True, None),
        ("mine", False, None),
        (None, True, None),
        (None, False, KNOWN),
        ("other", False, KNOWN),
    ],
    ids=["empty", "own", "first", "rerun of a first", "applied here before"],
)
def test_a_plan_belongs_to_the_state_that_it_was_made_with(
    made_with: str | None, approval: Approval | None, *, is_empty: bool
) -> None:
    check_state(header(made_with), Identity("mine", frozenset(), None), approval=approval, is_empty=is_empty)


@pytest.mark.parametrize(
    ("made_with", "is_empty", "told"),
    [
        ("other", False, "made with state other, and this is another"),
        ("other", True, "made with state other, and this is an empty state"),
        (None, False, "made with a state that was still empty, and this is another"),
    ],
)
def test_another_or_a_lost_state_is_refused(made_with: str | None, told: str, *, is_empty: bool) -> None:
    with pytest.raises(Elsewhere, match=told) as caught:
        check_state(header(made_with), Identity("mine", frozenset(), None), approval=None, is_empty=is_empty)

    assert caught.value.code == "other-state"
    assert "--new-state" in caught.value.next_step
