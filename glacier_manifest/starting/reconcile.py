"""Unknown outcomes settled from Glacier's own listing, by marker alone.

One full listing of a vault serves all its unknowns. That a marker is absent counts only when the listing
began at least the settle time after the last of the attempts had ended: how soon an accepted job is listed
is nowhere documented.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from glacier_manifest.aws.glacier import Reader
from glacier_manifest.errors import ServiceError
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.starting.attempts import Attempts
from glacier_manifest.starting.surroundings import Surroundings
from glacier_manifest.state.changes import Change, Find, Observe, Release
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Mishap, Record
from glacier_manifest.tracking.survey import Seen, Wanted, survey

#: Glacier lists a job for about a day after its end; an older unknown may have left the listing.
TOO_OLD = timedelta(hours=24)

_NEVER_STARTED = Mishap(
    "never-started", "Glacier lists no job with its marker, so the lost call started none"
)
_MISSED = Mishap("slot-missed", "nobody knows whether it was started, and its slot has passed")


@dataclass(slots=True)
class Reconciled:
    """What a reconciliation found out.

    Attributes:
        found: Records whose job is listed, as they were, with the sighting.
        released: Records that were surely never started; they may be sent again.
        left: Records of which nothing can be said yet.
        for_a_person: Records too old for the listing to tell.
    """

    found: list[tuple[Record, Sighting]] = field(default_factory=list)
    released: list[Record] = field(default_factory=list)
    left: list[Record] = field(default_factory=list)
    for_a_person: list[Record] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any((self.found, self.released, self.left, self.for_a_person))

    @property
    def keys(self) -> Iterator[str]:
        """The keys of all of them."""
        found = (record for record, _sighting in self.found)
        return (record.key for record in (*found, *self.released, *self.left, *self.for_a_person))


class Reconciler:
    """Settles unknowns; what it finds out is written into the state at once.

    Args:
        state: Takes what is found out.
        reader: Lists the jobs.
        attempts: Knows when each attempt had ended.
        settle: How long a listing may lag.
        surroundings: Time.
    """

    def __init__(
        self,
        *,
        state: State,
        reader: Reader,
        attempts: Attempts,
        settle: timedelta,
        surroundings: Surroundings,
    ) -> None:
        self._state = state
        self._reader = reader
        self._attempts = attempts
        self._settle = settle.total_seconds()
        self._surroundings = surroundings
        self._now = surroundings.now

    def settled_at(self, records: Iterable[Record]) -> float:
        """Return from when on a listing tells of all these unknowns, in monotonic seconds."""
        return max((self._attempts.ended_at(record) for record in records), default=0.0) + self._settle

    def reconcile(self, records: Iterable[Record], *, into: Reconciled) -> None:
        """List the vaults of these unknowns, each once, and settle what the listings tell.

        Raises:
            ServiceError: A listing is not whole; what the others told is settled, and is in `into`.
            StateError: The state cannot be written.
        """
        failed: ServiceError | None = None
        for vault, unknowns in by_vault(records).items():
            began = self._surroundings.monotonic()
            try:
                seen = self._listed(vault, unknowns)
            except ServiceError as error:
                failed = failed or error
            else:
                self.conclude(unknowns, seen, began=began, into=into)
        if failed is not None:
            raise failed

    def conclude(
        self,
        unknowns: Iterable[Record],
        seen: Seen,
        *,
        began: float,
        into: Reconciled,
        is_passed: Callable[[Record], bool] = lambda _record: False,
    ) -> None:
        """Settle unknowns by what one listing of their vault showed.

        Args:
            unknowns: Records of one vault.
            seen: What its listing showed.
            began: When the listing began, in monotonic seconds.
            into: Takes what is found out.
            is_passed: Says of a scheduled inventory whether a later slot of its schedule has come.
        """
        changes: list[Change] = []
        for record in unknowns:
            sighting = seen.of(record)
            if sighting is not None:
                into.found.append((record, sighting))
                changes.append(self._find(record, sighting))
            elif began < self._attempts.ended_at(record) + self._settle:
                into.left.append(record)
            elif self._is_too_old(record):
                into.for_a_person.append(record)
                if is_passed(record):
                    changes.append(self._close(record))
            else:
                into.released.append(record)
                changes.append(self._release(record))
        for written in [self._state.submit(change) for change in changes]:
            written.result()

    def _listed(self, vault: Vault, unknowns: Iterable[Record]) -> Seen:
        wanted = Wanted.of(unknown=unknowns)
        known_jobs, now = self._state.known_jobs, self._surroundings.service_now
        return survey(self._reader, vault, wanted, known_jobs=known_jobs, now=now)

    def _is_too_old(self, record: Record) -> bool:
        """By the service's time where it is known: the host's clock may have been set since."""
        ago = self._attempts.seconds_ago(record)
        sent_at = record.intended_at or record.changed_at
        if ago is None and sent_at is not None:
            ago = (self._now() - sent_at).total_seconds()
        return ago is not None and ago >= TOO_OLD.total_seconds()

    def _close(self, record: Record) -> Observe:
        """A scheduled inventory that nobody knows of is of no use once a later one is due."""
        return Observe(record.key, record.generation, self._now(), Status.EXPIRED, mishap=_MISSED)

    def _find(self, record: Record, sighting: Sighting) -> Find:
        return Find(
            key=record.key,
            generation=record.generation,
            at=self._now(),
            job_id=sighting.job_id,
            status=sighting.status,
            completed_at=sighting.completed_at,
            expires_at=sighting.expires_at,
            mishap=sighting.mishap,
            duplicates=sighting.duplicates,
            next_marker=sighting.next_marker,
        )

    def _release(self, record: Record) -> Release:
        return Release(record.key, record.generation, self._now(), _NEVER_STARTED)


def by_vault(records: Iterable[Record]) -> Mapping[Vault, list[Record]]:
    """Group records by the vault that they were sent to."""
    grouped: dict[Vault, list[Record]] = defaultdict(list)
    for record in records:
        grouped[Vault(record.account_id, record.region, record.vault)].append(record)
    return grouped
