"""Taking a request out of a state, as if it had never been asked for; the log keeps all that was known."""

import sqlite3
from datetime import datetime

from glacier_manifest.errors import Refused
from glacier_manifest.jobs.status import UNDER_WAY
from glacier_manifest.state import queries
from glacier_manifest.state.export import record_json
from glacier_manifest.state.log import FORGOTTEN, Run, log_record
from glacier_manifest.state.record import Record

_FORGET = "DELETE FROM requests WHERE key = ?"


def forget(connection: sqlite3.Connection, run: Run, key: str, *, at: datetime) -> int:
    """Take all purchases of a request out, inside a transaction; return how many they were.

    Raises:
        Refused: ``not-forgettable``: one of them is under way, so that its job could be bought twice.
    """
    _, known = queries.generations(connection, [key])
    purchases = [*known[key].values()]
    for record in purchases:
        _check_has_ended(record)
    for record in purchases:
        log_record(connection, run, FORGOTTEN, at=at, about=record, details=record_json(record))
    connection.execute(_FORGET, (key,))
    return len(purchases)


def _check_has_ended(record: Record) -> None:
    if record.status not in UNDER_WAY:
        return
    status = str(record.status).replace("_", " ")
    raise Refused(
        "not-forgettable",
        f"{record.address} is {status}: without what is known of it, it may be bought a second time",
        next_step="wait until it has ended ('glacier-manifest wait'), or settle an unknown outcome with "
        "'glacier-manifest apply' or 'glacier-manifest state resolve'",
    )
