# ruff: noqa: S608 - only names of this program's own are put into SQL, every value is bound
"""The draft's tables, and how a row becomes a piece again."""

from typing import Any

from glacier_manifest.planning.lot import Piece

_PIECE = "archive_id, first_byte, last_byte, size, created, line, column_"
_COLUMNS = f"seq, key, lot, terms, {_PIECE}"

_new = tuple.__new__  # a NamedTuple's own constructor takes twice as long, and there are millions

#: What was asked for, in the order of the manifest; some of it more than once.
ASKED = (
    "CREATE TABLE asked (seq INTEGER PRIMARY KEY, key BLOB NOT NULL, lot INTEGER NOT NULL, "
    "terms INTEGER NOT NULL, archive_id TEXT, first_byte INTEGER, last_byte INTEGER, size INTEGER, "
    "created TEXT, line INTEGER NOT NULL, column_ INTEGER NOT NULL)"
)
#: Each request once, and what is done about it; `entry` is NULL until that is decided,
#: and `beyond` keeps room for it.
REQUESTS = (
    "CREATE TABLE requests (key BLOB PRIMARY KEY, seq INTEGER NOT NULL, lot INTEGER NOT NULL, "
    "terms INTEGER NOT NULL, archive_id TEXT, first_byte INTEGER, last_byte INTEGER, size INTEGER, "
    "created TEXT, line INTEGER NOT NULL, column_ INTEGER NOT NULL, "
    "verb TEXT, reason TEXT, generation INTEGER, entry BLOB, known_size INTEGER, has_record INTEGER, "
    "beyond BLOB) WITHOUT ROWID"
)
ADD = f"INSERT INTO asked ({_COLUMNS[5:]}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#: About the bytes that a decision takes: kept free, so that none makes a page too full.
_ROOM = 58
#: Sorted by key, so that the table is written from its beginning to its end; the first of equals is kept.
MERGE = (
    f"INSERT OR IGNORE INTO requests ({_COLUMNS}, beyond) SELECT {_COLUMNS}, zeroblob({_ROOM}) "
    "FROM asked ORDER BY key, seq"
)
CONFLICTS = (
    f"SELECT a.lot, a.{_PIECE.replace(', ', ', a.')}, r.lot, r.{_PIECE.replace(', ', ', r.')} "
    "FROM asked AS a JOIN requests AS r USING (key) WHERE a.terms <> r.terms ORDER BY a.seq LIMIT ?"
)
#: A piece's row: seven columns, which begin behind the key and the lot.
REQUEST = f"key, lot, {_PIECE}"
DECIDED = f"{REQUEST}, verb, reason, generation, known_size, has_record, beyond"
PIECE = 2
SIZE = PIECE + 3
DECISION = PIECE + 7


def piece_of(row: tuple[Any, ...], start: int = PIECE) -> Piece:
    """Return the piece whose seven columns begin there."""
    return _new(Piece, row[start : start + 7])
