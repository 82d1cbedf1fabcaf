"""What was stored is written down, and what depends on that is done no sooner."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest

from glacier_manifest.errors import StateError
from glacier_manifest.fetching.recording import Recorder
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Change, Fetch
from glacier_manifest.state.log import Run
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.state.written import Written
from tests.planning.examples import NOON
from tests.tracking.states import HOUR, state_in, statuses, succeeded


class Unhurried(SqliteState):
    """A state whose disk answers when the test says so."""

    def __init__(self, path: Path) -> None:
        run = Run("run-1", "restore-1", 4242, "1.2.3")
        super().__init__(path, run=run, clock=lambda: NOON, new_id=lambda: "5f0c")
        self.waiting: list[Future[None]] = []

    def submit_together(self, changes: Sequence[Change]) -> list[Written[None]]:
        futures: list[Future[None]] = [Future() for _change in changes]
        self.waiting += futures
        return [*futures]


def stored(key: str) -> list[Change]:
    return [Fetch(key, 0, NOON, "a.jpg")]


def test_what_may_be_done_only_then_is_done_when_the_state_knows(tmp_path: Path) -> None:
    done: list[str] = []
    with closing(Unhurried(tmp_path / "state.db")) as state:
        recorder = Recorder(state)
        recorder.record(stored("a"), lambda: done.append("a"))
        before = [*done]
        state.waiting[0].set_result(None)
        recorder.record(stored("b"), lambda: done.append("b"))
        between = [*done]
        state.waiting[1].set_result(None)
        recorder.close()

    assert (before, between, done) == ([], ["a"], ["a", "b"])


def test_all_is_written_down_when_it_is_closed(tmp_path: Path) -> None:
    with closing(state_in(tmp_path)) as state:
        recorder = Recorder(state)
        names = [f"n{number}" for number in range(100)]
        for name in names:
            recorder.record(stored(succeeded(state, name, ago=HOUR).key), lambda: None)
        recorder.close()

        assert set(statuses(state).values()) == {Status.FETCHED}


@pytest.mark.parametrize(
    ("code", "is_raised"),
    [("state-conflict", False), ("state-full", True)],
    ids=["known better", "a full disk"],
)
def test_only_what_another_program_knows_better_is_let_pass(
    tmp_path: Path, code: str, *, is_raised: bool
) -> None:
    done: list[str] = []
    error = StateError(code, "it cannot be written", next_step="do something")
    with closing(Unhurried(tmp_path / "state.db")) as state:
        recorder = Recorder(state)
        recorder.record(stored("a"), lambda: done.append("a"))
        state.waiting[0].set_exception(error)

        assert raised_by(recorder.close) == (error if is_raised else None)

    assert done == ([] if is_raised else ["a"])


def raised_by(call: Callable[[], None]) -> StateError | None:
    try:
        call()
    except StateError as error:
        return error
    return None
