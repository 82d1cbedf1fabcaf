"""What a kill -9, a full disk, a lost file and a second process leave of a state."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from glacier_manifest.errors import StateError
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Accept, Intend
from glacier_manifest.state.sqlite import SqliteState
from tests.state.conftest import Open
from tests.state.examples import LATER, NOON, intended, key

ROOT = Path(__file__).parents[2]

PRELUDE = """
import os
import sys
from pathlib import Path
from glacier_manifest.errors import StateError
from glacier_manifest.state.changes import Intend
from glacier_manifest.state.sqlite import SqliteState
from tests.state.examples import NOON, RUN, intended
state = SqliteState(Path(sys.argv[1]), run=RUN, clock=lambda: NOON, new_id=lambda: str(os.getpid()))
"""
WRITE_FOR_EVER = """
for number in range(10**9):
    state.write(Intend(intended(f"{sys.argv[2]}-{number}"), NOON))
    print(number, flush=True)
"""
INTEND_THE_SAME = """
print("ready", flush=True)
sys.stdin.readline()
won = 0
for number in range(200):
    try:
        state.write(Intend(intended(str(number)), NOON))
        won += 1
    except StateError as refusal:
        assert refusal.code == "state-conflict", refusal
state.close()
print(won)
"""
FILL_THE_DISK = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
written = 0
try:
    while True:
        state.write(Intend(intended(f"more-{written}"), NOON))
        written += 1
except StateError as refusal:
    waiting = [state.submit(Intend(intended(f"late-{number}"), NOON)) for number in range(5)]
    codes = {future.exception().code for future in waiting}
    print(written, refusal.code, *codes)
"""


def start(script: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PRELUDE + script, *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )


def read_until_killed(writer: "subprocess.Popen[str]", lines: int) -> Sequence[str]:
    """Kill the writer after so many acknowledgements; return all that it has told."""
    assert writer.stdout is not None
    told = [writer.stdout.readline() for _ in range(lines)]
    writer.kill()
    told += writer.stdout.readlines()
    writer.communicate()
    assert writer.returncode == -signal.SIGKILL
    return [line.strip() for line in told if line.endswith("\n")]


def integrity(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def test_what_was_acknowledged_survives_kill_9(path: Path, open_state: Open) -> None:
    acknowledged = set[str]()
    for kill in range(10):
        told = read_until_killed(start(WRITE_FOR_EVER, str(path), str(kill)), lines=3 + 17 * kill)
        acknowledged |= {f"{kill}-{number}" for number in told}

    kept = {record.address.partition("/")[0] for record in open_state().records()}
    assert len(acknowledged) >= 10
    assert acknowledged <= kept
    # One intent a kill may have been written and not yet acknowledged.
    assert len(kept - acknowledged) <= 10
    assert integrity(path) == "ok"


def test_of_two_processes_that_intend_one_request_exactly_one_wins(path: Path, state: SqliteState) -> None:
    rivals = [start(INTEND_THE_SAME, str(path)) for _ in range(2)]
    for rival in rivals:
        assert rival.stdout is not None
        assert rival.stdout.readline() == "ready\n"
    for rival in rivals:
        assert rival.stdin is not None
        rival.stdin.write("go\n")
    won = [int(rival.communicate()[0]) for rival in rivals]

    assert sum(won) == 200
    assert state.count() == {Status.INTENDED: 200}
    assert len(list(state.events())) == 200


def test_two_processes_that_make_one_state_make_one(path: Path) -> None:
    makers = [start("print(state.created, state.identity.id); state.close()", str(path)) for _ in range(2)]
    told = [maker.communicate()[0].split() for maker in makers]

    created, state_ids = zip(*told, strict=True)
    assert sorted(created) == ["False", "True"]
    assert len(set(state_ids)) == 1
    assert [file.name for file in path.parent.iterdir()] == ["state.db"]


def test_a_disk_that_takes_no_more_fails_all_that_waits_and_keeps_what_was_written(
    path: Path, open_state: Open
) -> None:
    with closing(open_state()) as state:
        state.write(Intend(intended("before"), NOON))
    told, _ = start(FILL_THE_DISK, str(path)).communicate()
    written, *codes = told.split()

    assert codes == ["state-unusable", "state-unusable"]
    assert int(written) > 0
    kept = {record.address for record in open_state().records()}
    assert {"before/photos"} | {f"more-{number}/photos" for number in range(int(written))} <= kept
    assert integrity(path) == "ok"


def test_a_full_state_says_so_and_keeps_what_was_written(path: Path, open_state: Open) -> None:
    state = open_state()
    state.write(Intend(intended("before"), NOON))
    pages = state._writer.submit(lambda writing: writing.execute("PRAGMA page_count").fetchone()[0]).result()
    state._writer.submit(lambda writing: writing.execute(f"PRAGMA max_page_count = {pages}")).result()
    futures = [state.submit(Intend(intended(str(number)), NOON)) for number in range(1000)]

    refusal = futures[-1].exception()
    assert isinstance(refusal, StateError)
    assert refusal.code == "state-full"
    assert str(path) in refusal.message
    assert str(path.parent) in refusal.next_step
    acknowledged = {f"{number}/photos" for number, future in enumerate(futures) if not future.exception()}
    assert {record.address for record in state.records()} == acknowledged | {"before/photos"}


def test_a_state_that_is_deleted_during_a_run_takes_nothing_more(path: Path, state: SqliteState) -> None:
    state.write(Intend(intended(), NOON))
    shutil.rmtree(path.parent)

    with pytest.raises(StateError) as refusal:
        state.write(Accept(key("wedding"), 0, LATER, "job-1"))
    assert refusal.value.code == "state-gone"
    assert str(path) in refusal.value.message


def test_a_state_that_is_replaced_during_a_run_takes_nothing_more(path: Path, state: SqliteState) -> None:
    other = path.with_name("other.db")
    shutil.copy(path, other)
    other.replace(path)

    with pytest.raises(StateError, match="deleted or replaced"):
        state.write(Intend(intended(), NOON))


def test_a_browser_that_keeps_the_file_locked_is_named_as_the_reason(path: Path, state: SqliteState) -> None:
    state._writer.submit(lambda writing: writing.execute("PRAGMA busy_timeout = 0")).result()
    with closing(sqlite3.connect(path, isolation_level=None)) as browser:
        browser.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateError) as refusal:
            state.write(Intend(intended(), NOON))
        browser.execute("ROLLBACK")

    assert refusal.value.code == "state-busy"
    state.write(Intend(intended(), NOON))
    assert state.count() == {Status.INTENDED: 1}


def test_every_commit_waits_for_the_disk(state: SqliteState) -> None:
    def asked(pragma: str) -> object:
        return state._writer.submit(
            lambda writing: writing.execute(f"PRAGMA {pragma}").fetchone()[0]
        ).result()

    full = 2
    assert asked("synchronous") == full
    assert asked("journal_mode") == "wal"
    assert asked("foreign_keys") == 1


def test_the_file_is_nobody_elses_to_read(path: Path, state: SqliteState) -> None:
    state.write(Intend(intended(), NOON))

    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


@pytest.mark.parametrize("statement", ["UPDATE events SET event = 'nothing'", "DELETE FROM events"])
def test_the_event_log_only_grows(path: Path, state: SqliteState, statement: str) -> None:
    state.write(Intend(intended(), NOON))

    with (
        closing(sqlite3.connect(path, isolation_level=None)) as browser,
        pytest.raises(sqlite3.IntegrityError, match="events are never"),
    ):
        browser.execute(statement)
