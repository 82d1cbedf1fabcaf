"""Round by round until every start is settled: send, settle what became unknown, send what was released.

A round also ends early when too many outcomes are unknown: sending on would only make more of them.
"""

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from glacier_manifest.errors import GlacierManifestError
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.plan import Action, Verb
from glacier_manifest.starting.events import Event, Fate, Outcome, Released, Result, Settling, TryingLater
from glacier_manifest.starting.pacer import NoTimeLeftError
from glacier_manifest.starting.reconcile import Reconciled, Reconciler, by_vault
from glacier_manifest.starting.run import Report
from glacier_manifest.starting.surroundings import Surroundings
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Record

#: Seconds before what capacity or policy refused is tried again: minutes at first, an hour at last.
_FIRST_DELAY = 300.0
_LONGEST_DELAY = 3600.0

_Purchase = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Rounds:
    """Sends actions until each is settled, the run is to end, or its deadline has come.

    Attributes:
        send: One round: starts actions, and reports how each ended.
        reconciler: Settles unknowns.
        state: Knows the unknowns.
        surroundings: Time, and the wish to end.
        tell: Takes every event, in this thread.
        fates: Takes how each purchase ended at last, by its name.
    """

    send: Callable[[Iterator[Action], int, Callable[[Event], None]], Report]
    reconciler: Reconciler
    state: State
    surroundings: Surroundings
    tell: Callable[[Event], None]
    fates: MutableMapping[str, Fate]

    def __call__(self, actions: Iterator[Action], count: int) -> Report:
        """Start the actions; what the last round left open is in the report.

        Args:
            actions: What to start, in order.
            count: How many they are.
        """
        total = _Total(self.fates)
        tries = 0
        pending, expected = actions, count
        while expected:
            report = self.send(pending, expected, self._counting(total))
            total.add(report)
            if total.has_ended or self.surroundings.stop.is_set():
                break
            try:
                again = self._settled(total)
                pending, expected = chain(again, report.held), len(again) + report.held_count
                if not expected:
                    again = self._deferred(total, tries)
                    pending, expected = iter(again), len(again)
                    tries += 1
            except NoTimeLeftError as late:
                total.report.again_at = self._time_of(late.moment)
                break
            except GlacierManifestError as error:
                total.report.error = error
                break
        return total.report

    def _counting(self, total: "_Total") -> Callable[[Event], None]:
        def tell(event: Event) -> None:
            if isinstance(event, Outcome):
                self._note(event, total)
            self.tell(event)

        return tell

    def _note(self, outcome: Outcome, total: "_Total") -> None:
        """Take in how one start ended; without room for it nothing more is sent, and what runs is awaited."""
        try:
            total.note(outcome)
        except GlacierManifestError as error:
            total.report.error = total.report.error or error
            self.surroundings.stop.set()

    def _settled(self, total: "_Total") -> tuple[Action, ...]:
        """Settle every unknown of this run; return the actions that were never started after all."""
        released: list[Action] = []
        while unknown := total.with_result(Result.UNKNOWN):
            records = self._unknown_records(unknown)
            if not records:
                break
            settled_at = self.reconciler.settled_at(records)
            self.surroundings.check_time_until(settled_at)
            until = self.surroundings.time_of(settled_at)
            self.tell(Settling(len(by_vault(records)), len(records), until))
            self.surroundings.wait_until(settled_at)
            reconciled = Reconciled()
            try:
                self.reconciler.reconcile(records, into=reconciled)
            finally:
                released += self._told(total, reconciled)
            if not reconciled.left:
                break
        return tuple(released)

    def _told(self, total: "_Total", reconciled: Reconciled) -> Iterator[Action]:
        """Tell what was found out; yield the actions that were never started."""
        for record, sighting in reconciled.found:
            self.tell(total.found((record.key, record.generation), sighting.job_id))
        for record in reconciled.released:
            self.tell(Released(record.address))
            yield total.forget((record.key, record.generation))

    def _unknown_records(self, actions: Iterable[Action]) -> tuple[Record, ...]:
        wanted = {action.key: action.generation for action in actions}
        return tuple(
            record
            for record in self.state.latest(wanted).values()
            if record.status is Status.UNKNOWN and record.generation == wanted[record.key]
        )

    def _deferred(self, total: "_Total", tries: int) -> tuple[Action, ...]:
        """Wait until what capacity or policy refused may be tried again; return it.

        Raises:
            NoTimeLeftError: That is beyond the deadline.
        """
        waiting = total.waiting()
        if not waiting:
            return ()
        again_at = self.surroundings.monotonic() + min(_FIRST_DELAY * 2**tries, _LONGEST_DELAY)
        self.surroundings.check_time_until(again_at)
        self.tell(TryingLater(len(waiting), self.surroundings.time_of(again_at)))
        self.surroundings.wait_until(again_at)
        return waiting

    def _time_of(self, moment: float | None) -> datetime | None:
        return None if moment is None else self.surroundings.time_of(moment)


class _Total:
    """The reports of all rounds as one: the last outcome of each purchase counts.

    Memory holds only those that may still change.
    """

    def __init__(self, fates: MutableMapping[str, Fate]) -> None:
        self.report = Report()
        self._fates = fates
        self._open: dict[_Purchase, Outcome] = {}

    @property
    def has_ended(self) -> bool:
        """Whether something has ended the run."""
        report = self.report
        return any((report.error, report.stopped_by, report.gave_up))

    def note(self, outcome: Outcome) -> None:
        """Take in how one start ended."""
        purchase = (outcome.action.key, outcome.action.generation)
        self._fates[purchase_name(*purchase)] = outcome.fate
        self._open.pop(purchase, None)
        if outcome.result is Result.UNKNOWN or outcome.may_change:
            self._open[purchase] = outcome

    def add(self, report: Report) -> None:
        """Take in a round."""
        self.report.stopped_by = self.report.stopped_by or report.stopped_by
        self.report.gave_up = self.report.gave_up or report.gave_up
        self.report.error = self.report.error or report.error
        self.report.unrecorded += report.unrecorded

    def with_result(self, result: Result) -> tuple[Action, ...]:
        """Return the actions that stand so, and may not stand so for long."""
        return tuple(outcome.action for outcome in self._open.values() if outcome.result is result)

    def waiting(self) -> tuple[Action, ...]:
        """Return the actions that capacity or policy refused for now."""
        return tuple(outcome.action for outcome in self._open.values() if outcome.may_change)

    def found(self, purchase: _Purchase, job_id: str) -> Outcome:
        """Glacier lists the job: it was started after all."""
        before = self._open[purchase]
        result = Result.RESTARTED if before.action.verb is Verb.RESTART else Result.STARTED
        after = replace(before, result=result, job_id=job_id, mishap=None)
        self.note(after)
        return after

    def forget(self, purchase: _Purchase) -> Action:
        """It was never started: it goes back to those that are to be sent."""
        del self._fates[purchase_name(*purchase)]
        return self._open.pop(purchase).action


def purchase_name(key: str, generation: int) -> str:
    """Return the name by which the outcome of a purchase is kept."""
    return f"{key}.{generation}"
