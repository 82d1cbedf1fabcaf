"""What a run that died left behind."""

from glacier_manifest.jobs.status import Status
from glacier_manifest.starting.dead_runs import lose_track_of_intents
from glacier_manifest.state.changes import Accept, Intend, Reject
from glacier_manifest.state.record import Mishap
from glacier_manifest.state.sqlite import SqliteState
from tests.planning.examples import archive, record, request
from tests.starting.conftest import OpenState
from tests.starting.examples import NOON, attempts


def intend(state: SqliteState, *names: str) -> None:
    for name in names:
        state.write(Intend(record(request(archive(name)), Status.INTENDED), NOON))


def test_the_intents_of_a_dead_run_are_unknown_and_nothing_else_is_touched(
    open_state: OpenState,
) -> None:
    died = open_state()
    intend(died, "a", "b", "accepted", "rejected")
    keys = {name: record(request(archive(name)), Status.READY).key for name in ("accepted", "rejected")}
    died.write(Accept(keys["accepted"], 0, NOON, "job-1"))
    died.write(Reject(keys["rejected"], 0, NOON, Mishap("InvalidParameterValueException", "no")))
    died.close()
    state = open_state()

    assert lose_track_of_intents(state, attempts=attempts(), now=NOON) == 2

    assert state.count() == {Status.UNKNOWN: 2, Status.IN_PROGRESS: 1, Status.REJECTED: 1}
    mishaps = {one.mishap.code for one in state.records(statuses={Status.UNKNOWN}) if one.mishap}
    assert mishaps == {"run-died"}


def test_it_is_done_once(state: SqliteState) -> None:
    intend(state, "a")

    assert [lose_track_of_intents(state, attempts=attempts(), now=NOON) for _ in range(3)] == [1, 0, 0]
