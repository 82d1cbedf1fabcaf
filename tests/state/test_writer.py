"""The one thread that writes: what shares a commit, what fails alone, and that nobody waits for ever."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from glacier_manifest.errors import StateError
from glacier_manifest.state.changes import Change
from glacier_manifest.state.writer import GROUP, GroupWriter
from glacier_manifest.state.written import Written


class NoChanges:
    """Applies nothing: a notebook has notes, not records."""

    def __call__(self, connection: sqlite3.Connection, changes: Sequence[Change]) -> list[StateError | None]:
        raise AssertionError(f"{changes} for {connection}")

    def forget(self) -> None:
        """Nothing was remembered."""


class Notebook:
    """A file with one table, its writer, and the number of transactions that were begun."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.begun = 0
        self.fault: BaseException | None = None
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("CREATE TABLE notes (note TEXT)")
        self.writer = GroupWriter(path, connection, begin=self.begin, batch=NoChanges())

    def begin(self, connection: sqlite3.Connection) -> None:
        assert connection.in_transaction
        self.begun += 1
        if self.fault is not None:
            raise self.fault

    def hold_up(self) -> threading.Event:
        """Keep the writer busy until the event is set, so that what is submitted now waits together."""
        busy, go_on = threading.Event(), threading.Event()

        def wait(_: sqlite3.Connection) -> None:
            busy.set()
            go_on.wait()

        self.writer.submit(wait)
        busy.wait()
        return go_on

    def notes(self) -> list[str]:
        with closing(sqlite3.connect(self.path)) as connection:
            return [note for (note,) in connection.execute("SELECT note FROM notes ORDER BY rowid")]


def note(text: str) -> Callable[[sqlite3.Connection], str]:
    def write(connection: sqlite3.Connection) -> str:
        connection.execute("INSERT INTO notes VALUES (?)", (text,))
        return text.upper()

    return write


def spoil(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO notes VALUES ('half done')")
    raise KeyError("spoilt")


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Notebook]:
    made = Notebook(tmp_path / "notes.db")
    yield made
    made.writer.close()


def test_an_operation_answers_when_it_is_committed(notebook: Notebook) -> None:
    assert notebook.writer.submit(note("a")).result() == "A"
    assert notebook.notes() == ["a"]


def test_what_waits_together_shares_a_commit_in_the_order_it_came(notebook: Notebook) -> None:
    go_on = notebook.hold_up()
    futures = [notebook.writer.submit(note(str(number))) for number in range(50)]
    go_on.set()

    assert [future.result() for future in futures] == [str(number) for number in range(50)]
    assert notebook.begun == 2
    assert notebook.notes() == [str(number) for number in range(50)]


def test_a_commit_takes_so_many_and_no_more(notebook: Notebook) -> None:
    go_on = notebook.hold_up()
    futures = [notebook.writer.submit(note("a")) for _ in range(GROUP + 1)]
    go_on.set()
    for future in futures:
        future.result()

    assert notebook.begun == 3


def test_an_operation_that_fails_leaves_no_trace_and_harms_no_other(notebook: Notebook) -> None:
    go_on = notebook.hold_up()
    before, spoilt, after = (notebook.writer.submit(one) for one in (note("a"), spoil, note("b")))
    go_on.set()

    assert isinstance(spoilt.exception(), KeyError)
    assert (before.result(), after.result()) == ("A", "B")
    assert notebook.notes() == ["a", "b"]


def test_what_nobody_wants_any_more_is_not_written(notebook: Notebook) -> None:
    go_on = notebook.hold_up()
    unwanted, wanted = notebook.writer.submit(note("a")), notebook.writer.submit(note("b"))
    assert unwanted.cancel()
    go_on.set()

    assert wanted.result() == "B"
    assert notebook.notes() == ["b"]


@pytest.mark.parametrize(
    "fault", [sqlite3.OperationalError("disk I/O error"), MemoryError(), OSError("gone")]
)
def test_a_store_that_fails_fails_all_that_waits_and_all_that_comes(
    notebook: Notebook, fault: BaseException
) -> None:
    notebook.writer.submit(note("before")).result()
    go_on = notebook.hold_up()
    notebook.fault = fault
    waiting = [notebook.writer.submit(note(str(number))) for number in range(3)]
    go_on.set()
    failures = [future.exception() for future in waiting]
    notebook.fault = None
    failures.append(notebook.writer.submit(note("late")).exception())

    for failure in failures:
        assert isinstance(failure, StateError)
        assert failure.code == "state-unusable"
        assert str(notebook.path) in failure.message
    assert notebook.notes() == ["before"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_writer_that_dies_leaves_nobody_waiting(notebook: Notebook) -> None:
    late: list[Written[str]] = []

    def die(_: Written[str]) -> None:
        late.append(notebook.writer.submit(note("late")))
        raise SystemExit

    go_on = notebook.hold_up()
    notebook.writer.submit(note("last")).add_done_callback(die)
    go_on.set()
    notebook.writer.close()

    assert [type(one.exception()) for one in late] == [StateError]
    assert type(notebook.writer.submit(note("later")).exception()) is StateError
    assert notebook.notes() == ["last"]


def test_closing_while_others_submit_leaves_nobody_waiting(notebook: Notebook) -> None:
    futures = []
    started = threading.Event()

    def submit() -> None:
        for number in range(2000):
            futures.append(notebook.writer.submit(note(str(number))))
            started.set()

    submitting = threading.Thread(target=submit)
    submitting.start()
    started.wait()
    notebook.writer.close()
    submitting.join()

    refused = [future for future in futures if future.exception() is not None]
    assert len(notebook.notes()) == len(futures) - len(refused)
    assert {getattr(future.exception(), "code", None) for future in refused} <= {"state-closed"}
