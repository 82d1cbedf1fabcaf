# ruff: noqa: S608 - only names of this program's own are put into SQL, every value is bound
"""From a draft to what a lock says of it: counts, digests and, where asked for, every archive."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from glacier_manifest.diagnostics import Span
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.inventory.names.table import path_of
from glacier_manifest.inventory.reading import Inventory
from glacier_manifest.jobs.key import canonical
from glacier_manifest.manifest import Archives, InventorySource, Job
from glacier_manifest.planning.lock import LockedArchive, LockedInventory, LockedJob
from glacier_manifest.planning.lot import Lot, Piece
from glacier_manifest.planning.plan import Blocked
from glacier_manifest.scratch.scratch import Row, Scratch

_INDEX = "CREATE INDEX IF NOT EXISTS by_lot ON requests (lot, archive_id, first_byte, last_byte, size)"
_IN_ORDER = "ORDER BY archive_id, first_byte, last_byte"
_COUNTED = "count(*), coalesce(sum(size), 0), coalesce(sum(size IS NULL AND archive_id IS NOT NULL), 0)"
_NAMES = "CREATE TABLE names (archive_id TEXT PRIMARY KEY, path BLOB NOT NULL) WITHOUT ROWID"
_NAME = (
    "INSERT INTO names SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM requests WHERE archive_id = ?1) "
    "ON CONFLICT (archive_id) DO UPDATE SET path = min(path, excluded.path)"
)


@dataclass(frozen=True, slots=True)
class Locking:
    """What is put into a lock.

    Attributes:
        draft: Merged; it need not be decided.
        jobs: The manifest's jobs, by name.
        inventories: Those that were read, each to its end, by the place in the manifest that names it.
    """

    draft: Draft
    jobs: Mapping[str, Job]
    inventories: Mapping[Span, Inventory]

    def read_names(self) -> None:
        """Read every inventory again for the names of the archives that are asked for.

        Raises:
            InvalidInput: One of them is another by now than when its archives were picked.
        """
        scratch = self.draft.scratch
        scratch.run("CREATE INDEX IF NOT EXISTS by_archive ON requests (archive_id)")
        scratch.run(_NAMES)
        for inventory in {one.origin.name: one for one in self.inventories.values()}.values():
            before = inventory.walked
            scratch.run_many(
                _NAME, ((one.archive_id, _stored(path_of(one.description))) for one in inventory)
            )
            if inventory.walked != before:
                raise inventory.origin.invalid("it was changed while it was read")

    def locked(self) -> Iterator[LockedJob]:
        """Yield what the lock says of each job at each vault, sorted by both."""
        self.draft.scratch.run(_INDEX)
        lots, blocked = self._lots(), {(one.job, one.vault.name): one for one in self.draft.blocked}
        for name in sorted(lots.keys() | blocked.keys()):
            yield self._blocked(blocked[name]) if name in blocked else self._asked(lots[name])

    def archives(self, job: LockedJob) -> Iterator[LockedArchive]:
        """Stream the archives of a job at a vault, sorted; the names must have been read."""
        lots = _among(self._lots().get((job.job, job.vault), ()))
        query = (
            "SELECT archive_id, first_byte, last_byte, size, path "
            "FROM requests LEFT JOIN names USING (archive_id) "
            f"WHERE {lots} AND archive_id IS NOT NULL {_IN_ORDER}"
        )
        for archive_id, start, end, size, path in self.draft.scratch.rows(query):
            yield LockedArchive(archive_id, _range(start, end), size, _name(path))

    def _lots(self) -> Mapping[tuple[str, str], list[int]]:
        """Return the lots of each job at each vault: a job with a list of its own has two."""
        found = defaultdict(list)
        for number, lot in enumerate(self.draft.lots):
            found[lot.job, lot.vault.name].append(number)
        return found

    def _asked(self, lots: list[int]) -> LockedJob:
        lot, scratch = self.draft.lots[lots[0]], self.draft.scratch
        counts = scratch.row(f"SELECT {_COUNTED} FROM requests WHERE {_among(lots)}")
        assert counts is not None  # noqa: S101 - a count has a row
        return LockedJob(
            job=lot.job,
            vault=lot.vault.name,
            account_id=lot.vault.account_id,
            region=lot.vault.region,
            type=str(lot.type),
            tiers=tuple(map(str, lot.terms[0])),
            requests=counts[0],
            bytes=counts[1],
            unknown_sizes=counts[2],
            digest=_digest(lot, _rows(scratch, lots)),
            **self._sources(lot.job),
        )

    def _blocked(self, one: Blocked) -> LockedJob:
        return LockedJob(
            job=one.job,
            vault=one.vault.name,
            account_id=one.vault.account_id,
            region=one.vault.region,
            type="archive-retrieval",
            tiers=tuple(map(str, one.tiers)),
            waits_for=one.waits_for,
            digest=f"sha256:{one.entry}",
            **self._sources(one.job),
        )

    def _sources(self, job: str) -> dict[str, LockedInventory | None]:
        ask = self.jobs[job].ask
        if not isinstance(ask, Archives):
            return {}
        wish = ask.from_inventory
        return {
            "inventory": None if wish is None else self._source(wish.source),
            "sizes_from": None if ask.sizes_from is None else self._source(ask.sizes_from),
        }

    def _source(self, source: InventorySource) -> LockedInventory | None:
        inventory = self.inventories.get(source.span)
        if inventory is None or inventory.walked is None:
            return None
        walked = inventory.walked
        return LockedInventory(
            source=_named(source),
            inventory_date=walked.head.inventory_date,
            sha256=walked.sha256,
            archives=walked.archives,
            skipped_rows=walked.skipped,
        )


def _among(lots: Iterable[int]) -> str:
    return f"lot IN ({', '.join(map(str, lots))})"


def _rows(scratch: Scratch, lots: list[int]) -> Iterator[Row]:
    query = f"SELECT archive_id, first_byte, last_byte FROM requests WHERE {_among(lots)} {_IN_ORDER}"
    return scratch.rows(query)


def _digest(lot: Lot, rows: Iterable[Row]) -> str:
    """Hash a line with the terms, then a line an archive: ``ID`` or ``ID START-END``; each line ended.

    Account, region, vault and slot are not in it: the lock names them, and a slot changes by itself.
    """
    hashed = hashlib.sha256(canonical(_terms(lot)) + b"\n")
    for archive_id, start, end in rows:
        if archive_id is not None:
            part = "" if start is None else f" {start}-{end}"
            hashed.update(f"{archive_id}{part}\n".encode("ascii"))
    return f"sha256:{hashed.hexdigest()}"


def _terms(lot: Lot) -> dict[str, Any]:
    body = lot.request(Piece("-")).body(tier=None, description=lot.description)
    body.pop("ArchiveId", None)
    tiers, save_to = lot.terms
    return {"v": 1, "body": body, "tiers": [*map(str, tiers)], "save_to": save_to}


def _range(start: int | None, end: int | None) -> str | None:
    return None if start is None else f"{start}-{end}"


def _named(source: InventorySource) -> str:
    """A path is told from the manifest's folder, which lies elsewhere on every machine."""
    if source.path is None:
        return source.s3 or source.job or ""
    folder = source.span.file.parent
    return (source.path.relative_to(folder) if source.path.is_relative_to(folder) else source.path).as_posix()


def _stored(path: str) -> bytes:
    """A description in JSON can tell half a character, which SQLite takes for no text."""
    return path.encode("utf-8", "surrogatepass")


def _name(stored: bytes | None) -> str | None:
    return None if stored is None else stored.decode("utf-8", "surrogatepass")
