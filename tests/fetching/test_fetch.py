"""What becomes of the outputs of jobs that have succeeded, whatever happens to them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from glacier_manifest.aws.causes import Cause
from glacier_manifest.aws.descriptions import ListedJob
from glacier_manifest.errors import Failed, GlacierManifestError, ServiceError
from glacier_manifest.fetching.destination import Destination
from glacier_manifest.fetching.report import Result
from glacier_manifest.fetching.wants import Anywhere, OfState
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.sqlite import SqliteState
from tests.fetching.fetches import HOUR, Fetching, Outputs, told
from tests.tracking.states import Glacier, listing, started, state_in, statuses, succeeded

BODY = b"hello"


def error(code: str) -> ServiceError:
    return ServiceError(code, "it did not work", next_step="do something about it")


NO_ROOM = Failed("no-room", "the disk is full", next_step="make room")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqliteState]:
    with closing(state_in(tmp_path)) as state:
        yield state


def fetching(
    state: SqliteState, tmp_path: Path, *names: str, **bodies: bytes | GlacierManifestError
) -> Fetching:
    """Let jobs of these names have succeeded, an hour apart, the first one last."""
    for index, name in enumerate(names):
        succeeded(state, name, ago=(index + 1) * HOUR)
    outputs = {f"job-{name}": bodies.get(name, BODY) for name in names}
    described = {f"job-{name}": told(name, BODY) for name in names}
    return Fetching(state, tmp_path / "out", Outputs(outputs), Glacier({}, described))


def test_what_is_gone_soonest_comes_first(state: SqliteState, tmp_path: Path) -> None:
    one = fetching(state, tmp_path, "a", "b", "c")

    report = one.run()

    assert report.error is None
    assert report.counts == {Result.FETCHED: 3, Result.LEFT: 0}
    assert one.outputs.asked == ["job-c", "job-b", "job-a"]
    assert set(statuses(state).values()) == {Status.FETCHED}


def test_what_is_in_progress_is_left_alone(state: SqliteState, tmp_path: Path) -> None:
    started(state, "d")
    one = fetching(state, tmp_path)

    assert one.run().counts == {Result.LEFT: 0}
    assert (one.glacier.descriptions, one.glacier.listings) == ([], [])


def test_many_of_one_vault_are_listed_and_not_described(state: SqliteState, tmp_path: Path) -> None:
    names = [f"n{number}" for number in range(25)]
    one = fetching(state, tmp_path, *names)
    one.glacier = Glacier(listing(*(told(name, BODY) for name in names)))

    assert one.run().counts[Result.FETCHED] == 25
    assert (len(one.glacier.listings), one.glacier.descriptions) == (1, [])


def test_one_that_comes_damaged_does_not_keep_the_others(state: SqliteState, tmp_path: Path) -> None:
    one = fetching(state, tmp_path, "a", "b", "c", b=error("part-damaged"))

    report = one.run()

    assert (report.error, report.counts[Result.FETCHED], report.counts[Result.FAILED]) == (None, 2, 1)
    (failed,) = [outcome for outcome in report.outcomes.values() if outcome.result is Result.FAILED]
    assert failed.mishap is not None
    assert failed.mishap.code == "part-damaged"
    assert statuses(state)["job-b"] is Status.SUCCEEDED


@pytest.mark.parametrize("code", [Cause.ACCESS_DENIED, Cause.EXPIRED_CREDENTIALS, Cause.CLOCK_SKEW])
def test_what_every_output_would_meet_ends_the_run(state: SqliteState, tmp_path: Path, code: Cause) -> None:
    one = fetching(state, tmp_path, "a", "b", "c", c=error(code))

    report = one.run()

    assert report.error is not None
    assert report.error.code == code
    assert one.outputs.asked == ["job-c"]
    assert (report.counts[Result.LEFT], report.counts[Result.FAILED]) == (3, 0)


def test_a_network_that_is_gone_ends_the_run_after_some_outputs(state: SqliteState, tmp_path: Path) -> None:
    names = ["a", "b", "c", "d", "e"]
    one = fetching(state, tmp_path, *names, **dict.fromkeys(names, error(Cause.UNREACHABLE)))
    one.endurance = 3

    report = one.run()

    assert report.error is not None
    assert report.error.code == Cause.UNREACHABLE
    assert len(one.outputs.asked) == 3 * one.attempts
    assert report.counts == {Result.LEFT: 5}


def test_one_hiccup_is_left_for_the_next_run(state: SqliteState, tmp_path: Path) -> None:
    one = fetching(state, tmp_path, "a", "b", b=error(Cause.NO_ANSWER))

    report = one.run()

    assert (report.error, report.counts) == (None, {Result.LEFT: 1, Result.FETCHED: 1})


@pytest.mark.parametrize(
    ("ago", "status", "result"),
    [(24 * HOUR, Status.EXPIRED, Result.EXPIRED), (23 * HOUR, Status.SUCCEEDED, Result.FAILED)],
)
def test_a_job_that_nobody_knows_has_expired_after_its_day_alone(
    state: SqliteState, tmp_path: Path, ago: timedelta, status: Status, result: Result
) -> None:
    succeeded(state, "a", ago=ago)
    one = Fetching(state, tmp_path / "out", Outputs({}), Glacier({}))

    report = one.run()

    assert report.counts[result] == 1
    assert statuses(state) == {"job-a": status}


class Forgetful(Glacier):
    """Tells of each job once."""

    def describe_job(self, vault: Vault, job_id: str) -> ListedJob | None:
        return None if job_id in self.descriptions else super().describe_job(vault, job_id)


def test_an_output_that_goes_while_it_is_read_has_expired(state: SqliteState, tmp_path: Path) -> None:
    succeeded(state, "a", ago=24 * HOUR)
    gone = Outputs({"job-a": error(Cause.JOB_NOT_FOUND)})
    glacier = Forgetful({}, {"job-a": told("a", BODY)})

    report = Fetching(state, tmp_path / "out", gone, glacier).run()

    assert report.counts[Result.EXPIRED] == 1
    assert statuses(state) == {"job-a": Status.EXPIRED}


def test_a_place_that_is_full_takes_nothing_more_and_the_run_says_so(
    state: SqliteState, tmp_path: Path
) -> None:
    opened: list[str] = []

    def opens(base: str) -> Destination:
        opened.append(base)
        raise NO_ROOM

    one = fetching(state, tmp_path, "a", "b")
    one.opens = opens

    report = one.run()

    assert report.error is NO_ROOM
    assert report.counts == {Result.LEFT: 2}
    assert one.outputs.asked == []


def test_a_run_that_is_asked_to_stop_leaves_the_rest(state: SqliteState, tmp_path: Path) -> None:
    one = fetching(state, tmp_path, "a", "b", "c")
    one.stop = lambda: len(one.outputs.asked) > 1

    report = one.run()

    assert (report.error, report.counts.total(), report.counts[Result.FETCHED]) == (None, 3, 1)


def test_the_next_run_goes_on_with_what_is_left(state: SqliteState, tmp_path: Path) -> None:
    one = fetching(state, tmp_path, "a", "b", "c")
    one.stop = lambda: len(one.outputs.asked) > 1
    one.run()
    one.stop = lambda: False
    one.outputs.asked.clear()

    report = one.run()

    assert report.counts == {Result.FETCHED: 2, Result.LEFT: 0}
    assert sorted(one.outputs.asked) == ["job-a", "job-b"]


def test_many_of_one_name_all_have_a_file(state: SqliteState, tmp_path: Path) -> None:
    names = [f"n{number}" for number in range(40)]
    one = fetching(state, tmp_path, *names)
    report = one.run(OfState(Anywhere.parse("{job}", one.folder), lambda _archive: {}))

    assert report.counts[Result.FETCHED] == 40
    assert report.renamed == 39
    assert len({outcome.output for outcome in report.outcomes.values()}) == 40
