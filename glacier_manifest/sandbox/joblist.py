"""The jobs of one vault in the order of their acceptance, and pages of them at the price of a page."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from glacier_manifest.sandbox.events import Job

IN_PROGRESS = "InProgress"
SUCCEEDED = "Succeeded"
FAILED = "Failed"


def status_of(job: Job, now: float) -> str:
    """Return the job's StatusCode at an instant."""
    if now < job.ready_at:
        return IN_PROGRESS
    return SUCCEEDED if job.failure is None else FAILED


@dataclass(frozen=True, slots=True)
class JobFilter:
    """The filters of a listing.

    Attributes:
        status: a StatusCode, or None for all.
        completed: True, False, or None for both.
    """

    status: str | None = None
    completed: bool | None = None

    def lets_through(self, job: Job, now: float) -> bool:
        """Say whether a job is wanted."""
        if self.completed is not None and self.completed != (now >= job.ready_at):
            return False
        return self.status is None or self.status == status_of(job, now)


@dataclass(frozen=True, slots=True)
class JobPage:
    """One page of a listing.

    Attributes:
        jobs: in the order of acceptance.
        next_position: where the next page begins; None when there is none.
    """

    jobs: list[Job]
    next_position: int | None


class JobList:
    """Jobs by ID and in order. Nothing is ever removed: the clock decides what is seen.

    Two running maxima tell by bisection where the jobs begin that have not expired, and that are
    not ready. With one job time for all jobs, which is the rule, they are exact.
    """

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._by_id: dict[str, Job] = {}
        self._failing = array("q")
        self._latest_ready = array("d")
        self._latest_expiry = array("d")

    def add(self, job: Job) -> None:
        """Append a job that was accepted."""
        if job.failure is not None:
            self._failing.append(len(self._jobs))
        self._jobs.append(job)
        self._by_id[job.job_id] = job
        ready, expiry = self._latest_ready, self._latest_expiry
        ready.append(max(job.ready_at, ready[-1]) if ready else job.ready_at)
        expiry.append(max(job.expires_at, expiry[-1]) if expiry else job.expires_at)

    def find(self, job_id: str, now: float) -> Job | None:
        """Return the job with this ID, unless it has expired."""
        job = self._by_id.get(job_id)
        return job if job is not None and now < job.expires_at else None

    def page(self, position: int, limit: int, now: float, wanted: JobFilter) -> JobPage:
        """Return up to `limit` jobs from a position on that a filter lets through.

        Args:
            position: 0, or a page's `next_position`.
            limit: most jobs of the page.
            now: seconds since the epoch.
            wanted: the filter.
        """
        found: list[Job] = []
        for index in self._candidates(position, now, wanted):
            job = self._jobs[index]
            if not (job.listed_at <= now < job.expires_at and wanted.lets_through(job, now)):
                continue
            if len(found) == limit:
                return JobPage(found, index)
            found.append(job)
        return JobPage(found, None)

    def _candidates(self, position: int, now: float, wanted: JobFilter) -> Iterator[int]:
        """Yield the positions that can hold a wanted job, without walking over all the others."""
        first = max(position, bisect_right(self._latest_expiry, now))
        if wanted.status == FAILED:
            return iter(self._failing[bisect_left(self._failing, first) :])
        if wanted.status == IN_PROGRESS or wanted.completed is False:
            first = max(first, bisect_right(self._latest_ready, now))
        return iter(range(first, len(self._latest_expiry)))
