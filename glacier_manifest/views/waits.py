"""How a wait goes, and how it ended."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.protocol import State
from glacier_manifest.tracking.waiting import Event, Goal, Looked, Waited
from glacier_manifest.views.records import FORMAT_VERSION, counted

#: How a job ends, in the order in which it is told.
_ENDS = (Status.SUCCEEDED, Status.FAILED, Status.EXPIRED)


def remark(event: Event) -> str:
    """Return what a look showed, as one line for people."""
    again = "" if event.next_at is None else f"; looked at again at {event.next_at:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(event, Looked):
        ended = counted(event.ended)
        return f"{event.in_progress} in progress, ended since the last look: {ended}{again}"
    return f"{event.code}: {event.message}{again}"


def human(goal: Goal, waited: Waited, state: State) -> str:
    """Return how a wait ended, in one line."""
    if not waited.jobs and not waited.in_progress:
        return f"Wait: nothing is in progress ({counted(_counts(state))}).\n"
    jobs = "all jobs" if str(goal) == "all" else f"{goal} of the jobs"
    how = f"{jobs} have ended" if waited.is_met else f"the deadline came before {jobs} had ended"
    return f"Wait: {how}: {counted({**_ended(waited), Status.IN_PROGRESS: waited.in_progress})}.\n"


def as_json(goal: Goal, waited: Waited, state: State) -> dict[str, Any]:
    """Return how a wait ended as one JSON document."""
    return {
        "format_version": FORMAT_VERSION,
        "for": str(goal),
        "met": waited.is_met,
        "jobs": waited.jobs,
        "in_progress": waited.in_progress,
        **{str(status): number for status, number in _ended(waited).items()},
        "summary": {str(status): number for status, number in _counts(state).items()},
    }


def _ended(waited: Waited) -> dict[Status, int]:
    return {status: waited.ended.get(status, 0) for status in _ENDS}


def _counts(state: State) -> Mapping[Status, int]:
    """Count requests as `status` does, each by its latest purchase."""
    counts = Counter[Status]()
    for group in state.standing_groups():
        counts[group.status] += group.jobs
    return {status: counts[status] for status in Status}
