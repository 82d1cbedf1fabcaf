"""What is done with a file that is old, new, damaged, foreign, empty, missing or only to be read."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from glacier_manifest.errors import StateError
from glacier_manifest.jobs.status import Status
from glacier_manifest.state import opening
from glacier_manifest.state.changes import Accept, Fetch, Intend, Observe
from glacier_manifest.state.rows import COLUMNS, to_row
from glacier_manifest.state.schema import APPLICATION_ID, MIGRATIONS, migrate, version_of
from glacier_manifest.state.sqlite import ReadOnlyState, SqliteState
from tests.state.conftest import Open
from tests.state.examples import NOON, RUN, STATE_ID, intended

ROOT = Path(__file__).parents[2]
NEW_IN_VERSION_3 = ("output_tree_hash", "output_size", "verified_by", "next_marker")


@pytest.fixture
def filled(path: Path, open_state: Open) -> Path:
    """A state at rest with 300 records in it."""
    with closing(open_state()) as state:
        for future in [state.submit(Intend(intended(str(number)), NOON)) for number in range(300)]:
            future.result()
    return path


def writing(path: Path) -> SqliteState:
    return SqliteState(path, run=RUN, clock=lambda: NOON, new_id=lambda: STATE_ID)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_in_the_header(path: Path) -> None:
    os.truncate(path, 60)


def scribble(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def scribble_in_the_middle(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


def write_text(path: Path) -> None:
    path.write_text("job-1,photos\n" * 100)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def another_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")


@pytest.mark.parametrize("look", [ReadOnlyState, writing], ids=["reading", "writing"])
@pytest.mark.parametrize(
    "damage",
    [cut, cut_in_the_header, scribble, scribble_in_the_middle, write_text, empty, another_program],
    ids=lambda damage: damage.__name__,
)
def test_a_damaged_file_is_refused_with_a_way_out(
    filled: Path, damage: Callable[[Path], None], look: Callable[[Path], ReadOnlyState]
) -> None:
    damage(filled)
    before = filled.read_bytes()

    with pytest.raises(StateError) as refusal, closing(look(filled)) as state:
        list(state.records())

    assert refusal.value.code == "state-corrupt"
    assert str(filled) in refusal.value.message
    assert "backup" in refusal.value.next_step
    assert "Glacier still lists" in refusal.value.next_step
    assert filled.read_bytes() == before


@pytest.mark.parametrize("look", [ReadOnlyState, writing])
def test_a_file_of_a_newer_program_is_refused_and_left_alone(
    filled: Path, look: Callable[[Path], ReadOnlyState]
) -> None:
    with closing(sqlite3.connect(filled)) as connection:
        connection.execute("PRAGMA user_version = 99")

    with pytest.raises(StateError) as refusal:
        look(filled)

    assert refusal.value.code == "state-too-new"
    assert "99" in refusal.value.message
    with closing(sqlite3.connect(filled)) as connection:
        assert version_of(connection) == 99


def test_an_older_file_is_not_changed_by_looking(filled: Path) -> None:
    with closing(sqlite3.connect(filled)) as connection:
        connection.execute("PRAGMA user_version = 0")

    with pytest.raises(StateError) as refusal:
        ReadOnlyState(filled)

    assert refusal.value.code == "state-too-old"


def test_an_old_sqlite_is_refused() -> None:
    with pytest.raises(StateError, match=r"SQLite 3\.36\.0.* needs 3\.37\.0"):
        opening.check_sqlite((3, 36, 0))


@pytest.mark.parametrize("look", [ReadOnlyState, writing])
def test_a_file_that_is_gone_without_its_log_is_no_new_beginning(
    filled: Path, look: Callable[[Path], ReadOnlyState]
) -> None:
    filled.rename(filled.with_name("state.db-wal"))

    with pytest.raises(StateError, match=r"the file is gone, and its log state\.db-wal is still there"):
        look(filled)


class TestMigration:
    def test_a_file_takes_the_steps_that_it_has_not_taken(self, filled: Path) -> None:
        def second(connection: sqlite3.Connection) -> None:
            connection.execute("ALTER TABLE requests ADD COLUMN note TEXT")

        with closing(sqlite3.connect(filled, isolation_level=None)) as connection:
            migrate(connection, [*MIGRATIONS, second])
            migrate(connection, [*MIGRATIONS, second])
            assert version_of(connection) == len(MIGRATIONS) + 1
            assert connection.execute("SELECT count(note), count(*) FROM requests").fetchone() == (0, 300)

    def test_a_step_that_fails_leaves_the_file_as_it_was(self, filled: Path) -> None:
        def torn(connection: sqlite3.Connection) -> None:
            connection.execute("DROP TABLE approved_entries")
            connection.execute("no SQL at all")

        with closing(sqlite3.connect(filled, isolation_level=None)) as connection:
            with pytest.raises(sqlite3.OperationalError):
                migrate(connection, [*MIGRATIONS, torn])
            assert version_of(connection) == len(MIGRATIONS)
            assert connection.execute("SELECT count(*) FROM approved_entries").fetchone() == (0,)


def add_a_column(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE requests ADD COLUMN note TEXT")


def tear(connection: sqlite3.Connection) -> None:
    connection.execute("DROP TABLE approved_entries")
    connection.execute("no SQL at all")


class TestUpgrade:
    """An older file is copied before anything in it is changed."""

    def test_a_file_that_is_up_to_date_is_not_copied(self, filled: Path) -> None:
        before = sorted(filled.parent.iterdir())

        assert opening.upgrade(filled) is None
        assert sorted(filled.parent.iterdir()) == before

    def test_the_copy_is_the_old_file_and_nobody_elses_to_read(self, filled: Path) -> None:
        copy = opening.upgrade(filled, [*MIGRATIONS, add_a_column])

        assert copy == filled.parent / f"state.db.v{len(MIGRATIONS)}.bak"
        assert copy.stat().st_mode & 0o777 == 0o600
        with closing(sqlite3.connect(filled)) as new:
            assert version_of(new) == len(MIGRATIONS) + 1
        with closing(ReadOnlyState(copy)) as old:
            assert old.identity.id == STATE_ID
            assert old.count() == {Status.INTENDED: 300}

    def test_what_is_only_in_the_log_of_a_running_state_is_copied_too(
        self, path: Path, state: SqliteState
    ) -> None:
        state.write(Intend(intended(), NOON))
        copy = opening.upgrade(path, [*MIGRATIONS, add_a_column])

        assert copy is not None
        with closing(ReadOnlyState(copy)) as old:
            assert old.count() == {Status.INTENDED: 1}

    def test_no_copy_is_ever_overwritten(self, filled: Path) -> None:
        first = filled.with_name(f"state.db.v{len(MIGRATIONS)}.bak")
        first.write_text("precious")
        copy = opening.upgrade(filled, [*MIGRATIONS, add_a_column])

        assert first.read_text() == "precious"
        assert copy == filled.with_name(f"state.db.v{len(MIGRATIONS)}-2.bak")

    def test_a_copy_that_was_cut_short_by_a_kill_is_made_anew(self, filled: Path) -> None:
        filled.with_name(f".state.db.v{len(MIGRATIONS)}.new").write_bytes(b"half")
        copy = opening.upgrade(filled, [*MIGRATIONS, add_a_column])

        assert copy is not None
        assert {file.name for file in filled.parent.iterdir()} == {filled.name, copy.name}

    def test_a_step_that_fails_leaves_the_file_as_it_was_and_no_copy(self, filled: Path) -> None:
        with pytest.raises(StateError):
            opening.upgrade(filled, [*MIGRATIONS, tear])

        assert [file.name for file in filled.parent.iterdir()] == [filled.name]
        with closing(ReadOnlyState(filled)) as state:
            assert state.count() == {Status.INTENDED: 300}

    def test_a_state_of_the_second_version_keeps_its_records_and_takes_what_is_new(self, path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            migrate(connection, MIGRATIONS[:2])
            connection.execute("INSERT INTO meta (name, value) VALUES ('id', ?)", (STATE_ID,))
            old = to_row(intended())[: -len(NEW_IN_VERSION_3)]
            names = ", ".join(COLUMNS[: len(old)])
            marks = ", ".join("?" * len(old))
            connection.execute(f"INSERT INTO requests ({names}) VALUES ({marks})", old)  # noqa: S608 - our own names
        with closing(writing(path)) as state:
            assert state.kept_copy == path.with_name("state.db.v2.bak")
            state.write(Accept(intended().key, 0, NOON, "job-1"))
            state.write(Observe(intended().key, 0, NOON, Status.SUCCEEDED, next_marker="page-2"))
            state.write(Fetch(intended().key, 0, NOON, "a.json", "ab" * 32, 7, "read-twice"))
            (record,) = state.records()

        assert (record.address, record.next_marker) == (intended().address, "page-2")
        assert (record.output_tree_hash, record.output_size, record.verified_by) == (
            "ab" * 32,
            7,
            "read-twice",
        )

    def test_opening_a_state_of_the_version_before_all_tells_where_the_copy_is(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute("CREATE TABLE started (job_id TEXT)")
        with closing(writing(path)) as state:
            assert not state.created
            assert state.kept_copy == path.with_name("state.db.v0.bak")
            state.write(Intend(intended(), NOON))
        with closing(writing(path)) as again:
            assert again.kept_copy is None
            assert again.count() == {Status.INTENDED: 1}


class TestReading:
    def test_a_state_that_does_not_exist_is_empty_and_stays_uncreated(self, path: Path) -> None:
        with closing(ReadOnlyState(path)) as state:
            assert state.is_empty()
            assert state.identity.id == ""
            assert state.identity.endpoint is None
            assert state.latest(["a"]) == {}
            assert state.count() == {}
            assert list(state.records()) == []
            assert list(state.events()) == []
            assert state.approval("sha256:a") is None

        assert list(path.parent.iterdir()) == []

    def test_it_sees_what_a_running_writer_writes(self, path: Path, state: SqliteState) -> None:
        with closing(ReadOnlyState(path)) as reading:
            assert reading.is_empty()
            state.write(Intend(intended(), NOON))
            assert reading.count() == {Status.INTENDED: 1}

    def test_it_refuses_to_write(self, filled: Path) -> None:
        with closing(ReadOnlyState(filled)) as state:
            attempts: list[Callable[[], object]] = [
                lambda: state.write(Intend(intended(), NOON)),
                lambda: state.submit(Intend(intended(), NOON)).result(),
                lambda: state.bind(account_id="012345678901", endpoint="aws"),
                lambda: state.approve(digest="sha256:a", entries=[], how="yes", at=NOON),
            ]
            codes = set()
            for attempt in attempts:
                with pytest.raises(StateError) as refusal:
                    attempt()
                codes.add(refusal.value.code)

        assert codes == {"state-read-only"}

    def test_a_strange_path_is_no_trouble(self, tmp_path: Path) -> None:
        folder = tmp_path / "100% ünd?mode=rw#x y"
        folder.mkdir()
        with closing(writing(folder / "state.db")) as state:
            state.write(Intend(intended(), NOON))
        with closing(ReadOnlyState(folder / "state.db")) as reading:
            assert reading.count() == {Status.INTENDED: 1}

        assert {file.name for file in folder.iterdir()} <= {"state.db", "state.db-wal", "state.db-shm"}


AS_A_STRANGER = """
import os, sys
from pathlib import Path
from glacier_manifest.errors import StateError
from glacier_manifest.state.sqlite import ReadOnlyState, SqliteState
from tests.state.examples import NOON, RUN
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
path = Path(sys.argv[1])
looks = [
    lambda: print(ReadOnlyState(path).count()),
    lambda: SqliteState(path, run=RUN, clock=lambda: NOON, new_id=lambda: "other"),
]
for look in looks:
    try:
        look()
    except StateError as refusal:
        print(refusal.code)
"""


def read_as_a_stranger(path: Path, *, folder_mode: int) -> list[str]:
    """Read, then write, the state as a user to whom modes mean something (to root they do not)."""
    path.chmod(0o444)
    path.parent.chmod(folder_mode)
    try:
        command = [sys.executable, "-c", AS_A_STRANGER, str(path)]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    finally:
        path.parent.chmod(0o755)
    assert ran.stderr == ""
    return ran.stdout.splitlines()


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that every user may enter (pytest's own are for their user alone)."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_a_file_and_a_folder_that_cannot_be_written_can_be_read(filled: Path, public_folder: Path) -> None:
    shutil.copy(filled, public_folder / "state.db")

    told = read_as_a_stranger(public_folder / "state.db", folder_mode=0o555)

    assert told == ["{<Status.INTENDED: 'intended'>: 300}", "state-unusable"]


def test_a_state_that_cannot_be_seen_is_not_an_empty_one(filled: Path, public_folder: Path) -> None:
    shutil.copy(filled, public_folder / "state.db")

    told = read_as_a_stranger(public_folder / "state.db", folder_mode=0o000)

    assert told == ["state-unusable", "state-unusable"]
