"""One look at all that is under way: each vault is listed once, and what has ended is written down.

A listing tells of fifty jobs with each call. DescribeJob is asked only about jobs that should have been
listed, were not, and ended more than a day ago; so a hundred thousand jobs in progress are two thousand
calls. A page is all that is held of a listing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from glacier_manifest.aws.causes import Cause
from glacier_manifest.aws.descriptions import ListedJob
from glacier_manifest.aws.glacier import Reader, VaultNotFound
from glacier_manifest.errors import ServiceError, StateError
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Observe
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.expiry import expired, likely_gone, may_be_gone
from glacier_manifest.tracking.observe import observed

#: How many jobs one look asks DescribeJob about at most; the next look goes on.
MOST_DESCRIBED = 100
#: How far this host's clock may be behind the service's and the oldest output still be looked at.
_AHEAD = timedelta(days=30)
_PAGE = 50
#: What a record may be whose job, once it is listed as ended, has an output that was not fetched.
_WITH_OUTPUT = frozenset({Status.IN_PROGRESS, Status.SUCCEEDED})


@dataclass(frozen=True, slots=True)
class Clocks:
    """Two clocks.

    Attributes:
        now: Tells the time of day by the host's clock, for the log.
        service: Tells the service's time; None before its first answer.
    """

    now: Callable[[], datetime]
    service: Callable[[], datetime | None]

    def best(self) -> datetime:
        """Return the service's time, or the host's before the service's first answer."""
        return self.service() or self.now()


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What one look showed.

    Attributes:
        ended: How many jobs were seen to have ended, by what became of them.
        vaults: How many vaults were listed.
        described: How many jobs were asked about one by one.
        missing: Vaults with jobs under way that do not exist (any more).
        listed: How many jobs were listed.
        may_not_describe: Whether Glacier forbids us to ask about single jobs, so that none is found expired.
    """

    ended: Mapping[Status, int]
    vaults: int
    described: int
    missing: tuple[Vault, ...]
    listed: int
    may_not_describe: bool = False


class _Look:
    """One look, as far as it has come."""

    def __init__(
        self, state: State, reader: Reader, clocks: Clocks, noted: Callable[[ListedJob], None]
    ) -> None:
        self._noted = noted
        self._state = state
        self._reader = reader
        self._clocks = clocks
        self.ended: Counter[Status] = Counter()
        self.vaults = 0
        self.listed = 0
        self.described = 0
        self.missing: list[Vault] = []
        self.may_not_describe = False

    def list_vault(self, vault: Vault, suspects: dict[str, Record]) -> None:
        """List a vault, write down what has ended, and strike off the suspects that are listed."""
        try:
            for jobs in _pages(self._reader.list_jobs(vault)):
                self._take(vault, jobs, suspects)
            self.vaults += 1
        except VaultNotFound:
            self.missing.append(vault)

    def _take(self, vault: Vault, jobs: Mapping[str, ListedJob], suspects: dict[str, Record]) -> None:
        self.listed += len(jobs)
        at = self._clocks.now()
        awaited = self._state.holding(jobs)
        for job_id, record in awaited.items():
            if vault_of(record) == vault:
                suspects.pop(job_id, None)
            if vault_of(record) == vault and record.status in _WITH_OUTPUT and jobs[job_id].completed:
                self._noted(jobs[job_id])
        self._write(
            observed(record, jobs[job_id], at=at)
            for job_id, record in awaited.items()
            if vault_of(record) == vault and record.status is Status.IN_PROGRESS
        )

    def describe(self, record: Record) -> None:
        """Ask about one job that is not listed; without it, and a day after its end, its output is gone."""
        vault = vault_of(record)
        if vault in self.missing or self.may_not_describe or record.job_id is None:
            return
        self.described += 1
        try:
            job = self._reader.describe_job(vault, record.job_id)
        except VaultNotFound:
            self.missing.append(vault)
        except ServiceError as error:
            if error.code != Cause.ACCESS_DENIED:
                raise
            self.may_not_describe = True
        else:
            self._note(record, job)

    def _note(self, record: Record, job: ListedJob | None) -> None:
        at = self._clocks.now()
        if job is not None:
            self._write([observed(record, job, at=at)])
        elif may_be_gone(record, at=self._clocks.best()):
            self._write([expired(record, at=at)])

    def _write(self, changes: Iterable[Observe | None]) -> None:
        """Write changes down together; what another program has written meanwhile is known better there."""
        told = [change for change in changes if change is not None]
        for change, written in zip(told, self._state.submit_together(told), strict=True):
            try:
                written.result()
            except StateError as error:
                if error.code != "state-conflict":
                    raise
            else:
                self.ended[change.status] += 1


def refresh(
    state: State,
    reader: Reader,
    *,
    clocks: Clocks,
    most_described: int = MOST_DESCRIBED,
    noted: Callable[[ListedJob], None] = lambda _job: None,
) -> Refreshed:
    """List each vault that has jobs in progress, once, and write down what became of them.

    Where nothing is in progress and no output is past its day, nothing is asked.

    Args:
        state: Tells what is in progress, and takes what is found.
        reader: Lists and describes.
        clocks: Tell the time; the service's must be told by the reader's answers.
        most_described: How many jobs are described at most.
        noted: Told of listed jobs whose output may be wanted, so that nobody need ask about them again.

    Raises:
        ServiceError: A vault that exists cannot be listed; what was seen before is written down.
        StateError: The state cannot be written.
    """
    look = _Look(state, reader, clocks, noted)
    suspects = {one.job_id: one for one in _suspects(state, clocks, most_described) if one.job_id is not None}
    for vault in vaults_in_progress(state):
        look.list_vault(vault, suspects)
    for record in islice(likely_gone(suspects.values(), at=clocks.best()), most_described):
        look.describe(record)
    return Refreshed(
        dict(look.ended), look.vaults, look.described, (*look.missing,), look.listed, look.may_not_describe
    )


def vaults_in_progress(state: State) -> tuple[Vault, ...]:
    """Return the vaults in which a job is in progress, the one with the oldest first."""
    in_progress = state.records(statuses={Status.IN_PROGRESS})
    return tuple(dict.fromkeys(vault_of(record) for record in in_progress if record.job_id is not None))


def vault_of(record: Record) -> Vault:
    """Return where a record's job was started."""
    return Vault(record.account_id, record.region, record.vault)


def _suspects(state: State, clocks: Clocks, most: int) -> Iterator[Record]:
    """Yield the records whose job Glacier forgets first: so many with an end, so many without.

    How old they are is told by the service's clock, which is known when a vault was listed.
    """
    yield from state.ending(before=clocks.now() + _AHEAD, most=most)
    yield from islice(state.records(statuses={Status.IN_PROGRESS}), most)


def _pages(jobs: Iterator[ListedJob]) -> Iterator[Mapping[str, ListedJob]]:
    while page := {job.job_id: job for job in islice(jobs, _PAGE)}:
        yield page
