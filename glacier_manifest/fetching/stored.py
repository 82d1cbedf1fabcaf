"""What a state says is stored, place by place."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from glacier_manifest.fetching.output import OF_RESULTS, Verified
from glacier_manifest.fetching.pieces import is_held
from glacier_manifest.scratch.scratch import Row, Scratch
from glacier_manifest.state.record import Record
from glacier_manifest.state.rows import moment_text

_TABLE = (
    "CREATE TABLE stored (seq INTEGER PRIMARY KEY, location TEXT NOT NULL, changed TEXT, "
    "held INTEGER NOT NULL, wanted INTEGER NOT NULL, address TEXT NOT NULL, key TEXT NOT NULL, "
    "generation INTEGER NOT NULL, size INTEGER, tree_hash TEXT, verified_by TEXT)"
)
_ADD = (
    "INSERT INTO stored (location, changed, held, wanted, address, key, generation, size, tree_hash, "
    "verified_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
#: Of what was stored at one place one after the other, the last comes first.
_IN_ORDER = (
    "SELECT location, held, wanted, address, key, generation, size, tree_hash, verified_by FROM stored "
    "ORDER BY location, held, changed DESC, seq DESC"
)
#: How much there is to read: of each place what was stored there last.
_SIZES = (
    "SELECT location, size FROM (SELECT location, size, row_number() OVER "
    "(PARTITION BY location ORDER BY changed DESC, seq DESC) AS rank, max(wanted) OVER "
    "(PARTITION BY location) AS wanted FROM stored WHERE NOT held) WHERE rank = 1 AND wanted"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """That an output is stored at a place, as one purchase's record says.

    Attributes:
        address, key, generation: Whose output.
        size: Its bytes; None where the state does not know.
        tree_hash: Of them, 64 hexadecimal digits; None where the state does not know.
        verified_by: By what it was known to be right when it was stored, a word of `output.Verified`.
        is_held: Whether it is a piece that waits for the others of its archive.
    """

    address: str
    key: str
    generation: int
    size: int | None
    tree_hash: str | None
    verified_by: str | None
    is_held: bool

    @property
    def is_list(self) -> bool:
        """Whether a list of files stands there, which `size` is of, and `tree_hash` is not."""
        return self.verified_by in OF_RESULTS


@dataclass(frozen=True, slots=True)
class Stored:
    """A file or an object, and all that is said to be there.

    Attributes:
        location: An absolute path, or ``s3://bucket/key``.
        expected: What was stored there last; None where only pieces wait there.
        claims: All that somebody asks about.
    """

    location: str
    expected: Claim | None
    claims: tuple[Claim, ...]

    @property
    def in_s3(self) -> bool:
        """Whether it is an object."""
        return is_in_s3(self.location)


def is_in_s3(location: str) -> bool:
    """Say whether a location is an object's."""
    return location.startswith("s3://")


class AllStored:
    """All places where something is stored, on a scratch file.

    Args:
        scratch: Takes the rows.
        records: What was fetched.
        is_wanted: Whether somebody asks about an address.
        now_at: Tells where something is that was stored at a location.
    """

    def __init__(
        self,
        scratch: Scratch,
        records: Iterable[Record],
        *,
        is_wanted: Callable[[str], bool],
        now_at: Callable[[str], str] = str,
    ) -> None:
        self._scratch = scratch
        scratch.run(_TABLE)
        scratch.run_many(
            _ADD,
            (
                (now_at(one.output), *_row(one, wanted=is_wanted(one.address)))
                for one in records
                if one.output is not None
            ),
        )
        scratch.run("CREATE INDEX stored_in_order ON stored (location, held, changed DESC, seq DESC)")

    def __len__(self) -> int:
        """Return how many outputs somebody asks about."""
        row = self._scratch.row("SELECT count(*) FROM stored WHERE wanted")
        assert row is not None  # noqa: S101 - a count has a row
        return int(row[0])

    def size(self, counts: Callable[[str], bool]) -> int:
        """Return the bytes of all places that somebody asks about, as far as a location counts."""
        return sum(size or 0 for location, size in self._scratch.rows(_SIZES) if counts(location))

    def __iter__(self) -> Iterator[Stored]:
        """Stream the places that somebody asks about, by location."""
        for location, rows in groupby(self._scratch.rows(_IN_ORDER), key=itemgetter(0)):
            there = [(_claim(row), row[2]) for row in rows]
            claims = tuple(claim for claim, wanted in there if wanted)
            first = there[0][0]
            if claims:
                yield Stored(location, None if first.is_held else first, claims)


def _row(record: Record, *, wanted: bool) -> tuple[object, ...]:
    return (
        None if record.changed_at is None else moment_text(record.changed_at),
        is_held(record),
        wanted,
        record.address,
        record.key,
        record.generation,
        record.output_size,
        record.output_tree_hash,
        record.verified_by,
    )


def _claim(row: Row) -> Claim:
    _location, held, _wanted, address, key, generation, size, tree_hash, verified_by = row
    return Claim(address, key, generation, size, tree_hash, verified_by, bool(held))


def was_verified(claim: Claim) -> bool:
    """Say whether an output was held against more than its length when it was stored."""
    return claim.tree_hash is not None and claim.verified_by not in {None, Verified.LENGTH}
