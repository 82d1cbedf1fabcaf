"""What `apply` does, step by step: read, lock, plan, ask, start, tell."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event as Flag

from glacier_manifest.aws.service_clock import ServiceClock
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import ApplyArguments
from glacier_manifest.cli.consent import asks, check_plans_state, consented
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.logs import run_log
from glacier_manifest.cli.reading import check_output, check_writable
from glacier_manifest.cli.signals import draining
from glacier_manifest.cli.sources import FromManifests, FromSavedPlan, read_source
from glacier_manifest.cli.turns import (
    Applied,
    Ground,
    Planned,
    nothing_started,
    planned,
    stage_of,
    started,
    surroundings,
)
from glacier_manifest.cli.wiring import now, state_to_write, warn
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.errors import Exit, Interrupted
from glacier_manifest.planning.allowances import Allowances
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.starting.events import Event
from glacier_manifest.starting.summary import Ending, Summary
from glacier_manifest.state.rescue import RescueFile
from glacier_manifest.views import failures, plans, summaries
from glacier_manifest.views.progress import MinuteLine


def apply_command(console: Console, arguments: ApplyArguments) -> Exit:
    """Read, lock, plan, ask, start, tell; return the exit code.

    Raises:
        GlacierManifestError: As the rooms below say; what was started before is recorded.
    """
    with Scratch() as scratch:
        source = read_source(arguments.paths, scratch, prices=arguments.prices, warn=partial(warn, console))
        Allowances.parse(arguments.allowances)
        if arguments.report is not None:
            check_output(arguments.report, [*arguments.paths, *source.files])
            check_writable(arguments.report)
        return _applied(console, source, arguments, Draft(scratch, restarts=source.repurchases))


def _applied(
    console: Console, source: FromManifests | FromSavedPlan, arguments: ApplyArguments, draft: Draft
) -> Exit:
    connection = arguments.connection(concurrency=source.pace.concurrency)
    with (
        Clients(connection) as clients,
        state_to_write(
            console,
            arguments.state,
            source.files,
            command=["glacier-manifest", "apply", *map(str, arguments.paths)],
            lock_timeout=arguments.lock_timeout,
        ) as state,
    ):
        check_plans_state(source, arguments=arguments, state=state)
        ground = Ground(
            source,
            arguments,
            state,
            clients,
            ServiceClock(time.monotonic),
            warn=partial(warn, console),
            tell=both(MinuteLine(console.note, now=time.monotonic), run_log(console)),
        )
        around = surroundings(ground.service, stop=Flag(), lasting=arguments.deadline)
        restarts = source.restarts(arguments.restarts)
        ahead = planned(ground, draft, around, restarts=restarts, max_jobs=arguments.max_jobs)
        return _ended(console, arguments, _started(console, ground, ahead))


def _started(console: Console, ground: Ground, ahead: Planned) -> Applied:
    if not ahead.plan.start_count:
        return nothing_started(ahead)
    source, arguments = ground.source, ground.arguments
    if arguments.form == "human" and not asks(console, source, arguments):
        console.note("\n".join(plans.last_lines(ahead.plan)))
    approval = consented(console, source, ahead.plan, arguments=arguments, state=ground.state, now=now())
    log = run_log(console)
    deadline = time.monotonic() + arguments.deadline.total_seconds()
    around = replace(ahead.healing.surroundings, deadline=deadline)
    with draining(console.note, around.stop) as stop, _progress(console) as progress:
        applied = started(
            ground, ahead, approval, around=around, stage=stage_of(source), tell=both(progress, log)
        )
    return replace(applied, signal_number=stop.signal_number)


def both(*tellers: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return what tells several, one after the other."""

    def tell(event: Event) -> None:
        for teller in tellers:
            teller(event)

    return tell


def _progress(console: Console) -> AbstractContextManager[Callable[[Event], None]]:
    if console.stderr.isatty() and console.verbosity >= 0:
        from glacier_manifest.views.progress_bar import ProgressBar  # noqa: PLC0415 - rich is for terminals

        return ProgressBar(console.stderr, color=console.is_colored(console.stderr))
    return MinuteLine(console.note, now=time.monotonic)


def _ended(console: Console, arguments: ApplyArguments, applied: Applied) -> Exit:
    """Tell how it ended, then choose the exit code; the first error that ended the run is raised."""
    summary, report = Summary(applied.plan, applied.fates), applied.report
    if applied.rescued is not None:  # before all that is read from files: the disk may be full
        tell_of_rescue(console, applied.rescued)
    if arguments.form == "json":
        console.lines(summaries.as_json(summary, requests=summary.told))
    else:
        console.out(summaries.human(summary))
    if arguments.report is not None:
        _write_report(arguments.report, summary)
    if report.error is not None:
        raise report.error
    if report.stopped_by is not None:
        raise report.stopped_by.as_error()
    if applied.signal_number is not None:
        next_step = "run the same command again to go on where it stopped"
        raise Interrupted(applied.signal_number, next_step=next_step)
    if summary.exit is not Exit.DONE:
        console.err(failures.next_line(_next_step(summary, applied)))
    return summary.exit


def tell_of_rescue(console: Console, rescued: RescueFile) -> None:
    """What the state could not take is on the screen whatever else fails: it may name paid jobs."""
    if rescued.path is None:
        console.err("the state could not be written, and no folder takes a file; save these lines:\n")
        console.err("".join(f"{line}\n" for line in rescued.lines))
    else:
        console.err(f"what the state could not take is in {rescued.path}\n")
    console.err(f"once the state can be written again:\n  {rescued.command}\n")


def _write_report(path: Path, summary: Summary) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(summaries.as_json(summary, requests=summary.requests()))


def _next_step(summary: Summary, applied: Applied) -> str:
    report = applied.report
    unknown = {one.action.key for one in summary.ended(Ending.UNKNOWN)}
    if not applied.too_old.isdisjoint(unknown):
        return (
            "a lost reply is older than a day, so that no listing tells of its job any more: say what became "
            "of it with 'glacier-manifest state resolve ADDRESS --job-id=ID', or with '--assume-lost', which "
            "has it sent again"
        )
    if unknown:
        when = "" if report.again_at is None else f" from {report.again_at:%Y-%m-%d %H:%M:%S} UTC on"
        return f"run the same command again{when}: it finds out by listing"
    if report.gave_up is not None and report.gave_up.mishap is not None:
        return (
            f"the run ended at {report.gave_up.mishap.code}, met too often in a row: correct its cause, "
            "or go on past it with a higher --max-errors"
        )
    if report.again_at is not None and summary.exit is Exit.PENDING:
        return (
            f"run the same command again from {report.again_at:%Y-%m-%d %H:%M} UTC on: "
            "what is left over may be sent then"
        )
    if report.stage_was_full and summary.exit is Exit.PENDING:
        return (
            "as much is started and not yet fetched as pace.staged_bytes lets: fetch what is ready with "
            "'glacier-manifest fetch', then run the same command again; 'glacier-manifest run' does both"
        )
    if summary.exit is Exit.PENDING and applied.plan.blocked:
        waits_for = applied.plan.blocked[0].waits_for
        return (
            f"apply the manifest again when the output of '{waits_for}' was stored; "
            f"--expect {applied.plan.digest} needs no new review then"
        )
    return failures.next_step(summary.exit)
