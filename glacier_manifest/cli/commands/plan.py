"""`glacier-manifest plan MANIFEST...`."""

import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click

from glacier_manifest.aws.glacier import GlacierReader
from glacier_manifest.aws.service_clock import ServiceClock
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import PlanArguments
from glacier_manifest.cli.asking import Heard, ask, job_limits
from glacier_manifest.cli.consent import started_under
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.github import add_to_summary, annotated
from glacier_manifest.cli.options import (
    adoption_option,
    aws_options,
    console_options,
    format_option,
    manifests_argument,
    planning_options,
    refresh_option,
    selection_options,
    setting,
    state_option,
)
from glacier_manifest.cli.preflight import all_told, has_errors, look_ahead
from glacier_manifest.cli.prices import prices_for
from glacier_manifest.cli.reading import check_output
from glacier_manifest.cli.wiring import now, state_to_read, warn
from glacier_manifest.diagnostics import Diagnostic
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.drafting.known import Known
from glacier_manifest.errors import Exit, OverLimit
from glacier_manifest.jobs.request import Vault
from glacier_manifest.manifest import Manifest, read_manifest
from glacier_manifest.planning.allowances import Allowances
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.limits import Bounds, check_totals
from glacier_manifest.planning.plan import Plan
from glacier_manifest.planning.plan_file import write_plan
from glacier_manifest.planning.plan_header import PlanHeader, header_of
from glacier_manifest.planning.prices import PriceTable
from glacier_manifest.planning.volume import check_staged, check_volume
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.protocol import State
from glacier_manifest.tracking.outlook import Listings, look
from glacier_manifest.views import diagnostics, plan_html, plan_markdown
from glacier_manifest.views import plans as view
from glacier_manifest.views.circumstances import Circumstances


