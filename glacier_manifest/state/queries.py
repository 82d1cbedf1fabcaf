# ruff: noqa: S608 - only names and marks of this program's own are put into SQL, every value is bound
"""The questions that are asked of a state in SQLite, each a function of a connection.

Only `records`, `every_standing`, `events` and the count of finished records grow with the state; everything
else is answered from an index, whatever the state's size.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from glacier_manifest.jobs.status import UNDER_WAY, Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.scratch.scratch import no_room
from glacier_manifest.state.protocol import Approval, Identity, StandingGroup, Started, StartedGroup
from glacier_manifest.state.record import JOINED, Record, Standing
from glacier_manifest.state.rows import COLUMNS, from_row, moment_text, optional_moment
from glacier_manifest.state.schema import (
    HAS_JOB,
    HAS_NEXT_PAGE,
    HAS_STARTED_BYTES,
    IS_HELD,
    IS_STARTED,
    IS_UNDER_WAY,
    STARTED_MINUTE,
)

T = TypeVar("T")

#: Keys asked for in one statement: larger lists gain nothing (and old SQLite takes 999 at most).
BATCH = 500

_NO_ROOM = ("SQLITE_FULL", "SQLITE_IOERR_WRITE")

_RECORD = ", ".join(COLUMNS)
_STANDING = ", ".join(Standing._fields)
_STATUSES = {str(status): status for status in Status}
_new = tuple.__new__  # a NamedTuple's own constructor takes twice as long, and there are millions

#: The first column tells whether another connection has changed the file; there is one row at least.
GENERATIONS = (
    f"SELECT data_version, {_RECORD} FROM pragma_data_version LEFT JOIN requests "
    "ON key IN (SELECT value FROM json_each(?)) ORDER BY key, generation"
)
#: From one end of the table to the other, then sorted: looked up in the order of the index on keys, the rows
#: of a million purchases lie anywhere, and a disk seeks for each.
EVERY_STANDING = f"SELECT key, {_STANDING} FROM requests NOT INDEXED ORDER BY key, generation"
PURCHASE = f"SELECT {_RECORD} FROM requests WHERE key = ? AND generation = ?"
ATTEMPTS = (
    "SELECT coalesce(json_extract(details, '$.intended_at'), at) FROM events "
    "WHERE key = ? AND generation = ? AND event IN ('intended', 'imported')"
)
HAS_EVENT = (
    "SELECT EXISTS (SELECT 1 FROM events WHERE key = ? AND generation = ? AND event = ? AND details = ?)"
)
JOB_HOLDER = (
    f"SELECT address FROM requests WHERE {HAS_JOB} AND job_id = ? AND NOT (key = ? AND generation = ?) "
    "LIMIT 1"
)
ANY = "SELECT EXISTS (SELECT 1 FROM requests)"
STARTED_UNDER = (
    f"SELECT count(*), coalesce(sum(tier = '{Tier.EXPEDITED}'), 0) FROM requests "
    f"WHERE approval = ? AND {IS_STARTED} AND (slot IS NULL OR slot IN (SELECT value FROM json_each(?)))"
)
STARTED_GROUPS = (
    "SELECT substr(address, 1, instr(address, '/') - 1) AS job, account_id, region, vault, type, tier, "
    "count(*), coalesce(sum(size), 0), sum(size IS NULL) FROM requests "
    f"WHERE approval = ? AND {IS_STARTED} AND (slot IS NULL OR slot IN (SELECT value FROM json_each(?))) "
    "GROUP BY job, account_id, region, vault, type, tier ORDER BY job, account_id, region, vault, type, tier"
)
STARTED_BYTES = (
    f"SELECT {STARTED_MINUTE} AS minute, sum(size) FROM requests "
    f"WHERE {HAS_STARTED_BYTES} AND {STARTED_MINUTE} >= ? GROUP BY minute ORDER BY minute"
)
#: No purchase of the same request came after it.
_IS_LATEST = (
    "NOT EXISTS (SELECT 1 FROM requests AS later "
    "WHERE later.key = requests.key AND later.generation > requests.generation)"
)
STANDING_GROUPS = (
    "SELECT substr(address, 1, instr(address, '/') - 1) AS job, account_id, region, vault, type, tier, "
    "status, slot IS NOT NULL AS scheduled, min(expires_at), max(expires_at), "
    f"count(*), coalesce(sum(size), 0), sum(size IS NULL) FROM requests WHERE {_IS_LATEST} "
    "GROUP BY job, account_id, region, vault, type, tier, status, scheduled ORDER BY min(id)"
)
_IS_ENDING = f"status = '{Status.SUCCEEDED}' AND expires_at <= ? AND {_IS_LATEST}"
ENDING = f"SELECT {_RECORD} FROM requests WHERE {_IS_ENDING} ORDER BY expires_at, id LIMIT ?"
ENDING_COUNT = f"SELECT count(*) FROM requests WHERE {_IS_ENDING}"
HAS_UNJOINED_PAGES = (
    f"SELECT EXISTS (SELECT 1 FROM requests WHERE {HAS_NEXT_PAGE} AND status = '{Status.FETCHED}' "
    f"AND verified_by IS NOT '{JOINED}')"
)
#: The pieces of one archive that one job asks for come together.
HELD_PIECES = (
    f"SELECT {_RECORD} FROM requests WHERE {IS_HELD} AND status = '{Status.FETCHED}' AND {_IS_LATEST} "
    "ORDER BY account_id, region, vault, archive_id, substr(address, 1, instr(address, '/')), id"
)
#: Looks no further back than this many events: a run that sends slower than that has none to wait for.
LAST_SENT = (
    "SELECT max(at) FROM (SELECT event, at FROM events ORDER BY id DESC LIMIT 1000) "
    "WHERE event IN ('intended', 'sent-again')"
)
APPROVAL = "SELECT id, digest, how, approved_at FROM approvals WHERE digest = ?"
_EVENTS = (
    "SELECT events.id, at, service_at, host, pid, version, run, event, key, generation, details "
    "FROM events JOIN runs ON runs.id = events.run"
)


def latest_sql(keys: int) -> str:
    """Return the question for the records of so many keys, the highest generation of each last."""
    return f"SELECT {_RECORD} FROM requests WHERE key IN ({_marks(keys)}) ORDER BY key, generation"


def standings_sql(keys: int) -> str:
    """Return the question how so many keys stand, the highest generation of each last."""
    return f"SELECT key, {_STANDING} FROM requests WHERE key IN ({_marks(keys)}) ORDER BY key, generation"


def count_sql(statuses: int) -> str:
    """Return the question how many records stand in each of so many statuses."""
    return f"SELECT status, count(*) FROM requests WHERE status IN ({_marks(statuses)}) GROUP BY status"


def records_sql(*, statuses: Collection[Status] | None, vault: str | None) -> str:
    """Return the question for records, answered from the index of what is under way where that is enough."""
    conditions = []
    if statuses is not None and UNDER_WAY.issuperset(statuses):
        conditions.append(IS_UNDER_WAY)
    if statuses is not None:
        # The plus keeps SQLite from sorting millions of rows by way of the index on status.
        conditions.append(f"+status IN ({_marks(len(statuses))})")
    if vault is not None:
        conditions.append("vault = ?")
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    return f"SELECT {_RECORD} FROM requests {where}ORDER BY id"


def identity(connection: sqlite3.Connection) -> Identity:
    """Return what the state is bound to; an empty ID where it does not exist yet."""
    meta = dict(connection.execute("SELECT name, value FROM meta"))
    accounts = frozenset(account for (account,) in connection.execute("SELECT account_id FROM accounts"))
    return Identity(id=meta.get("id", ""), accounts=accounts, endpoint=meta.get("endpoint"))


def is_empty(connection: sqlite3.Connection) -> bool:
    """Say whether there is no record."""
    return not connection.execute(ANY).fetchone()[0]


def latest(connection: sqlite3.Connection, keys: Iterable[str]) -> dict[str, Record]:
    """Return the record of the highest generation of each key that has one."""
    found: dict[str, Record] = {}
    for batch in _batches(keys):
        for row in connection.execute(latest_sql(len(batch)), batch):
            found[row[0]] = from_row(row)
    return found


def standings(connection: sqlite3.Connection, keys: Iterable[str]) -> dict[str, Standing]:
    """Return how the highest generation of each key that has one stands."""
    found: dict[str, Standing] = {}
    for batch in _batches(keys):
        for row in connection.execute(standings_sql(len(batch)), batch):
            key, generation, status, tier, sns_topic, description, size = row
            found[key] = _new(Standing, (generation, _STATUSES[status], tier, sns_topic, description, size))
    return found


def every_standing(connection: sqlite3.Connection) -> Iterator[tuple[str, Standing]]:
    """Stream how every purchase stands, sorted by key, the highest generation of each last.

    Raises:
        Failed: ``scratch-unwritable``: there is no room to sort them.
    """
    try:
        for row in connection.execute(EVERY_STANDING):
            key, generation, status, tier, sns_topic, description, size = row
            standing = generation, _STATUSES[status], tier, sns_topic, description, size
            yield key, _new(Standing, standing)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname in _NO_ROOM:  # nothing else is written by looking
            raise no_room(error) from error
        raise


def generations(
    connection: sqlite3.Connection, keys: Iterable[str]
) -> tuple[int, dict[str, dict[int, Record]]]:
    """Return the file's data version, and all records of the keys, the highest generation of each last.

    The data version is another one when another connection has changed the file.
    """
    found: dict[str, dict[int, Record]] = {key: {} for key in keys}
    told = connection.execute(GENERATIONS, (json.dumps([*found]),)).fetchall()
    for row in told:
        if row[1] is not None:
            found[row[1]][row[2]] = from_row(row[1:])
    return int(told[0][0]), found


def record_of(connection: sqlite3.Connection, key: str, generation: int) -> Record | None:
    """Return the record of one purchase, if there is one."""
    row = connection.execute(PURCHASE, (key, generation)).fetchone()
    return None if row is None else from_row(row)


def attempts_at(connection: sqlite3.Connection, key: str, generation: int) -> frozenset[datetime]:
    """Return when, as the event log tells, one purchase was intended, here or where it was imported from."""
    rows = connection.execute(ATTEMPTS, (key, generation))
    return frozenset(datetime.fromisoformat(at) for (at,) in rows)


def has_event(connection: sqlite3.Connection, event: str, *, about: Record, details: str) -> bool:
    """Say whether the log tells exactly this of a purchase already."""
    values = (about.key, about.generation, event, details)
    return bool(connection.execute(HAS_EVENT, values).fetchone()[0])


def job_holder(connection: sqlite3.Connection, job_id: str, *, key: str, generation: int) -> str | None:
    """Return the address of a record, other than the one named, that has the job."""
    row = connection.execute(JOB_HOLDER, (job_id, key, generation)).fetchone()
    return None if row is None else str(row[0])


def known_jobs(connection: sqlite3.Connection, job_ids: Iterable[str]) -> frozenset[str]:
    """Return those of `job_ids` that some record has."""
    found: set[str] = set()
    for batch in _batches(job_ids):
        sql = f"SELECT job_id FROM requests WHERE {HAS_JOB} AND job_id IN ({_marks(len(batch))})"
        found.update(job_id for (job_id,) in connection.execute(sql, batch))
    return frozenset(found)


def holding(connection: sqlite3.Connection, job_ids: Iterable[str]) -> dict[str, Record]:
    """Return the record that has each of `job_ids`, if one has."""
    found: dict[str, Record] = {}
    for batch in _batches(job_ids):
        sql = f"SELECT {_RECORD} FROM requests WHERE {HAS_JOB} AND job_id IN ({_marks(len(batch))})"
        for record in map(from_row, connection.execute(sql, batch)):
            found[record.job_id or ""] = record
    return found


def records(
    connection: sqlite3.Connection, *, statuses: Collection[Status] | None, vault: str | None
) -> Iterator[Record]:
    """Stream the records in the order in which they were made."""
    values = [*map(str, statuses or ()), *([] if vault is None else [vault])]
    for row in connection.execute(records_sql(statuses=statuses, vault=vault), values):
        yield from_row(row)


def count(connection: sqlite3.Connection, statuses: Collection[Status]) -> dict[Status, int]:
    """Return how many records stand in each of `statuses`, zeros left out."""
    rows = connection.execute(count_sql(len(statuses)), [*map(str, statuses)])
    return {Status(status): number for status, number in rows}


def has_unjoined_pages(connection: sqlite3.Connection) -> bool:
    """Say whether a page of an inventory is stored that was not put together with the others."""
    return bool(connection.execute(HAS_UNJOINED_PAGES).fetchone()[0])


def held_pieces(connection: sqlite3.Connection) -> Iterator[Record]:
    """Stream the pieces of archives that are held until the others are there."""
    return map(from_row, connection.execute(HELD_PIECES))


def approval(connection: sqlite3.Connection, digest: str) -> Approval | None:
    """Return the approval of a digest, if there is one."""
    row = connection.execute(APPROVAL, (digest,)).fetchone()
    return None if row is None else _approval(row)


def approvals(connection: sqlite3.Connection) -> Iterator[Approval]:
    """Stream all approvals, oldest first."""
    for row in connection.execute("SELECT id, digest, how, approved_at FROM approvals ORDER BY id"):
        yield _approval(row)


def approved_entries(connection: sqlite3.Connection, approval_id: int) -> Iterator[str]:
    """Stream all entries of one approval, sorted."""
    sql = "SELECT entry FROM approved_entries WHERE approval = ? ORDER BY entry"
    for (entry,) in connection.execute(sql, (approval_id,)):
        yield entry


def approved(connection: sqlite3.Connection, digest: str, entries: Iterable[str]) -> frozenset[str]:
    """Return those of `entries` that the digest's approval holds."""
    known = approval(connection, digest)
    if known is None:
        return frozenset()
    found: set[str] = set()
    for batch in _batches(entries):
        sql = f"SELECT entry FROM approved_entries WHERE approval = ? AND entry IN ({_marks(len(batch))})"
        found.update(entry for (entry,) in connection.execute(sql, [known.id, *batch]))
    return frozenset(found)


