"""Whether what would start may start: a saved plan, a digest, `--yes`, or a person at the terminal."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from glacier_manifest.cli.arguments import ApplyArguments
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.sources import FromManifests, FromSavedPlan
from glacier_manifest.errors import NotApproved
from glacier_manifest.planning.allowances import Allowances
from glacier_manifest.planning.consent import check_approved, check_state, nobody_to_ask
from glacier_manifest.planning.cost import Tally
from glacier_manifest.planning.limits import Bounds, check_totals, started_before
from glacier_manifest.planning.plan import Plan
from glacier_manifest.planning.prices import PriceTable
from glacier_manifest.planning.volume import check_staged, check_volume
from glacier_manifest.state.protocol import Approval, State
from glacier_manifest.views import plans as view


def check_plans_state(
    source: FromManifests | FromSavedPlan, *, arguments: ApplyArguments, state: State
) -> None:
    """Refuse a saved plan that belongs to another state, before anything is written into this one.

    Raises:
        Elsewhere: It does, and nobody said that it is meant.
    """
    if isinstance(source, FromSavedPlan) and not arguments.new_state:
        header = source.saved.header
        before = state.approval(header.digest)
        check_state(header, state.identity, approval=before, is_empty=state.is_empty())


def consented(
    console: Console,
    source: FromManifests | FromSavedPlan,
    plan: Plan,
    *,
    arguments: ApplyArguments,
    state: State,
    now: datetime,
) -> Approval:
    """Return the approval under which the plan's starts may be made; keep it in the state.

    Raises:
        NotApproved: Nobody has approved some of them.
        OverLimit: The approval would start more than a limit lets.
    """
    digest = _digest(source, plan, arguments)
    entries: Iterable[str] = plan.entries()
    if isinstance(source, FromSavedPlan):
        approved = source.saved.entries
        check_approved(plan, lambda wanted: [one for one in wanted if one in approved])
        entries, how = approved, "plan"
    elif arguments.expect is not None:
        how = "expect"
        if plan.digest != digest:
            check_approved(plan, partial(state.approved, digest))
            entries = ()
    else:
        how = "yes" if arguments.yes else "prompt"
    allowances = _allowances(source, arguments)
    bounds = Bounds(source.limits, source.job_limits, source.prices, allowances)
    check_totals(plan.tallies, before=started_under(state, digest, plan), bounds=bounds)
    check_volume(plan, bytes_per_day=source.pace.bytes_per_day, allowances=allowances)
    check_staged(plan, staged_bytes=source.pace.staged_bytes, allowances=allowances)
    if how == "prompt":
        _ask(console, plan, source.prices)
    return state.approve(digest=digest, entries=entries, how=how, at=now, lifted=allowances.words)


def asks(console: Console, source: FromManifests | FromSavedPlan, arguments: ApplyArguments) -> bool:
    """Say whether a person will be asked, and shown the whole plan."""
    approved = isinstance(source, FromSavedPlan) or arguments.expect is not None or arguments.yes
    return console.asks and not approved


def _digest(source: FromManifests | FromSavedPlan, plan: Plan, arguments: ApplyArguments) -> str:
    if isinstance(source, FromSavedPlan):
        return source.saved.header.digest
    expected: str | None = arguments.expect
    return expected if expected is not None else plan.digest


def _allowances(source: FromManifests | FromSavedPlan, arguments: ApplyArguments) -> Allowances:
    """The limits that were lifted when the plan was saved, and those that this run lifts."""
    return Allowances({**source.allow, **Allowances.parse(arguments.allowances).values})


def started_under(state: State, digest: str, plan: Plan) -> tuple[Tally, ...]:
    """Return what the approval of a digest has started already."""
    approval = state.approval(digest)
    return () if approval is None else started_before(state.started_groups(approval.id, slots=plan.slots))


def _ask(console: Console, plan: Plan, prices: PriceTable) -> None:
    if not console.asks:
        raise nobody_to_ask(plan)
    console.err(view.human(plan, prices))
    count = plan.start_count
    jobs = "1 job" if count == 1 else f"{count} jobs"
    question = f"\nStart {jobs}? Started jobs cannot be cancelled. Only 'yes' starts them: "
    if not console.confirm(question):
        raise NotApproved(
            "not-approved",
            "the answer was not 'yes', so nothing was started",
            next_step="run the same command again to be asked again",
        )
