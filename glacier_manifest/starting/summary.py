"""How an apply ended, request by request: each one is counted once."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from glacier_manifest.errors import Exit, strongest
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.plan import Action, Plan, Verb
from glacier_manifest.starting.events import Outcome, Result


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
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """Every request of a plan and how the apply left it, in the plan's order."""

    requests: tuple[Ended, ...]

    @property
    def counts(self) -> Mapping[Ending, int]:
        """How many requests ended each way."""
        counted = Counter(one.ending for one in self.requests)
        return {ending: counted[ending] for ending in Ending}

    @property
    def told(self) -> Iterator[Ended]:
        """The requests that changed, failed or were left over; what was kept in peace is left out."""
        return (one for one in self.requests if one.ending is not Ending.KEPT)

    @property
    def exit(self) -> Exit:
        """The exit code that the counts alone give."""
        counts = self.counts
        return strongest(
            Exit.REQUESTS_FAILED if any(counts[ending] for ending in _BAD) else Exit.DONE,
            Exit.PENDING if any(counts[ending] for ending in _LEFT_OVER) else Exit.DONE,
        )


def summarise(plan: Plan, outcomes: list[Outcome]) -> Summary:
    """Join the plan with what became of its starts."""
    by_request = {(outcome.action.key, outcome.action.generation): outcome for outcome in outcomes}
    return Summary(
        tuple(_ended(action, by_request.get((action.key, action.generation))) for action in plan.actions)
    )


def _ended(action: Action, outcome: Outcome | None) -> Ended:
    if action.starts:
        result = outcome.result if outcome is not None else Result.NOT_TRIED
        return Ended(action, Ending(result), outcome)
    if action.verb is Verb.ADOPT:
        failed = action.sighting is not None and action.sighting.status is Status.FAILED
        return Ended(action, Ending.FAILED if failed else Ending.ADOPTED)
    status = action.record.status if action.record is not None else None
    return Ended(action, _OF_STATUS.get(status, Ending.KEPT) if status is not None else Ending.KEPT)
