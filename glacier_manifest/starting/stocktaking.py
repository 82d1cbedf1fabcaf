"""Before anything is planned to start: what Glacier's listings show that the state does not know.

Each vault is listed once. It is listed a second time, after the settle time, where an unknown cannot be
settled yet, or where marked jobs that the state does not know tell that a state was lost: their youngest
sisters may not be listed yet. What is found is adopted only then, so that a crash in between forgets
nothing of this.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from glacier_manifest.aws.glacier import Reader, VaultNotFound
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.expand import Asked
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.starting.events import Adopted, Event, Released, Settling
from glacier_manifest.starting.reconcile import Reconciled, Reconciler
from glacier_manifest.starting.recording import adopted
from glacier_manifest.starting.surroundings import Surroundings
from glacier_manifest.state.changes import Adopt
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.survey import Seen, Wanted, survey


@dataclass(slots=True)
class Stock:
    """What the listings showed.

    Attributes:
        found: The job that was adopted, or found to be an unknown's, by key.
        reconciled: What became of the unknowns.
    """

    found: dict[str, Sighting] = field(default_factory=dict)
    reconciled: Reconciled = field(default_factory=Reconciled)


@dataclass(slots=True)
class _Shelf:
    """One vault: what is asked of it, and what the state knows of that."""

    asked: list[Asked] = field(default_factory=list)
    unknowns: list[Record] = field(default_factory=list)
    in_progress: list[Record] = field(default_factory=list)
    unstarted: set[str] = field(default_factory=set)
    is_watched: bool = False

    @property
    def is_listed(self) -> bool:
        """Whether there is a reason to list the vault: where nothing is to do, nothing is asked."""
        return bool(self.unstarted or self.unknowns or self.is_watched)


class Stocktaker:
    """Lists vaults, settles unknowns, adopts what is ours or serves as well.

    Args:
        state: Takes what is found.
        reader: Lists the jobs.
        reconciler: Settles unknowns.
        settle_seconds: How long a listing may lag.
        adopt_strangers: Whether a job without a marker is taken over (not with ``--no-adopt``).
        surroundings: Time.
        tell: Takes every event.
    """

    def __init__(
        self,
        *,
        state: State,
        reader: Reader,
        reconciler: Reconciler,
        settle_seconds: float,
        adopt_strangers: bool,
        surroundings: Surroundings,
        tell: Callable[[Event], None],
    ) -> None:
        self._state = state
        self._reader = reader
        self._reconciler = reconciler
        self._settle_seconds = settle_seconds
        self._adopt_strangers = adopt_strangers
        self._surroundings = surroundings
        self._tell = tell

    def take(
        self, asked: Iterable[Asked], records: Mapping[str, Record], *, watched: Callable[[Record], bool]
    ) -> Stock:
        """List the vaults in which something would start, is unknown or is watched; write down what is found.

        Args:
            asked: The requests that are meant.
            records: The latest record of each that has one.
            watched: Says of a record in progress whether its end matters now.

        Raises:
            NoTimeLeftError: A second listing would be needed, and comes too late or is not waited for.
            ServiceError: A listing is not whole.
            StateError: The state cannot be written.
        """
        stock = Stock()
        shelves = self._shelves(asked, records, watched)
        again: dict[Vault, float] = {}
        for vault, shelf in shelves.items():
            settled_at = self._list_once(vault, shelf, stock)
            if settled_at is not None:
                again[vault] = settled_at
        if again:
            self._wait(again, shelves)
            for vault in again:
                self._list_again(vault, shelves[vault], stock)
        return stock

    def _shelves(
        self, asked: Iterable[Asked], records: Mapping[str, Record], watched: Callable[[Record], bool]
    ) -> Mapping[Vault, _Shelf]:
        shelves: dict[Vault, _Shelf] = defaultdict(_Shelf)
        for one in asked:
            shelf = shelves[one.request.vault]
            shelf.asked.append(one)
            record = records.get(one.key)
            if record is None or record.status is Status.READY:
                shelf.unstarted.add(one.key)
            elif record.status is Status.IN_PROGRESS:
                shelf.in_progress.append(record)
                shelf.is_watched = shelf.is_watched or watched(record)
        for vault, shelf in shelves.items():
            shelf.unknowns = unknowns_of(self._state, vault)
        return {vault: shelf for vault, shelf in shelves.items() if shelf.is_listed}

    def _list_once(self, vault: Vault, shelf: _Shelf, stock: Stock) -> float | None:
        """List a vault; return the monotonic second from which on it must be listed again, if it must."""
        began = self._surroundings.monotonic()
        try:
            seen = self._survey(vault, shelf)
        except VaultNotFound:  # what is asked of it will be put off when it is sent; other vaults go on
            stock.reconciled.left.extend(shelf.unknowns)
            return None
        left = Reconciled()
        self._reconciler.conclude(shelf.unknowns, seen.sightings, began=began, into=left)
        self._tell_of(left)
        _merge(stock, left)
        shelf.unknowns = left.left
        if not left.left and not self._tells_of_a_lost_state(vault, shelf, seen, left):
            self._keep(shelf, seen, stock)
            return None
        lag_is_over = began + self._settle_seconds
        return max(lag_is_over, self._reconciler.settled_at(left.left)) if left.left else lag_is_over

    def _list_again(self, vault: Vault, shelf: _Shelf, stock: Stock) -> None:
        began = self._surroundings.monotonic()
        seen = self._survey(vault, shelf)
        reconciled = Reconciled()
        self._reconciler.conclude(shelf.unknowns, seen.sightings, began=began, into=reconciled)
        self._tell_of(reconciled)
        stock.reconciled.left.extend(reconciled.left)
        _merge(stock, reconciled)
        self._keep(shelf, seen, stock)

    def _tell_of(self, reconciled: Reconciled) -> None:
        for record, sighting in reconciled.found:
            self._tell(adopted_event(record.address, sighting))
        for record in reconciled.released:
            self._tell(Released(record.address))

    def _survey(self, vault: Vault, shelf: _Shelf) -> Seen:
        wanted = Wanted.of(
            ((one.key, one.request) for one in shelf.asked),
            unknown=shelf.unknowns,
            may_be_strangers=lambda key: self._adopt_strangers and key in shelf.unstarted,
            in_progress=shelf.in_progress,
        )
        known_jobs, now = self._state.known_jobs, self._surroundings.service_now
        return survey(self._reader, vault, wanted, known_jobs=known_jobs, now=now)

    def _tells_of_a_lost_state(self, vault: Vault, shelf: _Shelf, seen: Seen, settled: Reconciled) -> bool:
        """Say whether young marked jobs that the state does not know are more than its own unknowns."""
        if seen.young_marked <= len(settled.found):
            return False
        ours = any(
            sighting.generation is not None
            for key, sighting in seen.sightings.items()
            if key in shelf.unstarted
        )
        return ours or not self._knows(vault)

    def _knows(self, vault: Vault) -> bool:
        return any(
            (record.account_id, record.region) == (vault.account_id, vault.region)
            for record in self._state.records(vault=vault.name)
        )

    def _wait(self, again: Mapping[Vault, float], shelves: Mapping[Vault, _Shelf]) -> None:
        until = max(again.values())
        unknowns = sum(len(shelves[vault].unknowns) for vault in again)
        self._tell(Settling(len(again), unknowns, self._surroundings.time_of(until)))
        self._surroundings.wait_until(until)

    def _keep(self, shelf: _Shelf, seen: Seen, stock: Stock) -> None:
        """Write down what was found for requests that were never started, and what has ended."""
        written = [self._state.submit(change) for change in seen.ended]
        asked = {one.key: one for one in shelf.asked}
        for key, sighting in seen.sightings.items():
            if key in shelf.unstarted:
                record = _adopted(asked[key], sighting)
                adopt = Adopt(record, self._surroundings.now(), sighting.duplicates)
                written.append(self._state.submit(adopt))
                stock.found[key] = sighting
                self._tell(adopted_event(record.address, sighting))
        for one in written:
            one.result()


def _adopted(asked: Asked, sighting: Sighting) -> Record:
    return adopted(asked.request, sighting, key=asked.key, generation=sighting.generation or 0)


def adopted_event(address: str, sighting: Sighting) -> Adopted:
    """Return what is told of a job that was found."""
    ours = sighting.generation is not None
    return Adopted(address, sighting.job_id, ours, sighting.sns_topic, sighting.duplicates)


def _merge(stock: Stock, reconciled: Reconciled) -> None:
    stock.reconciled.found.extend(reconciled.found)
    stock.reconciled.released.extend(reconciled.released)
    stock.reconciled.for_a_person.extend(reconciled.for_a_person)
    stock.found.update({record.key: sighting for record, sighting in reconciled.found})


def unknowns_of(state: State, vault: Vault) -> list[Record]:
    """Return the unknowns of one vault."""
    return [
        record
        for record in state.records(statuses={Status.UNKNOWN}, vault=vault.name)
        if (record.account_id, record.region) == (vault.account_id, vault.region)
    ]
