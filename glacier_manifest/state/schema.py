"""The tables of a state kept in SQLite, and how an older file becomes a newer one.

Rows are found by text keys that a person can read in any SQLite shell. The tables are ordinary rowid tables:
with archive IDs of 138 characters, ``WITHOUT ROWID`` makes every write more than twice as dear. A partial
index is used only where the query repeats its predicate, so both are written from the same constants here.
"""

import sqlite3
from collections.abc import Callable, Sequence

from glacier_manifest.jobs.status import UNDER_WAY, Status
from glacier_manifest.state.record import HELD

#: Marks a SQLite file as ours (the letters "glcr"), so that no other program's file is taken for a state.
APPLICATION_ID = 0x676C6372

#: STRICT tables (https://www.sqlite.org/stricttables.html) came with this release.
OLDEST_SQLITE = (3, 37, 0)


def _listed(statuses: frozenset[Status]) -> str:
    return "(" + ", ".join(f"'{status}'" for status in sorted(statuses)) + ")"


IS_UNDER_WAY = f"status IN {_listed(UNDER_WAY)}"
IS_STARTED = f"status NOT IN {_listed(frozenset({Status.READY, Status.REJECTED}))}"
HAS_JOB = "job_id IS NOT NULL"
HAS_NEXT_PAGE = "next_marker IS NOT NULL"
IS_HELD = f"verified_by = '{HELD}'"
HAS_STARTED_BYTES = f"{IS_STARTED} AND size IS NOT NULL"
#: The minute in which a purchase was made, by the service's time where it is known: ``2026-11-23T03:00``.
STARTED_MINUTE = "substr(coalesce(service_at, accepted_at, intended_at), 1, 16)"

_TABLES = f"""
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE accounts (
    account_id TEXT NOT NULL PRIMARY KEY,
    first_used_at TEXT NOT NULL
) STRICT;

CREATE TABLE runs (
    id TEXT NOT NULL PRIMARY KEY,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    version TEXT NOT NULL
) STRICT;

CREATE TABLE requests (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    generation INTEGER NOT NULL CHECK (generation >= 0),
    address TEXT NOT NULL,
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    vault TEXT NOT NULL,
    type TEXT NOT NULL,
    archive_id TEXT,
    retrieval_byte_range TEXT,
    slot TEXT,
    tier TEXT,
    sns_topic TEXT,
    description TEXT,
    body_sha256 TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN {_listed(frozenset(Status))}),
    job_id TEXT,
    size INTEGER,
    attempts INTEGER NOT NULL,
    approval INTEGER,
    intended_at TEXT,
    accepted_at TEXT,
    completed_at TEXT,
    expires_at TEXT,
    service_at TEXT,
    changed_at TEXT,
    output TEXT,
    mishap_code TEXT,
    mishap_message TEXT,
    UNIQUE (key, generation)
) STRICT;

CREATE INDEX requests_by_status ON requests (status);
CREATE INDEX requests_under_way ON requests (vault, status) WHERE {IS_UNDER_WAY};
CREATE INDEX requests_started ON requests (approval, slot, tier) WHERE {IS_STARTED};
CREATE INDEX requests_by_job ON requests (job_id) WHERE {HAS_JOB};

CREATE TABLE approvals (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    how TEXT NOT NULL,
    approved_at TEXT NOT NULL
) STRICT;

CREATE TABLE approved_entries (
    approval INTEGER NOT NULL REFERENCES approvals (id),
    entry TEXT NOT NULL,
    UNIQUE (approval, entry)
) STRICT;

CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    service_at TEXT,
    run TEXT NOT NULL REFERENCES runs (id),
    event TEXT NOT NULL,
    key TEXT,
    generation INTEGER,
    details TEXT NOT NULL
) STRICT;

CREATE INDEX events_by_key ON events (key) WHERE key IS NOT NULL;

CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;

CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
"""


def _first_version(connection: sqlite3.Connection) -> None:
    for statement in _statements(_TABLES):
        connection.execute(statement)


def _bytes_by_minute(connection: sqlite3.Connection) -> None:
    connection.execute(
        f"CREATE INDEX requests_bytes ON requests ({STARTED_MINUTE}, size) WHERE {HAS_STARTED_BYTES}"
    )


def _stored_outputs(connection: sqlite3.Connection) -> None:
    for column in ("output_tree_hash TEXT", "output_size INTEGER", "verified_by TEXT", "next_marker TEXT"):
        connection.execute(f"ALTER TABLE requests ADD COLUMN {column}")
    connection.execute(f"CREATE INDEX requests_in_pages ON requests (status) WHERE {HAS_NEXT_PAGE}")


def _held_pieces(connection: sqlite3.Connection) -> None:
    connection.execute(f"CREATE INDEX requests_held ON requests (status) WHERE {IS_HELD}")


Migration = Callable[[sqlite3.Connection], None]

#: What leads from each version of the schema to the next; a file's ``user_version`` counts those applied.
MIGRATIONS: Sequence[Migration] = (_first_version, _bytes_by_minute, _stored_outputs, _held_pieces)


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of the schema that a file has; 0 where it has none."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(
    connection: sqlite3.Connection,
    migrations: Sequence[Migration] = MIGRATIONS,
    *,
    keep: Callable[[int], None] = lambda _version: None,
) -> None:
    """Bring a file's schema up to the newest version, whole or not at all.

    Args:
        connection: A writing connection in autocommit mode, outside a transaction.
        migrations: All migrations, the oldest first.
        keep: Called with the old version when nothing has been changed yet and nobody else can.
    """
    if version_of(connection) >= len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have been quicker, so the version is read again under the write lock.
        version = version_of(connection)
        if version < len(migrations):
            keep(version)
        for number in range(version, len(migrations)):
            migrations[number](connection)
            connection.execute(f"PRAGMA user_version = {number + 1}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> list[str]:
    # Connection.executescript would commit the transaction that the migration runs in.
    found: list[str] = []
    piece = ""
    for line in script.splitlines():
        piece += line + "\n"
        if sqlite3.complete_statement(piece):
            found.append(piece.strip())
            piece = ""
    return [statement for statement in found if statement]
