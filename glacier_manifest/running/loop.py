"""Activities side by side, a thread each, until none waits for anything more, or the run is to end.

Starting goes at so many calls a second and fetching at so many bytes; in turns of one thread each would keep
the other waiting for half of a day. The state is made for many threads; what one activity does, the others
see there, and nothing else is shared.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from threading import Event as Flag
from threading import Lock, Thread

from glacier_manifest.errors import GlacierManifestError
from glacier_manifest.running.activity import Activity, Turn
from glacier_manifest.running.events import Ended, Event, Held, Recovered, Troubled
from glacier_manifest.running.passing import needs_new_state, passes, wants_room
from glacier_manifest.running.pulse import Pulse

#: Seconds after which an activity that is at work and tells nothing is taken to hang.
HANGS_AFTER = 1800.0
#: Seconds before an activity in trouble tries again, unless said.
FIRST_PAUSE = 15.0
#: Seconds of one piece of a long wait.
_PIECE = 30.0


class Ending(Enum):
    """Why a loop has ended."""

    DONE = "done"
    STOPPED = "stopped"
    DEADLINE = "deadline"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Time:
    """Time, as a loop takes it from outside.

    Attributes:
        now: Tells the time of day.
        monotonic: Tells the seconds of a clock that is never set.
        slice: Seconds between two looks at whether something is to be done.
        first_pause, longest_pause: Seconds before an activity in trouble tries again: at first, at last.
    """

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    slice: float = 1.0
    first_pause: float = FIRST_PAUSE
    longest_pause: float = 600.0


class _Stop(Flag):
    """A flag that is waited for in pieces, so that a long wait is not taken for a hang."""

    def __init__(self, pulse: Pulse) -> None:
        super().__init__()
        self._pulse = pulse

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the flag is set, or so many seconds have passed; say whether it is set."""
        left = float("inf") if timeout is None else timeout
        while not super().wait(min(left, _PIECE)) and (left := left - _PIECE) > 0:
            self._pulse.beat()
        return self.is_set()


@dataclass(slots=True)
class _Strand:
    """One activity, and how it stands."""

    activity: Activity
    pulse: Pulse
    stop: Flag
    nudge: Flag
    is_at_work: bool = False
    is_held: bool = False
    trouble: GlacierManifestError | None = None
    troubled_at: float = 0.0
    again_at: float = float("-inf")
    tries: int = 0
    error: Exception | None = None


