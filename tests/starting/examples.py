"""A clock that waiting moves, and a starter that answers by a script."""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Event as Flag
from threading import Lock
from typing import Any

from glacier_manifest.aws.answers import Answer, Verdict
from glacier_manifest.aws.descriptions import ListedJob, VaultDescription
from glacier_manifest.aws.glacier import Reader, Starter
from glacier_manifest.aws.service_clock import ServiceClock
from glacier_manifest.jobs.request import Vault
from glacier_manifest.planning.plan import Action, Plan
from glacier_manifest.starting.apply import Service, Stage, Terms, apply
from glacier_manifest.starting.attempts import Attempts
from glacier_manifest.starting.events import Event, Fate, Outcome
from glacier_manifest.starting.healing import Healing
from glacier_manifest.starting.rounds import purchase_name
from glacier_manifest.starting.run import Endurance, Report
from glacier_manifest.starting.surroundings import Surroundings
from glacier_manifest.state.protocol import State
from tests.planning.examples import plan_of

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

REJECTED = Answer(Verdict.REJECTED, code="InvalidParameterValueException", message="Invalid archive ID")
THROTTLED = Answer(Verdict.THROTTLED, code="ThrottlingException", message="Rate exceeded")
UNREACHABLE = Answer(Verdict.SEND_AGAIN, code="unreachable", message="could not connect")
NO_CAPACITY = Answer(Verdict.FALL_BACK, code="InsufficientCapacityException", message="no capacity")
LATER = Answer(Verdict.LATER, code="ResourceNotFoundException", message="no initial inventory yet")
LOST = Answer(Verdict.UNKNOWN, code="no-answer", message="read timeout")
STOP = Answer(Verdict.STOP, code="expired-credentials", message="ExpiredToken", next_step="renew them")


class FakeTime:
    """Monotonic seconds that only waiting moves, and the flag that ends a wait."""

    def __init__(self) -> None:
        self.stop = _FakeFlag(self)
        self.waited: list[float] = []
        self.service = ServiceClock(self.monotonic)
        self._seconds = 1000.0
        self._lock = Lock()
        self._meanwhile: list[Callable[[], None]] = []

    def at_the_next_wait(self, happens: Callable[[], None]) -> None:
        """Let something happen while somebody waits."""
        self._meanwhile.append(happens)

    def monotonic(self) -> float:
        return self._seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self._seconds - 1000.0)

    def wait(self, seconds: float) -> bool:
        with self._lock:
            assert seconds >= 0
            self.waited.append(seconds)
            self._seconds += seconds
            while self._meanwhile:
                self._meanwhile.pop()()
        return self.stop.is_set()


class _FakeFlag(Flag):
    """A flag whose waiters do not sleep."""

    def __init__(self, time: FakeTime) -> None:
        super().__init__()
        self._time = time

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        return self._time.wait(timeout)


def accepted(number: int = 1) -> Answer:
    return Answer(Verdict.ACCEPTED, job_id=f"job-{number}", service_at=NOON)


@dataclass
class Call:
    """One InitiateJob call, as the starter got it."""

    vault: Vault
    body: Mapping[str, Any]


@dataclass
class ScriptedStarter:
    """Answers each archive by its own script, the last answer for ever; accepts what has none.

    Attributes:
        scripts: Answers by archive ID; an exception is raised.
        before: Called with each call before it is answered.
    """

    scripts: Mapping[str, Sequence[Answer | Exception]] = field(default_factory=dict)
    before: Callable[[Call], None] = lambda _call: None
    calls: list[Call] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def initiate(self, vault: Vault, body: Mapping[str, Any]) -> Answer:
        call = Call(vault, dict(body))
        with self._lock:
            archive_id = body["ArchiveId"]
            earlier = sum(1 for one in self.calls if one.body["ArchiveId"] == archive_id)
            self.calls.append(call)
            number = len(self.calls)
        self.before(call)
        script = self.scripts.get(archive_id)
        answer = script[min(earlier, len(script) - 1)] if script else accepted(number)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def sent(self) -> list[str]:
        """The archive IDs that were asked for, in order, without what fills them up."""
        return [str(call.body["ArchiveId"]).rstrip("_") for call in self.calls]


