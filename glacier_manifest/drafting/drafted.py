# ruff: noqa: S608 - only names of this program's own are put into SQL, every value is bound
"""The plan that a draft holds once everything in it is decided."""

import pickle
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from heapq import merge
from itertools import groupby, islice
from typing import Any

from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.known import Latest
from glacier_manifest.drafting.tables import DECIDED, DECISION, piece_of
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Repurchases
from glacier_manifest.planning.approval import digest
from glacier_manifest.planning.cost import Tally
from glacier_manifest.planning.lot import Lot
from glacier_manifest.planning.plan import STARTING, Action, Blocked, Reason, Verb

_AT_ONCE = 500
_VERBS, _REASONS = {verb.value: verb for verb in Verb}, {reason.value: reason for reason in Reason}
_STARTING = f"verb IN ({', '.join(repr(verb.value) for verb in sorted(STARTING))})"
#: What retrieves no archive has no bytes that count, whatever the size of its output was.
_TALLIED = (
    "lot, count(*), coalesce(sum(known_size) FILTER (WHERE archive_id IS NOT NULL), 0), "
    "sum(known_size IS NULL AND archive_id IS NOT NULL)"
)


@dataclass(frozen=True)
class Drafted:
    """A plan on a scratch file.

    Attributes:
        draft: Holds its requests, all decided.
        latest: Gives their records.
        made_at: When it was made.
        only_meant: Whether only the next few start, which the scratch file names.
    """

    draft: Draft
    latest: Latest
    made_at: datetime
    only_meant: bool = False

    def next_ones(self, count: int) -> "Drafted":
        """Return the plan that starts no more than so many of these: the next ones, in their order."""
        self.draft.scratch.run("CREATE TABLE meant (key BLOB PRIMARY KEY) WITHOUT ROWID")
        chosen = f"SELECT key FROM requests WHERE {_STARTING} ORDER BY created, seq LIMIT ?"
        self.draft.scratch.run(f"INSERT INTO meant SELECT key FROM ({chosen})", (count,))
        return replace(self, only_meant=True)

    @property
    def blocked(self) -> Sequence[Blocked]:
        """The jobs that have no requests yet."""
        return self.draft.blocked

    @cached_property
    def start_count(self) -> int:
        """How many would send an InitiateJob call now."""
        return sum(tally.count for tally in self.tallies)

    @property
    def _starts(self) -> str:
        """The condition for what starts now."""
        return f"{_STARTING} AND key IN (SELECT key FROM meant)" if self.only_meant else _STARTING

    @cached_property
    def summary(self) -> Mapping[Verb, int]:
        """How many requests each verb stands for."""
        counts: dict[str, int] = dict(
            self.draft.scratch.rows("SELECT verb, count(*) FROM requests GROUP BY verb")
        )
        return {verb: counts.get(verb.value, 0) for verb in Verb} | {Verb.BLOCKED: len(self.blocked)}

    @cached_property
    def unchanged(self) -> Mapping[Reason, int]:
        """How many requests are left as they are, and why."""
        query = "SELECT reason, count(*) FROM requests WHERE verb IN (?, ?) GROUP BY reason"
        rows = self.draft.scratch.rows(query, (Verb.WAIT.value, Verb.KEEP.value))
        return {Reason(reason): number for reason, number in rows}

    @cached_property
    def digest(self) -> str:
        """The digest of everything selected."""
        return digest(self.entries())

    @property
    def restarts(self) -> Repurchases:
        """How often each request in it may be bought again by itself."""
        return self.draft.restarts

    @cached_property
    def slots(self) -> frozenset[str]:
        """The slots of the scheduled requests in it."""
        slots = {self.draft.lots[number].slot for number in self._lots_in_use}
        return frozenset(slot for slot in slots if slot is not None)

    @cached_property
    def vaults(self) -> frozenset[Vault]:
        """The vaults that it asks."""
        return frozenset(self.draft.lots[number].vault for number in self._lots_in_use)

    @cached_property
    def _lots_in_use(self) -> tuple[int, ...]:
        return tuple(number for (number,) in self.draft.scratch.rows("SELECT DISTINCT lot FROM requests"))

    @cached_property
    def tallies(self) -> Sequence[Tally]:
        """What would start, job by job."""
        query = f"SELECT {_TALLIED} FROM requests WHERE {self._starts} GROUP BY lot ORDER BY min(seq)"
        rows = self.draft.scratch.rows(query)
        return tuple(_tally(self.draft.lots[number], counts) for number, *counts in rows)

    def entries(self) -> Iterator[str]:
        """Stream the approval entries, sorted, each once."""
        rows = self.draft.scratch.rows("SELECT DISTINCT entry FROM requests ORDER BY entry")
        own = (entry.hex() for (entry,) in rows)
        if not self.blocked:
            return own
        both = merge(own, sorted(one.entry for one in self.blocked))
        return (entry for entry, _same in groupby(both))

    def actions(self, *, verbs: Collection[Verb] | None = None, limit: int | None = None) -> Iterator[Action]:
        """Stream actions in the order of the manifest."""
        wanted = ", ".join(repr(verb.value) for verb in (Verb if verbs is None else verbs))
        return self._actions(f"verb IN ({wanted}) ORDER BY seq", limit)

    def starts(self) -> Iterator[Action]:
        """Stream what would start in the order in which it is to be sent.

        Oldest archives first, as Glacier reads them best; what has no date of its own comes before them.
        """
        query = f"SELECT {DECIDED} FROM requests WHERE {self._starts} ORDER BY created, seq"
        return self._read(self.draft.scratch.rows(query))

    def expedited_starts(self) -> Iterator[Action]:
        """Stream the first purchases for which an Expedited price may be paid."""
        return self._actions(f"{self._expedited} ORDER BY seq", None)

    def expedited_start_count(self) -> int:
        """Return how many they are."""
        row = self.draft.scratch.row(f"SELECT count(*) FROM requests WHERE {self._expedited}")
        return 0 if row is None else int(row[0])

    @property
    def _expedited(self) -> str:
        """The condition for first purchases at Expedited."""
        lots = (str(number) for number, lot in enumerate(self.draft.lots) if Tier.EXPEDITED in lot.terms[0])
        return f"verb = '{Verb.START.value}' AND lot IN ({', '.join(lots)})"

    def largest_starts(self, of_each: int) -> Iterator[Action]:
        """Stream the first purchases of the most bytes."""
        placed = (
            "SELECT key, row_number() OVER (PARTITION BY lot ORDER BY known_size DESC, seq) AS place "
            f"FROM requests WHERE verb = '{Verb.START.value}'"
        )
        which = f"key IN (SELECT key FROM ({placed}) WHERE place <= {of_each:d}) ORDER BY seq"
        return self._actions(which, None)

    def largest(self) -> Action | None:
        """Return what would start with the most bytes; None where no size is known."""
        return next(
            self._actions(f"{self._starts} AND known_size IS NOT NULL ORDER BY known_size DESC, seq", 1), None
        )

    def unsized(self) -> Action | None:
        """Return the first archive that would start and has a size that nobody knows, if one has."""
        wanted = f"{self._starts} AND known_size IS NULL AND archive_id IS NOT NULL ORDER BY seq"
        return next(self._actions(wanted, 1), None)

    def inventories(self, *, verb: Verb, limit: int) -> Iterator[Action]:
        """Stream the actions on inventories for which this is done, in the order of the manifest."""
        return self._actions(f"verb = '{verb.value}' AND archive_id IS NULL ORDER BY seq", limit)

    def drifted(self, *, limit: int | None = None) -> Iterator[Action]:
        """Stream the actions whose job differs from what the manifest says now."""
        found = (action for action in self._actions("beyond IS NOT NULL ORDER BY seq", None) if action.drift)
        return islice(found, limit)

    def drifted_count(self) -> int:
        """Return how many do."""
        return sum(1 for _action in self.drifted())

    def _actions(self, which: str, limit: int | None) -> Iterator[Action]:
        query = f"SELECT {DECIDED} FROM requests WHERE {which} LIMIT ?"
        return self._read(self.draft.scratch.rows(query, (-1 if limit is None else limit,)))

    def _read(self, rows: Iterator[tuple[Any, ...]]) -> Iterator[Action]:
        while batch := list(islice(rows, _AT_ONCE)):
            keys = [row[0].hex() for row in batch if row[DECISION + 4]]
            records = self.latest(keys) if keys else {}
            for row in batch:
                yield self._action(row, records)

    def _action(self, row: tuple[Any, ...], records: Mapping[str, Any]) -> Action:
        verb, reason, generation, size, _has_record, beyond = row[DECISION:]
        key, lot, piece = row[0].hex(), self.draft.lots[row[1]], piece_of(row)
        request = lot.request(piece if piece.size == size else piece._replace(size=size))
        drift, sighting = ((), None) if beyond is None else pickle.loads(beyond)  # noqa: S301 - our own row
        return Action(
            _VERBS[verb],
            _REASONS[reason],
            request,
            key,
            generation,
            records.get(key),
            drift,
            sighting,
            self.draft.restarts,
            lot.bounded,
        )


def _tally(lot: Lot, counts: Sequence[int]) -> Tally:
    """Return what would start of a lot: how many, their bytes, and how many have none that is known."""
    count, known_bytes, unknown_sizes = counts
    return Tally(
        job=lot.job,
        account=lot.vault.account_id,
        region=lot.vault.region,
        vault=lot.vault.name,
        kind=lot.type,
        tiers=lot.terms[0],
        count=count,
        bytes=known_bytes,
        unknown_sizes=unknown_sizes,
    )
