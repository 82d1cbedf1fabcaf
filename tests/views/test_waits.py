"""How a wait goes, as its reader sees it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.tracking.waiting import Event, Goal, Looked, LookFailed, Waited
from glacier_manifest.views import waits
from tests.planning.examples import NOON
from tests.tracking.states import started, state_in

ALL, MOST = Goal.parse("all"), Goal.parse("80%")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqliteState]:
    with closing(state_in(tmp_path)) as state:
        started(state, "a")
        yield state


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            Looked(2, {Status.FAILED: 3}, NOON),
            "2 in progress, ended since the last look: 3 failed; looked at again at 2026-11-23 12:00:00 UTC",
        ),
        (Looked(0, {}, None), "0 in progress, ended since the last look: none"),
        (
            LookFailed("unreachable", "no route to host", NOON),
            "unreachable: no route to host; looked at again at 2026-11-23 12:00:00 UTC",
        ),
    ],
    ids=["looked", "the last look", "failed"],
)
def test_a_look_is_a_line(event: Event, line: str) -> None:
    assert waits.remark(event) == line


@pytest.mark.parametrize(
    ("goal", "waited", "line"),
    [
        (
            ALL,
            Waited(9, 0, is_met=True, ended={Status.FAILED: 2, Status.SUCCEEDED: 7}, open=0),
            "Wait: all jobs have ended: 7 succeeded, 2 failed.\n",
        ),
        (
            MOST,
            Waited(9, 1, is_met=True, ended={Status.SUCCEEDED: 7, Status.EXPIRED: 1}, open=0),
            "Wait: 80% of the jobs have ended: 7 succeeded, 1 expired, 1 in progress.\n",
        ),
        (
            MOST,
            Waited(9, 5, is_met=False, ended={Status.SUCCEEDED: 4}, open=0),
            "Wait: the deadline came before 80% of the jobs had ended: 4 succeeded, 5 in progress.\n",
        ),
        (
            ALL,
            Waited(0, 0, is_met=True, ended={}, open=0),
            "Wait: nothing is in progress (1 in progress).\n",
        ),
    ],
    ids=["all", "as many as were wanted", "not in time", "nothing to wait for"],
)
def test_the_end_is_a_line(state: SqliteState, goal: Goal, waited: Waited, line: str) -> None:
    assert waits.human(goal, waited, state) == line


def test_the_end_for_programs(state: SqliteState) -> None:
    document = waits.as_json(
        MOST, Waited(9, 1, is_met=True, ended={Status.SUCCEEDED: 6, Status.FAILED: 2}, open=0), state
    )

    assert {name: value for name, value in document.items() if name != "summary"} == {
        "format_version": "1.0",
        "for": "80%",
        "met": True,
        "jobs": 9,
        "in_progress": 1,
        "succeeded": 6,
        "failed": 2,
        "expired": 0,
    }
    assert document["summary"]["in_progress"] == 1
    assert list(document["summary"]) == [str(status) for status in Status]
