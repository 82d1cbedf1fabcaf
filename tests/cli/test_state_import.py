"""`state import`: from a file to the state, with the right words and exit codes."""

import io
import json
import os
import shlex
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from glacier_manifest.cli.console import Console
from glacier_manifest.cli.main import run
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Accept, Intend
from glacier_manifest.state.lock import FileLock, Holder, Timing
from glacier_manifest.state.rescue import answered, rescue
from glacier_manifest.state.sqlite import ReadOnlyState, SqliteState
from tests.state.examples import LATER, NOON, RUN, STATE_ID, intended, key


@dataclass(frozen=True)
class Ran:
    """What one command left."""

    code: int
    out: str
    err: str


def ran(*arguments: str | Path) -> Ran:
    console = Console(stdout=io.StringIO(), stderr=io.StringIO(), environment={})
    code = run([str(argument) for argument in arguments], console)
    assert isinstance(console.stdout, io.StringIO)
    assert isinstance(console.stderr, io.StringIO)
    return Ran(code, console.stdout.getvalue(), console.stderr.getvalue())


def state_with(path: Path, job_id: str, *, endpoint: str = "aws") -> Path:
    """A state that knows one started job."""
    with closing(SqliteState(path, run=RUN, clock=lambda: NOON, new_id=lambda: STATE_ID)) as state:
        state.bind(account_id="012345678901", endpoint=endpoint)
        state.write(Intend(intended(), NOON))
        state.write(Accept(key("wedding"), 0, LATER, job_id))
    return path


def export_of(state: Path) -> Path:
    told = ran("state", "export", "--state", state)
    assert told.code == 0
    file = state.with_suffix(".ndjson")
    file.write_text(told.out, encoding="utf-8")
    return file


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return export_of(state_with(tmp_path / "old.db", "job-1"))


def test_a_lost_state_comes_back_from_its_export(tmp_path: Path, export: Path) -> None:
    told = ran("state", "import", export, "--state", tmp_path / "new.db")

    assert (told.code, told.out) == (0, "1 imported, 0 unchanged, 0 duplicates.\n")
    assert "Created the state" in told.err
    listed = [
        json.loads(ran("state", "list", "--format", "json", "--state", tmp_path / name).out)
        for name in ("old.db", "new.db")
    ]
    assert listed[0] == listed[1]


def test_again_changes_nothing_and_is_no_failure(tmp_path: Path, export: Path) -> None:
    told = [ran("state", "import", export, "--state", tmp_path / "new.db") for _ in range(2)]

    assert told[1] == Ran(0, "0 imported, 1 unchanged, 0 duplicates.\n", "")


def test_a_second_paid_job_is_named_and_exits_3(tmp_path: Path, export: Path) -> None:
    here = state_with(tmp_path / "here.db", "job-2")
    told = ran("state", "import", export, "--state", here)

    assert told.code == 3
    assert told.out == (
        "duplicate: wedding/photos: kept job job-2, also paid for job-1\n"
        "0 imported, 1 unchanged, 1 duplicates.\n"
    )
    assert told.err.startswith("next: each duplicate was paid for")
    assert "duplicates ['job-1']" in ran("state", "show", "wedding/photos", "--state", here).out


def test_a_rescue_file_is_imported_by_the_command_that_names_it(tmp_path: Path) -> None:
    intent, path = Intend(intended(), NOON), tmp_path / "state.db"
    with closing(SqliteState(path, run=RUN, clock=lambda: NOON, new_id=lambda: STATE_ID)) as state:
        state.bind(account_id="012345678901", endpoint="aws")
        state.write(intent)
        lost = answered(intent, Accept(key("wedding"), 0, LATER, "job-1"))
        rescued = rescue([lost], state_path=path, run_id=state.run_id, identity=state.identity)
    assert rescued is not None

    program, *arguments = shlex.split(rescued.command)
    assert program == "glacier-manifest"
    assert ran(*arguments).code == 0
    with closing(ReadOnlyState(path)) as state_again:
        assert state_again.count() == {Status.IN_PROGRESS: 1}


def cut(file: Path) -> Path:
    os.truncate(file, file.stat().st_size - 40)
    return file


def the_state_itself(file: Path) -> Path:
    return file.with_suffix(".db")


@pytest.mark.parametrize(("spoil", "code"), [(cut, "export-damaged"), (the_state_itself, "not-an-export")])
def test_a_file_that_is_no_good_exits_4_and_makes_no_state(
    tmp_path: Path, export: Path, spoil: Callable[[Path], Path], code: str
) -> None:
    told = ran("state", "import", spoil(export), "--state", tmp_path / "new.db")

    assert told.code == 4
    assert told.err.startswith(f"error[{code}]")
    assert told.err.splitlines()[-1].startswith("next: ")
    assert not (tmp_path / "new.db").exists()


def test_a_sandboxs_export_is_refused_by_a_state_of_aws(tmp_path: Path, export: Path) -> None:
    here = state_with(tmp_path / "here.db", "job-2", endpoint="http://127.0.0.1:9444")
    told = ran("state", "import", export, "--state", here)

    assert told.code == 5
    assert "error[other-endpoint]" in told.err


def test_a_running_apply_is_waited_for(tmp_path: Path, export: Path) -> None:
    here = state_with(tmp_path / "here.db", "job-1")
    timing = Timing(now=lambda: NOON, monotonic=lambda: 0.0, sleep=lambda _seconds: None)
    lock = FileLock(here, "start", holder=Holder("ada", "archive-1", 4242), timing=timing)
    with lock.hold(command="glacier-manifest apply", timeout=timedelta()):
        told = ran("state", "import", export, "--state", here)

    assert told.code == 6
    assert "archive-1, pid 4242" in told.err


@pytest.mark.parametrize("name", ["missing.ndjson", "."])
def test_what_is_no_file_is_a_slip_on_the_command_line(tmp_path: Path, name: str) -> None:
    assert ran("state", "import", tmp_path / name, "--state", tmp_path / "new.db").code == 64


def test_a_pipe_cannot_be_read_twice(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    told = ran("state", "import", pipe, "--state", tmp_path / "new.db")

    assert told.code == 64
    assert "save it as a file" in told.err