def started_under(connection: sqlite3.Connection, approval_id: int, slots: Collection[str]) -> Started:
    """Count what an approval has started: requests without a slot, and those of `slots`."""
    row = connection.execute(STARTED_UNDER, (approval_id, json.dumps([*slots]))).fetchone()
    return Started(jobs=row[0], expedited_jobs=row[1])


def started_groups(
    connection: sqlite3.Connection, approval_id: int, slots: Collection[str]
) -> tuple[StartedGroup, ...]:
    """Sum up by job, vault, type and tier what an approval has started."""
    rows = connection.execute(STARTED_GROUPS, (approval_id, json.dumps([*slots])))
    return tuple(StartedGroup(*row) for row in rows)


def standing_groups(connection: sqlite3.Connection) -> tuple[StandingGroup, ...]:
    """Sum up how all requests stand, each by its latest purchase."""
    return tuple(map(_standing_group, connection.execute(STANDING_GROUPS)))


def ending(connection: sqlite3.Connection, before: datetime, most: int) -> tuple[Record, ...]:
    """Return records whose output may be gone by a moment, the soonest first, `most` at most."""
    return tuple(map(from_row, connection.execute(ENDING, (moment_text(before), most))))


def ending_count(connection: sqlite3.Connection, before: datetime) -> int:
    """Count the records whose output may be gone by a moment."""
    return int(connection.execute(ENDING_COUNT, (moment_text(before),)).fetchone()[0])


