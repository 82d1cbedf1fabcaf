"""What a state tells of the pace of earlier runs: bytes by the minute, and the last call."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

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
)
from glacier_manifest.state.protocol import State
from glacier_manifest.state.sqlite import SqliteState
from tests.state.examples import MISHAP, NOON, RUN, STATE_ID, intended, key

MINUTE = timedelta(minutes=1)
EVER = NOON - timedelta(days=400)


def sqlite(folder: Path) -> State:
    return SqliteState(folder / "state.db", run=RUN, clock=lambda: NOON, new_id=lambda: STATE_ID)


@pytest.fixture(params=[sqlite])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    implementation: Callable[[Path], State] = request.param
    with closing(implementation(tmp_path)) as opened:
        yield opened


def start(
    state: State, name: str, size: int | None, *, at: datetime = NOON, service_at: datetime | None = None
) -> None:
    state.write(Intend(replace(intended(name), size=size), at))
    state.write(Accept(key(name), 0, at, f"job-{name}", service_at or at))


class TestStartedBytes:
    def test_a_new_state_has_started_none(self, state: State) -> None:
        assert state.started_bytes(EVER) == {}

    def test_they_are_summed_by_the_minute_in_order(self, state: State) -> None:
        start(state, "late", 5, at=NOON + 3 * MINUTE)
        start(state, "one", 10, at=NOON)
        start(state, "other", 7, at=NOON + timedelta(seconds=59))

        assert list(state.started_bytes(EVER).items()) == [(NOON, 17), (NOON + 3 * MINUTE, 5)]

    def test_what_was_started_before_is_left_out(self, state: State) -> None:
        start(state, "yesterday", 10, at=NOON - MINUTE)
        start(state, "today", 7, at=NOON)

        assert state.started_bytes(NOON) == {NOON: 7}
        assert state.started_bytes(NOON + MINUTE) == {}

    def test_the_services_time_counts_where_it_is_known(self, state: State) -> None:
        start(state, "wedding", 10, at=NOON + timedelta(days=3000), service_at=NOON)

        assert state.started_bytes(EVER) == {NOON: 10}

    def test_what_has_an_unknown_size_is_left_out_until_it_is_known(self, state: State) -> None:
        start(state, "wedding", None)
        before = state.started_bytes(EVER)
        state.write(Observe(key("wedding"), 0, NOON + 5 * MINUTE, Status.SUCCEEDED, size=12))

        assert (before, state.started_bytes(EVER)) == ({}, {NOON: 12})

    @pytest.mark.parametrize(
        ("change", "counted"),
        [
            (None, True),
            (LoseTrack(key("wedding"), 0, NOON, MISHAP), True),
            (Accept(key("wedding"), 0, NOON, "job-1", NOON), True),
            (Release(key("wedding"), 0, NOON, MISHAP), False),
            (Reject(key("wedding"), 0, NOON, MISHAP), False),
        ],
        ids=["intended", "unknown", "accepted", "released", "rejected"],
    )
    def test_all_that_may_have_been_started_counts(
        self, state: State, change: Change | None, *, counted: bool
    ) -> None:
        state.write(Intend(replace(intended(), size=9), NOON))
        if change is not None:
            state.write(change)

        assert state.started_bytes(EVER) == ({NOON: 9} if counted else {})

    @pytest.mark.parametrize("status", [Status.FAILED, Status.EXPIRED, Status.SUCCEEDED])
    def test_how_it_ended_does_not_matter(self, state: State, status: Status) -> None:
        start(state, "wedding", 9)
        state.write(Observe(key("wedding"), 0, NOON + MINUTE, status))

        assert state.started_bytes(EVER) == {NOON: 9}

    def test_an_adopted_job_counts_from_when_glacier_made_it(self, state: State) -> None:
        found = replace(
            intended(),
            status=Status.IN_PROGRESS,
            job_id="job-1",
            size=9,
            accepted_at=NOON - timedelta(hours=3),
        )
        state.write(Adopt(found, NOON))

        assert state.started_bytes(EVER) == {NOON - timedelta(hours=3): 9}


class TestLastCall:
    def test_a_new_state_knows_of_none(self, state: State) -> None:
        assert state.last_sent_at() is None

    def test_it_is_the_last_intent_or_repetition(self, state: State) -> None:
        start(state, "wedding", None, at=NOON)
        state.write(Observe(key("wedding"), 0, NOON + 9 * MINUTE, Status.SUCCEEDED))
        assert state.last_sent_at() == NOON

        state.write(Intend(intended("other"), NOON + 10 * MINUTE))
        state.write(SendAgain(key("other"), 0, NOON + 11 * MINUTE, MISHAP))
        state.write(Accept(key("other"), 0, NOON + 12 * MINUTE, "job-2", NOON))
        assert state.last_sent_at() == NOON + 11 * MINUTE
