"""Who may start what."""

from dataclasses import replace

import pytest

from glacier_manifest.errors import Elsewhere, NotApproved
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Limits, Pace
from glacier_manifest.planning.consent import check_approved, check_state, nobody_to_ask
from glacier_manifest.planning.decide import Restarts, decide_all
from glacier_manifest.planning.plan import Plan
from glacier_manifest.planning.plan_file import PlanHeader, header_of
from glacier_manifest.state.protocol import Approval, Identity
from glacier_manifest.state.record import Record
from tests.planning.examples import INVENTORY, NOON, SLOT, WEEKLY, archive, asked, latest_of, record, request

A, B = request(archive("a")), request(archive("b"))
SERIES = request(INVENTORY, job="weekly", slot=SLOT, schedule=WEEKLY)
KNOWN = Approval(1, "sha256:0", "plan", NOON)


def plan(*wanted: object, known: tuple[Record, ...] = (), words: tuple[str, ...] = ()) -> Plan:
    requests = [asked(one) for one in wanted]  # type: ignore[arg-type]  # requests
    return Plan(decide_all(requests, lambda _keys: latest_of(known), Restarts(words)), NOON)


def refusal(now: Plan, reviewed: Plan) -> str:
    with pytest.raises(NotApproved) as caught:
        check_approved(now, reviewed.entries)
    assert caught.value.code == "not-approved"
    return caught.value.message


def test_exactly_what_was_reviewed_may_start() -> None:
    check_approved(plan(A, B, SERIES), plan(A, B, SERIES).entries)


def test_less_than_was_reviewed_may_start() -> None:
    check_approved(plan(A), plan(A, B).entries)


def test_what_is_left_after_a_partial_failure_needs_no_new_review() -> None:
    left = plan(A, B, known=(record(A, Status.IN_PROGRESS), record(B, Status.READY)))

    check_approved(left, plan(A, B).entries)


def test_the_next_slot_of_an_approved_series_may_start() -> None:
    check_approved(plan(replace(SERIES, slot="2026-11-30T03:00Z")), plan(SERIES).entries)


def test_what_does_not_start_needs_no_approval() -> None:
    check_approved(plan(A, known=(record(A, Status.FAILED),)), ())


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
def test_what_was_changed_since_the_review_is_refused(changed: object) -> None:
    assert "1 of 1" in refusal(plan(changed), plan(A))


def test_a_restart_is_not_covered_by_the_review_of_the_first_start() -> None:
    failed = (record(A, Status.FAILED),)

    message = refusal(plan(A, known=failed, words=("failed",)), plan(A))

    assert "(restart: failed)" in message
    check_approved(plan(A, known=failed, words=("failed",)), plan(A, known=failed, words=("failed",)).entries)


def test_a_second_restart_is_not_covered_by_the_review_of_the_first() -> None:
    once = plan(A, known=(record(A, Status.FAILED, 0),), words=("failed",))
    twice = plan(A, known=(record(A, Status.FAILED, 1),), words=("failed",))

    refusal(twice, once)


def test_a_long_list_of_refused_starts_is_cut() -> None:
    many = plan(*(request(archive(f"a{number}")) for number in range(25)))

    message = refusal(many, plan())

    assert message.count("wedding/photos/") == 20
    assert message.endswith("and 5 more")


def test_nobody_to_ask_is_told_the_digest_to_say() -> None:
    error = nobody_to_ask(plan(A, B))

    assert error.message.startswith("2 jobs would start")
    assert plan(A, B).digest in error.next_step


def header(state_id: str | None) -> PlanHeader:
    return header_of(plan(A), state_id=state_id, manifests=(), pace=Pace(), limits=Limits(), allow={})


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
