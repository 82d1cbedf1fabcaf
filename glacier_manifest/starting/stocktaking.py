"""Before anything is planned to start: what Glacier's listings show that the state does not know.

Each vault is listed once. It is listed a second time, after the settle time, where an unknown cannot be
settled yet, or where marked jobs that the state does not know tell that a state was lost: their youngest
sisters may not be listed yet. What is found is adopted only then, so that a crash in between forgets
nothing of this.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from glacier_manifest.aws.glacier import Reader, VaultNotFound
from glacier_manifest.jobs.address import address_of
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.decide import Restarts
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
from glacier_manifest.tracking.wishes import Wish, wish_of


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

    asked: dict[str, Asked] = field(default_factory=dict)
    wishes: list[Wish] = field(default_factory=list)
    unknowns: list[Record] = field(default_factory=list)
    in_progress: list[Record] = field(default_factory=list)
    is_watched: bool = False

    @property
    def is_listed(self) -> bool:
        """Whether there is a reason to list the vault: where nothing is to do, nothing is asked."""
        return bool(self.unknowns or self.is_watched or any(wish.starts for wish in self.wishes))

    def add(self, one: Asked, record: Record | None, wish: Wish) -> None:
        """Put in a request, and what the state knows of it."""
        self.asked[one.key] = one
        self.wishes.append(wish)
        if record is not None and record.status is Status.IN_PROGRESS:
            self.in_progress.append(record)

    def slot_is_passed(self, record: Record) -> bool:
        """Say whether a later slot of a record's schedule is asked for."""
        return record.slot is not None and any(
            one.request.slot is not None
            and one.request.slot > record.slot
            and _series(address_of(one.request)) == _series(record.address)
            for one in self.asked.values()
        )


def _series(address: str) -> str:
    """Return the address without its slot; neither a job's name nor a vault's holds an ``@``."""
    return address.partition("@")[0]


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

    def take(self, asked: Iterable[Asked], records: Mapping[str, Record], restarts: Restarts) -> Stock:
        """List the vaults in which something would start, is unknown or is watched; write down what is found.

        Args:
            asked: The requests that are meant.
            records: The latest record of each that has one.
            restarts: What is to be bought again.

        Raises:
            NoTimeLeftError: A second listing would be needed, and comes too late or is not waited for.
            ServiceError: A listing is not whole.
            StateError: The state cannot be written.
            UsageError: A word of `restarts` names nothing, or is ambiguous.
        """
        stock = Stock()
        shelves = self._shelves(tuple(asked), records, restarts)
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
        self, asked: Sequence[Asked], records: Mapping[str, Record], restarts: Restarts
    ) -> Mapping[Vault, _Shelf]:
        again = restarts.among(asked)
        shelves: dict[Vault, _Shelf] = defaultdict(_Shelf)
        for one in asked:
            shelf, record = shelves[one.request.vault], records.get(one.key)
            shelf.add(one, record, wish_of(one, record, again, adopt_strangers=self._adopt_strangers))
            if record is not None and record.status is Status.IN_PROGRESS:
                shelf.is_watched = shelf.is_watched or restarts.may_mean(record)
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
        left = self._concluded(shelf, seen, began=began, into=stock)
        is_lost = self._tells_of_a_lost_state(vault, shelf, seen)
        if not left and not is_lost:
            self._keep(shelf, seen, stock)
            return None
        shelf.unknowns = left
        settled_at = self._reconciler.settled_at(left) if left else began
        return max(settled_at, began + self._settle_seconds) if is_lost else settled_at

    def _list_again(self, vault: Vault, shelf: _Shelf, stock: Stock) -> None:
        began = self._surroundings.monotonic()
        seen = self._survey(vault, shelf)
        stock.reconciled.left.extend(self._concluded(shelf, seen, began=began, into=stock))
        self._keep(shelf, seen, stock)

    def _concluded(self, shelf: _Shelf, seen: Seen, *, began: float, into: Stock) -> list[Record]:
        """Settle the unknowns of a vault; return those of which nothing can be said yet."""
        settled = Reconciled()
        self._reconciler.conclude(
            shelf.unknowns, seen, began=began, into=settled, is_passed=shelf.slot_is_passed
        )
        for record, sighting in settled.found:
            self._tell(adopted_event(record.address, sighting))
        for record in settled.released:
            self._tell(Released(record.address))
        into.reconciled.found.extend(settled.found)
        into.reconciled.released.extend(settled.released)
        into.reconciled.for_a_person.extend(settled.for_a_person)
        into.found.update({record.key: sighting for record, sighting in settled.found})
        return settled.left

    def _survey(self, vault: Vault, shelf: _Shelf) -> Seen:
        wanted = Wanted.of(shelf.wishes, unknown=shelf.unknowns, in_progress=shelf.in_progress)
        known_jobs, now = self._state.known_jobs, self._surroundings.service_now
        return survey(self._reader, vault, wanted, known_jobs=known_jobs, now=now)

    def _tells_of_a_lost_state(self, vault: Vault, shelf: _Shelf, seen: Seen) -> bool:
        """Say whether young marked jobs are listed of which the state should know, and does not."""
        if not seen.young_marked:
            return False
        return any(seen.ours_for(wish) for wish in shelf.wishes) or not self._knows(vault)

    def _knows(self, vault: Vault) -> bool:
        return any(
            (record.account_id, record.region) == (vault.account_id, vault.region)
            for record in self._state.records(vault=vault.name)
        )

    def _wait(self, again: Mapping[Vault, float], shelves: Mapping[Vault, _Shelf]) -> None:
        until = max(again.values())
        unknowns = sum(len(shelves[vault].unknowns) for vault in again)
        self._surroundings.check_time_until(until)
        self._tell(Settling(len(again), unknowns, self._surroundings.time_of(until)))
        self._surroundings.wait_until(until)

    def _keep(self, shelf: _Shelf, seen: Seen, stock: Stock) -> None:
        """Write down what serves requests and was not known, and what has ended."""
        written = [self._state.submit(change) for change in seen.ended]
        for wish in shelf.wishes:
            for sighting in seen.serving(wish):
                record = adopted(wish.request, sighting, key=wish.key, generation=sighting.generation or 0)
                adopt = Adopt(record, self._surroundings.now(), sighting.duplicates)
                written.append(self._state.submit(adopt))
                stock.found[wish.key] = sighting
                self._tell(adopted_event(record.address, sighting))
        for one in written:
            one.result()


def adopted_event(address: str, sighting: Sighting) -> Adopted:
    """Return what is told of a job that was found."""
    ours = sighting.generation is not None
    return Adopted(address, sighting.job_id, ours, sighting.sns_topic, sighting.duplicates)


def unknowns_of(state: State, vault: Vault) -> list[Record]:
    """Return the unknowns of one vault."""
    return [
        record
        for record in state.records(statuses={Status.UNKNOWN}, vault=vault.name)
        if (record.account_id, record.region) == (vault.account_id, vault.region)
    ]
