# ruff: noqa: S608 - only names of this program's own are put into SQL, every value is bound
"""A draft: every request that is asked for, once, and what is done about it, in little memory."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity
from glacier_manifest.drafting.deciding import DECIDE, Deciding, Wanted
from glacier_manifest.drafting.known import Known
from glacier_manifest.drafting.tables import (
    ADD,
    ASKED,
    CONFLICTS,
    MERGE,
    REQUEST,
    REQUESTS,
    piece_of,
)
from glacier_manifest.jobs.address import address_of, whole_address_of
from glacier_manifest.jobs.request import Request, Vault
from glacier_manifest.manifest import NEVER, Repurchases
from glacier_manifest.planning.decide import BuyAgain
from glacier_manifest.planning.expand import Asked
from glacier_manifest.planning.lot import Lot, Piece, Query
from glacier_manifest.planning.plan import Blocked, Verb
from glacier_manifest.planning.selection import Meaning
from glacier_manifest.planning.stencil import Stencil, key_of
from glacier_manifest.scratch.scratch import Scratch

_AT_ONCE = 500
_KEY_BYTES = 32
_MOST_CONFLICTS = 50


class Draft:
    """Requests on a scratch file: added, merged, selected, decided; in this order.

    Args:
        scratch: Takes the rows.
        restarts: How often each request may be bought again by itself.
        moved: Told now and then that the work on it goes on; None where nobody wants to know.

    Attributes:
        lots: What was added, each with requests of its own.
        blocked: What cannot be told apart into requests yet.
    """

    def __init__(
        self,
        scratch: Scratch,
        *,
        restarts: Repurchases = NEVER,
        moved: Callable[[], None] | None = None,
    ) -> None:
        self.scratch = scratch
        self.moved = moved
        self.restarts = restarts
        self.lots: list[Lot] = []
        self.blocked: list[Blocked] = []
        self._numbers: dict[Any, int] = {}
        self._terms: dict[Any, int] = {}
        self._stencils: dict[int, Stencil | None] = {}
        scratch.run(ASKED)

    def add(self, lot: Lot, pieces: Iterable[Piece]) -> None:
        """Add requests of one lot behind all others; what `pieces` raises is raised."""
        number, terms = self._number(lot), self._terms_of(lot)
        key = self._key_maker(number)
        self.scratch.run_many(ADD, ((key(piece), number, terms, *piece) for piece in pieces))

    def add_all(self, requests: Iterable[tuple[Lot, Piece]]) -> None:
        """Add requests of many lots behind all others; what `requests` raises is raised."""
        self.scratch.run_many(ADD, (self._row(lot, piece) for lot, piece in requests))

    def _row(self, lot: Lot, piece: Piece) -> tuple[Any, ...]:
        number = self._number(lot)
        return self._key_maker(number)(piece), number, self._terms_of(lot), *piece

    def block(self, lot: Lot, waits_for: str) -> None:
        """Note a job that has no requests before the output of another is there."""
        assert lot.bounded is not None  # noqa: S101 - only such a lot waits
        self.blocked.append(Blocked(lot.job, lot.vault, lot.terms[0], waits_for, lot.bounded))

    def _number(self, lot: Lot) -> int:
        """A query holds mappings, which have no hash; its text tells it as well."""
        known_by = (lot.job, lot.vault, repr(lot)) if isinstance(lot.asking, Query) else lot
        number = self._numbers.setdefault(known_by, len(self.lots))
        if number == len(self.lots):
            self.lots.append(lot)
        return number

    def _terms_of(self, lot: Lot) -> int:
        """What two lots must agree on where they ask for the same: a number for each case."""
        return self._terms.setdefault(lot.terms, len(self._terms))

    def _key_maker(self, number: int) -> Callable[[Piece], bytes]:
        stencil = self._stencil(number)
        lot = self.lots[number]
        return stencil.key if stencil is not None else lambda piece: key_of(lot, piece)

    def _stencil(self, number: int) -> Stencil | None:
        if number not in self._stencils:
            lot = self.lots[number]
            is_series = lot.slot is not None  # which is approved by a key without its slot
            self._stencils[number] = Stencil(lot) if lot.has_archives and not is_series else None
        return self._stencils[number]

    def merge(self) -> None:
        """Take requests with the same key as the one request that they are; the first one is kept.

        Raises:
            InvalidInput: Two of them disagree on the tier, or on where the output goes: one can be bought.
        """
        self.scratch.run(REQUESTS)
        self.scratch.run(MERGE)
        if len(self._terms) > 1:
            conflicts = [self._conflict(row) for row in self.scratch.rows(CONFLICTS, (_MOST_CONFLICTS,))]
            if conflicts:
                raise InvalidInput(conflicts)
        self.scratch.run("DROP TABLE asked")

    def _conflict(self, row: tuple[Any, ...]) -> Diagnostic:
        second, first = self.lots[row[0]], self.lots[row[8]]
        later, earlier = piece_of(row, 1), piece_of(row, 9)
        span = first.span_of(earlier)
        return Diagnostic(
            Severity.ERROR,
            "conflicting-requests",
            f"{address_of(second.request(later))} asks for what {address_of(first.request(earlier))} asks "
            f"for, {_difference(first, second)}",
            span=second.span_of(later),
            label=f"first asked for at {span.file}:{span.line}",
            help="ask for it once, or in both places alike",
        )

    def select(self, *, targets: Sequence[str], excludes: Sequence[str]) -> None:
        """Keep the requests that a target names (all, where there is none) and no exclusion does.

        Raises:
            UsageError: A target or an exclusion names nothing: a slip of the pen must not widen a run.
        """
        wanted, unwanted = Meaning(targets, self._selectable()), Meaning(excludes, self._selectable())
        if not (wanted or unwanted):
            return
        self.blocked = [one for one in self.blocked if _is_left(one.address, wanted, unwanted)]
        gone = (
            (asked_key,)
            for asked_key, address in self._addressed()
            if not _is_left(address, wanted, unwanted)
        )
        self.scratch.run("CREATE TEMP TABLE unmeant (key BLOB PRIMARY KEY) WITHOUT ROWID")
        self.scratch.run_many("INSERT INTO unmeant VALUES (?)", gone)
        self.scratch.run("DELETE FROM requests WHERE key IN (SELECT key FROM unmeant)")
        self.scratch.run("DROP TABLE unmeant")

    def addresses(self) -> Iterator[tuple[str, str | None]]:
        """Stream the address of each request, in the order of the manifest, with its archive ID."""
        yield from ((address_of(request), request.archive_id) for request in self._requests())
        yield from ((one.address, None) for one in self.blocked)

    def _selectable(self) -> Iterator[tuple[str, str | None]]:
        """Stream the addresses by which requests are selected: the pages of an inventory are one."""
        yield from ((whole_address_of(request), request.archive_id) for request in self._requests())
        yield from ((one.address, None) for one in self.blocked)

    def _requests(self) -> Iterator[Request]:
        rows = self.scratch.rows(f"SELECT {REQUEST} FROM requests ORDER BY seq")
        return (self.lots[row[1]].request(piece_of(row)) for row in rows)

    def _addressed(self) -> Iterator[tuple[bytes, str]]:
        rows = self.scratch.rows(f"SELECT {REQUEST} FROM requests ORDER BY key")
        for row in rows:
            yield row[0], whole_address_of(self.lots[row[1]].request(piece_of(row)))

    def buy_again(self, among: Callable[[Iterable[tuple[str, str | None]]], BuyAgain]) -> BuyAgain:
        """Return what is to be bought again, its words read against the addresses of this draft."""
        return among(self.addresses())

    def decide(self, known: Known, keys: Iterable[str] | None = None) -> None:
        """Decide what is done about each request.

        Args:
            known: What it is decided by.
            keys: The requests meant, those that are none of the draft's among them; all by default.
        """
        wanted = Wanted(self.lots, self._stencil, self.asked, self.restarts)
        deciding = Deciding(wanted, known.for_all(self._has) if keys is None else known)
        for rows in self._batches(keys):
            if self.moved is not None:
                self.moved()
            self.scratch.run_many(DECIDE, deciding.values(rows))

    def _has(self, count: int) -> bool:
        """Say whether there are so many requests, without counting more of them."""
        query = "SELECT count(*) >= :count FROM (SELECT 1 FROM requests LIMIT :count)"
        return self.scratch.row(query, {"count": count}) == (1,)

    def _batches(self, keys: Iterable[str] | None) -> Iterator[list[tuple[Any, ...]]]:
        """Yield requests in the order of their keys, which is that of the state's index as well."""
        if keys is not None:
            wanted = iter(keys)
            while batch := [bytes.fromhex(key) for key in islice(wanted, _AT_ONCE)]:
                marks = ", ".join("?" * len(batch))
                query = f"SELECT {REQUEST} FROM requests WHERE key IN ({marks})"
                if rows := list(self.scratch.rows(query, batch)):
                    yield rows
            return
        last = b""
        query = f"SELECT {REQUEST} FROM requests WHERE key > ? ORDER BY key LIMIT {_AT_ONCE}"
        while rows := list(self.scratch.rows(query, (last,))):
            yield rows
            last = rows[-1][0]

    def verbs(self) -> Mapping[Vault, frozenset[Verb]]:
        """Return what would be done at each vault."""
        found: dict[Vault, set[Verb]] = defaultdict(set)
        for number, verb in self.scratch.rows("SELECT DISTINCT lot, verb FROM requests"):
            found[self.lots[number].vault].add(Verb(verb))
        return {vault: frozenset(verbs) for vault, verbs in found.items()}

    def waiting(self, vault: Vault) -> Iterator[tuple[str, int]]:
        """Stream the purchases at a vault whose jobs are in progress."""
        query = "SELECT key, lot, generation FROM requests WHERE verb = ?"
        for key, number, generation in self.scratch.rows(query, (Verb.WAIT.value,)):
            if self.lots[number].vault == vault:
                yield key.hex(), generation

    def slots_at(self, vault: Vault) -> Mapping[str, str]:
        """Return the slot that each series at a vault stands at, by the address without it."""
        if all(lot.slot is None for lot in self.lots):
            return {}
        rows = self.scratch.rows("SELECT DISTINCT lot FROM requests")
        lots = [self.lots[number] for (number,) in rows]
        return {f"{lot.job}/{vault.name}": lot.slot for lot in lots if lot.vault == vault and lot.slot}

    def get(self, key: str) -> Asked | None:
        """Return the request of a key, if it is in the draft."""
        row = self.scratch.row(f"SELECT {REQUEST} FROM requests WHERE key = ?", (bytes.fromhex(key),))
        return None if row is None else self.asked(row)

    def lot_of(self, key: str) -> Lot | None:
        """Return what asks for the request of a key, if it is in the draft."""
        row = self.scratch.row("SELECT lot FROM requests WHERE key = ?", (bytes.fromhex(key),))
        return None if row is None else self.lots[row[0]]

    def begins_with(self, prefix: bytes) -> Iterator[Asked]:
        """Stream the requests whose keys, as bytes, begin so."""
        query = f"SELECT {REQUEST} FROM requests WHERE key BETWEEN ? AND ?"
        ends = (prefix.ljust(_KEY_BYTES, b"\x00"), prefix.ljust(_KEY_BYTES, b"\xff"))
        return map(self.asked, self.scratch.rows(query, ends))

    def retrievals(self, vault: Vault, archive_id: str) -> Iterator[Asked]:
        """Stream the retrievals of one archive, or of pieces of it, in the order of the manifest."""
        self.scratch.run("CREATE INDEX IF NOT EXISTS by_archive ON requests (archive_id)")
        query = f"SELECT {REQUEST} FROM requests WHERE archive_id = ? ORDER BY seq"
        for row in self.scratch.rows(query, (archive_id,)):
            lot = self.lots[row[1]]
            if lot.vault == vault and lot.has_archives:
                yield self.asked(row)

    def asked(self, row: tuple[Any, ...]) -> Asked:
        """Return the request of a row that begins as `REQUEST` does."""
        lot, piece = self.lots[row[1]], piece_of(row)
        return Asked(row[0].hex(), lot.request(piece), lot.span_of(piece))


def _is_left(address: str, wanted: Meaning, unwanted: Meaning) -> bool:
    return (not wanted or address in wanted) and address not in unwanted


def _difference(first: Lot, second: Lot) -> str:
    tiers = [", ".join(lot.terms[0]) for lot in (second, first)]
    if tiers[0] != tiers[1]:
        return f"at another tier ({tiers[0]} instead of {tiers[1]})"
    return f"to be saved elsewhere ({second.save_to or 'nowhere'} instead of {first.save_to or 'nowhere'})"
