"""States in which jobs are under way, and a Glacier that tells of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from glacier_manifest.aws.descriptions import ListedJob, StatusCode, VaultDescription
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Accept, Intend, Observe
from glacier_manifest.state.log import Run
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Record
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.tracking.refresh import Clocks
from tests.planning.examples import NOON, PHOTOS, archive, record, request
from tests.tracking.jobs import job

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def state_in(folder: Path) -> SqliteState:
    """Return a new state."""
    run = Run("run-1", "restore-1", 4242, "1.2.3")
    return SqliteState(folder / "state.db", run=run, clock=lambda: NOON, new_id=lambda: "5f0c")


def started(state: State, name: str, *, vault: Vault = PHOTOS, ago: timedelta = HOUR) -> Record:
    """Start the retrieval of an archive so long ago; its job has the archive's name."""
    (one,) = all_started(state, [name], vault=vault, ago=ago)
    return one


def all_started(
    state: State, names: Sequence[str], *, vault: Vault = PHOTOS, ago: timedelta = HOUR
) -> Sequence[Record]:
    """Start the retrievals of some archives so long ago."""
    at = NOON - ago
    meant = [record(request(archive(name), vault=vault), Status.INTENDED) for name in names]
    jobs = [replace(one, job_id=f"job-{name}") for one, name in zip(meant, names, strict=True)]
    intents = [Intend(one, at, at) for one in meant]
    accepted = [Accept(one.key, 0, at, one.job_id or "", at) for one in jobs]
    for written in state.submit_together([*intents, *accepted]):
        written.result()
    return jobs


def succeeded(state: State, name: str, *, ago: timedelta, vault: Vault = PHOTOS) -> Record:
    """Start a retrieval whose job has succeeded so long ago."""
    meant, ended = started(state, name, vault=vault, ago=ago + 4 * HOUR), NOON - ago
    state.write(
        Observe(meant.key, 0, ended, Status.SUCCEEDED, completed_at=ended, expires_at=ended + DAY, size=5)
    )
    return meant


def has_ended(name: str, *, status: StatusCode = StatusCode.SUCCEEDED, ago: timedelta = HOUR) -> ListedJob:
    """Return the job of an archive's retrieval, ended so long ago."""
    return job(f"job-{name}", completed=True, status_code=status, completed_at=NOON - ago)


@dataclass
class Glacier:
    """A reader that lists and describes what it has, and keeps what was asked."""

    jobs: Mapping[Vault, Mapping[str, ListedJob] | Exception]
    described: Mapping[str, ListedJob | Exception] = field(default_factory=dict)
    listings: list[Vault] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)

    def list_jobs(self, vault: Vault) -> Iterator[ListedJob]:
        self.listings.append(vault)
        jobs = self.jobs.get(vault, {})
        if isinstance(jobs, Exception):
            raise jobs
        yield from jobs.values()

    def describe_job(self, vault: Vault, job_id: str) -> ListedJob | None:
        assert isinstance(vault, Vault)
        self.descriptions.append(job_id)
        told = self.described.get(job_id)
        if isinstance(told, Exception):
            raise told
        return told

    def describe_vault(self, account_id: str, region: str, name: str) -> VaultDescription:
        raise AssertionError(f"{account_id} {region} {name} was described")

    def list_vaults(self, region: str) -> Iterator[VaultDescription]:
        raise AssertionError(f"{region} was listed")


def listing(*jobs: ListedJob) -> Mapping[Vault, Mapping[str, ListedJob]]:
    """Return what is listed where all jobs are of the usual vault."""
    return {PHOTOS: {one.job_id: one for one in jobs}}


def at(moment: datetime) -> Clocks:
    """Return clocks that stand."""
    return Clocks(lambda: moment, lambda: moment)


def statuses(state: State) -> Mapping[str, Status]:
    """Return where each job stands, by its ID."""
    return {one.job_id or "": one.status for one in state.records()}
