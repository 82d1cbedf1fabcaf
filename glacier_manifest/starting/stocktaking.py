"""Before anything is planned to start: what Glacier's listings show that the state does not know.

Each vault is listed once. It is listed a second time, after the settle time, where an unknown cannot be
settled yet, or where marked jobs that the state does not know tell that a state was lost: their youngest
sisters may not be listed yet. What is found is adopted only then, so that a crash in between forgets
nothing of this.
"""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from itertools import chain

from glacier_manifest.aws.glacier import Reader, VaultNotFound
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.known import Known
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.plan import STARTING, Verb
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.starting.events import Adopted, Event, Released, Settling
from glacier_manifest.starting.reconcile import Reconciled, Reconciler
from glacier_manifest.starting.recording import adopted
from glacier_manifest.starting.surroundings import Surroundings
from glacier_manifest.state.changes import Adopt
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.sought import SoughtByDraft
from glacier_manifest.tracking.survey import Seen, survey


@dataclass(slots=True)
class Stock:
    """What the listings showed of the unknowns."""

    reconciled: Reconciled = field(default_factory=Reconciled)


@dataclass(frozen=True, slots=True)
class _Findings:
    """What was found, and is written down: jobs by key, and the keys whose job has ended."""

    found: MutableMapping[str, Sighting]
    ended: MutableMapping[str, None]

    @property
    def keys(self) -> Iterator[str]:
        """The keys of all of them."""
        return chain(self.found, self.ended)


@dataclass(slots=True)
class _Shelf:
    """One vault: what is looked for in its listing, and where its series stand."""

    sought: SoughtByDraft
    unknowns: list[Record]
    slots: Mapping[str, str]

    def slot_is_passed(self, record: Record) -> bool:
        """Say whether a later slot of a record's schedule is asked for."""
        slot = self.slots.get(_series(record.address))
        return record.slot is not None and slot is not None and slot > record.slot


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

    def take(self, draft: Draft, restarts: Restarts) -> Stock:
        """List the vaults in which something would start, is unknown or is watched; write down what is found.

        Args:
            draft: The requests that are meant; every one of them is decided when this returns.
            restarts: What is to be bought again.

        Raises:
            NoTimeLeftError: A second listing would be needed, and comes too late or is not waited for.
            ServiceError: A listing is not whole.
            StateError: The state cannot be written.
            UsageError: A word of `restarts` names nothing, or is ambiguous.
        """
        findings = _Findings(draft.scratch.mapping(), draft.scratch.mapping())
        state, again = self._state, restarts.among(draft.addresses())
        known = Known(state.latest, again, findings.found, brief=state.standings, whole=state)
        draft.decide(known)
        stock = Stock()
        self._list(self._shelves(draft, known, restarts), stock, findings)
        draft.decide(known, chain(findings.keys, stock.reconciled.keys))
        return stock

    def _list(self, shelves: Mapping[Vault, _Shelf], stock: Stock, findings: _Findings) -> None:
        again: dict[Vault, float] = {}
        for vault, shelf in shelves.items():
            settled_at = self._list_once(vault, shelf, stock, findings)
            if settled_at is not None:
                again[vault] = settled_at
        if again:
            self._wait(again, shelves)
            for vault in again:
                self._list_again(shelves[vault], stock, findings)

    def _shelves(self, draft: Draft, known: Known, restarts: Restarts) -> Mapping[Vault, _Shelf]:
        """Return the vaults that there is a reason to list: where nothing is to do, nothing is asked."""
        shelves: dict[Vault, _Shelf] = {}
        for vault, verbs in draft.verbs().items():
            unknowns = unknowns_of(self._state, vault)
            if unknowns or not verbs.isdisjoint(STARTING) or self._is_watched(vault, draft, verbs, restarts):
                sought = SoughtByDraft(
                    draft, vault, known, self._state.holding, self._adopt_strangers, unknowns
                )
                shelves[vault] = _Shelf(sought, unknowns, draft.slots_at(vault))
        return shelves

    def _is_watched(self, vault: Vault, draft: Draft, verbs: frozenset[Verb], restarts: Restarts) -> bool:
        """Say whether a job of this vault, still in progress, would be bought again, had it failed."""
        if Verb.WAIT not in verbs or not restarts.may_mean_any:
            return False
        return any(restarts.may_mean(key, generation) for key, generation in draft.waiting(vault))

    def _list_once(self, vault: Vault, shelf: _Shelf, stock: Stock, findings: _Findings) -> float | None:
        """List a vault; return the monotonic second from which on it must be listed again, if it must."""
        began = self._surroundings.monotonic()
        try:
            seen = self._survey(shelf)
        except VaultNotFound:  # what is asked of it will be put off when it is sent; other vaults go on
            stock.reconciled.left.extend(shelf.unknowns)
            return None
        left = self._concluded(shelf, seen, began=began, into=stock, findings=findings)
        is_lost = self._tells_of_a_lost_state(vault, shelf, seen)
        if not left and not is_lost:
            self._keep(shelf, seen, findings)
            return None
        shelf.unknowns = left
        settled_at = self._reconciler.settled_at(left) if left else began
        return max(settled_at, began + self._settle_seconds) if is_lost else settled_at

    def _list_again(self, shelf: _Shelf, stock: Stock, findings: _Findings) -> None:
        began = self._surroundings.monotonic()
        seen = self._survey(shelf)
        left = self._concluded(shelf, seen, began=began, into=stock, findings=findings)
        stock.reconciled.left.extend(left)
        self._keep(shelf, seen, findings)

    def _concluded(
        self, shelf: _Shelf, seen: Seen, *, began: float, into: Stock, findings: _Findings
    ) -> list[Record]:
        """Settle the unknowns of a vault; return those of which nothing can be said yet."""
        settled = Reconciled()
        self._reconciler.conclude(
            shelf.unknowns, seen, began=began, into=settled, is_passed=shelf.slot_is_passed
        )
        for record, sighting in settled.found:
            self._tell(adopted_event(record.address, sighting))
            findings.found[record.key] = sighting
        for record in settled.released:
            self._tell(Released(record.address))
        into.reconciled.found.extend(settled.found)
        into.reconciled.released.extend(settled.released)
        into.reconciled.for_a_person.extend(settled.for_a_person)
        return settled.left

    def _survey(self, shelf: _Shelf) -> Seen:
        sought = replace(shelf.sought, unknown=shelf.unknowns)
        known_jobs, now = self._state.known_jobs, self._surroundings.service_now
        return survey(self._reader, sought.vault, sought, known_jobs=known_jobs, now=now)

    def _tells_of_a_lost_state(self, vault: Vault, shelf: _Shelf, seen: Seen) -> bool:
        """Say whether young marked jobs are listed of which the state should know, and does not."""
        if not seen.young_marked:
            return False
        wishes = (shelf.sought.wish(key) for key in seen.ours)
        return any(seen.ours_for(wish) for wish in wishes if wish is not None) or not self._knows(vault)

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

    def _keep(self, shelf: _Shelf, seen: Seen, findings: _Findings) -> None:
        """Write down what serves requests and was not known, and what has ended."""
        written = [self._state.submit(change) for change in seen.ended]
        findings.ended.update((change.key, None) for change in seen.ended)
        for wish in filter(None, map(shelf.sought.wish, seen.keys)):
            for sighting in seen.serving(wish):
                record = adopted(wish.request, sighting, key=wish.key, generation=sighting.generation or 0)
                adopt = Adopt(record, self._surroundings.now(), sighting.duplicates)
                written.append(self._state.submit(adopt))
                findings.found[wish.key] = sighting
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
