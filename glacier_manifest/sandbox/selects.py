"""What a select leaves in S3: its query, run by SQLite over the archive as CSV.

https://docs.aws.amazon.com/amazonglacier/latest/dev/glacier-select.html

The SQL is SQLite's, which knows more than Glacier's subset, and all values are texts. A query that fails, or
an archive that is no CSV, is told by `error_manifest.txt`; the job itself has succeeded, since what becomes
of a job is decided when it is accepted.
"""

import csv
import io
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from hashlib import sha256
from itertools import chain, islice
from typing import Any

from glacier_manifest.sandbox.archives import Archive
from glacier_manifest.sandbox.events import Job
from glacier_manifest.sandbox.job_operations import job_archive
from glacier_manifest.sandbox.joblist import IN_PROGRESS, SUCCEEDED, status_of
from glacier_manifest.sandbox.vaults import Vault

#: Rows of one part of a result.
_PART = 1000
_READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION})
_FAILURES = (sqlite3.Error, csv.Error, ValueError)


def objects_of(vault: Vault, job: Job, now: float) -> dict[str, bytes]:
    """Return what a select has written by an instant, by what stands behind the job's own prefix."""
    written = {"job.txt": job.job_id.encode()}
    match status_of(job, now):
        case status if status == IN_PROGRESS:
            return written
        case status if status == SUCCEEDED:
            return written | _outcome(job_archive(vault, job), job)
        case _:
            return written | _failed(job, job.failure or "")


def _outcome(archive: Archive, job: Job) -> dict[str, bytes]:
    asked = job.select_parameters or {}
    try:
        parts = list(_parts(archive, asked))
    except _FAILURES as error:
        return _failed(job, f"{type(error).__name__}: {error}")
    results = {f"results/{sha256(part).hexdigest()[:12]}-{number}": part for number, part in enumerate(parts)}
    return results | {"result_manifest.txt": _manifest(job, results)}


def _failed(job: Job, why: str) -> dict[str, bytes]:
    errors = {"errors/0": f"{why}\n".encode()}
    return errors | {"error_manifest.txt": _manifest(job, errors)}


def _manifest(job: Job, objects: Mapping[str, bytes]) -> bytes:
    return "".join(f"{job.output_path}/{name}\n" for name in objects).encode()


def _parts(archive: Archive, asked: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the result of a query, some rows at a time."""
    text = b"".join(archive.content.chunks(0, archive.size)).decode()
    form = _form(asked, "InputSerialization")
    rows = csv.reader(io.StringIO(text, newline=""), **_dialect(form), strict=True)
    with closing(sqlite3.connect(":memory:")) as database:
        _load(database, rows, form.get("FileHeaderInfo", "NONE"))
        database.set_authorizer(_reads_alone)
        found = database.execute(str(asked["Expression"]))
        while some := list(islice(found, _PART)):
            yield _written(some, _form(asked, "OutputSerialization"))


def _reads_alone(action: int, *_named: object) -> int:
    """Let a query read the archive, and nothing else of this machine."""
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _form(asked: Mapping[str, Any], which: str) -> Mapping[str, Any]:
    return (asked.get(which) or {}).get("csv") or {}


def _dialect(form: Mapping[str, Any]) -> dict[str, Any]:
    return {"delimiter": form.get("FieldDelimiter") or ",", "quotechar": form.get("QuoteCharacter") or '"'}


def _load(database: sqlite3.Connection, rows: Iterator[list[str]], header: str) -> None:
    first = next(rows, [])
    names = first if header == "USE" else [f"_{number}" for number in range(1, len(first) + 1)]
    columns = ", ".join('"' + name.replace('"', '""') + '" TEXT' for name in names or ["_1"])
    database.execute(f"CREATE TABLE archive ({columns})")
    width = len(names or ["_1"])
    marks = ", ".join("?" * width)
    kept = rows if header in {"USE", "IGNORE"} else chain([first], rows)
    values = (_fit(row, width) for row in kept if row)
    database.executemany(f"INSERT INTO archive VALUES ({marks})", values)  # noqa: S608 - marks alone


def _fit(row: Sequence[str], width: int) -> list[str | None]:
    return [*row[:width], *[None] * (width - len(row))]


def _written(rows: Sequence[Sequence[object]], form: Mapping[str, Any]) -> bytes:
    text = io.StringIO(newline="")
    dialect = _dialect(form) | {
        "quoting": csv.QUOTE_ALL if form.get("QuoteFields") == "ALWAYS" else csv.QUOTE_MINIMAL,
        "lineterminator": form.get("RecordDelimiter") or "\n",
    }
    csv.writer(text, **dialect).writerows(rows)
    return text.getvalue().encode()
