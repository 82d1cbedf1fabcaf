"""A world for a whole run: a Glacier with a listing lag, clocks that only waiting moves, crashes."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from threading import Event as Flag
from threading import RLock
from typing import Any

from glacier_manifest.aws.answers import Answer, Verdict
from glacier_manifest.aws.descriptions import ListedJob, StatusCode, VaultDescription
from glacier_manifest.aws.service_clock import ServiceClock
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.jobs.marker import Marker, read_marker
from glacier_manifest.jobs.request import Request, Vault
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.plan import Action
from glacier_manifest.starting.apply import Service, Stage, apply
from glacier_manifest.starting.dead_runs import lose_track_of_intents
from glacier_manifest.starting.events import Event, Fate
from glacier_manifest.starting.healing import Healing
from glacier_manifest.starting.run import Report
from glacier_manifest.starting.stocktaking import Stock
from glacier_manifest.starting.summary import Ending, Summary
from glacier_manifest.starting.surroundings import Surroundings
from glacier_manifest.state.changes import Change
from glacier_manifest.state.log import Run
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.state.written import Written
from tests.planning.examples import ACCOUNT, NOON, PHOTOS, drafted
from tests.starting.examples import terms

SETTLE = timedelta(minutes=5)
DAY = 86400.0
_ACTIONS = {
    "archive-retrieval": "ArchiveRetrieval",
    "inventory-retrieval": "InventoryRetrieval",
    "select": "Select",
}


class Crash(BaseException):
    """The process is gone: nothing that it would have done is done."""


@dataclass
class SoldJob:
    """A job that Glacier has started.

    Attributes:
        job: As it is listed while it is in progress.
        vault: Where.
        visible_at, ends_at: In the world's seconds.
        fails: Whether it ends badly.
    """

    job: ListedJob
    vault: Vault
    visible_at: float
    ends_at: float
    fails: bool = False


@dataclass
class World:
    """Time, and Glacier.

    Attributes:
        seconds: The true time.
        host_offset: How wrong the host's clock is.
        lag: Seconds until an accepted job is listed.
        uneven: Whether two in three are listed at once.
        job_time: Seconds until a job ends.
        page: Jobs on a page of a listing.
        script: What becomes of the next calls, a word each; accepted when it is used up.
        refusals: An answer for each archive ID, used up from the front.
        broken: Vaults that cannot be listed, and what is raised after so many pages.
        listings: The vaults that were listed, in order.
        calls: The bodies that were sent.
    """

    seconds: float = 0.0
    host_offset: float = 0.0
    lag: float = 60.0
    uneven: bool = False
    job_time: float = 4 * 3600.0
    page: int = 50
    script: list[str] = field(default_factory=list)
    refusals: dict[str, list[Answer]] = field(default_factory=dict)
    broken: dict[Vault, tuple[int, Exception]] = field(default_factory=dict)
    sold: list[SoldJob] = field(default_factory=list)
    listings: list[Vault] = field(default_factory=list)
    calls: list[Mapping[str, Any]] = field(default_factory=list)
    door: RLock = field(default_factory=RLock)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def service_now(self) -> datetime:
        """Return the true time."""
        return NOON + timedelta(seconds=self.seconds)

    def date_header(self) -> datetime:
        """Return the service's time as its answers tell it, to the second."""
        return self.service_now().replace(microsecond=0)

    def host_now(self) -> datetime:
        """Return the host's time of day, right or wrong."""
        return self.service_now() + timedelta(seconds=self.host_offset)

    def sell(
        self,
        vault: Vault,
        body: Mapping[str, Any],
        *,
        lag: float | None = None,
        ago: float = 0.0,
        **known: Any,  # noqa: ANN401 - any member of a job
    ) -> ListedJob:
        """Start a job, `ago` seconds before now."""
        began = self.seconds - ago
        members: dict[str, Any] = {
            "job_id": f"job-{next(self._numbers)}",
            "action": _ACTIONS[body["Type"]],
            "vault_arn": None,
            "archive_id": body.get("ArchiveId"),
            "retrieval_byte_range": body.get("RetrievalByteRange"),
            "tier": body.get("Tier", "Standard" if "ArchiveId" in body else None),
            "description": body.get("Description"),
            "sns_topic": body.get("SNSTopic"),
            "status_code": StatusCode.IN_PROGRESS,
            "status_message": None,
            "completed": False,
            "created_at": NOON + timedelta(seconds=int(began)),
            "archive_size": 1 << 20 if "ArchiveId" in body else None,
        }
        fails = bool(known.pop("fails", False))
        job = ListedJob(**(members | known))
        sooner = self.uneven and len(self.sold) % 3
        visible_at = began + (lag if lag is not None else 0.0 if sooner else self.lag)
        self.sold.append(SoldJob(job, vault, visible_at, began + self.job_time, fails))
        return job

    def listed(self, vault: Vault) -> list[ListedJob]:
        """Return what a listing of a vault shows now."""
        return [
            self._as_listed(one)
            for one in self.sold
            if one.vault == vault and one.visible_at <= self.seconds < one.ends_at + DAY
        ]

    def _as_listed(self, one: SoldJob) -> ListedJob:
        if self.seconds < one.ends_at or one.job.completed:
            return one.job
        members = {name: getattr(one.job, name) for name in one.job.__dataclass_fields__}
        code = StatusCode.FAILED if one.fails else StatusCode.SUCCEEDED
        ended_at = NOON + timedelta(seconds=one.ends_at)
        return ListedJob(**(members | {"completed": True, "status_code": code, "completed_at": ended_at}))

    def sold_by_marker(self) -> Counter[Marker]:
        """Count the jobs of each purchase."""
        markers = (read_marker(one.job.description) for one in self.sold)
        return Counter(marker for marker in markers if marker is not None)


