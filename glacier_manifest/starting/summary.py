"""How an apply ended, request by request: each one is counted once."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from glacier_manifest.errors import Exit, strongest
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.plan import Action, Plan, Verb
from glacier_manifest.starting.events import Fate, Result
from glacier_manifest.starting.rounds import purchase_name


class Ending(StrEnum):
    """The keys of the summary, in the order in which they are shown."""

    STARTED = "started"
    ADOPTED = "adopted"
    RESTARTED = "restarted"
    KEPT = "kept"
    FAILED = "failed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    DEFERRED = "deferred"
    NOT_TRIED = "not_tried"


_OF_STATUS = {
    Status.FAILED: Ending.FAILED,
    Status.REJECTED: Ending.REJECTED,
    Status.UNKNOWN: Ending.UNKNOWN,
    Status.INTENDED: Ending.UNKNOWN,
}

_BAD = frozenset({Ending.FAILED, Ending.REJECTED, Ending.UNKNOWN})
_LEFT_OVER = frozenset({Ending.DEFERRED, Ending.NOT_TRIED})


@dataclass(frozen=True, slots=True)
class Ended:
    """One request and how the apply left it."""

    action: Action
    ending: Ending
    fate: Fate | None = None


@dataclass(frozen=True)
class Summary:
    """Every request of a plan and how the apply left it.

    Attributes:
        plan: The plan.
        fates: How each start ended, by the name of its purchase.
    """

    plan: Plan
    fates: Mapping[str, Fate]

    @cached_property
    def counts(self) -> Mapping[Ending, int]:
        """How many requests ended each way."""
        counted = Counter(one.ending for one in self.requests())
        return {ending: counted[ending] for ending in Ending}

    def requests(self) -> Iterator[Ended]:
        """Stream all requests in the plan's order."""
        return (_ended(action, self._fate(action)) for action in self.plan.actions())

    def _fate(self, action: Action) -> Fate | None:
        return self.fates.get(purchase_name(action.key, action.generation)) if action.starts else None

    def ended(self, *endings: Ending) -> Iterator[Ended]:
        """Stream the requests that ended so."""
        if not any(self.counts[ending] for ending in endings):
            return iter(())
        return (one for one in self.requests() if one.ending in endings)

    @property
    def told(self) -> Iterator[Ended]:
        """The requests that changed, failed or were left over; what was kept in peace is left out."""
        return self.ended(*(ending for ending in Ending if ending is not Ending.KEPT))

    @property
    def exit(self) -> Exit:
        """The exit code that the requests alone give; a job that waits for another's output is left over."""
        counts = self.counts
        return strongest(
            Exit.REQUESTS_FAILED if any(counts[ending] for ending in _BAD) else Exit.DONE,
            Exit.PENDING if any(counts[ending] for ending in _LEFT_OVER) else Exit.DONE,
            Exit.PENDING if self.plan.blocked else Exit.DONE,
        )


def _ended(action: Action, fate: Fate | None) -> Ended:
    if action.starts:
        result = fate.result if fate is not None else Result.NOT_TRIED
        return Ended(action, Ending(result), fate)
    if action.verb is Verb.ADOPT:
        failed = action.sighting is not None and action.sighting.status is Status.FAILED
        return Ended(action, Ending.FAILED if failed else Ending.ADOPTED)
    status = action.record.status if action.record is not None else None
    return Ended(action, _OF_STATUS.get(status, Ending.KEPT) if status is not None else Ending.KEPT)
