"""The outputs that are to be fetched, on a scratch file: what is gone soonest comes first."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from glacier_manifest.fetching.pieces import archive_of, is_piece
from glacier_manifest.jobs.request import JobType, Vault
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.record import Record
from glacier_manifest.state.rows import moment_text

_TABLE = (
    "CREATE TABLE outputs (seq INTEGER PRIMARY KEY, unit TEXT NOT NULL, key TEXT NOT NULL, job_id TEXT, "
    "account_id TEXT NOT NULL, region TEXT NOT NULL, vault TEXT NOT NULL, ends TEXT, size INTEGER)"
)
_ADD = (
    "INSERT INTO outputs (unit, key, job_id, account_id, region, vault, ends, size) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
#: An output whose end nobody knows comes before all others.
_IN_ORDER = (
    "SELECT o.unit, o.key FROM outputs AS o JOIN "
    "(SELECT unit, min(coalesce(ends, '')) AS soonest, min(seq) AS first FROM outputs GROUP BY unit) AS u "
    "USING (unit) ORDER BY u.soonest, u.first, o.seq"
)

#: Comes after every moment.
_NEVER = "~"


class Queue:
    """Outputs, each alone or with the other pieces of its archive.

    Args:
        scratch: Takes the rows.
    """

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        scratch.run("DROP TABLE IF EXISTS outputs")
        scratch.run(_TABLE)

    def load(self, records: Iterable[Record]) -> None:
        """Add the outputs of records that have succeeded."""
        self._scratch.run_many(_ADD, map(_row, records))
        self._scratch.run("CREATE INDEX outputs_by_job ON outputs (job_id)")

    @property
    def totals(self) -> tuple[int, int]:
        """How many outputs there are, and their bytes as far as is known."""
        row = self._scratch.row("SELECT count(*), coalesce(sum(size), 0) FROM outputs")
        assert row is not None  # noqa: S101 - a count has a row
        return int(row[0]), int(row[1])

    def vaults(self) -> Iterator[tuple[Vault, int]]:
        """Yield the vaults that have some, and how many."""
        query = "SELECT account_id, region, vault, count(*) FROM outputs GROUP BY 1, 2, 3 ORDER BY min(seq)"
        for account_id, region, name, number in list(self._scratch.rows(query)):
            yield Vault(account_id, region, name), number

    def has_job(self, job_id: str) -> bool:
        """Say whether a job's output is among them."""
        return self._scratch.row("SELECT 1 FROM outputs WHERE job_id = ?", (job_id,)) is not None

    def units(self) -> Iterator[tuple[str, ...]]:
        """Stream the keys of what is stored together, what is gone soonest first."""
        for _unit, rows in groupby(self._scratch.rows(_IN_ORDER), key=lambda row: row[0]):
            yield tuple(key for _, key in rows)

    def keys(self) -> Iterator[str]:
        """Stream the keys of all, what is gone soonest first."""
        return (key for _unit, key in self._scratch.rows(_IN_ORDER))


def _ends(record: Record) -> str | None:
    """Return a text by whose order outputs are fetched; the results of selects are never gone."""
    if record.type == JobType.SELECT:
        return _NEVER
    return None if record.expires_at is None else moment_text(record.expires_at)


def _row(record: Record) -> tuple[object, ...]:
    return (
        archive_of(record) if is_piece(record) else record.key,
        record.key,
        record.job_id,
        record.account_id,
        record.region,
        record.vault,
        _ends(record),
        record.size,
    )
