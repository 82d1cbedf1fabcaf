"""Importing into a state: everything comes back, nothing is forgotten, and a crash leaves no half."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glacier_manifest.diagnostics import InvalidInput
from glacier_manifest.errors import Elsewhere, StateError
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import (
    Accept,
    Adopt,
    Change,
    Fetch,
    Find,
    Intend,
    Join,
    LoseTrack,
    Observe,
    Reject,
    Release,
    SendAgain,
)
from glacier_manifest.state.export import export_state
from glacier_manifest.state.exported import read_export
from glacier_manifest.state.importing import Duplicate, Imported
from glacier_manifest.state.record import Record
from glacier_manifest.state.sqlite import SqliteState
from tests.state.examples import LATER, MISHAP, NOON, RUN, intended, key

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Brought:
    """What an import came to, and the duplicates that it told of."""

    imported: Imported
    duplicates: Sequence[Duplicate]


def new_state(path: Path) -> SqliteState:
    return SqliteState(path, run=RUN, clock=lambda: NOON, new_id=lambda: f"id of {path.name}")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[SqliteState]:
    with closing(new_state(tmp_path / "here.db")) as state:
        yield state


@pytest.fixture
def there(tmp_path: Path) -> Iterator[SqliteState]:
    with closing(new_state(tmp_path / "there.db")) as state:
        yield state


def exported(state: SqliteState) -> Path:
    path = state.path.with_suffix(".ndjson")
    path.write_text("".join(f"{line}\n" for line in export_state(state)), encoding="utf-8")
    return path


def bring(file: Path, into: SqliteState) -> Brought:
    duplicates: list[Duplicate] = []
    return Brought(into.import_knowledge(read_export(file), tell=duplicates.append), duplicates)


def knowledge(state: SqliteState) -> dict[str, Any]:
    """All that a state knows, its own ID and its log left out."""
    approvals = list(state.approvals())
    return {
        "records": list(state.records()),
        "latest": state.latest({record.key for record in state.records()}),
        "approvals": approvals,
        "entries": {one.digest: list(state.approved_entries(one.id)) for one in approvals},
        "accounts": state.identity.accounts,
        "endpoint": state.identity.endpoint,
    }


def start(state: SqliteState, name: str = "wedding", job_id: str | None = None, **more: Any) -> None:  # noqa: ANN401 - what `intended` takes
    state.write(Intend(intended(name, **more), NOON))
    if job_id is not None:
        state.write(Accept(key(name), more.get("generation", 0), LATER, job_id))


def only(state: SqliteState) -> Record:
    (record,) = state.records()
    return record


class TestIntoANewState:
    def test_everything_comes_back(self, here: SqliteState, there: SqliteState) -> None:
        there.bind(account_id="012345678901", endpoint="aws")
        there.approve(digest="sha256:a", entries=["one", "two"], how="plan", at=NOON)
        approval = there.approve(digest="sha256:b", entries=["three"], how="yes", at=LATER)
        start(there, "zebra", "job-1", approval=approval.id)
        start(there, "aardvark")

        brought = bring(exported(there), here)

        assert brought.imported == Imported(taken=2)
        assert knowledge(here) == knowledge(there)

    def test_an_empty_export_leaves_it_empty(self, here: SqliteState, there: SqliteState) -> None:
        assert bring(exported(there), here).imported == Imported()
        assert here.is_empty()
        assert list(here.events()) == []

    def test_the_log_tells_of_each_record_and_of_the_whole(
        self, here: SqliteState, there: SqliteState
    ) -> None:
        start(there, job_id="job-1")
        bring(exported(there), here)

        one, whole = here.events()
        assert (one["event"], one["key"], one["job_id"]) == ("imported", key("wedding"), "job-1")
        assert (whole["event"], whole["key"], whole["taken"]) == ("imported", None, 1)
        assert one["from_state"] == whole["from_state"] == "id of there.db"


class TestIntoAStateThatKnowsOtherThings:
    def test_a_job_that_was_paid_for_is_learned(self, here: SqliteState, there: SqliteState) -> None:
        start(here)
        here.write(LoseTrack(key("wedding"), 0, LATER, MISHAP))
        start(there, job_id="job-1")

        assert bring(exported(there), here).imported == Imported(taken=1)
        assert (only(here).status, only(here).job_id) == (Status.IN_PROGRESS, "job-1")
        assert here.known_jobs(["job-1"]) == {"job-1"}

    def test_a_second_job_of_one_purchase_is_told_and_logged_once(
        self, here: SqliteState, there: SqliteState
    ) -> None:
        start(here, job_id="job-1")
        start(there, job_id="job-2")
        before = only(here)
        brought = [bring(exported(there), here) for _ in range(3)]

        assert {one.imported.duplicates for one in brought} == {1}
        assert brought[0].duplicates == [Duplicate(before, "job-2")]
        assert only(here) == before
        told = [event for event in here.events(key=key("wedding")) if event["event"] == "duplicate"]
        assert [(event["job_id"], event["duplicates"]) for event in told] == [("job-1", ["job-2"])]

    def test_a_higher_generation_is_taken(self, here: SqliteState, there: SqliteState) -> None:
        start(here, job_id="job-1")
        start(there, job_id="job-1")
        start(there, job_id="job-2", generation=1)
        bring(exported(there), here)

        assert here.latest([key("wedding")])[key("wedding")].job_id == "job-2"

    def test_an_older_export_of_itself_changes_nothing(self, here: SqliteState) -> None:
        start(here)
        here.write(LoseTrack(key("wedding"), 0, LATER, MISHAP))
        old = exported(here)
        here.write(Release(key("wedding"), 0, LATER, MISHAP))
        here.write(Intend(intended(), LATER))
        here.write(Release(key("wedding"), 0, LATER, MISHAP))
        before = knowledge(here)

        assert bring(old, here).imported == Imported(unchanged=1)
        assert knowledge(here) == before

    def test_what_was_imported_and_settled_is_not_opened_again(
        self, here: SqliteState, there: SqliteState
    ) -> None:
        start(there)
        there.write(LoseTrack(key("wedding"), 0, LATER, MISHAP))
        bring(exported(there), here)
        here.write(Release(key("wedding"), 0, LATER, MISHAP))
        here.write(Intend(intended(), LATER))
        here.write(Release(key("wedding"), 0, LATER, MISHAP))

        assert bring(exported(there), here).imported == Imported(unchanged=1)
        assert only(here).status is Status.READY

    def test_approvals_are_joined_by_digest(self, here: SqliteState, there: SqliteState) -> None:
        here.approve(digest="sha256:other", entries=["x"], how="yes", at=NOON)
        ours = here.approve(digest="sha256:a", entries=["one"], how="yes", at=NOON)
        theirs = there.approve(digest="sha256:a", entries=["one", "two"], how="plan", at=LATER)
        start(there, approval=theirs.id)
        bring(exported(there), here)

        assert here.approval("sha256:a") == ours
        assert list(here.approved_entries(ours.id)) == ["one", "two"]
        assert only(here).approval == ours.id
        assert here.started_under(ours.id, slots=[]).jobs == 1

    def test_accounts_are_joined(self, here: SqliteState, there: SqliteState) -> None:
        here.bind(account_id="111111111111", endpoint="aws")
        there.bind(account_id="222222222222", endpoint="aws")
        bring(exported(there), here)

        assert here.identity.accounts == {"111111111111", "222222222222"}


@pytest.mark.parametrize(
    ("ours", "theirs"), [("aws", "http://127.0.0.1:9444"), ("http://127.0.0.1:1", "aws")]
)
def test_a_sandbox_and_aws_are_never_mixed(
    here: SqliteState, there: SqliteState, ours: str, theirs: str
) -> None:
    here.bind(account_id="111111111111", endpoint=ours)
    there.bind(account_id="111111111111", endpoint=theirs)
    start(there, job_id="job-1")

    with pytest.raises(Elsewhere) as refusal:
        bring(exported(there), here)
    assert refusal.value.code == "other-endpoint"
    assert here.is_empty()


def test_of_a_file_that_is_damaged_nothing_is_taken(here: SqliteState, there: SqliteState) -> None:
    there.bind(account_id="012345678901", endpoint="aws")
    there.approve(digest="sha256:a", entries=["one"], how="plan", at=NOON)
    for name in ("one", "two"):
        start(there, name, f"job of {name}")
    file = exported(there)
    file.write_text(file.read_text().replace('"generation": 0', '"generation": null'), encoding="utf-8")

    with pytest.raises(InvalidInput):
        bring(file, here)
    assert knowledge(here)["approvals"] == []
    assert here.is_empty()
    assert here.identity.accounts == frozenset()


def test_a_state_that_takes_no_more_keeps_what_it_had(here: SqliteState, there: SqliteState) -> None:
    start(there, job_id="job-1")
    file = exported(there)
    here.path.unlink()
    here.path.write_bytes(b"")

    with pytest.raises(StateError, match="the file is empty"):
        bring(file, here)


NAMES = st.sampled_from(["one", "two", "three"])
STEPS = st.sampled_from(
    [
        "intend",
        "restart",
        "again",
        "accept",
        "reject",
        "lose",
        "release",
        "find",
        "adopt",
        "observe",
        "fetch",
        "join",
    ]
)
SCRIPTS = st.lists(
    st.tuples(STEPS, NAMES, st.sampled_from(["a", "b", "c", "d"]), st.sampled_from(Status)), max_size=25
)


def changes(name: str, job_id: str, status: Status, generation: int) -> dict[str, Change]:
    made = intended(name, generation)
    return {
        "intend": Intend(made, NOON),
        "restart": Intend(intended(name, generation + 1), LATER),
        "again": SendAgain(made.key, generation, LATER, MISHAP),
        "accept": Accept(made.key, generation, LATER, job_id, service_at=NOON),
        "reject": Reject(made.key, generation, LATER, MISHAP),
        "lose": LoseTrack(made.key, generation, LATER, MISHAP),
        "release": Release(made.key, generation, LATER, MISHAP),
        "find": Find(made.key, generation, LATER, job_id, status, duplicates=("x",)),
        "adopt": Adopt(replace(made, status=status, job_id=job_id), LATER),
        "observe": Observe(made.key, generation, LATER, status, completed_at=LATER, expires_at=LATER),
        "fetch": Fetch(made.key, generation, LATER, "s3://restored/one"),
        "join": Join(made.key, generation, LATER, "s3://restored/all", "ab" * 32, 7, "joined"),
    }


def live(state: SqliteState, script: Sequence[tuple[str, str, str, Status]]) -> None:
    """Do to a state all of a script that its rules permit."""
    for step, name, job_id, status in script:
        latest = state.latest([key(name)]).get(key(name))
        with suppress(StateError):
            state.write(changes(name, job_id, status, latest.generation if latest else 0)[step])


@settings(max_examples=40, deadline=None)
@given(theirs=SCRIPTS, entries=st.lists(st.sampled_from("abc"), max_size=3))
def test_an_export_brings_a_lost_state_back(
    theirs: Sequence[tuple[str, str, str, Status]], entries: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        lost, new = (opened.enter_context(closing(new_state(Path(folder) / name))) for name in ("a", "b"))
        live(lost, theirs)
        for entry in entries:
            lost.approve(digest=f"sha256:{entry}", entries=entries, how="yes", at=NOON)
        lost.bind(account_id="012345678901", endpoint="aws")
        file = exported(lost)
        brought = bring(file, new)
        events = list(new.events())

        assert brought.imported == Imported(taken=len(list(lost.records())))
        assert knowledge(new) == knowledge(lost)
        assert bring(file, new).imported == Imported(unchanged=brought.imported.taken)
        assert list(new.events()) == events


@settings(max_examples=40, deadline=None)
@given(ours=SCRIPTS, theirs=SCRIPTS)
def test_of_two_lives_no_job_is_lost_and_a_second_import_changes_nothing(
    ours: Sequence[tuple[str, str, str, Status]], theirs: Sequence[tuple[str, str, str, Status]]
) -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        here, there = (opened.enter_context(closing(new_state(Path(folder) / name))) for name in ("a", "b"))
        live(here, ours)
        live(there, theirs)
        paid_for = {record.job_id for state in (here, there) for record in state.records()} - {None}
        brought = bring(exported(there), here)
        once = knowledge(here)
        bring(exported(there), here)

        kept = {record.job_id for record in here.records()}
        assert paid_for <= kept | {found.job_id for found in brought.duplicates}
        assert knowledge(here) == once


IMPORT = """
import sys
from pathlib import Path
from glacier_manifest.state.exported import read_export
from glacier_manifest.state.sqlite import SqliteState
from tests.state.examples import NOON, RUN
state = SqliteState(Path(sys.argv[1]), run=RUN, clock=lambda: NOON, new_id=lambda: "killed")
def told():
    for number, one in enumerate(read_export(Path(sys.argv[2]))):
        if number % 500 == 0:
            print(number, flush=True)
            sys.stdin.readline()
        yield one
