"""Taking a request out of a state."""

from dataclasses import replace

import pytest

from glacier_manifest.errors import Refused
from glacier_manifest.jobs.status import UNDER_WAY, Status
from glacier_manifest.state.changes import Accept, Change, Intend, LoseTrack, Observe
from glacier_manifest.state.sqlite import SqliteState
from tests.state.examples import LATER, MISHAP, NOON, intended, key

KEY = key("wedding")
INTEND = Intend(intended(), NOON)
ACCEPT = Accept(KEY, 0, NOON, "job-1")
FAIL = Observe(KEY, 0, LATER, Status.FAILED, mishap=MISHAP)


def written(state: SqliteState, *changes: Change) -> SqliteState:
    for change in changes:
        state.write(change)
    return state


def test_all_purchases_of_a_request_are_forgotten_and_no_other_request(state: SqliteState) -> None:
    again = Intend(intended(generation=1), LATER)
    written(state, INTEND, ACCEPT, FAIL, again, Accept(KEY, 1, LATER, "job-2"))
    written(state, Observe(KEY, 1, LATER, Status.FAILED), Intend(intended("other"), NOON))

    assert state.forget(KEY) == 2

    assert [record.key for record in state.records()] == [key("other")]
    assert state.known_jobs(["job-1", "job-2"]) == frozenset()


def test_the_log_keeps_what_was_known(state: SqliteState) -> None:
    written(state, INTEND, ACCEPT, FAIL)

    state.forget(KEY)

    *_, last = state.events(key=KEY)
    assert [event["event"] for event in state.events(key=KEY)] == [
        "intended",
        "accepted",
        "observed",
        "forgotten",
    ]
    assert (last["job_id"], last["status"], last["generation"]) == ("job-1", "failed", 0)


def test_what_was_forgotten_begins_anew(state: SqliteState) -> None:
    written(state, INTEND, ACCEPT, FAIL)
    state.forget(KEY)

    written(state, INTEND)

    assert state.latest([KEY])[KEY] == replace(
        intended(), attempts=1, intended_at=NOON, changed_at=NOON, status=Status.INTENDED
    )


@pytest.mark.parametrize(
    "changes",
    [(INTEND,), (INTEND, ACCEPT), (INTEND, LoseTrack(KEY, 0, LATER, MISHAP))],
    ids=["intended", "in progress", "unknown"],
)
def test_what_is_under_way_is_not_forgotten(state: SqliteState, changes: tuple[Change, ...]) -> None:
    written(state, *changes)

    with pytest.raises(Refused) as refused:
        state.forget(KEY)

    assert refused.value.code == "not-forgettable"
    assert state.latest([KEY])[KEY].status in UNDER_WAY
    assert "forgotten" not in {event["event"] for event in state.events(key=KEY)}


def test_a_request_that_nobody_knows_is_forgotten_already(state: SqliteState) -> None:
    assert state.forget(KEY) == 0
