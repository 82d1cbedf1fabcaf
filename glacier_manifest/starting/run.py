"""A run: all starts of one apply, several at a time, until they are done or something ends them."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from queue import SimpleQueue
from threading import Event as Flag
from threading import Lock

from glacier_manifest.aws.answers import Answer
from glacier_manifest.planning.plan import Action
from glacier_manifest.starting.events import Event, Holding, Outcome, Result, RunBegan, Stopping
from glacier_manifest.starting.source import Source
from glacier_manifest.starting.starts import (
    HoldError,
    Intended,
    LeftOpenError,
    Recording,
    Starts,
    StopRunError,
)
from glacier_manifest.state.record import Record
from glacier_manifest.state.written import Written

#: Intents for each worker that are written before they are needed: half of them share a commit.
_AHEAD = 8
#: Seconds between two looks at what came.
_TICK = 0.05
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
        stopped_by: The first answer that ended the run, where one did.
        gave_up: The refusal that was met too often, where one was.
        error: The first error that ended the run, where one did: of the state, or a fault of ours.
        unrecorded: Records that the state could not take, as they would be: what is known must not be lost.
        held: Actions that were not sent because too many outcomes were unknown.
        held_count: How many.
        stage_was_full: Whether something was not sent because too much is started and not yet fetched.
        again_at: When what is unknown can be settled, or what was refused or found no room may be tried
            again, where that is beyond the deadline.
    """

    stopped_by: Answer | None = None
    gave_up: Outcome | None = None
    error: Exception | None = None
    unrecorded: list[Record] = field(default_factory=list)
    held: Iterator[Action] = field(default_factory=lambda: iter(()))
    held_count: int = 0
    stage_was_full: bool = False
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
        self._came: SimpleQueue[Event | Recording] = SimpleQueue()
        self._untold: deque[Event | Recording] = deque()
        self._sender = sender(self._came.put)
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
        source = Source(
            actions,
            sender=self._sender,
            approval=approval,
            most_ahead=_AHEAD * self._concurrency,
            stop=self._stop,
        )
        try:
            with ThreadPoolExecutor(max_workers=self._concurrency, thread_name_prefix="start") as pool:
                try:
                    workers = [pool.submit(self._work, source, approval) for _ in range(self._concurrency)]
                    self._tell_until_done(workers, tell)
                except BaseException:
                    self._stop.set()  # nobody listens any more: what is under way ends, nothing else is sent
                    raise
            for worker in workers:
                worker.result()
            self._take_back(source, tell)
        finally:
            self._wait_for_the_disk()
        if not self._stop.is_set():
            self._report.held, self._report.held_count = source.rest(), count - source.taken
        return self._report

    def _tell_until_done(self, workers: Sequence["Future[None]"], tell: Callable[[Event], None]) -> None:
        """Pass events on while workers work.

        They are told some at a time: to wake for each would take the interpreter from the workers.
        """
        while wait(workers, timeout=_TICK).not_done:
            self._tell_what_came(tell, is_ready=_is_written)
        self._tell_what_came(tell, is_ready=_always)

    def _tell_what_came(
        self, tell: Callable[[Event], None], *, is_ready: Callable[[Event | Recording], bool]
    ) -> None:
        """Tell events in their order, up to the first that is not ready."""
        while True:
            while not self._came.empty():
                self._untold.append(self._came.get())
            if not (self._untold and is_ready(self._untold[0])):
                return
            event = self._untold.popleft()
            if isinstance(event, Recording):
                event = self._ended(event)
            tell(event)

    def _ended(self, recording: Recording) -> Outcome:
        """Return how a start ended, once that is on the disk, or cannot be."""
        error = recording.written.exception() if recording.written is not None else None
        if not isinstance(error, Exception) or recording.left_open is None:
            return recording.outcome
        return self._left_open(recording.left_open(error))

    def _take_back(self, source: Source, tell: Callable[[Event], None]) -> None:
        """Take back what was intended and not handed to a worker."""
        withdrawn = [self._withdrawn(ahead.action, ahead) for ahead in source.ahead]
        for outcome in map(self._ended, withdrawn):
            if outcome.result is Result.UNKNOWN:
                self._came.put(Recording(outcome))
        self._tell_what_came(tell, is_ready=_always)

    def _wait_for_the_disk(self) -> None:
        """Wait until all that was answered is written, although nobody is told any more."""
        self._tell_what_came(lambda _event: None, is_ready=_always)

    def _work(self, source: Source, approval: int) -> None:
        try:
            self._send(source, approval)
        except Exception as error:  # noqa: BLE001 - a plan that cannot be read on ends all workers, and is reported
            self._fail(error)

    def _send(self, source: Source, approval: int) -> None:
        for action, ahead in source:
            try:
                recording = self._started_or_withdrawn(action, approval, ahead)
            except HoldError:
                source.put_back(action)
                self._hold(source)
                continue
            self._hand_over(recording)
            if self._unknowns.too_many(recording.outcome):
                self._hold(source)

    def _started_or_withdrawn(self, action: Action, approval: int, ahead: Intended | None) -> Recording:
        if self._stop.is_set():
            return self._withdrawn(action, ahead)
        return self._start(action, approval, ahead)

    def _hold(self, source: Source) -> None:
        """Send nothing more in this round: what is unknown comes first."""
        if source.close():
            self._came.put(Holding(self._unknowns.count))

    def _hand_over(self, recording: Recording) -> None:
        self._came.put(recording)
        if recording.written is not None:
            recording.written.add_done_callback(self._stop_if_lost)

    def _stop_if_lost(self, written: Written[None]) -> None:
        """End the run at once when an answer cannot be written down."""
        error = written.exception()
        if error is not None:
            self._end(str(error))

    def _start(self, action: Action, approval: int, ahead: Intended | None) -> Recording:
        try:
            recording = self._sender.start(action, approval, ahead)
        except HoldError:
            raise
        except StopRunError as stopped:
            self._report.stopped_by = self._report.stopped_by or stopped.answer
            self._end(f"{stopped.answer.code}: {stopped.answer.message}")
            return Recording(stopped.outcome)
        except LeftOpenError as left_open:
            return Recording(self._left_open(left_open))
        except Exception as error:  # noqa: BLE001 - one worker's failure must stop all of them, then be raised
            self._fail(error)
            return Recording(Outcome(action, Result.NOT_TRIED))
        if self._refusals.too_many(recording.outcome):
            self._report.gave_up = self._report.gave_up or recording.outcome
            self._end("the same refusal came too often in a row")
        return recording

    def _withdrawn(self, action: Action, ahead: Intended | None) -> Recording:
        if ahead is None:
            return Recording(Outcome(action, Result.NOT_TRIED))
        try:
            return self._sender.withdraw(ahead)
        except Exception as error:  # noqa: BLE001 - the others must be taken back all the same
            self._fail(error)
            return Recording(Outcome(action, Result.NOT_TRIED))

    def _left_open(self, left_open: LeftOpenError) -> Outcome:
        self._report.unrecorded.append(left_open.record)
        self._fail(left_open.error)
        return left_open.outcome

    def _fail(self, error: Exception) -> None:
        self._report.error = self._report.error or error
        self._end(str(error))

    def _end(self, why: str) -> None:
        with self._ending:
            if self._stop.is_set():
                return
            self._stop.set()
        self._came.put(Stopping(why))


def _is_written(event: Event | Recording) -> bool:
    return not isinstance(event, Recording) or event.written is None or event.written.done()


def _always(_event: Event | Recording) -> bool:
    return True


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
        self.count = 0
        self._in_a_row = 0
        self._lock = Lock()

    def too_many(self, outcome: Outcome) -> bool:
        """Count an outcome; say whether too many are unknown with it."""
        with self._lock:
            if outcome.result is not Result.UNKNOWN:
                self._in_a_row = 0
                return False
            self._in_a_row += 1
            self.count += 1
            return self._in_a_row >= _MOST_IN_A_ROW or self.count >= _MOST_OUTSTANDING