state.import_knowledge(told(), tell=print)
print("done", flush=True)
sys.stdin.readline()
"""


def import_and_kill(path: Path, file: Path, *, after: int) -> None:
    """Kill an import with -9 once it has told so many signs of life, each of which it waits behind."""
    command = [sys.executable, "-c", IMPORT, str(path), str(file)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as importer:
        assert importer.stdin is not None
        assert importer.stdout is not None
        importer.stdout.readline()
        for _ in range(after - 1):
            importer.stdin.write("go on\n")
            importer.stdout.readline()
        importer.kill()


def test_a_killed_import_leaves_the_state_as_it_was_or_whole(tmp_path: Path, there: SqliteState) -> None:
    for future in [there.submit(Intend(intended(str(number)), NOON)) for number in range(2000)]:
        future.result()
    file, path = exported(there), tmp_path / "killed.db"
    with closing(new_state(path)) as state:
        start(state, "before", "job-1")

    counts = []
    for after in (1, 3, 5, 6):
        import_and_kill(path, file, after=after)
        with closing(new_state(path)) as state:
            counts.append(sum(state.count().values()))

    assert counts == [1, 1, 1, 2001]


IMPORT_ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from glacier_manifest.errors import StateError
from glacier_manifest.state.exported import read_export
from glacier_manifest.state.sqlite import SqliteState
from tests.state.examples import NOON, RUN
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
state = SqliteState(Path(sys.argv[1]), run=RUN, clock=lambda: NOON, new_id=lambda: "full")
resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
try:
    state.import_knowledge(read_export(Path(sys.argv[2])), tell=print)
except StateError as refusal:
    print(refusal.code, state.count())
"""


def test_a_disk_that_fills_up_during_an_import_takes_nothing(tmp_path: Path, there: SqliteState) -> None:
    for future in [there.submit(Intend(intended(str(number)), NOON)) for number in range(2000)]:
        future.result()
    command = [sys.executable, "-c", IMPORT_ON_A_FULL_DISK, str(tmp_path / "full.db"), str(exported(there))]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert told.stdout == "state-unusable {}\n"
