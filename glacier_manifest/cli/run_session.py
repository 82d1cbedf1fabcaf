"""One session of a run on an open state: its activities, and what they have come to."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from threading import Event as Flag
from typing import Any

from glacier_manifest.aws.service_clock import ServiceClock
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.applying import both
from glacier_manifest.cli.arguments import RunArguments
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.fetch_turns import FetchingTurns
from glacier_manifest.cli.logs import run_log
from glacier_manifest.cli.refreshing import regions_of
from glacier_manifest.cli.run_turns import StartingTurns
from glacier_manifest.cli.sources import FromManifests
from glacier_manifest.cli.standing_consent import StandingConsent
from glacier_manifest.cli.turns import Ground
from glacier_manifest.cli.wiring import now, warn
from glacier_manifest.diagnostics import Diagnostic
from glacier_manifest.planning.place import check_endpoint
from glacier_manifest.running.activity import Activity, Turn
from glacier_manifest.running.fetching import Fetching
from glacier_manifest.running.loop import FIRST_PAUSE, Loop, Time
from glacier_manifest.running.once import look_and_fetch, start_and_fetch
from glacier_manifest.running.pulse import Pulse
from glacier_manifest.running.rate import Meter, most_staged
from glacier_manifest.running.standing import Standing, standing_of
from glacier_manifest.running.starting import Starting
from glacier_manifest.running.watching import Watching
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.units import parse_duration
from glacier_manifest.views import runs
from glacier_manifest.views.run_progress import Waits

#: How long the starting of `--once` may take, unless said.
_ONCE = parse_duration("30m")
_NAMES = (Starting.name, Watching.name, Fetching.name)
#: What a full disk holds.
_HELD = frozenset({Starting.name})


@dataclass(frozen=True, slots=True)
class Lasting:
    """What lasts for a whole run, whatever becomes of its sessions.

    Attributes:
        console: Where to write.
        source: What is wanted.
        arguments: The command line.
        consent: Approves.
        meter: Measures what comes.
        scratch: Takes what is known of jobs and of names.
        left: Returns the seconds until the run is to end.
    """

    console: Console
    source: FromManifests
    arguments: RunArguments
    consent: StandingConsent
    meter: Meter
    scratch: Scratch
    left: Callable[[], float]


class Session:
    """One session.

    Args:
        lasting: What lasts for the whole run.
        state: The state.
        clients: Reach AWS.

    Attributes:
        state: The state.
        starts: The turns of starting.
        fetches: The turns of fetching.
        fetching: Whether something is there to be fetched.
    """

    def __init__(self, lasting: Lasting, state: SqliteState, clients: Clients) -> None:
        for region in regions_of(state):
            check_endpoint(state.identity, clients.endpoint(region))
        self.state = state
        self._lasting = lasting
        self._jobs = frozenset(job.name for job in lasting.source.manifest.jobs)
        self._loop: Loop | None = None
        self.starts = _starts(lasting, state, clients)
        self.fetches = _fetches(lasting, state, clients)
        monotonic = time.monotonic
        self._starting = Starting(
            state, self.starts, stored=lambda: self.fetches.inventories, monotonic=monotonic
        )
        self.starts.is_overtaken = self._starting.is_overtaken
        self.starts.given_up = lambda: self.fetches.given_up
        self._watching = Watching(
            state,
            self.fetches.look,
            clocks=self.fetches.door.clocks,
            monotonic=monotonic,
            poll=lasting.arguments.poll,
        )
        self.fetching = Fetching(state, self.fetches.fetch, monotonic=monotonic)

    def fetch_first(self, stop: Flag, each: Callable[[], None]) -> None:
        """Do what comes before the first plan of `--once`.

        Raises:
            GlacierManifestError: What kept it from doing all it could.
        """
        look_and_fetch(self._watching, self.fetching, Turn(stop, _Telling(each)))

    def run_once(self, stop: Flag, each: Callable[[], None]) -> None:
        """Do what can be done now.

        Raises:
            GlacierManifestError: What kept it from doing all it could.
        """
        turn = Turn(stop, _Telling(each))
        start_and_fetch(self._starting, self.fetching, turn, is_over=stop.is_set)

    def run(self, stop: Flag, each: Callable[[], None]) -> None:
        """Go on until nothing is waited for any more, or the run is to end.

        Raises:
            GlacierManifestError: What only a person can mend, or wants the state to be opened anew.
        """
        activities: list[Activity] = [self._watching, self.fetching, self._starting]
        self._loop = Loop(
            activities,
            held=_HELD,
            time=Time(now, time.monotonic, first_pause=_first_pause(self._lasting.arguments)),
            tell=lambda event: self._lasting.console.note(runs.remark(event)),
        )
        self._loop.run(stop, deadline=inf, each=each)
        if self._loop.errors:
            raise self._loop.errors[0]

    def is_alive(self) -> bool:
        """Say whether nothing hangs."""
        return self._loop is None or self._loop.is_alive()

    def standing(self) -> Standing:
        """Return how the run stands."""
        return standing_of(
            self.state.standing_groups(),
            self._jobs,
            to_start=max(self.starts.expected, 0),
            rate=self._lasting.meter.rate,
        )

    def told(self) -> Mapping[str, Any]:
        """Return what the heartbeat tells."""
        doing = dict.fromkeys(_NAMES, "not begun") if self._loop is None else dict(self._loop.standing())
        return {"state": str(self.state.path), **doing, **runs.standing_json(self.standing())}


def _first_pause(arguments: RunArguments) -> float:
    """Return the seconds before what was in trouble is tried again: no longer than one that is looked for."""
    return min(FIRST_PAUSE, FIRST_PAUSE if arguments.poll is None else arguments.poll.total_seconds())


class _Telling(Pulse):
    """A pulse that tells of each beat: there is no loop around a run that is made once."""

    def __init__(self, each: Callable[[], None]) -> None:
        super().__init__(time.monotonic)
        self._each = each

    def beat(self) -> None:
        """Something happens."""
        super().beat()
        self._each()


def _starts(lasting: Lasting, state: SqliteState, clients: Clients) -> StartingTurns:
    console, arguments = lasting.console, lasting.arguments
    tell = both(Waits(console.note), run_log(console))

    def left() -> float:
        return min(lasting.left(), _ONCE.total_seconds()) if arguments.once else lasting.left()

    ground = Ground(
        lasting.source,
        arguments.applying(deadline=arguments.deadline or _ONCE),
        state,
        clients,
        ServiceClock(time.monotonic),
        warn=_once_each(partial(warn, console)),
        tell=tell,
    )
    return StartingTurns(
        ground,
        lasting.consent,
        most=most_staged(lasting.source.pace.staged_bytes, lasting.meter),
        tell=tell,
        left=left,
        is_emptied=not arguments.once,
    )


def _once_each(warns: Callable[[Sequence[Diagnostic]], None]) -> Callable[[Sequence[Diagnostic]], None]:
    """Return what tells each warning once, though every plan has it."""
    told: set[Diagnostic] = set()

    def tell(found: Sequence[Diagnostic]) -> None:
        fresh = [one for one in found if one not in told]
        told.update(fresh)
        warns(fresh)

    return tell


def _fetches(lasting: Lasting, state: SqliteState, clients: Clients) -> FetchingTurns:
    return FetchingTurns(
        lasting.source.manifest,
        lasting.arguments.fetching(),
        state=state,
        clients=clients,
        scratch=lasting.scratch,
        meter=lasting.meter,
        note=lasting.console.note,
        tell=lambda _event: None,
    )
