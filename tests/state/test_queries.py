"""How SQLite answers: from an index, however many finished requests the state holds."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from glacier_manifest.jobs.status import UNDER_WAY, Status
from glacier_manifest.state import opening, queries


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(opening.connect_nothing()) as connection:
        yield connection


def plan(connection: sqlite3.Connection, sql: str) -> list[str]:
    values = ["x"] * sql.count("?")
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        (queries.latest_sql(queries.BATCH), "sqlite_autoindex_requests_1 (key=?)"),
        (queries.standings_sql(queries.BATCH), "sqlite_autoindex_requests_1 (key=?)"),
        (queries.GENERATIONS, "sqlite_autoindex_requests_1 (key=?)"),
        (queries.PURCHASE, "sqlite_autoindex_requests_1 (key=? AND generation=?)"),
        (queries.ATTEMPTS, "events_by_key (key=?)"),
        (queries.JOB_HOLDER, "requests_by_job (job_id=?)"),
        (queries.count_sql(len(UNDER_WAY)), "requests_by_status (status=?)"),
        (
            queries.records_sql(statuses=UNDER_WAY, vault="photos"),
            "requests_under_way (vault=? AND status=?)",
        ),
        (queries.records_sql(statuses=UNDER_WAY, vault=None), "requests_by_status (status=?)"),
        (queries.STARTED_UNDER, "requests_started (approval=?)"),
        (queries.STARTED_GROUPS, "requests_started (approval=?)"),
        (queries.ENDING, "requests_by_status (status=?)"),
        (queries.HELD_PIECES, "requests_held (status=?)"),
        (queries.ENDING_COUNT, "requests_by_status (status=?)"),
        (queries.STARTED_BYTES, "requests_bytes (<expr>>?)"),
        (queries.APPROVAL, "sqlite_autoindex_approvals_1 (digest=?)"),
    ],
)
def test_questions_of_every_run_never_scan_the_requests(
    connection: sqlite3.Connection, sql: str, index: str
) -> None:
    steps = plan(connection, sql)

    assert any(index in step for step in steps), steps
    assert not any(step.startswith("SCAN requests") for step in steps), steps


@pytest.mark.parametrize("statuses", [None, {Status.SUCCEEDED, Status.FETCHED}])
def test_what_is_finished_streams_without_being_sorted(
    connection: sqlite3.Connection, statuses: set[Status] | None
) -> None:
    assert plan(connection, queries.records_sql(statuses=statuses, vault=None)) == ["SCAN requests"]


def test_everything_is_read_from_one_end_to_the_other_and_only_then_sorted(
    connection: sqlite3.Connection,
) -> None:
    assert plan(connection, queries.EVERY_STANDING) == ["SCAN requests", "USE TEMP B-TREE FOR ORDER BY"]


#: Nothing that this process writes may be longer than a mebibyte: its disk is full then.
FULL = """
import resource
from glacier_manifest.errors import Failed
from glacier_manifest.state import opening, queries

connection = opening.connect_nothing()
connection.execute("PRAGMA temp_store = FILE")
connection.execute(
    "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000) "
    "INSERT INTO requests (key, generation, address, account_id, region, vault, type, body_sha256, status, "
    "attempts, description) SELECT hex(n), 0, 'a', 'b', 'c', 'd', 'e', 'f', 'succeeded', 1, "
    "hex(zeroblob(500)) FROM numbers"
)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    print(len(list(queries.every_standing(connection))))
except Failed as error:
    print(error.code, "SQLITE_TMPDIR" in error.next_step)
"""


def test_no_room_to_sort_is_told_as_a_lack_of_room_for_temporary_files() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL], capture_output=True, text=True, check=False, timeout=120
    )

    assert (done.stdout, done.stderr) == ("scratch-unwritable True\n", "")


def test_another_fault_in_reading_everything_stays_what_it_is() -> None:
    with (
        closing(sqlite3.connect(":memory:")) as empty,
        pytest.raises(sqlite3.OperationalError, match="no such table"),
    ):
        list(queries.every_standing(empty))


def test_the_last_call_is_looked_for_at_the_end_of_the_log_alone(connection: sqlite3.Connection) -> None:
    steps = plan(connection, queries.LAST_SENT)

    assert "LIMIT 1000" in queries.LAST_SENT
    assert not any("TEMP B-TREE" in step for step in steps), steps


def test_the_bytes_of_a_day_are_counted_without_being_sorted(connection: sqlite3.Connection) -> None:
    assert plan(connection, queries.STARTED_BYTES) == [
        "SEARCH requests USING INDEX requests_bytes (<expr>>?)"
    ]
