"""Rescuing what a state cannot take: somewhere safe, and readable by `state import`."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Accept, Intend, LoseTrack, Reject, Release, SendAgain
from glacier_manifest.state.exported import read_export
from glacier_manifest.state.importing import Duplicate
from glacier_manifest.state.protocol import Identity
from glacier_manifest.state.record import Record
from glacier_manifest.state.rescue import Answered, answered, other_folders, rescue
from glacier_manifest.state.sqlite import SqliteState
from tests.state.conftest import Open
from tests.state.examples import LATER, MISHAP, NOON, RUN, STATE_ID, intended, key

ROOT = Path(__file__).parents[2]
IDENTITY = Identity(STATE_ID, frozenset({"012345678901"}), "aws")
INTENT = Intend(intended(), NOON, NOON - timedelta(hours=1))
ACCEPT = Accept(key("wedding"), 0, LATER, "job-1", service_at=NOON)


def accepted(name: str = "wedding") -> Record:
    return answered(Intend(intended(name), NOON), Accept(key(name), 0, LATER, f"job of {name}"))


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (ACCEPT, Status.IN_PROGRESS),
        (LoseTrack(key("wedding"), 0, LATER, MISHAP), Status.UNKNOWN),
        (Reject(key("wedding"), 0, LATER, MISHAP), Status.REJECTED),
        (Release(key("wedding"), 0, LATER, MISHAP), Status.READY),
        (SendAgain(key("wedding"), 0, LATER, MISHAP), Status.INTENDED),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_record_is_what_the_state_would_have_made_of_it(
    state: SqliteState, answer: Answered, status: Status
) -> None:
    state.write(INTENT)
    state.write(answer)

    assert answered(INTENT, answer) == next(state.records())
    assert answered(INTENT, answer).status is status


def test_a_restart_is_rescued_too() -> None:
    rescued = answered(Intend(intended(generation=3), NOON), Accept(key("wedding"), 3, LATER, "job-1"))

    assert (rescued.generation, rescued.job_id, rescued.intended_at) == (3, "job-1", NOON)


def test_an_answer_to_something_else_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="not to wedding/photos"):
        answered(INTENT, Accept(key("other"), 0, LATER, "job-1"))


def test_nothing_to_rescue_makes_no_file(path: Path) -> None:
    assert rescue([], state_path=path, run_id="r", identity=IDENTITY) is None
    assert list(path.parent.iterdir()) == []


def test_the_file_stands_beside_the_state_and_is_nobody_elses_to_read(path: Path) -> None:
    rescued = rescue([accepted()], state_path=path, run_id="r1", identity=IDENTITY)

    assert rescued is not None
    assert rescued.path == path.parent / "state.db.rescue-r1.jsonl"
    assert rescued.path.stat().st_mode & 0o777 == 0o600
    assert rescued.path.read_text().splitlines() == list(rescued.lines)
    assert rescued.command == f"glacier-manifest state import {rescued.path} --state {path}"


def test_a_name_with_spaces_is_quoted(tmp_path: Path) -> None:
    folder = tmp_path / "my disk"
    folder.mkdir()
    rescued = rescue([accepted()], state_path=folder / "state.db", run_id="r", identity=IDENTITY)

    assert rescued is not None
    assert f"import '{rescued.path}' --state '{folder / 'state.db'}'" in rescued.command


def test_a_file_that_is_there_is_never_overwritten(path: Path) -> None:
    files = [rescue([accepted(name)], state_path=path, run_id="r", identity=IDENTITY) for name in "abc"]

    assert [rescued and rescued.path and rescued.path.name for rescued in files] == [
        "state.db.rescue-r.jsonl",
        "state.db.rescue-r-2.jsonl",
        "state.db.rescue-r-3.jsonl",
    ]
    assert "job of a" in (path.parent / "state.db.rescue-r.jsonl").read_text()


def test_where_the_states_folder_is_gone_the_next_one_is_taken(tmp_path: Path) -> None:
    gone, shelter = tmp_path / "gone", tmp_path / "shelter"
    shelter.mkdir()
    rescued = rescue(
        [accepted()], state_path=gone / "state.db", run_id="r", identity=IDENTITY, fallbacks=[gone, shelter]
    )

    assert rescued is not None
    assert rescued.path == shelter / "state.db.rescue-r.jsonl"


def test_where_no_folder_takes_it_the_lines_are_handed_back(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    rescued = rescue(
        [accepted()], state_path=gone / "state.db", run_id="r", identity=IDENTITY, fallbacks=[gone]
    )

    assert rescued is not None
    assert rescued.path is None
    shown = tmp_path / "state.db.rescue-r.jsonl"
    assert f"import {shown.name} " in rescued.command
    shown.write_text("".join(f"{line}\n" for line in rescued.lines))
    assert list(read_export(shown)) == [IDENTITY, accepted()]


RESCUE_ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from glacier_manifest.state.rescue import rescue
from tests.state.test_rescue import IDENTITY, accepted
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
rescued = rescue([accepted()], state_path=Path(sys.argv[1]), run_id="r", identity=IDENTITY, fallbacks=[])
print(rescued.path, len(rescued.lines))
"""


