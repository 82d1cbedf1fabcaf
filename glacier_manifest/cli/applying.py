"""What `apply` does, step by step: read, lock, plan, ask, start, tell."""

import json
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from glacier_manifest.aws.glacier import GlacierReader, GlacierStarter
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import ApplyArguments
from glacier_manifest.cli.consent import asks, consented
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.logs import logger_for
from glacier_manifest.cli.reading import check_output, check_writable
from glacier_manifest.cli.signals import draining
from glacier_manifest.cli.sources import FromManifests, FromSavedPlan, read_source
from glacier_manifest.cli.wiring import now, state_to_write, warn
from glacier_manifest.errors import Exit, Interrupted
from glacier_manifest.planning.decide import Restarts, decide_all
from glacier_manifest.planning.expand import Asked
from glacier_manifest.planning.limits import Allowances
from glacier_manifest.planning.plan import Plan
from glacier_manifest.starting.apply import Surroundings, Terms, apply
from glacier_manifest.starting.dead_runs import lose_track_of_intents
from glacier_manifest.starting.events import Event
from glacier_manifest.starting.run import Endurance, Report
from glacier_manifest.starting.summary import Ending, Summary, summarise
from glacier_manifest.state.protocol import State
from glacier_manifest.tracking.observe import observe, under_way
from glacier_manifest.views import failures, plans, summaries
from glacier_manifest.views.progress import MinuteLine, ProgressBar
from glacier_manifest.views.run_log import RunLog


@dataclass(frozen=True, slots=True)
class _Applied:
    """What was planned, what came of it, and the signal that cut it short, if one did."""

    plan: Plan
    report: Report
    signal_number: int | None = None


def apply_command(console: Console, arguments: ApplyArguments) -> Exit:
    """Read, lock, plan, ask, start, tell; return the exit code.

    Raises:
        GlacierManifestError: As the rooms below say; what was started before is recorded.
    """
    source = read_source(arguments.paths)
    if isinstance(source, FromManifests):
        warn(console, source.manifest.warnings)
    Allowances.parse(arguments.allowances)
    if arguments.report is not None:
        check_output(arguments.report, [*arguments.paths, *source.files])
        check_writable(arguments.report)
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
        lose_track_of_intents(state, now=now())
        plan = _planned(source, arguments, state, clients)
        if isinstance(source, FromManifests):
            warn(console, source.lists.warnings)
        applied = _started(console, source, plan, arguments=arguments, state=state, clients=clients)
    return _ended(console, arguments, applied)


def _planned(
    source: FromManifests | FromSavedPlan, arguments: ApplyArguments, state: State, clients: Clients
) -> Plan:
    made_at = now()
    asked = source.asked(arguments, state=state, clients=clients, now=made_at)
    restarts = source.restarts(arguments.restarts)
    _look_again(asked, restarts, state, clients)
    return Plan(decide_all(asked, state.latest, restarts), made_at)


def _look_again(asked: Iterable[Asked], restarts: Restarts, state: State, clients: Clients) -> None:
    """See whether what a restart means has ended, as the plan did that showed it; else AWS is not asked."""
    records = state.latest(one.key for one in asked).values()
    reviewed = restarts.generations
    meant = [
        one for one in under_way(records) if restarts.words or reviewed.get(one.key) == one.generation + 1
    ]
    if meant:
        seen = observe(meant, GlacierReader(clients), now=now()).changes
        for written in [state.submit(change) for change in seen]:
            written.result()


def _started(
    console: Console,
    source: FromManifests | FromSavedPlan,
    plan: Plan,
    *,
    arguments: ApplyArguments,
    state: State,
    clients: Clients,
) -> _Applied:
    if not plan.starts:
        return _Applied(plan, Report())
    if arguments.form == "human" and not asks(console, source, arguments):
        console.note("\n".join(plans.last_lines(plan)))
    approval = consented(console, source, plan, arguments=arguments, state=state, now=now())
    for account_id, region in {
        (one.request.vault.account_id, one.request.vault.region) for one in plan.starts
    }:
        state.bind(account_id=account_id, endpoint=clients.endpoint(region))
    log = RunLog(logger_for(console))
    with draining(console.note) as stop, _progress(console) as progress:
        report = apply(
            plan,
            approval=approval,
            state=state,
            starter=GlacierStarter(clients),
            terms=_terms(source, arguments),
            surroundings=Surroundings(now, time.monotonic, Random(), stop.flag),  # noqa: S311 - spreads retries
            tell=_both(progress, log),
        )
    return _Applied(plan, report, stop.signal_number)


def _terms(source: FromManifests | FromSavedPlan, arguments: ApplyArguments) -> Terms:
    return Terms(
        requests_per_second=source.pace.requests_per_second,
        concurrency=source.pace.concurrency,
        seconds=arguments.deadline.total_seconds(),
        endurance=Endurance(1 if arguments.fail_fast else arguments.max_errors),
    )


def _both(*tellers: Callable[[Event], None]) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        for teller in tellers:
            teller(event)

    return tell


def _progress(console: Console) -> AbstractContextManager[Callable[[Event], None]]:
    if console.stderr.isatty() and console.verbosity >= 0:
        return ProgressBar(console.stderr, color=console.is_colored(console.stderr))
    return MinuteLine(console.note, now=time.monotonic)


def _ended(console: Console, arguments: ApplyArguments, applied: _Applied) -> Exit:
    """Tell how it ended, then choose the exit code; the first error that ended the run is raised."""
    summary, report = summarise(applied.plan, applied.report.outcomes), applied.report
    if arguments.form == "json":
        console.json(summaries.as_json(summary, requests=summary.told))
    else:
        console.out(summaries.human(summary))
    if arguments.report is not None:
        _write_report(arguments.report, summary)
    for address, job_id in report.unrecorded:
        console.err(
            f"not recorded: {address} was started as job {job_id}; once the state can be written again:\n"
            f"  glacier-manifest state resolve {address} --job-id={job_id}\n"
        )
    if report.error is not None:
        raise report.error
    if report.stopped_by is not None:
        raise report.stopped_by.as_error()
    if applied.signal_number is not None:
        next_step = "run the same command again to go on where it stopped"
        raise Interrupted(applied.signal_number, next_step=next_step)
    if summary.exit is not Exit.DONE:
        console.err(failures.next_line(_next_step(summary, report)))
    return summary.exit


def _write_report(path: Path, summary: Summary) -> None:
    document = summaries.as_json(summary, requests=summary.requests)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _next_step(summary: Summary, report: Report) -> str:
    if summary.counts[Ending.UNKNOWN]:
        return (
            "find out with 'aws glacier list-jobs' whether the unknown ones were started, then say so: "
            "'glacier-manifest state resolve ADDRESS --job-id=ID', or '--assume-lost'"
        )
    if report.gave_up is not None and report.gave_up.mishap is not None:
        return (
            f"the run ended at {report.gave_up.mishap.code}, met too often in a row: correct its cause, "
            "or go on past it with a higher --max-errors"
        )
    return failures.next_step(summary.exit)