class NeverAsked:
    """A reader for runs that have no time to settle anything."""

    def describe_vault(self, account_id: str, region: str, name: str) -> VaultDescription:
        raise AssertionError(f"{account_id} {region} {name} was described")

    def list_vaults(self, region: str) -> Iterator[VaultDescription]:
        raise AssertionError(f"{region} was listed")

    def list_jobs(self, vault: Vault) -> Iterator[ListedJob]:
        raise AssertionError(f"{vault} was listed")

    def describe_job(self, vault: Vault, job_id: str) -> ListedJob | None:
        raise AssertionError(f"{job_id} of {vault} was described")


def terms(
    *, rate: float = 1000, concurrency: int = 1, max_errors: int = 10, stage: Stage | None = None
) -> Terms:
    """Return how a run goes about it: one call at a time, and fast, unless a test says otherwise."""
    return Terms(rate, concurrency, Endurance(max_errors), stage=stage)


def surroundings(time: FakeTime, *, seconds: float) -> Surroundings:
    """Return a run's surroundings where only waiting takes time."""
    return Surroundings(
        now=time.now,
        monotonic=time.monotonic,
        service=time.service,
        random=Random(1),  # noqa: S311 - spreads retries
        stop=time.stop,
        deadline=time.monotonic() + seconds,
    )


@dataclass(slots=True)
class Ran(Report):
    """A run's report, and how each start ended, in the order in which that became known."""

    ended: Sequence[tuple[Action, Fate]] = ()

    @property
    def fates(self) -> tuple[Fate, ...]:
        """How each start ended."""
        return tuple(fate for _, fate in self.ended)


def start(
    actions: Iterable[Action],
    *,
    state: State,
    starter: Starter,
    reader: Reader | None = None,
    time: FakeTime | None = None,
    on: Terms | None = None,
    seconds: float = 240,
    tell: Callable[[Event], None] = lambda _event: None,
) -> Ran:
    """Start actions as `apply` does, in no time."""
    return start_plan(
        plan_of(*actions),
        state=state,
        starter=starter,
        reader=reader,
        time=time,
        on=on,
        seconds=seconds,
        tell=tell,
    )


def start_plan(  # noqa: PLR0913 - all that a run of the program is given, each with what most tests want
    plan: Plan,
    *,
    state: State,
    starter: Starter,
    reader: Reader | None = None,
    time: FakeTime | None = None,
    on: Terms | None = None,
    seconds: float = 240,
    tell: Callable[[Event], None] = lambda _event: None,
    fates: MutableMapping[str, Fate] | None = None,
) -> Ran:
    """Start what is to start in a plan as `apply` does, in no time.

    The deadline comes before anything can be settled, or tried once more, unless a test says otherwise.
    """
    time = time or FakeTime()
    healing = Healing(
        state=state,
        reader=reader or NeverAsked(),
        surroundings=surroundings(time, seconds=seconds),
        settle=timedelta(minutes=5),
        adopt_strangers=True,
        tell=tell,
    )
    fates = {} if fates is None else fates
    actions: dict[str, Action] = {}

    def tell_and_note(event: Event) -> None:
        if isinstance(event, Outcome):
            actions[purchase_name(event.action.key, event.action.generation)] = event.action
        tell(event)

    report = apply(
        plan,
        approval=state.approve(digest="sha256:0", entries=(), how="yes", at=NOON),
        state=state,
        service=Service(starter, healing.reconciler, healing.attempts),
        terms=on or terms(),
        surroundings=healing.surroundings,
        tell=tell_and_note,
        fates=fates,
    )
    told = {one.name: getattr(report, one.name) for one in fields(Report)}
    return Ran(**told, ended=[(actions[purchase], fate) for purchase, fate in fates.items()])


def attempts(time: FakeTime | None = None) -> Attempts:
    """Return the attempts of a run that begins now and has made none."""
    time = time or FakeTime()
    return Attempts(time.monotonic, time.service)


def results(ran: Ran) -> dict[str, str]:
    """Return how each start ended, by the archive's name."""
    return {_name(action): str(fate.result) for action, fate in ran.ended}


def _name(action: Action) -> str:
    return str(action.request.archive_id).rstrip("_")