class Process:
    """One run of the program in a world: its clocks, its doors, and its end.

    Args:
        world: The world.
        dies_after: So many steps; None for a run that ends by itself.
        seconds: The time until its deadline.
    """

    def __init__(self, world: World, *, dies_after: int | None = None, seconds: float = 1800) -> None:
        self.world = world
        self.service = ServiceClock(self.monotonic)
        self.stop = _Stop(self)
        self.events: list[Event] = []
        self.starter: Callable[[Vault, Mapping[str, Any]], Answer] = self._answer
        self._booted = world.seconds - 77.0
        self._steps = dies_after
        self.surroundings = Surroundings(
            now=world.host_now,
            monotonic=self.monotonic,
            service=self.service,
            random=Random(1),  # noqa: S311 - spreads retries
            stop=self.stop,
            deadline=self.monotonic() + seconds,
        )

    def monotonic(self) -> float:
        """Return seconds since this machine was started."""
        return self.world.seconds - self._booted

    def step(self) -> None:
        """Live on, or die here.

        Raises:
            Crash: It dies.
        """
        with self.world.door:
            if self._steps is None:
                return
            if self._steps <= 0:
                raise Crash
            self._steps -= 1

    def initiate(self, vault: Vault, body: Mapping[str, Any]) -> Answer:
        """Send a request to this world's Glacier."""
        self.step()
        with self.world.door:
            self.world.calls.append(dict(body))
            answer = self.starter(vault, body)
        self.step()
        return answer

    def _answer(self, vault: Vault, body: Mapping[str, Any]) -> Answer:
        world = self.world
        refusals = world.refusals.get(body.get("ArchiveId", ""), [])
        if refusals:
            return refusals.pop(0)
        word = world.script.pop(0) if world.script else "accepted"
        match word:
            case "lost-before":
                return Answer(Verdict.UNKNOWN, code="no-answer", message="reset")
            case "throttled":
                return Answer(Verdict.THROTTLED, code="ThrottlingException", service_at=world.date_header())
            case "rejected":
                return Answer(
                    Verdict.REJECTED, code="InvalidParameterValueException", service_at=world.date_header()
                )
            case "no-capacity":
                return Answer(Verdict.FALL_BACK, code="InsufficientCapacityException")
        job = world.sell(vault, body)
        if word == "late":
            world.seconds += 50.0
        if word in {"lost-after", "late"}:
            return Answer(Verdict.UNKNOWN, code="no-answer", message="read timeout")
        if word == "cut":
            return Answer(Verdict.UNKNOWN, code="no-job-id", service_at=world.date_header())
        return Answer(Verdict.ACCEPTED, job_id=job.job_id, service_at=world.date_header())

    def list_jobs(self, vault: Vault) -> Iterator[ListedJob]:
        """Stream a listing as it stands when its first page is read."""
        self.world.listings.append(vault)
        jobs = self.world.listed(vault)
        pages, error = self.world.broken.get(vault, (None, None))
        for number, start in enumerate(range(0, max(len(jobs), 1), self.world.page)):
            self.step()
            if error is not None and number == pages:
                raise error
            self.service.hear(self.world.date_header())
            yield from jobs[start : start + self.world.page]
        if error is not None and pages is not None and pages * self.world.page >= len(jobs):
            raise error

    def describe_vault(self, account_id: str, region: str, name: str) -> VaultDescription:
        """Refuse: no run asks for it."""
        raise AssertionError(f"{account_id} {region} {name} was described")

    def list_vaults(self, region: str) -> Iterator[VaultDescription]:
        """Refuse: no run asks for it."""
        raise AssertionError(f"{region} was listed")

    def describe_job(self, vault: Vault, job_id: str) -> ListedJob | None:
        """Refuse: a listing tells of fifty at once."""
        raise AssertionError(f"{job_id} of {vault} was described")