def started_bytes(connection: sqlite3.Connection, since: datetime) -> dict[datetime, int]:
    """Return the bytes that were started in each minute from `since` on, the earliest minute first."""
    rows = connection.execute(STARTED_BYTES, (moment_text(since)[:16],))
    return {datetime.fromisoformat(f"{minute}Z"): size for minute, size in rows}


def last_sent_at(connection: sqlite3.Connection) -> datetime | None:
    """Return when a call was last made, by the host's clock, if the end of the log tells of one."""
    return optional_moment(connection.execute(LAST_SENT).fetchone()[0])


def events(connection: sqlite3.Connection, *, key: str | None) -> Iterator[Mapping[str, Any]]:
    """Stream the event log, oldest first."""
    where, values = ("WHERE key = ?", [key]) if key is not None else ("", [])
    cursor = connection.execute(f"{_EVENTS} {where} ORDER BY events.id", values)
    names = [column[0] for column in cursor.description][:-1]
    for *values, details in cursor:
        yield dict(zip(names, values, strict=True)) | json.loads(details)


def _approval(row: tuple[Any, ...]) -> Approval:
    return Approval(id=row[0], digest=row[1], how=row[2], approved_at=datetime.fromisoformat(row[3]))


def _standing_group(row: tuple[Any, ...]) -> StandingGroup:
    where, (status, scheduled, first_ends_at, last_ends_at), sums = row[:6], row[6:10], row[10:]
    job, account_id, region, vault, kind, tier = where
    jobs, size, unknown_sizes = sums
    return StandingGroup(
        job,
        account_id,
        region,
        vault,
        kind,
        tier,
        _STATUSES[status],
        bool(scheduled),
        jobs,
        size,
        unknown_sizes,
        optional_moment(first_ends_at),
        optional_moment(last_ends_at),
    )


def _marks(number: int) -> str:
    return ", ".join("?" * number)


def _batches(values: Iterable[T]) -> Iterator[list[T]]:
    left = iter(values)
    while batch := list(islice(left, BATCH)):
        yield batch