def test_a_disk_that_takes_only_a_part_keeps_no_part(path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", RESCUE_ON_A_FULL_DISK, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout == "None 3\n"
    assert list(path.parent.iterdir()) == []


def test_the_temporary_folder_and_the_home_are_tried() -> None:
    assert list(other_folders()) == [Path(tempfile.gettempdir()), Path.home()]


class TestImportedAgain:
    @pytest.fixture
    def state(self, open_state: Open) -> Iterator[SqliteState]:
        with closing(open_state()) as state:
            state.bind(account_id="012345678901", endpoint="aws")
            yield state

    def brought_back(self, state: SqliteState, *records: Record) -> None:
        rescued = rescue(records, state_path=state.path, run_id=state.run_id, identity=state.identity)
        assert rescued is not None
        assert rescued.path is not None
        duplicates: list[Duplicate] = []
        state.import_knowledge(read_export(rescued.path), tell=duplicates.append)
        assert duplicates == []

    def test_a_job_is_in_the_state_as_if_nothing_had_happened(self, state: SqliteState) -> None:
        approval = state.approve(digest="sha256:a", entries=["one"], how="yes", at=NOON)
        intent = Intend(intended(approval=approval.id), NOON)
        state.write(intent)
        self.brought_back(state, answered(intent, ACCEPT))

        (record,) = state.records()
        assert record == answered(intent, ACCEPT)
        assert record.approval == approval.id
        assert state.run_id == RUN.id

    def test_earlier_attempts_stay_counted(self, state: SqliteState) -> None:
        state.write(INTENT)
        state.write(Release(key("wedding"), 0, NOON, MISHAP))
        again = Intend(intended(tier="Standard"), LATER)
        state.write(again)
        self.brought_back(state, answered(again, ACCEPT))

        (record,) = state.records()
        assert (record.attempts, record.tier, record.job_id) == (2, "Standard", "job-1")

    def test_the_intent_that_the_next_run_took_for_unknown_is_settled(self, state: SqliteState) -> None:
        state.write(INTENT)
        rejected = answered(INTENT, Reject(key("wedding"), 0, LATER, MISHAP))
        state.write(LoseTrack(key("wedding"), 0, LATER, MISHAP))
        self.brought_back(state, rejected)

        assert state.count() == {Status.REJECTED: 1}

    def test_a_job_that_reconciling_found_first_is_known(self, state: SqliteState) -> None:
        state.write(INTENT)
        state.write(ACCEPT)
        before = list(state.records())
        self.brought_back(state, replace(answered(INTENT, ACCEPT), attempts=1))

        assert list(state.records()) == before
