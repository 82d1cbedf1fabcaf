"""Groups of changes: the same as one after the other, whatever is remembered of the group before."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from glacier_manifest.errors import StateError
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import (
    Accept,
    Adopt,
    Change,
    Intend,
    LoseTrack,
    Observe,
    Reject,
    Release,
    SendAgain,
    Withdraw,
)
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.state.written import Written
from tests.state.conftest import Open
from tests.state.examples import LATER, MISHAP, NOON, intended, key

WEDDING = key("wedding")


def refusals(futures: list[Written[None]]) -> list[str | None]:
    return [getattr(future.exception(), "code", None) for future in futures]


def trail(state: SqliteState, name: str = "wedding") -> list[str]:
    return [str(event["event"]) for event in state.events(key=key(name))]


def test_a_group_is_applied_in_its_order_and_every_change_is_logged(state: SqliteState) -> None:
    futures = state.submit_together(
        [
            Intend(intended(), NOON),
            SendAgain(WEDDING, 0, NOON, MISHAP),
            Intend(intended("other"), NOON),
            Accept(WEDDING, 0, LATER, "job-1"),
            Observe(WEDDING, 0, LATER, Status.SUCCEEDED),
        ]
    )

    assert refusals(futures) == [None] * 5
    first, second = state.records()
    assert (first.status, first.attempts, first.job_id) == (Status.SUCCEEDED, 2, "job-1")
    assert (second.status, second.attempts) == (Status.INTENDED, 1)
    assert trail(state) == ["intended", "sent-again", "accepted", "observed"]


def test_what_is_refused_within_a_group_leaves_the_others_alone(state: SqliteState) -> None:
    futures = state.submit_together(
        [
            Intend(intended(), NOON),
            Intend(intended(), NOON),
            Accept(WEDDING, 0, LATER, "job-1"),
            Reject(WEDDING, 0, LATER, MISHAP),
            Intend(intended("other"), NOON),
        ]
    )

    assert refusals(futures) == [None, "state-conflict", None, "state-conflict", None]
    assert trail(state) == ["intended", "accepted"]
    assert state.count() == {Status.IN_PROGRESS: 1, Status.INTENDED: 1}


def test_a_value_that_cannot_be_kept_spoils_its_own_change_only(state: SqliteState) -> None:
    state.write(Intend(intended("before"), NOON))
    futures = state.submit_together(
        [
            Accept(key("before"), 0, LATER, "job-1"),
            Intend(replace(intended("wrong"), address="\ud800"), NOON),
            Intend(intended("right"), NOON),
        ]
    )

    assert [type(future.exception()) for future in futures] == [type(None), UnicodeEncodeError, type(None)]
    assert {record.address: record.status for record in state.records()} == {
        "before/photos": Status.IN_PROGRESS,
        "right/photos": Status.INTENDED,
    }
    assert len(list(state.events())) == 3


def test_of_two_adoptions_of_one_job_in_a_group_the_first_counts(state: SqliteState) -> None:
    found = [
        Adopt(replace(intended(name), status=Status.IN_PROGRESS, job_id="job-1"), NOON)
        for name in ("wedding", "other")
    ]

    futures = state.submit_together(found)

    assert refusals(futures) == [None, "state-conflict"]
    assert [record.address for record in state.records()] == ["wedding/photos"]


ANSWERS: dict[str, Callable[[str], Change]] = {
    "accept": lambda name: Accept(key(name), 0, LATER, f"job-of-{name}"),
    "reject": lambda name: Reject(key(name), 0, LATER, MISHAP),
    "lose track": lambda name: LoseTrack(key(name), 0, LATER, MISHAP),
    "send again": lambda name: SendAgain(key(name), 0, LATER, MISHAP),
    "withdraw": lambda name: Withdraw(key(name), 0, LATER),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_intent_that_another_process_has_settled_is_not_answered_from_memory(
    answer: Callable[[str], Change], state: SqliteState, open_state: Open
) -> None:
    state.write(Intend(intended(), NOON))
    open_state().write(Release(WEDDING, 0, NOON, MISHAP))

    with pytest.raises(StateError, match="is refused"):
        state.write(answer("wedding"))

    assert trail(state) == ["intended", "released"]


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_intent_is_answered_the_same_from_memory_and_from_the_disk(
    answer: Callable[[str], Change], state: SqliteState, open_state: Open
) -> None:
    for name in ("wedding", "other"):
        state.write(Intend(intended(name), NOON, LATER))

    state.write(answer("wedding"))
    open_state().write(answer("other"))  # a connection that remembers nothing of it

    from_memory, from_disk = state.records()
    job_id = from_memory.job_id and from_memory.job_id.replace("wedding", "other")
    assert replace(from_memory, key=from_disk.key, address=from_disk.address, job_id=job_id) == from_disk


def test_what_was_answered_is_forgotten(state: SqliteState) -> None:
    state.write(Intend(intended(), NOON))
    state.write(Accept(WEDDING, 0, LATER, "job-1"))

    with pytest.raises(StateError, match="is refused"):
        state.write(Accept(WEDDING, 0, LATER, "job-2"))


def test_an_intent_that_is_taken_back_is_ready_and_counts_no_attempt(state: SqliteState) -> None:
    state.write(Intend(intended(), NOON))
    state.write(Withdraw(WEDDING, 0, LATER))

    (record,) = state.records()
    assert (record.status, record.attempts, record.mishap, record.changed_at) == (
        Status.READY,
        0,
        None,
        LATER,
    )
    state.write(Intend(intended(), LATER))
    (record,) = state.records()
    assert (record.status, record.attempts) == (Status.INTENDED, 1)
    assert trail(state) == ["intended", "withdrawn", "intended"]


def test_what_nobody_waits_for_is_written_by_itself_and_before_what_comes_later(state: SqliteState) -> None:
    state.write(Intend(intended(), NOON))

    accepted = state.submit_unhurried(Accept(WEDDING, 0, LATER, "job-1"))
    state.submit(Observe(WEDDING, 0, LATER, Status.SUCCEEDED)).result()
    ended = state.submit_unhurried(Intend(intended("other"), NOON))

    assert accepted.done()
    assert ended.exception() is None
    assert state.count() == {Status.SUCCEEDED: 1, Status.INTENDED: 1}


def test_closing_writes_what_nobody_waited_for(state: SqliteState, open_state: Open) -> None:
    futures = [state.submit_unhurried(Intend(intended(str(number)), NOON)) for number in range(300)]
    state.close()

    assert all(future.done() and future.exception() is None for future in futures)
    assert open_state().count() == {Status.INTENDED: 300}
    assert refusals([state.submit_unhurried(Intend(intended("late"), NOON))]) == ["state-closed"]
