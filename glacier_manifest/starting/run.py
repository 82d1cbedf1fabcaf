"""A run: all starts of one apply, several at a time, until they are done or something ends them."""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Event as Flag
from threading import Lock

from glacier_manifest.aws.answers import Answer
from glacier_manifest.planning.plan import Action
from glacier_manifest.starting.events import Event, Holding, Outcome, Result, RunBegan, Stopping
from glacier_manifest.starting.sender import LeftOpenError, StopRunError
from glacier_manifest.starting.volume import Starts
from glacier_manifest.state.record import Record

#: Unknown outcomes after which nothing more is sent before they are settled.
_MOST_IN_A_ROW = 20
_MOST_OUTSTANDING = 200
_REFUSALS = frozenset({Result.REJECTED, Result.DEFERRED})


@dataclass(frozen=True, slots=True)
class Endurance:
    """How many identical refusals in a row end a run; `1` is ``--fail-fast``."""

    max_errors: int = 10


@dataclass(slots=True)
class Report:
    """How a run ended.

    Attributes:
        outcomes: What became of each action; filled when all rounds of a run are over.
        stopped_by: The first answer that ended the run, where one did.
        gave_up: The refusal that was met too often, where one was.
        error: The first error that ended the run, where one did: of the state, or a fault of ours.
        unrecorded: Records that the state could not take, as they would be: what is known must not be lost.
        held: Actions that were not sent because too many outcomes were unknown.
        held_count: How many.
        again_at: When what is unknown can be settled, or what was refused or found no room may be tried
            again, where that is beyond the deadline.
    """

    outcomes: Collection[Outcome] = ()
    stopped_by: Answer | None = None
    gave_up: Outcome | None = None
    error: Exception | None = None
    unrecorded: list[Record] = field(default_factory=list)
    held: Iterator[Action] = field(default_factory=lambda: iter(()))
    held_count: int = 0
    again_at: datetime | None = None


class Run:
    """Starts actions with several workers; events are told in the caller's thread, one at a time."""

    def __init__(
        self,
        *,
        sender: Callable[[Callable[[Event], None]], Starts],
        concurrency: int,
        rate: float,
        endurance: Endurance,
        stop: Flag,
    ) -> None:
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._sender = sender(self._events.put)
        self._concurrency = concurrency
        self._rate = rate
        self._refusals = _Refusals(endurance.max_errors)
        self._unknowns = _Unknowns()
        self._stop = stop
        self._report = Report()
        self._ending = Lock()

    def __call__(
        self, actions: Iterator[Action], count: int, *, approval: int, tell: Callable[[Event], None]
    ) -> Report:
        """Start the actions in order and return when each has ended, or none is sent any more.

        Args:
            actions: What to start; the order is the order of sending.
            count: How many they are.
            approval: The approval under which they start.
            tell: Takes every event, outcomes among them, in this thread. What it raises ends the run and is
                raised.
        """
        tell(RunBegan(count, self._rate))
        source = _Source(actions)
        with ThreadPoolExecutor(max_workers=self._concurrency, thread_name_prefix="start") as pool:
            try:
                workers = [pool.submit(self._work, source, approval) for _ in range(self._concurrency)]
                self._tell_until_done(workers, tell)
            except BaseException:
                self._stop.set()  # nobody listens any more: what is under way ends, nothing else is sent
                raise
        for worker in workers:
            worker.result()
        if not self._stop.is_set():
            self._report.held, self._report.held_count = source.rest(), count - source.taken
        return self._report

    def _tell_until_done(self, workers: Sequence["Future[None]"], tell: Callable[[Event], None]) -> None:
        """Pass events on while workers work; short waits let this thread answer to signals."""
        while True:
            over = all(worker.done() for worker in workers)
            try:
                event = self._events.get(timeout=0 if over else 0.1)
            except Empty:
                if over:
                    return
                continue
            tell(event)

    def _work(self, source: "_Source", approval: int) -> None:
        try:
            self._send(source, approval)
        except Exception as error:  # noqa: BLE001 - a plan that cannot be read on ends all workers, and is reported
            self._fail(error)

    def _send(self, source: "_Source", approval: int) -> None:
        for action in source:
            if self._stop.is_set():
                self._events.put(Outcome(action, Result.NOT_TRIED))
                continue
            outcome = self._start(action, approval)
            self._events.put(outcome)
            unknown = self._unknowns.too_many(outcome)
            if unknown and source.close():
                self._events.put(Holding(unknown))

    def _start(self, action: Action, approval: int) -> Outcome:
        try:
            outcome = self._sender.start(action, approval)
        except StopRunError as stopped:
            self._report.stopped_by = self._report.stopped_by or stopped.answer
            self._end(f"{stopped.answer.code}: {stopped.answer.message}")
            return stopped.outcome
        except LeftOpenError as left_open:
            self._report.unrecorded.append(left_open.record)
            self._fail(left_open.error)
            return left_open.outcome
        except Exception as error:  # noqa: BLE001 - one worker's failure must stop all of them, then be raised
            self._fail(error)
            return Outcome(action, Result.NOT_TRIED)
        if self._refusals.too_many(outcome):
            self._report.gave_up = self._report.gave_up or outcome
            self._end("the same refusal came too often in a row")
        return outcome

    def _fail(self, error: Exception) -> None:
        self._report.error = self._report.error or error
        self._end(str(error))

    def _end(self, why: str) -> None:
        with self._ending:
            if self._stop.is_set():
                return
            self._stop.set()
        self._events.put(Stopping(why))


class _Source:
    """Hands each action to one worker, in order; `taken` says how many it has handed out."""

    def __init__(self, actions: Iterator[Action]) -> None:
        self.taken = 0
        self._actions = actions
        self._is_closed = False
        self._lock = Lock()

    def __iter__(self) -> Iterator[Action]:
        return self

    def __next__(self) -> Action:
        with self._lock:
            if self._is_closed:
                raise StopIteration
            action = next(self._actions)
            self.taken += 1
            return action

    def close(self) -> bool:
        """Hand out nothing more; say whether this closed it."""
        with self._lock:
            was_open, self._is_closed = not self._is_closed, True
            return was_open

    def rest(self) -> Iterator[Action]:
        """Return what was not handed out."""
        return self._actions


class _Refusals:
    """Counts identical refusals in a row."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._code: str | None = None
        self._count = 0
        self._lock = Lock()

    def too_many(self, outcome: Outcome) -> bool:
        """Count an outcome; say whether it is the one refusal too many."""
        with self._lock:
            if outcome.result not in _REFUSALS or outcome.mishap is None:
                self._code, self._count = None, 0
                return False
            self._count = self._count + 1 if outcome.mishap.code == self._code else 1
            self._code = outcome.mishap.code
            return self._count >= self._most


class _Unknowns:
    """Counts unknown outcomes: when most are, something is wrong that sending on would only make worse."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._count = 0
        self._lock = Lock()

    def too_many(self, outcome: Outcome) -> int:
        """Count an outcome; return how many are unknown where that is too many, else 0."""
        with self._lock:
            if outcome.result is not Result.UNKNOWN:
                self._in_a_row = 0
                return 0
            self._in_a_row += 1
            self._count += 1
            over = self._in_a_row >= _MOST_IN_A_ROW or self._count >= _MOST_OUTSTANDING
            return self._count if over else 0
