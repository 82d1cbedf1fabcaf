"""The turns of a run's watching and fetching: what has ended is found out, what has succeeded is stored."""

import time
from collections import Counter
from collections.abc import Callable
from random import Random

from glacier_manifest.aws.s3_writing import S3Writer
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import FetchArguments
from glacier_manifest.cli.fetching import Door, places_of
from glacier_manifest.cli.refreshing import tell_what_is_amiss
from glacier_manifest.cli.uploads import uploads_of
from glacier_manifest.cli.wanting import wants_of
from glacier_manifest.cli.wiring import now
from glacier_manifest.errors import Failed, GlacierManifestError
from glacier_manifest.fetching.abandoned import abort_abandoned
from glacier_manifest.fetching.events import Event, PartRead
from glacier_manifest.fetching.fetch import fetch
from glacier_manifest.fetching.output import Verified
from glacier_manifest.fetching.pool import Bounds
from glacier_manifest.fetching.reading import Patience
from glacier_manifest.fetching.report import Report, Result
from glacier_manifest.fetching.terms import Surroundings, Terms
from glacier_manifest.manifest import Manifest
from glacier_manifest.running.activity import Turn
from glacier_manifest.running.fetching import Stored
from glacier_manifest.running.passing import code_passes, passes
from glacier_manifest.running.rate import Meter
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.tracking.refresh import Refreshed, refresh

_MOST_DESCRIBED = 1000
_OF_INVENTORIES = frozenset({Verified.READ_TWICE, Verified.JOINED})
_STORED = frozenset({Result.FETCHED, Result.UNVERIFIED})


class FetchingTurns:
    """Looks at jobs, and fetches what has succeeded.

    Args:
        manifest: Says where outputs go.
        arguments: The command line.
        state: Tells what has succeeded, and takes what was stored.
        clients: Reach AWS.
        scratch: Takes what is known of jobs and of names, for the whole run.
        meter: Measures what comes.
        note: Takes remarks for people.
        tell: Takes every event, from many threads.

    Attributes:
        total: What became of all outputs.
        door: Glacier.
        inventories: How many inventories were stored: what waits for one may be planned anew.
        given_up: Bytes of archives whose outputs could not be stored by the last turn, and want a person.
    """

    def __init__(
        self,
        manifest: Manifest,
        arguments: FetchArguments,
        *,
        state: SqliteState,
        clients: Clients,
        scratch: Scratch,
        meter: Meter,
        note: Callable[[str], None],
        tell: Callable[[Event], None],
    ) -> None:
        self.total = Report(scratch.mapping())
        self.inventories = 0
        self.given_up = 0
        self.door = Door.of(clients, scratch)
        self._manifest = manifest
        self._arguments = arguments
        self._state = state
        self._clients = clients
        self._places = places_of(arguments, state=state, clients=clients, scratch=scratch)
        self._meter = meter
        self._note = note
        self._noted: set[str] = set()
        self._preparing = 0.0
        self._tell = tell

    def look(self, turn: Turn) -> Refreshed:
        """Look once at what the jobs are doing."""
        turn.pulse.beat()
        refreshed = refresh(
            self._state,
            self.door.reader,
            clocks=self.door.clocks,
            most_described=_MOST_DESCRIBED,
            noted=self.door.described.note,
        )
        tell_what_is_amiss(refreshed, self._note_once)
        return refreshed

    def _note_once(self, remark: str) -> None:
        if remark not in self._noted:
            self._noted.add(remark)
            self._note(remark)

    def fetch(self, turn: Turn) -> Stored:
        """Fetch once all that is there.

        Raises:
            GlacierManifestError: What no waiting mends has kept outputs from being stored.
        """
        self._places.reopen()
        with Scratch() as scratch:
            report = self._fetched(turn, scratch)
            for aborted in abort_abandoned(self._state, S3Writer(self._clients), uploads_of(self._state)):
                self._tell(aborted)
            self._add(report)
            stored = sum(report.counts[result] for result in _STORED)
            if report.error is not None and not passes(report.error):
                raise report.error
            return Stored(stored, report.error or _trouble_in(report), self._preparing)

    def _fetched(self, turn: Turn, scratch: Scratch) -> Report:
        def tell(event: Event) -> None:
            turn.pulse.beat()
            if isinstance(event, PartRead):
                self._meter.read(event.part.length)
            self._tell(event)

        def sleep(seconds: float) -> None:
            turn.stop.wait(seconds)

        began = time.monotonic()
        wants = wants_of(
            self._manifest,
            self._arguments,
            state=self._state,
            clients=self._clients,
            scratch=scratch,
            now=now(),
        )
        self._preparing = time.monotonic() - began
        turn.pulse.beat()
        patience = Patience(Random(), sleep)  # noqa: S311 - spreads retries
        with self._meter.running():
            return fetch(
                self._state,
                wants,
                service=self.door.service(self._clients),
                places=self._places,
                terms=Terms(part_size=self._arguments.part_size, bounds=Bounds(self._arguments.concurrency)),
                surroundings=Surroundings(now, self.door.clocks.service, patience, turn.stop.is_set),
                scratch=scratch,
                tell=tell,
            )

    def _add(self, report: Report) -> None:
        """Keep what became of each output last."""
        for key, outcome in report.outcomes.items():
            self.total.outcomes[key] = outcome
        self.total.bytes_read += report.bytes_read
        self.total.bytes_stored += report.bytes_stored
        self.given_up = report.bytes_failed
        self.total.nowhere = report.nowhere
        self.total.incomplete = report.incomplete
        kept = (one for one in report.outcomes.values() if one.result is Result.FETCHED)
        self.inventories += sum(one.verified_by in _OF_INVENTORIES for one in kept)

    def tidy(self) -> None:
        """Leave nothing of our own beside the outputs that needs not be there."""
        self._places.tidy()

    def whole(self) -> Report:
        """Return what became of all outputs, counted."""
        self.total.counts = Counter(outcome.result for outcome in self.total.outcomes.values())
        self.total.renamed = sum(bool(outcome.renamed) for outcome in self.total.outcomes.values())
        return self.total


def _trouble_in(report: Report) -> GlacierManifestError | None:
    """Return why an output is left that the next turn may store; None where none is."""
    if not report.counts[Result.LEFT]:
        return None
    for outcome in report.outcomes.values():
        if outcome.result is Result.LEFT and outcome.mishap and code_passes(outcome.mishap.code):
            mishap = outcome.mishap
            return Failed(mishap.code, mishap.message, next_step="wait: it is tried again")
    return None
