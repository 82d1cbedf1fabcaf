"""What `apply` does, step by step: read, lock, plan, ask, start, tell."""

import time
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from threading import Event as Flag

from glacier_manifest.aws.glacier import GlacierReader, GlacierStarter
from glacier_manifest.aws.service_clock import ServiceClock
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import ApplyArguments
from glacier_manifest.cli.consent import asks, check_plans_state, consented
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.logs import run_log
from glacier_manifest.cli.reading import check_output, check_writable
from glacier_manifest.cli.signals import draining
from glacier_manifest.cli.sources import FromManifests, FromSavedPlan, read_source
from glacier_manifest.cli.wiring import now, state_to_write, warn
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.errors import Exit, Interrupted
from glacier_manifest.planning.allowances import Allowances
from glacier_manifest.planning.plan import Plan
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.starting.apply import Service, Stage, Terms, apply
from glacier_manifest.starting.dead_runs import lose_track_of_intents
from glacier_manifest.starting.events import Event, Outcome
from glacier_manifest.starting.healing import Healing
from glacier_manifest.starting.run import Endurance, Report
from glacier_manifest.starting.stocktaking import Stock
from glacier_manifest.starting.summary import Ending, Summary
from glacier_manifest.starting.surroundings import Surroundings
from glacier_manifest.state.protocol import State
from glacier_manifest.state.rescue import RescueFile, rescue
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.views import failures, plans, summaries
from glacier_manifest.views.progress import MinuteLine


@dataclass(frozen=True, slots=True)
class _Applied:
    """What was planned, what came of it, and the signal that cut it short, if one did.

    `too_old` holds the keys of unknowns of which Glacier's listing does not tell any more.
    """

    plan: Plan
    report: Report
    outcomes: Mapping[str, Outcome]
    signal_number: int | None = None
    rescued: RescueFile | None = None
    too_old: frozenset[str] = frozenset()


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
        healing = _healing(console, arguments, state, clients)
        lose_track_of_intents(state, attempts=healing.attempts, now=now())
        plan, stock = _planned(
            console, source, arguments, draft=draft, state=state, clients=clients, healing=healing
        )
        applied = _started(
            console, source, plan, arguments=arguments, state=state, clients=clients, healing=healing
        )
        too_old = frozenset(record.key for record in stock.reconciled.for_a_person)
        return _ended(console, arguments, replace(applied, too_old=too_old))


def _healing(console: Console, arguments: ApplyArguments, state: SqliteState, clients: Clients) -> Healing:
    service = ServiceClock(time.monotonic)
    surroundings = Surroundings(
        now=now,
        monotonic=time.monotonic,
        service=service,
        random=Random(),  # noqa: S311 - spreads retries
        stop=Flag(),
        deadline=time.monotonic() + arguments.deadline.total_seconds(),
    )
    return Healing(
        state=state,
        reader=GlacierReader(clients, on_service_time=service.hear),
        surroundings=surroundings,
        settle=arguments.settle,
        adopt_strangers=not arguments.no_adopt,
        tell=_both(MinuteLine(console.note, now=time.monotonic), run_log(console)),
    )


def _planned(
    console: Console,
    source: FromManifests | FromSavedPlan,
    arguments: ApplyArguments,
    *,
    draft: Draft,
    state: State,
    clients: Clients,
    healing: Healing,
) -> tuple[Drafted, Stock]:
    made_at = now()
    warn(console, source.ask(arguments, draft=draft, state=state, clients=clients, now=made_at))
    plan = Drafted(draft, state.latest, made_at)
    _bind(state, plan, clients)
    stock = healing.take_stock(draft, restarts=source.restarts(arguments.restarts))
    return plan if arguments.max_jobs is None else plan.next_ones(arguments.max_jobs), stock


def _bind(state: State, plan: Plan, clients: Clients) -> None:
    """Bind the state to whom and what it is used for before anything is written: adopting writes as well."""
    for account_id, region in {(vault.account_id, vault.region) for vault in plan.vaults}:
        state.bind(account_id=account_id, endpoint=clients.endpoint(region))


def _started(
    console: Console,
    source: FromManifests | FromSavedPlan,
    plan: Drafted,
    *,
    arguments: ApplyArguments,
    state: SqliteState,
    clients: Clients,
    healing: Healing,
) -> _Applied:
    outcomes: MutableMapping[str, Outcome] = plan.draft.scratch.mapping()
    if not plan.start_count:
        return _Applied(plan, Report(), outcomes)
    if arguments.form == "human" and not asks(console, source, arguments):
        console.note("\n".join(plans.last_lines(plan)))
    approval = consented(console, source, plan, arguments=arguments, state=state, now=now())
    identity = state.identity
    log = run_log(console)
    deadline = time.monotonic() + arguments.deadline.total_seconds()
    surroundings = replace(healing.surroundings, deadline=deadline)
    with draining(console.note, surroundings.stop) as stop, _progress(console) as progress:
        report = apply(
            plan,
            approval=approval,
            state=state,
            service=Service(GlacierStarter(clients), healing.reconciler, healing.attempts),
            terms=_terms(source, arguments),
            surroundings=surroundings,
            tell=_both(progress, log),
            outcomes=outcomes,
        )
    rescued = rescue(report.unrecorded, state_path=state.path, run_id=state.run_id, identity=identity)
    return _Applied(plan, report, outcomes, stop.signal_number, rescued)


def _terms(source: FromManifests | FromSavedPlan, arguments: ApplyArguments) -> Terms:
    staged_bytes = source.pace.staged_bytes
    return Terms(
        requests_per_second=source.pace.requests_per_second,
        concurrency=source.pace.concurrency,
        endurance=Endurance(1 if arguments.fail_fast else arguments.max_errors),
        bytes_per_day=source.pace.bytes_per_day,
        stage=None if staged_bytes is None else Stage(lambda: staged_bytes),
    )


def _both(*tellers: Callable[[Event], None]) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        for teller in tellers:
            teller(event)

    return tell


def _progress(console: Console) -> AbstractContextManager[Callable[[Event], None]]:
    if console.stderr.isatty() and console.verbosity >= 0:
        from glacier_manifest.views.progress_bar import ProgressBar  # noqa: PLC0415 - rich is for terminals

        return ProgressBar(console.stderr, color=console.is_colored(console.stderr))
    return MinuteLine(console.note, now=time.monotonic)


def _ended(console: Console, arguments: ApplyArguments, applied: _Applied) -> Exit:
    """Tell how it ended, then choose the exit code; the first error that ended the run is raised."""
    summary, report = Summary(applied.plan, applied.outcomes), applied.report
    if applied.rescued is not None:  # before all that is read from files: the disk may be full
        _tell_of_rescue(console, applied.rescued)
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


def _tell_of_rescue(console: Console, rescued: RescueFile) -> None:
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


def _next_step(summary: Summary, applied: _Applied) -> str:
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