class Loop:
    """Runs activities.

    Args:
        activities: What goes on.
        held: The activities that nothing is done for while a disk is full; they may also end alone, by what
            only a person can mend, while the others end what they can.
        time: Time.
        tell: Told what happens, from any thread.
    """

    def __init__(
        self,
        activities: Sequence[Activity],
        *,
        held: frozenset[str],
        time: Time,
        tell: Callable[[Event], None],
    ) -> None:
        self._strands = [_strand(one, time) for one in activities]
        self._held = held
        self._time = time
        self._tell = tell
        self._ending: Ending | None = None
        self._over = Flag()
        self._lock = Lock()

    @property
    def errors(self) -> list[Exception]:
        """What ended activities, the first one first."""
        return [strand.error for strand in self._strands if strand.error is not None]

    def is_alive(self) -> bool:
        """Say whether no activity hangs."""
        at_work = (strand for strand in self._strands if strand.is_at_work)
        return all(strand.pulse.silent_for < HANGS_AFTER for strand in at_work)

    def standing(self) -> Iterator[tuple[str, str]]:
        """Yield each activity and what it is at: ``at work``, ``waiting``, ``held``, ``ended``, a code."""
        for strand in self._strands:
            yield strand.activity.name, _word(strand)

    def run(self, stop: Flag, *, deadline: float, each: Callable[[], None]) -> Ending:
        """Run until nothing is waited for, or the run is to end; return when every activity has ended.

        Args:
            stop: Set when the run is to end.
            deadline: The monotonic second at which it is to end.
            each: Called in this thread after every look.

        Returns:
            Why it has ended; `errors` tells what ended single activities.
        """
        threads = [
            Thread(target=self._live, args=(strand,), name=f"run-{strand.activity.name}")
            for strand in self._strands
        ]
        for thread in threads:
            thread.start()
        try:
            while not self._is_over(stop, deadline):
                stop.wait(self._time.slice)
                each()
        finally:
            self._end(Ending.STOPPED)
            for thread in threads:
                while thread.is_alive():
                    thread.join(self._time.slice)
                    each()
        return self._ending or Ending.STOPPED

    def _is_over(self, stop: Flag, deadline: float) -> bool:
        if stop.is_set():
            self._end(Ending.STOPPED)
        elif self._time.monotonic() >= deadline:
            self._end(Ending.DEADLINE)
        else:
            with self._lock:
                if all(self._is_idle(strand) for strand in self._strands):
                    self._ending = self._ending or (Ending.ERROR if self.errors else Ending.DONE)
        return self._ending is not None

    def _is_idle(self, strand: _Strand) -> bool:
        if strand.error is not None:
            return True
        if strand.is_at_work or strand.trouble is not None:
            return False
        return not strand.activity.is_pending() and strand.activity.due_in() > 0

    def _end(self, ending: Ending) -> None:
        with self._lock:
            self._ending = self._ending or ending
        self._over.set()
        for strand in self._strands:
            strand.stop.set()
            strand.nudge.set()

    def _live(self, strand: _Strand) -> None:
        try:
            while self._waits_for_turn(strand):
                self._take_turn(strand)
        except Exception as error:  # noqa: BLE001 - whatever it is, the run must end, and tell it
            self._fail(strand, error)

    def _fail(self, strand: _Strand, error: Exception) -> None:
        with self._lock:
            strand.error, strand.is_at_work = error, False
        if not isinstance(error, GlacierManifestError) or needs_new_state(error):
            self._end(Ending.ERROR)
            return
        self._tell(Ended(strand.activity.name, error))
        if strand.activity.name not in self._held:
            self._end(Ending.ERROR)

    def _waits_for_turn(self, strand: _Strand) -> bool:
        """Wait until it is an activity's turn; say whether it comes."""
        while not self._over.is_set():
            strand.pulse.beat()
            with self._lock:
                if self._ending is not None:
                    return False
                if self._may_go(strand):
                    strand.is_at_work = True
                    strand.stop.clear()
                    return True
            strand.nudge.wait(self._time.slice)
            strand.nudge.clear()
        return False

    def _may_go(self, strand: _Strand) -> bool:
        cause = self._holder_of(strand)
        if cause is not None:
            if not strand.is_held:
                strand.is_held = True
                self._tell(Held(strand.activity.name, cause))
            return False
        strand.is_held = False
        return self._time.monotonic() >= strand.again_at and (
            strand.trouble is not None or strand.activity.due_in() <= 0
        )

    def _holder_of(self, strand: _Strand) -> str | None:
        """Return the other activity whose trouble holds this one, if one does."""
        if strand.activity.name not in self._held:
            return None
        others = (one for one in self._strands if one is not strand)
        return next(
            (one.activity.name for one in others if one.trouble is not None and wants_room(one.trouble)), None
        )

    def _take_turn(self, strand: _Strand) -> None:
        try:
            strand.activity.take(Turn(strand.stop, strand.pulse))
        except GlacierManifestError as error:
            if needs_new_state(error) or not passes(error):
                raise
            self._note_trouble(strand, error)
        else:
            self._note_success(strand)
        for one in self._strands:
            one.nudge.set()  # what was done may be what another waits for

    def _note_trouble(self, strand: _Strand, error: GlacierManifestError) -> None:
        pause = min(self._time.first_pause * 2**strand.tries, self._time.longest_pause)
        at = self._time.monotonic()
        with self._lock:
            strand.troubled_at = at if strand.trouble is None else strand.troubled_at
            strand.trouble, strand.again_at = error, at + pause
            strand.tries = min(strand.tries + 1, 20)
            strand.is_at_work = False
            if wants_room(error):
                for one in self._strands:
                    if one.activity.name in self._held:
                        one.stop.set()
        next_at = self._time.now() + timedelta(seconds=pause)
        self._tell(Troubled(strand.activity.name, error, next_at))

    def _note_success(self, strand: _Strand) -> None:
        at = self._time.monotonic()
        with self._lock:
            had, since = strand.trouble, strand.troubled_at
            strand.trouble, strand.tries, strand.again_at = None, 0, float("-inf")
            strand.is_at_work = False
        if had is not None:
            self._tell(Recovered(strand.activity.name, at - since))


def _strand(activity: Activity, time: Time) -> _Strand:
    pulse = Pulse(time.monotonic)
    return _Strand(activity, pulse, _Stop(pulse), Flag())


def _word(strand: _Strand) -> str:
    if strand.error is not None:
        return "ended"
    if strand.is_at_work:
        return "at work"
    if strand.is_held:
        return "held"
    return "waiting" if strand.trouble is None else strand.trouble.code
