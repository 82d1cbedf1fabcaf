"""What `fetch` does, step by step: read, lock, look, fetch, tell."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from threading import Event as Flag

from glacier_manifest.aws.glacier import GlacierReader
from glacier_manifest.aws.output import GlacierOutput
from glacier_manifest.aws.s3_reading import S3Reader
from glacier_manifest.aws.s3_writing import S3Writer, Storing
from glacier_manifest.aws.service_clock import ServiceClock
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import FetchArguments
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.fetch_logs import fetch_log
from glacier_manifest.cli.reading import check_output, check_writable
from glacier_manifest.cli.refreshing import check_exist, regions_of, tell_what_is_amiss
from glacier_manifest.cli.signals import draining
from glacier_manifest.cli.stored_outputs import opens_stored
from glacier_manifest.cli.uploads import uploads_of
from glacier_manifest.cli.wanting import wants_of
from glacier_manifest.cli.wiring import now, state_to_fetch, state_to_read, warn
from glacier_manifest.errors import Exit, Interrupted, UsageError, strongest
from glacier_manifest.fetching.abandoned import abort_abandoned
from glacier_manifest.fetching.described import Described
from glacier_manifest.fetching.destination import Existing
from glacier_manifest.fetching.events import Event
from glacier_manifest.fetching.fetch import fetch
from glacier_manifest.fetching.held import held_in_part
from glacier_manifest.fetching.pieces import identity_of, is_held
from glacier_manifest.fetching.places import Known, Opening, Places
from glacier_manifest.fetching.pool import Bounds
from glacier_manifest.fetching.reading import Patience
from glacier_manifest.fetching.report import Outcome, Report, Result
from glacier_manifest.fetching.terms import Service, Surroundings, Terms
from glacier_manifest.fetching.wants import Wants
from glacier_manifest.jobs.status import UNDER_WAY, Status
from glacier_manifest.manifest import Manifest, read_manifest
from glacier_manifest.planning.place import check_endpoint
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.protocol import State
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.tracking.latest import latest_purchases
from glacier_manifest.tracking.refresh import Clocks, refresh
from glacier_manifest.views import failures, fetches

_UNJOINED = (
    "note: an inventory came in pages, each of which is a file of its own: 'glacier-manifest fetch' with the "
    "manifest that asks for it puts them together"
)


def fetch_command(console: Console, arguments: FetchArguments) -> Exit:
    """Read, lock, look, fetch, tell; return the exit code.

    Raises:
        GlacierManifestError: As the rooms below say; what was stored before is recorded.
    """
    check_exist(arguments.paths)
    manifest = read_manifest(arguments.paths) if arguments.paths else None
    if manifest is not None:
        warn(console, manifest.warnings)
    elif arguments.to is None:
        raise _no_place()
    if arguments.report is not None:
        check_output(arguments.report, arguments.paths)
        check_writable(arguments.report)
    files = (Path(),) if manifest is None else manifest.files
    with state_to_read(arguments.state, files, tell=console.note) as state:
        if state.is_empty():
            return _ended(console, arguments, Report({}), pending=0)
    return _fetched(console, arguments, manifest, files)


def _no_place() -> UsageError:
    return UsageError(
        "no-place",
        "nothing says where outputs go: no manifest is named, and no place with --to",
        next_step="name the manifests, whose 'save_to' says it, or a folder or a bucket with --to",
    )


def _fetched(
    console: Console, arguments: FetchArguments, manifest: Manifest | None, files: tuple[Path, ...]
) -> Exit:
    command = ["glacier-manifest", "fetch", *map(str, arguments.paths)]
    with ExitStack() as stack:
        scratch = stack.enter_context(Scratch())
        clients = stack.enter_context(Clients(arguments.connection(concurrency=arguments.concurrency)))
        state = stack.enter_context(
            state_to_fetch(arguments.state, files, command=command, lock_timeout=arguments.lock_timeout)
        )
        for region in regions_of(state):
            check_endpoint(state.identity, clients.endpoint(region))
        door = Door.of(clients, scratch)
        tell_what_is_amiss(
            refresh(state, door.reader, clocks=door.clocks, noted=door.described.note), console.note
        )
        wants = wants_of(manifest, arguments, state=state, clients=clients, scratch=scratch, now=now())
        flag = Flag()
        places = places_of(arguments, state=state, clients=clients, scratch=scratch)
        log = fetch_log(console)
        with draining(console.note, flag) as stop, _progress(console) as progress:

            def tell(event: Event) -> None:
                progress(event)
                log(event)

            report = fetch(
                state,
                wants,
                service=door.service(clients),
                places=places,
                terms=Terms(part_size=arguments.part_size, bounds=Bounds(arguments.concurrency)),
                surroundings=_surroundings(door, flag, arguments),
                scratch=scratch,
                tell=tell,
            )
            for aborted in abort_abandoned(state, S3Writer(clients), uploads_of(state)):
                tell(aborted)
        places.tidy()
        _add_held(report, held_in_part(state, wants))
        if manifest is None and state.has_unjoined_pages():
            console.note(_UNJOINED)
        code = _ended(console, arguments, report, pending=pending(state, wants))
        if stop.signal_number is not None:
            raise Interrupted(
                stop.signal_number, next_step="run the same command again to go on where it stopped"
            )
        return code


@dataclass(frozen=True, slots=True)
class Door:
    """Glacier, as fetching sees it.

    Attributes:
        reader: Asks about jobs.
        described: Remembers what it was told of them.
        clocks: The host's, and the service's.
    """

    reader: GlacierReader
    described: Described
    clocks: Clocks

    @classmethod
    def of(cls, clients: Clients, scratch: Scratch) -> "Door":
        """Open it."""
        service = ServiceClock(time.monotonic)
        reader = GlacierReader(clients, on_service_time=service.hear)
        return cls(reader, Described(reader, scratch.mapping()), Clocks(now, service.now))

    def service(self, clients: Clients) -> Service:
        """Return what fetching is given of it, and of the S3 that has what was stored and selected."""
        return Service(self.described, GlacierOutput(clients), opens_stored(clients), S3Reader(clients))


def places_of(arguments: FetchArguments, *, state: SqliteState, clients: Clients, scratch: Scratch) -> Places:
    """Return what opens the places that outputs go to."""
    opening = Opening(
        S3Writer(clients),
        uploads_of(state),
        Existing.OVERWRITTEN if arguments.overwrite else Existing.KEPT,
        Storing(arguments.storage_class, arguments.sse, arguments.sse_kms_key_id),
    )
    return Places(opening, scratch.mapping(), partial(settled, state))


def settled(state: State) -> Iterator[Known]:
    """Stream the outputs that were stored, and those that expired, which no run will fetch any more."""
    for record in latest_purchases(state):
        if record.status is Status.FETCHED:
            yield Known(identity_of(record), record.output, is_held(record))
    for record in state.records(statuses={Status.EXPIRED}):
        yield Known(f"{record.key}.{record.generation}", None)


def _surroundings(door: Door, flag: Flag, arguments: FetchArguments) -> Surroundings:
    began = time.monotonic()

    def stop() -> bool:
        return flag.is_set() or (
            arguments.deadline is not None and time.monotonic() - began >= arguments.deadline.total_seconds()
        )

    def sleep(seconds: float) -> None:
        flag.wait(seconds)

    patience = Patience(Random(), sleep)  # noqa: S311 - spreads retries
    return Surroundings(now, door.clocks.service, patience, stop)


def _progress(console: Console) -> AbstractContextManager[Callable[[Event], None]]:
    if console.stderr.isatty() and console.verbosity >= 0:
        from glacier_manifest.views.fetch_bar import FetchBar  # noqa: PLC0415 - rich is for terminals

        return FetchBar(console.stderr, color=console.is_colored(console.stderr))
    return fetches.MinuteLine(console.note, now=time.monotonic)


def _add_held(report: Report, held: Iterable[Outcome]) -> None:
    """Add what an earlier run has held, and what it waits for, where this run has not come to it."""
    for outcome in held:
        if outcome.key not in report.outcomes:
            report.add(outcome)


def pending(state: State, wants: Wants) -> int:
    """Count the jobs that have not ended yet, and whose outputs are wanted somewhere."""
    return sum(wants.of(record) is not None for record in state.records(statuses=UNDER_WAY))


def _ended(console: Console, arguments: FetchArguments, report: Report, *, pending: int) -> Exit:
    """Tell how it ended, then choose the exit code; the error that ended the run early is raised."""
    if arguments.form == "json":
        console.lines(fetches.as_json(report, pending=pending))
    else:
        console.out(fetches.human(report, pending=pending))
    if arguments.report is not None:
        with arguments.report.open("w", encoding="utf-8") as file:
            file.writelines(fetches.as_json(report, pending=pending))
    if report.error is not None:
        raise report.error
    counts = report.counts
    code = strongest(
        Exit.REQUESTS_FAILED if counts[Result.FAILED] or counts[Result.EXPIRED] else Exit.DONE,
        Exit.PENDING
        if pending or report.incomplete or counts[Result.LEFT] or counts[Result.HELD]
        else Exit.DONE,
    )
    if code is not Exit.DONE:
        console.err(failures.next_line(_next_step(code, report, pending)))
    return code


def _next_step(code: Exit, report: Report, pending: int) -> str:
    if code is Exit.REQUESTS_FAILED and report.counts[Result.EXPIRED]:
        return "outputs are gone: 'glacier-manifest apply --restart expired' buys them again"
    if code is Exit.PENDING and report.counts[Result.HELD] and not pending:
        return "'glacier-manifest apply' starts what was never started; then run the same command again"
    return failures.next_step(code)
