"""One turn of starting, as `apply` makes one and `run` makes many: plan, then start what may start."""

import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from threading import Event as Flag

from glacier_manifest.aws.glacier import GlacierReader, GlacierStarter
from glacier_manifest.aws.service_clock import ServiceClock
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import ApplyArguments
from glacier_manifest.cli.sources import FromManifests, FromSavedPlan
from glacier_manifest.cli.wiring import now
from glacier_manifest.diagnostics import Diagnostic
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.plan import Plan
from glacier_manifest.starting.apply import Service, Stage, Terms, apply
from glacier_manifest.starting.dead_runs import lose_track_of_intents
from glacier_manifest.starting.events import Event, Fate
from glacier_manifest.starting.healing import Healing
from glacier_manifest.starting.run import Endurance, Report
from glacier_manifest.starting.stocktaking import Stock
from glacier_manifest.starting.surroundings import Surroundings
from glacier_manifest.state.protocol import Approval, State
from glacier_manifest.state.rescue import RescueFile, rescue
from glacier_manifest.state.sqlite import SqliteState


@dataclass(frozen=True, slots=True)
class Ground:
    """What every turn stands on.

    Attributes:
        source: What is wanted.
        arguments: The command line.
        state: The state, whose start lock is held.
        clients: Reach AWS.
        service: Tells the service's time.
        warn: Takes what is odd in what the manifests name.
        tell: Takes what happens while vaults are listed.
    """

    source: FromManifests | FromSavedPlan
    arguments: ApplyArguments
    state: SqliteState
    clients: Clients
    service: ServiceClock
    warn: Callable[[Sequence[Diagnostic]], None]
    tell: Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Planned:
    """What a turn would start, decided upon what Glacier lists.

    Attributes:
        plan: What would start.
        stock: What became of the unknowns.
        healing: What is known of lost replies.
    """

    plan: Drafted
    stock: Stock
    healing: Healing


@dataclass(frozen=True, slots=True)
class Applied:
    """What was planned, what came of it, and the signal that cut it short, if one did.

    `too_old` holds the keys of unknowns of which Glacier's listing does not tell any more.
    """

    plan: Drafted
    report: Report
    fates: Mapping[str, Fate]
    signal_number: int | None = None
    rescued: RescueFile | None = None
    too_old: frozenset[str] = frozenset()


def surroundings(service: ServiceClock, *, stop: Flag, lasting: timedelta) -> Surroundings:
    """Return this machine's clocks for a turn that begins now.

    Args:
        service: Tells the service's time.
        stop: Set when the turn is to end.
        lasting: How long the turn may last.
    """
    return Surroundings(
        now=now,
        monotonic=time.monotonic,
        service=service,
        random=Random(),  # noqa: S311 - spreads retries
        stop=stop,
        deadline=time.monotonic() + lasting.total_seconds(),
    )


def planned(
    ground: Ground, draft: Draft, around: Surroundings, *, restarts: Restarts, max_jobs: int | None
) -> Planned:
    """Plan: draft what is wanted, settle what is unknown, decide.

    Args:
        ground: What is wanted, and by whom.
        draft: Takes the requests; empty.
        around: Time.
        restarts: What is to be bought again.
        max_jobs: How many may start at most; None for all.

    Raises:
        GlacierManifestError: As the rooms below say.
    """
    healing = _healing(ground, around)
    lose_track_of_intents(ground.state, attempts=healing.attempts, now=now())
    made_at, arguments = now(), ground.arguments
    ground.warn(
        ground.source.ask(arguments, draft=draft, state=ground.state, clients=ground.clients, now=made_at)
    )
    plan = Drafted(draft, ground.state.latest, made_at)
    _bind(ground.state, plan, ground.clients)
    stock = healing.take_stock(draft, restarts=restarts)
    return Planned(plan if max_jobs is None else plan.next_ones(max_jobs), stock, healing)


def _healing(ground: Ground, around: Surroundings) -> Healing:
    return Healing(
        state=ground.state,
        reader=GlacierReader(ground.clients, on_service_time=ground.service.hear),
        surroundings=around,
        settle=ground.arguments.settle,
        adopt_strangers=not ground.arguments.no_adopt,
        tell=ground.tell,
    )


def _bind(state: State, plan: Plan, clients: Clients) -> None:
    """Bind the state to whom and what it is used for before anything is written: adopting writes as well."""
    for account_id, region in {(vault.account_id, vault.region) for vault in plan.vaults}:
        state.bind(account_id=account_id, endpoint=clients.endpoint(region))


def nothing_started(ahead: Planned) -> Applied:
    """Return what a turn came to that had nothing to start."""
    return Applied(ahead.plan, Report(), {}, too_old=_too_old(ahead))


def started(
    ground: Ground,
    ahead: Planned,
    approval: Approval,
    *,
    around: Surroundings,
    stage: Stage | None,
    tell: Callable[[Event], None],
) -> Applied:
    """Start what was planned and approved; what the state could not take is rescued.

    Args:
        ground: What is wanted, and by whom.
        ahead: What would start.
        approval: Under which it starts.
        around: Time, and the wish to end.
        stage: How much may be started and not yet fetched; None where nothing limits it.
        tell: Takes every event.
    """
    state, plan = ground.state, ahead.plan
    fates: MutableMapping[str, Fate] = plan.draft.scratch.mapping()
    identity = state.identity
    report = apply(
        plan,
        approval=approval,
        state=state,
        service=Service(GlacierStarter(ground.clients), ahead.healing.reconciler, ahead.healing.attempts),
        terms=_terms(ground, stage),
        surroundings=around,
        tell=tell,
        fates=fates,
    )
    rescued = rescue(report.unrecorded, state_path=state.path, run_id=state.run_id, identity=identity)
    return Applied(plan, report, fates, rescued=rescued, too_old=_too_old(ahead))


def _too_old(ahead: Planned) -> frozenset[str]:
    return frozenset(record.key for record in ahead.stock.reconciled.for_a_person)


def stage_of(source: FromManifests | FromSavedPlan) -> Stage | None:
    """Return the stage that the manifests let, which nobody empties meanwhile."""
    staged_bytes = source.pace.staged_bytes
    return None if staged_bytes is None else Stage(lambda: staged_bytes)


def _terms(ground: Ground, stage: Stage | None) -> Terms:
    pace, arguments = ground.source.pace, ground.arguments
    return Terms(
        requests_per_second=pace.requests_per_second,
        concurrency=pace.concurrency,
        endurance=Endurance(1 if arguments.fail_fast else arguments.max_errors),
        bytes_per_day=pace.bytes_per_day,
        stage=stage,
    )