@click.command("plan", short_help="Show what would start, and why; starts nothing.")
@manifests_argument()
@format_option("human", "json", "ndjson", "markdown", "html", "github")
@setting(
    "--max-bytes",
    type=click.IntRange(plan_markdown.LEAST),
    default=plan_markdown.USUAL,
    show_default=True,
    metavar="N",
    help="The most bytes of --format markdown, html and github.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan, to apply exactly that."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where there is something to start.")
@selection_options
@planning_options
@refresh_option
@adoption_option
@state_option
@aws_options
@console_options
@click.pass_obj
def command(console: Console, /, **words: Any) -> Exit:  # noqa: ANN401 - click hands in the options by name
    """Show what would start, and why; starts nothing and takes no lock."""
    arguments = PlanArguments(**words)
    with annotated(console, arguments.form):
        return _plan(console, arguments)


def _plan(console: Console, arguments: PlanArguments) -> Exit:
    manifest = read_manifest(arguments.paths)
    warn(console, manifest.warnings)
    allowances = Allowances.parse(arguments.allowances)
    prices = prices_for(manifest.prices, arguments.prices, warn=partial(warn, console))
    bounds = Bounds(manifest.limits, job_limits(manifest), prices, allowances)
    if arguments.out is not None:
        check_output(arguments.out, manifest.files)
    with (
        Scratch() as scratch,
        Clients(arguments.connection()) as clients,
        state_to_read(arguments.state, manifest.files, tell=console.note) as state,
    ):
        draft = Draft(scratch, restarts=manifest.restarts)
        with all_told(console, manifest, arguments, clients):
            plan, heard = _planned(console, manifest, arguments, draft=draft, state=state, clients=clients)
        found = look_ahead(console, manifest, _starting(plan), clients) if arguments.refresh else ()
        refusal = _refusal(plan, manifest, bounds, state)
        warnings = [*manifest.warnings, *heard.warnings, *found]
        circumstances = Circumstances(heard.inventories, manifest.pace, warnings, refusal)
        _show(console, plan, prices, arguments, circumstances=circumstances, found=found)
        if refusal is not None:
            raise refusal
        if arguments.out is not None:
            header = _header(plan, manifest, bounds, state)
            _save(console, plan, header, arguments.out)
        has_starts = plan.start_count > 0
    if has_errors(found):
        console.err("next: correct what is wrong with the vaults, then run the same command again\n")
        return Exit.ERROR
    if has_starts and arguments.detailed_exitcode:
        console.err("next: run 'glacier-manifest apply' to start what the plan shows\n")
        return Exit.SOMETHING_TO_START
    return Exit.DONE


def _planned(
    console: Console,
    manifest: Manifest,
    arguments: PlanArguments,
    *,
    draft: Draft,
    state: State,
    clients: Clients,
) -> tuple[Plan, Heard]:
    made_at = now()
    heard = ask(
        manifest,
        arguments,
        draft=draft,
        state=state,
        clients=clients,
        refresh=arguments.refresh,
        now=made_at,
    )
    warn(console, heard.warnings)
    restarts = Restarts(arguments.restarts, repurchases=manifest.restarts)
    again = restarts.among(draft.addresses())
    known = Known(state.latest, again, brief=state.standings, whole=state)
    draft.decide(known)
    if arguments.refresh:
        known = look(draft, known, _listings(arguments, state, clients))
    plan = Drafted(draft, known.latest, made_at)
    return plan if arguments.max_jobs is None else plan.next_ones(arguments.max_jobs), heard


def _refusal(plan: Plan, manifest: Manifest, bounds: Bounds, state: State) -> OverLimit | None:
    """Return the refusal of what would break a limit, to be raised once the plan was shown."""
    try:
        check_totals(plan.tallies, before=started_under(state, plan.digest, plan), bounds=bounds)
        check_volume(plan, bytes_per_day=manifest.pace.bytes_per_day, allowances=bounds.allowances)
        check_staged(plan, staged_bytes=manifest.pace.staged_bytes, allowances=bounds.allowances)
    except OverLimit as refusal:
        return refusal
    return None


def _listings(arguments: PlanArguments, state: State, clients: Clients) -> Listings:
    service = ServiceClock(time.monotonic)
    return Listings(
        reader=GlacierReader(clients, on_service_time=service.hear),
        known_jobs=state.known_jobs,
        holding=state.holding,
        adopt_strangers=not arguments.no_adopt,
        now=lambda: service.now() or now(),
    )


def _starting(plan: Plan) -> Iterator[tuple[str, Vault]]:
    yield from ((one.job, Vault(one.account, one.region, one.vault)) for one in plan.tallies)
    yield from ((one.job, one.vault) for one in plan.blocked)


def _show(
    console: Console,
    plan: Plan,
    prices: PriceTable,
    arguments: PlanArguments,
    *,
    circumstances: Circumstances,
    found: Iterable[Diagnostic],
) -> None:
    preflight = diagnostics.objects(found)
    match arguments.form:
        case "json":
            console.lines(view.as_json(plan, prices, circumstances, preflight=preflight))
        case "ndjson":
            console.json_lines(view.ndjson(plan, prices, circumstances, preflight=preflight))
        case "markdown":
            console.out(plan_markdown.markdown(plan, prices, circumstances, most=arguments.max_bytes))
        case "html":
            console.out(plan_html.html(plan, prices, circumstances, most=arguments.max_bytes))
        case "github":
            console.out(diagnostics.github(circumstances.findings))
            console.out(plan_markdown.notice(plan))
            add_to_summary(
                console, plan_markdown.markdown(plan, prices, circumstances, most=arguments.max_bytes)
            )
        case _:
            console.out(view.human(plan, prices, circumstances))


def _header(plan: Plan, manifest: Manifest, bounds: Bounds, state: State) -> PlanHeader:
    return header_of(
        plan,
        state_id=state.identity.id or None,
        manifests=manifest.files,
        pace=manifest.pace,
        bounds=bounds,
        restarts=manifest.restarts,
    )


def _save(console: Console, plan: Plan, header: PlanHeader, out: Path) -> None:
    with out.open("w", encoding="utf-8") as file:
        write_plan(plan, header, file)
    console.note(f"Saved the plan to {out}; start exactly this with: glacier-manifest apply {out}")
