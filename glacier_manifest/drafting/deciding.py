"""What is done about a draft's requests: one of each case is looked at, and the others are like it."""

import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from glacier_manifest.drafting.known import Known
from glacier_manifest.drafting.tables import SIZE, piece_of
from glacier_manifest.jobs.address import address_of
from glacier_manifest.manifest import Repurchases
from glacier_manifest.planning.decide import Case, case_of, decide
from glacier_manifest.planning.expand import Asked
from glacier_manifest.planning.lot import Lot, Piece
from glacier_manifest.planning.plan import Action, covers, is_bounded
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.planning.stencil import Stencil
from glacier_manifest.state.record import Record, Standing

#: A row of requests, as `REQUEST` reads it, or the values of `DECIDE`.
Row = tuple[Any, ...]

DECIDE = (
    "UPDATE requests SET verb = ?, reason = ?, generation = ?, entry = ?, known_size = ?, has_record = ?, "
    "beyond = ? WHERE key = ?"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a draft tells of its requests.

    Attributes:
        lots: Its lots.
        stencil: Gives the stencil of a lot, by its number; None where it has none.
        asked: Gives the request of a row.
        restarts: How often each request may be bought again by itself.
    """

    lots: Sequence[Lot]
    stencil: Callable[[int], Stencil | None]
    asked: Callable[[Row], Asked]
    restarts: Repurchases


@dataclass(frozen=True, slots=True)
class _Alike:
    """What was decided of one request, and so of all others of its lot that are in its case."""

    verb: str
    reason: str
    generation: int
    approved: int | Repurchases
    bounded: bytes | None
    has_record: bool
    beyond: bytes | None

    def values(self, row: Row, key: str, stencil: Stencil, size: int | None) -> Row:
        entry = self.bounded or stencil.entry(piece_of(row), key, self.approved)
        return self.verb, self.reason, self.generation, entry, size, self.has_record, self.beyond, row[0]


class Deciding:
    """Decides about rows, batch by batch."""

    def __init__(self, wanted: Wanted, known: Known) -> None:
        """Take what the draft tells of its requests, and all that decides about them beside."""
        self._wanted = wanted
        self._known = known
        self._found: Mapping[str, Sighting] = known.found or {}
        self._alike: dict[tuple[int, Case | None], _Alike] = {}

    def values(self, rows: Sequence[Row]) -> list[Row]:
        """Return the values of `DECIDE` for some rows."""
        keys = [row[0].hex() for row in rows]
        standings = self._known.standings(keys)
        standing_of = standings.get
        cases = [self._case(key, row, standing_of(key)) for key, row in zip(keys, rows, strict=True)]
        firsts = self._first_of_each_case(cases)
        records = self._known.latest([keys[at] for at in firsts if keys[at] in standings]) if firsts else {}
        found = {at: self._looked_at(keys[at], rows[at], cases[at], records.get(keys[at])) for at in firsts}
        for at, (key, row, case) in enumerate(zip(keys, rows, cases, strict=True)):
            if at not in found and case is not None:
                found[at] = self._like_the_first(case, key, row, standing_of(key))
        return [*found.values()]

    def _first_of_each_case(self, cases: Sequence[tuple[int, Case | None] | None]) -> list[int]:
        """Return which rows have to be looked at: those of no case, and one of each case that is new."""
        seen: set[tuple[int, Case | None]] = set()
        firsts: list[int] = []
        for at, case in enumerate(cases):
            if case is None:
                firsts.append(at)
            elif case not in self._alike and case not in seen:
                seen.add(case)
                firsts.append(at)
        return firsts

    def _like_the_first(
        self, case: tuple[int, Case | None], key: str, row: Row, standing: Standing | None
    ) -> Row:
        stencil = self._wanted.stencil(row[1])
        assert stencil is not None  # noqa: S101 - what has no stencil has no case
        size = row[SIZE] if row[SIZE] is not None or standing is None else standing.size
        return self._alike[case].values(row, key, stencil, size)

    def _case(self, key: str, row: Row, standing: Standing | None) -> tuple[int, Case | None] | None:
        """Return the case of an archive of a lot; None where it has to be looked at by itself."""
        number = row[1]
        if self._wanted.stencil(number) is None or (self._found and key in self._found):
            return None
        if standing is None:
            return number, None
        lot = self._wanted.lots[number]
        address = partial(_address, lot, row)
        case = case_of(key, standing, self._known.again, description=lot.description, address=address)
        return None if case is None else (number, case)

    def _looked_at(
        self, key: str, row: Row, case: tuple[int, Case | None] | None, record: Record | None
    ) -> Row:
        action = decide(self._wanted.asked(row), record, self._known.again, self._found.get(key))
        bounded = self._wanted.lots[row[1]].bounded
        action = replace(action, restarts=self._wanted.restarts, bounded=bounded)
        if case is not None:
            self._alike[case] = _alike(action, has_record=record is not None)
        return decision(action, has_record=record is not None)


def decision(action: Action, *, has_record: bool) -> Row:
    """Return the values of `DECIDE` for one action."""
    return (
        action.verb.value,
        action.reason.value,
        action.generation,
        bytes.fromhex(action.entry),
        action.request.size,
        has_record,
        _beyond(action),
        bytes.fromhex(action.key),
    )


def _alike(action: Action, *, has_record: bool) -> _Alike:
    restarts, generation = action.restarts, action.generation
    covered = covers(restarts, generation, verb=action.verb, reason=action.reason)
    bounded = is_bounded(restarts, generation, verb=action.verb, reason=action.reason)
    return _Alike(
        verb=action.verb.value,
        reason=action.reason.value,
        generation=generation,
        approved=restarts if covered else generation,
        bounded=bytes.fromhex(action.entry) if bounded and action.bounded is not None else None,
        has_record=has_record,
        beyond=_beyond(action),
    )


def _beyond(action: Action) -> bytes | None:
    """Pickle what few actions have."""
    beyond = (action.drift, action.sighting)
    return pickle.dumps(beyond) if any(beyond) else None


def _address(lot: Lot, row: Row) -> str:
    piece: Piece = piece_of(row)
    return address_of(lot.request(piece))
