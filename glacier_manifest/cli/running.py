"""What `run` does: read, lock, plan and ask once, then start, watch and fetch until all is stored."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from math import inf
from threading import Event as Flag
from threading import Lock

from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.applying import tell_of_rescue
from glacier_manifest.cli.arguments import RunArguments
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.memory import share_arenas
from glacier_manifest.cli.reading import check_output, check_writable
from glacier_manifest.cli.run_session import Lasting, Session
from glacier_manifest.cli.signals import Stop, draining
from glacier_manifest.cli.sources import FromSavedPlan, read_source
from glacier_manifest.cli.standing_consent import StandingConsent
from glacier_manifest.cli.wiring import now, state_to_run, warn
from glacier_manifest.errors import Exit, GlacierManifestError, Interrupted, UsageError, strongest
from glacier_manifest.fetching.report import Report, Result
from glacier_manifest.planning.allowances import Allowances
from glacier_manifest.planning.plan import Plan, Reason
from glacier_manifest.running.heartbeat import Heartbeat
from glacier_manifest.running.passing import needs_new_state
from glacier_manifest.running.rate import Meter
from glacier_manifest.running.standing import Standing
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.starting.summary import Summary
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.views import failures, runs
from glacier_manifest.views.run_progress import RunMinutes

#: Seconds before a state that could not be written is opened anew: at first, at last.
_FIRST_PAUSE, _LONGEST_PAUSE = 15.0, 600.0

_Progress = Callable[[Callable[[], Standing]], None]


def run_command(console: Console, arguments: RunArguments) -> Exit:
    """Start, watch and fetch until all is stored; return the exit code.

    Raises:
        GlacierManifestError: What only a person can mend; what was done before is recorded.
    """
    share_arenas()
    with Scratch() as scratch:
        warned = partial(warn, console)
        source = read_source(arguments.paths, scratch, prices=arguments.prices, warn=warned)
        if isinstance(source, FromSavedPlan):
            raise _needs_manifests(arguments)
        Allowances.parse(arguments.allowances)
        for path in (arguments.report, arguments.heartbeat):
            if path is not None:
                check_output(path, [*arguments.paths, *source.files])
                check_writable(path)
        left = _until(arguments)
        lasting = Lasting(
            console,
            source,
            arguments,
            StandingConsent(console, source, arguments),
            Meter(time.monotonic),
            scratch,
            left,
        )
        command = ["glacier-manifest", "run", *map(str, arguments.paths)]
        with state_to_run(
            arguments.state, source.files, command=command, lock_timeout=arguments.lock_timeout
        ) as opens:
            return _Run(lasting, opens, _Stop(left), _heartbeat(arguments))()


def _until(arguments: RunArguments) -> Callable[[], float]:
    """Return what tells the seconds until the run is to end."""
    if arguments.deadline is None:
        return lambda: inf
    ends_at = time.monotonic() + arguments.deadline.total_seconds()
    return lambda: max(ends_at - time.monotonic(), 0.0)


def _heartbeat(arguments: RunArguments) -> Heartbeat | None:
    path = arguments.heartbeat
    return None if path is None else Heartbeat(path, now=now, monotonic=time.monotonic)


def _needs_manifests(arguments: RunArguments) -> UsageError:
    return UsageError(
        "plan-for-run",
        f"{arguments.paths[0]} is a saved plan, and a run needs the manifests, which say where outputs go",
        next_step="name the manifests, and approve what was reviewed with --expect and the plan's digest",
    )


class _Stop(Flag):
    """Set by a signal, and by time."""

    def __init__(self, left: Callable[[], float]) -> None:
        super().__init__()
        self._left = left

    def is_set(self) -> bool:
        """Say whether the run is to end."""
        return super().is_set() or self._left() <= 0


@dataclass(slots=True)
class _Run:
    """One run: sessions on a state, one after the other where the state has to be opened anew."""

    lasting: Lasting
    opens: Callable[[], SqliteState]
    stop: Flag
    heartbeat: Heartbeat | None

    def __call__(self) -> Exit:
        """Run; return the exit code.

        Raises:
            GlacierManifestError: What only a person can mend.
        """
        is_first, pause = True, _FIRST_PAUSE
        while True:
            began = time.monotonic()
            try:
                return self._session(is_first=is_first)
            except GlacierManifestError as error:
                if not needs_new_state(error) or self.lasting.arguments.once or self.stop.is_set():
                    raise
                pause = _FIRST_PAUSE if time.monotonic() - began > _LONGEST_PAUSE else pause
                self._pause(pause, error)
            is_first, pause = False, min(pause * 2, _LONGEST_PAUSE)

    def _pause(self, seconds: float, error: GlacierManifestError) -> None:
        """Wait for room on the disk of the state.

        Raises:
            GlacierManifestError: The run is to end meanwhile.
        """
        console = self.lasting.console
        console.note(f"{error.code}: {error.message}; tried again in {seconds:.0f}s")
        ends_at = time.monotonic() + seconds
        with draining(console.note, self.stop) as signalled:
            while time.monotonic() < ends_at and not self.stop.is_set():
                if self.heartbeat is not None:
                    self.heartbeat.beat(lambda: {"waits_for": error.code})
                self.stop.wait(1.0)
        if signalled.signal_number is not None:
            raise _interrupted(signalled.signal_number)
        if self.stop.is_set():
            raise error

    def _session(self, *, is_first: bool) -> Exit:
        console, arguments = self.lasting.console, self.lasting.arguments
        connection = arguments.connection(
            concurrency=max(self.lasting.source.pace.concurrency, arguments.concurrency)
        )
        with Clients(connection) as clients, closing(self.opens()) as state:
            if state.created:
                console.note(f"Created the state {state.path}; keep it: it knows what was paid for.")
            session = Session(self.lasting, state, clients)
            try:
                return self._go(session, is_first=is_first)
            finally:
                _tell_of_rescue(console, session)
                session.fetches.tidy()
                session.starts.close()

    def _go(self, session: Session, *, is_first: bool) -> Exit:
        console, once = self.lasting.console, self.lasting.arguments.once
        each = Each(session, self.heartbeat)
        error: GlacierManifestError | None = None
        signalled: Stop | None = None
        each()
        try:
            if once:
                with draining(console.note, self.stop) as signalled:
                    session.fetch_first(self.stop, each)
            if is_first and not self.stop.is_set():
                session.starts.plan_first(each)
            if not self.stop.is_set():
                with draining(console.note, self.stop) as signalled, _progress(console, each):
                    (session.run_once if once else session.run)(self.stop, each)
        except GlacierManifestError as failed:
            if needs_new_state(failed) and not once:
                raise
            error = failed
        return _ended(self.lasting, session, error, None if signalled is None else signalled.signal_number)


class Each:
    """What is done again and again while a run is alive: the heartbeat, and telling how it stands.

    Args:
        session: What the run is at.
        heartbeat: Touches a file; None where none is wanted.
    """

    def __init__(self, session: Session, heartbeat: Heartbeat | None) -> None:
        self.progress: _Progress = lambda _standing: None
        self._session = session
        self._heartbeat = heartbeat
        self._turn = Lock()

    def __call__(self) -> None:
        """Do it, where it is time."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            if self._heartbeat is not None and self._session.is_alive():
                self._heartbeat.beat(self._session.told)
            self.progress(self._session.standing)
        except GlacierManifestError:
            return  # the state cannot be read for a moment: what works with it tells
        finally:
            self._turn.release()