class _Stop(Flag):
    """A flag whose waiters move the world's time."""

    def __init__(self, process: Process) -> None:
        super().__init__()
        self._process = process

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        assert timeout >= 0
        self._process.step()
        with self._process.world.door:
            self._process.world.seconds += timeout
        return self.is_set()


class MortalState(SqliteState):
    """A state whose process may die at each write, before it or after."""

    process: Process

    def write(self, change: Change) -> None:
        self.process.step()
        super().write(change)
        self.process.step()

    def submit(self, change: Change) -> Written[None]:
        self.process.step()
        return super().submit(change)

    def submit_together(self, changes: Sequence[Change]) -> list[Written[None]]:
        self.process.step()
        return super().submit_together(changes)

    def submit_unhurried(self, change: Change) -> Written[None]:
        self.process.step()
        future = super().submit_unhurried(change)
        self.process.step()
        return future


@dataclass
class Applied:
    """What a run did.

    Attributes:
        stock: What the listings showed.
        actions: What was planned.
        report: How it ended.
        fates: How each start ended, in the order in which that became known.
        counts: How many requests ended each way.
        events: What was told.
    """

    stock: Stock
    actions: tuple[Action, ...]
    report: Report
    fates: Sequence[Fate]
    counts: Mapping[Ending, int]
    events: Sequence[Event]


def run(  # noqa: PLR0913 - what a command line says, each with what most tests want
    process: Process,
    path: Path,
    requests: Iterable[Request],
    *,
    settle: timedelta = SETTLE,
    adopt_strangers: bool = True,
    words: Sequence[str] = (),
    concurrency: int = 1,
    rate: float = 1000,
    stage: Stage | None = None,
) -> Applied:
    """Do what `apply` does, on the state at `path`."""
    restarts = Restarts(words)
    draft = drafted(requests, restarts.repurchases)
    with ExitStack() as stack:
        log = Run(id="run-1", host="restore-1", pid=4242, version="1.2.3")
        state = MortalState(path, run=log, clock=process.world.host_now, new_id=lambda: "5f0c9a3e")
        stack.callback(state.close)
        state.process = process
        healing = Healing(
            state=state,
            reader=process,
            surroundings=process.surroundings,
            settle=settle,
            adopt_strangers=adopt_strangers,
            tell=process.events.append,
        )
        now = process.world.host_now()
        lose_track_of_intents(state, attempts=healing.attempts, now=now)
        stock = healing.take_stock(draft, restarts=restarts)
        plan = Drafted(draft, state.latest, now)
        actions = tuple(plan.actions())
        fates: MutableMapping[str, Fate] = draft.scratch.mapping()
        report = apply(
            plan,
            approval=state.approve(digest="sha256:0", entries=(), how="yes", at=now),
            state=state,
            service=Service(process, healing.reconciler, healing.attempts),
            terms=terms(rate=rate, concurrency=concurrency, stage=stage),
            surroundings=process.surroundings,
            tell=process.events.append,
            fates=fates,
        )
        counts = Summary(plan, fates).counts
        return Applied(stock, actions, report, tuple(fates.values()), counts, process.events)


def vault_named(name: str) -> Vault:
    """Return a vault beside the photos."""
    return Vault(ACCOUNT, PHOTOS.region, name)
