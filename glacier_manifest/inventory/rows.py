"""One row of an inventory: what each of its five columns must be, whatever format it stands in."""

import re
from datetime import datetime
from typing import NoReturn

from glacier_manifest.inventory.archive import Archive
from glacier_manifest.jobs.instant import parse_instant

#: The columns, in the order of an Archive (docs: "api-job-output-get", Response Body).
COLUMNS = ("ArchiveId", "ArchiveDescription", "CreationDate", "Size", "SHA256TreeHash")

#: A moment as almost every inventory spells it; a 29 February is looked at by the calendar instead.
MOMENT = (
    r"[12][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z"
)

#: More bytes than any archive has, and the most that a signed 64-bit integer holds.
LARGEST = 2**63 - 1

is_archive_id = re.compile("[A-Za-z0-9_-]+").fullmatch
is_moment = re.compile(MOMENT).fullmatch
is_tree_hash = re.compile("[0-9a-f]{64}").fullmatch

_LONGEST_SHOWN = 60
_WITH_ZONE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?", re.ASCII)


class BadRow(Exception):
    """A row that is no archive's; the text says why, after ``row 12: ``."""


def archive_of(
    archive_id: object, description: object, creation_date: object, size: object, *, tree_hash: object
) -> Archive:
    """Check the columns of a row, and write its date and hash as all are written.

    Args:
        archive_id: Letters, digits, ``-`` and ``_``.
        description: Any text; None is an empty one.
        creation_date: An ISO 8601 moment, with milliseconds or without.
        size: Bytes.
        tree_hash: 64 hexadecimal digits.

    Raises:
        BadRow: One of them is something else.
    """
    if not isinstance(archive_id, str) or not is_archive_id(archive_id):
        wrong("ArchiveId", archive_id, "letters, digits, '-' and '_'")
    return Archive(
        archive_id,
        _description(description),
        _creation_date(creation_date),
        _size(size),
        _tree_hash(tree_hash),
    )


def moment_text(text: str) -> str:
    """Return an ISO 8601 moment as ``YYYY-MM-DDTHH:MM:SS.mmmZ``; what is finer than that is cut off.

    Raises:
        ValueError: It is no moment.
    """
    if not _WITH_ZONE.fullmatch(text):
        raise ValueError(f"{text!r} is no moment")
    return spelled(parse_instant(text))


def spelled(moment: datetime) -> str:
    """Write a moment, which is UTC, as all creation dates are written."""
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _description(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        wrong("ArchiveDescription", value, "a text")
    if not value.isascii() and not _is_unicode(value):
        wrong("ArchiveDescription", value, "a text in UTF-8")
    return value


def _is_unicode(text: str) -> bool:
    """A text with halves of characters cannot be written anywhere: neither to a file nor to the state."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _creation_date(value: object) -> str:
    try:
        return moment_text(value if isinstance(value, str) else "")
    except ValueError:
        wrong("CreationDate", value, "a moment such as 2012-05-15T17:19:46.700Z")


def _size(value: object) -> int:
    if type(value) is not int or not 0 <= value <= LARGEST:
        wrong("Size", value, "a number of bytes")
    return value


def _tree_hash(value: object) -> str:
    lowered = value.lower() if isinstance(value, str) else ""
    if not is_tree_hash(lowered):
        wrong("SHA256TreeHash", value, "64 hexadecimal digits")
    return lowered


def wrong(column: str, value: object, wanted: str) -> NoReturn:
    """Raise a BadRow for a column that holds `value` and not what is `wanted`."""
    if value is None:
        raise BadRow(f"it has no {column}")
    raise BadRow(f"its {column} is {shown(value)}, not {wanted}")


def shown(value: object) -> str:
    """Return a value for a message: quoted, and cut where it is long."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = repr(value[: 2 * _LONGEST_SHOWN] if isinstance(value, str) else value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
