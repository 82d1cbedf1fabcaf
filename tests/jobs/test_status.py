import pytest

from glacier_manifest.jobs.status import TRANSITIONS, UNDER_WAY, Status

READY, INTENDED, UNKNOWN = Status.READY, Status.INTENDED, Status.UNKNOWN
IN_PROGRESS, SUCCEEDED, FETCHED = Status.IN_PROGRESS, Status.SUCCEEDED, Status.FETCHED
FAILED, EXPIRED, REJECTED = Status.FAILED, Status.EXPIRED, Status.REJECTED


def _reachable(start: Status) -> set[Status]:
    seen: set[Status] = set()
    ahead = [start]
    while ahead:
        status = ahead.pop()
        if status not in seen:
            seen.add(status)
            ahead.extend(TRANSITIONS[status])
    return seen


def test_every_status_says_what_may_follow_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(Status)
    assert _reachable(READY) == set(Status)


@pytest.mark.parametrize("status", [FETCHED, FAILED, EXPIRED])
def test_what_has_ended_stays_ended(status: Status) -> None:
    assert TRANSITIONS[status] == frozenset()


def test_nothing_is_sent_before_its_intent_is_recorded() -> None:
    assert TRANSITIONS[READY] == {INTENDED}
    assert TRANSITIONS[REJECTED] == {INTENDED}


@pytest.mark.parametrize("status", [IN_PROGRESS, SUCCEEDED])
def test_what_glacier_accepted_can_never_be_sent_again(status: Status) -> None:
    assert not _reachable(status) & {READY, INTENDED, UNKNOWN}


def test_an_unknown_is_never_resent_without_being_resolved_first() -> None:
    assert INTENDED not in TRANSITIONS[UNKNOWN]


def test_money_may_be_out_exactly_while_a_request_is_under_way() -> None:
    assert {INTENDED, UNKNOWN, IN_PROGRESS} == UNDER_WAY
