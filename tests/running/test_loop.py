"""Activities side by side: who goes when, what is waited for, and what ends a run."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf

import pytest

from glacier_manifest.errors import Failed, GlacierManifestError, NotApproved, ServiceError, StateError
from glacier_manifest.running.activity import Turn
from glacier_manifest.running.events import Ended, Event, Held, Recovered, Troubled
from glacier_manifest.running.loop import Ending, Loop, Time

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
UNREACHABLE = ServiceError("unreachable", "no route to host", next_step="check the network")
EXPIRED = ServiceError("expired-credentials", "ExpiredToken", next_step="renew them")
DENIED = ServiceError("access-denied", "not authorized", next_step="allow it")
NO_ROOM = Failed("no-room", "the disk is full", next_step="make room")
STATE_FULL = StateError("state-full", "the disk is full", next_step="make room")
NOT_APPROVED = NotApproved("not-approved", "1 to start are not in what was approved", next_step="review it")


@dataclass
class Script:
    """An activity that does what a script says: raises an error, calls something, or nothing."""

    name: str
    turns: list[GlacierManifestError | Callable[[Turn], None] | None]
    taken: int = 0
    waits_for: Callable[[], bool] = lambda: False
    took: list[float] = field(default_factory=list)

    def due_in(self) -> float:
        return 0.0 if self.taken < len(self.turns) else inf

    def is_pending(self) -> bool:
        return self.waits_for()

    def take(self, turn: Turn) -> None:
        what = self.turns[self.taken] if self.taken < len(self.turns) else None
        self.taken += 1
        self.took.append(time.monotonic())
        if isinstance(what, GlacierManifestError):
            raise what
        if what is not None:
            what(turn)


def waits(seconds: float) -> Callable[[Turn], None]:
    """Return a turn that lasts so long, unless it is stopped."""

    def take(turn: Turn) -> None:
        turn.stop.wait(seconds)

    return take


class Runs:
    """A loop over scripts, in a hurry."""

    def __init__(self, *scripts: Script) -> None:
        self.told: list[Event] = []
        self.stop = threading.Event()
        self.loop = Loop(
            scripts,
            held=frozenset({"starting"}),
            time=Time(lambda: NOON, time.monotonic, slice=0.005, first_pause=0.02, longest_pause=0.05),
            tell=self.told.append,
        )

    def __call__(self, *, seconds: float = 10, each: Callable[[], None] = lambda: None) -> Ending:
        return self.loop.run(self.stop, deadline=time.monotonic() + seconds, each=each)

    def kinds(self) -> list[tuple[str, str]]:
        return [(type(event).__name__, event.activity) for event in self.told]


def test_it_ends_when_nothing_is_waited_for_any_more() -> None:
    starting, fetching = Script("starting", [None]), Script("fetching", [None, None])

    assert Runs(starting, fetching)() is Ending.DONE
    assert (starting.taken, fetching.taken) == (1, 2)


def test_it_goes_on_while_something_is_waited_for() -> None:
    fetching = Script("fetching", [])
    watching = Script("watching", [None], waits_for=lambda: fetching.taken == 0)

    def comes(_turn: Turn) -> None:
        fetching.turns.append(None)

    later = Script("starting", [waits(0.1), comes])

    assert Runs(watching, fetching, later)() is Ending.DONE
    assert fetching.taken == 1


def test_activities_go_on_side_by_side() -> None:
    both = threading.Barrier(2, timeout=10)

    def meets(_turn: Turn) -> None:
        both.wait()

    one, other = (Script(name, [meets]) for name in ("starting", "fetching"))

    assert Runs(one, other)() is Ending.DONE


@pytest.mark.parametrize("error", [UNREACHABLE, EXPIRED, NO_ROOM], ids=lambda error: error.code)
def test_what_passes_is_tried_again_after_growing_pauses(error: GlacierManifestError) -> None:
    fetching = Script("fetching", [error, error, error, None])
    runs = Runs(fetching)

    assert runs() is Ending.DONE
    assert [type(event) for event in runs.told] == [Troubled, Troubled, Troubled, Recovered]
    pauses = [later - earlier for earlier, later in zip(fetching.took, fetching.took[1:], strict=False)]
    assert pauses[0] >= 0.02
    assert pauses[2] >= 0.05
    assert runs.loop.errors == []


def test_while_a_disk_is_full_nothing_is_started() -> None:
    started_while_full: list[bool] = []
    full = threading.Event()

    def fills(_turn: Turn) -> None:
        full.set()
        raise NO_ROOM

    def has_room(_turn: Turn) -> None:
        full.clear()

    def starts(turn: Turn) -> None:
        full.wait(10)
        turn.stop.wait(10)  # the turn under way is asked to end
        started_while_full.append(turn.stop.is_set())

    starting = Script("starting", [starts, lambda _turn: started_while_full.append(full.is_set())])
    runs = Runs(starting, Script("fetching", [fills, fills, has_room]))

    assert runs() is Ending.DONE
    assert started_while_full == [True, False]
    assert ("Held", "starting") in runs.kinds()


def test_what_only_a_person_can_mend_ends_the_run() -> None:
    starting = Script("starting", [waits(10)])
    runs = Runs(starting, Script("fetching", [DENIED]))

    assert runs() is Ending.ERROR
    assert runs.loop.errors == [DENIED]
    assert Ended("fetching", DENIED) in runs.told


def test_what_may_not_be_started_leaves_the_rest_to_be_stored() -> None:
    fetching = Script("fetching", [])
    watching = Script("watching", [], waits_for=lambda: fetching.taken == 0)
    runs = Runs(Script("starting", [NOT_APPROVED]), watching, fetching)

    def ends_later() -> None:
        if runs.loop.errors and not fetching.turns:
            fetching.turns.append(None)

    assert runs(each=ends_later) is Ending.ERROR
    assert (fetching.taken, runs.loop.errors) == (1, [NOT_APPROVED])


def test_a_state_that_must_be_opened_anew_ends_all() -> None:
    starting = Script("starting", [STATE_FULL])
    watching = Script("watching", [], waits_for=lambda: True)
    runs = Runs(starting, watching)

    assert runs() is Ending.ERROR
    assert runs.loop.errors == [STATE_FULL]


def test_a_fault_of_ours_ends_all() -> None:
    def breaks(_turn: Turn) -> None:
        raise ZeroDivisionError

    runs = Runs(Script("starting", [breaks]), Script("watching", [], waits_for=lambda: True))

    assert runs() is Ending.ERROR
    assert [type(error) for error in runs.loop.errors] == [ZeroDivisionError]


def test_a_stop_ends_turns_that_are_under_way() -> None:
    runs = Runs(Script("starting", [waits(30)]))
    threading.Timer(0.05, runs.stop.set).start()
    began = time.monotonic()

    assert runs() is Ending.STOPPED
    assert time.monotonic() - began < 10


def test_a_deadline_ends_it() -> None:
    assert Runs(Script("watching", [], waits_for=lambda: True))(seconds=0.05) is Ending.DEADLINE


def test_what_is_at_work_and_tells_nothing_hangs() -> None:
    now = [0.0]
    seen: list[bool] = []

    def is_silent(turn: Turn) -> None:
        now[0] += 10_000
        turn.stop.wait(0.1)
        turn.pulse.beat()
        turn.stop.wait(0.1)

    loop = Loop(
        [Script("starting", [is_silent])],
        held=frozenset(),
        time=Time(lambda: NOON, lambda: now[0], slice=0.005),
        tell=lambda _event: None,
    )

    loop.run(threading.Event(), deadline=inf, each=lambda: seen.append(loop.is_alive()))

    assert False in seen
    assert seen[-1]


def test_it_tells_what_each_is_at() -> None:
    standings: list[dict[str, str]] = []
    runs = Runs(Script("starting", [waits(0.1)]), Script("fetching", []))

    runs(each=lambda: standings.append(dict(runs.loop.standing())))

    assert {"starting": "at work", "fetching": "waiting"} in standings
    assert Held not in map(type, runs.told)