@contextmanager
def _progress(console: Console, each: Each) -> Iterator[None]:
    with _shown(console) as shown:
        each.progress = shown
        try:
            yield
        finally:
            each.progress = lambda _standing: None


def _shown(console: Console) -> AbstractContextManager[_Progress]:
    if console.stderr.isatty() and console.verbosity >= 0:
        from glacier_manifest.views.run_bar import RunBar  # noqa: PLC0415 - rich is for terminals

        return RunBar(console.stderr, color=console.is_colored(console.stderr), now=time.monotonic)
    return RunMinutes(console.note, now=time.monotonic)


def _tell_of_rescue(console: Console, session: Session) -> None:
    applied = session.starts.applied
    if applied is not None and applied.rescued is not None:
        tell_of_rescue(console, applied.rescued)


def _ended(
    lasting: Lasting, session: Session, error: GlacierManifestError | None, signal_number: int | None
) -> Exit:
    """Tell how it ended, then choose the exit code; what ended the run early is raised."""
    code = Exit.DONE
    plan = session.starts.final_plan()
    if plan is not None:
        code = _told(lasting, session, Summary(plan, {}), session.fetches.whole())
    if error is not None:
        raise error
    if signal_number is not None:
        raise _interrupted(signal_number)
    if code is not Exit.DONE:
        lasting.console.err(failures.next_line(_next_step(code, plan)))
    return code


def _interrupted(signal_number: int) -> Interrupted:
    return Interrupted(signal_number, next_step="run the same command again to go on where it stopped")


def _told(lasting: Lasting, session: Session, summary: Summary, report: Report) -> Exit:
    console, arguments = lasting.console, lasting.arguments
    counts, results = runs.summary_json(summary, report), report.counts
    is_pending = (
        any(counts[name] for name in ("not_started", "blocked", "in_progress"))
        or bool(results[Result.LEFT] or results[Result.HELD] or report.incomplete)
        or session.fetching.is_pending()
    )
    if arguments.form == "json":
        console.lines(runs.as_json(summary, report))
    else:
        console.out(runs.human(summary, report, is_pending=is_pending))
    if arguments.report is not None:
        with arguments.report.open("w", encoding="utf-8") as file:
            file.writelines(runs.as_json(summary, report))
    bad = ("unknown", "rejected", "job_failed", "job_expired", "failed", "expired")
    return strongest(
        Exit.REQUESTS_FAILED if any(counts[name] for name in bad) else Exit.DONE,
        Exit.PENDING if is_pending else Exit.DONE,
    )


def _next_step(code: Exit, plan: Plan | None) -> str:
    if code is Exit.REQUESTS_FAILED and plan is not None and plan.unchanged.get(Reason.EXPIRED):
        return "outputs are gone before they were stored: --restart expired buys them again"
    return failures.next_step(code)
