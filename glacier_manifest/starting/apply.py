"""All starts of one plan, from the pacer to the report."""

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from glacier_manifest.aws.glacier import Starter
from glacier_manifest.planning.plan import Action, Plan
from glacier_manifest.starting.attempts import Attempts
from glacier_manifest.starting.events import Event, Fate
from glacier_manifest.starting.pacer import Clock, NoTimeLeftError, Pacer
from glacier_manifest.starting.reconcile import Reconciler
from glacier_manifest.starting.rounds import Rounds
from glacier_manifest.starting.run import Endurance, Report, Run
from glacier_manifest.starting.sender import Backoff, Sender
from glacier_manifest.starting.staged import Staged, staged_bytes
from glacier_manifest.starting.starts import Starts
from glacier_manifest.starting.surroundings import Surroundings
from glacier_manifest.starting.volume import WINDOW, Bound, Volume, WithinVolume
from glacier_manifest.state.protocol import Approval, State


@dataclass(frozen=True, slots=True)
class Stage:
    """How much may be started and not yet fetched.

    Attributes:
        most: Returns the most bytes that may be so now; None where nothing limits them.
        is_emptied: Whether somebody fetches meanwhile, so that a start waits for room; else it is left over.
        given_up: Returns how many bytes of outputs that are there nobody fetches any more.
    """

    most: Callable[[], int | None]
    is_emptied: bool = False
    given_up: Callable[[], int] = lambda: 0


@dataclass(frozen=True, slots=True)
class Terms:
    """How a run is to go about it.

    Attributes:
        requests_per_second: The most calls a second.
        concurrency: How many calls are under way at once.
        endurance: How many identical refusals in a row end it.
        bytes_per_day: The most bytes started in any 24 hours; None where nothing limits them.
        stage: How much may be started and not yet fetched; None where nothing limits it.
    """

    requests_per_second: float
    concurrency: int
    endurance: Endurance
    bytes_per_day: int | None = None
    stage: Stage | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """How Glacier is reached, and what is known of calls to it.

    Attributes:
        starter: Makes the calls.
        reconciler: Settles those whose outcome is unknown.
        attempts: Remembers when each of those had ended.
    """

    starter: Starter
    reconciler: Reconciler
    attempts: Attempts


def apply(
    plan: Plan,
    *,
    approval: Approval,
    state: State,
    service: Service,
    terms: Terms,
    surroundings: Surroundings,
    tell: Callable[[Event], None],
    fates: MutableMapping[str, Fate],
) -> Report:
    """Start everything in a plan that is to start, and settle every outcome that becomes unknown.

    Args:
        plan: What to start.
        approval: The approval under which it starts.
        state: Takes every intent before, and every answer after a call.
        service: Glacier.
        terms: Pace and endurance.
        surroundings: Time, randomness, and the flag that ends the run.
        tell: Takes every event, in the caller's thread.
        fates: Takes how each start ended, by the name of its purchase; empty.

    Returns:
        How each start ended. A state that cannot be written ends the run; the report carries the error.
    """
    pacer = _pacer(state, terms, surroundings)
    volume = _volume(state, terms, surroundings)
    staged = _staged(state, terms, surroundings)
    bounds = [bound for bound in (volume, staged) if bound is not None]
    sender = partial(
        _sender, pacer=pacer, bounds=bounds, state=state, service=service, surroundings=surroundings
    )
    send = partial(_send, sender=sender, approval=approval, terms=terms, surroundings=surroundings)
    rounds = Rounds(send, service.reconciler, state, surroundings, tell, fates)
    report = rounds(plan.starts(), plan.start_count)
    if volume is not None:
        report.again_at = _earlier(report.again_at, volume.again_at)
    report.stage_was_full = staged is not None and staged.was_full
    return report


def _send(
    actions: Iterator[Action],
    count: int,
    tell: Callable[[Event], None],
    *,
    sender: Callable[[Callable[[Event], None]], Starts],
    approval: Approval,
    terms: Terms,
    surroundings: Surroundings,
) -> Report:
    """Make one round of calls."""
    run = Run(
        sender=sender,
        concurrency=terms.concurrency,
        rate=terms.requests_per_second,
        endurance=terms.endurance,
        stop=surroundings.stop,
    )
    return run(actions, count, approval=approval.id, tell=tell)


def _sender(
    tell: Callable[[Event], None],
    *,
    pacer: Pacer,
    bounds: Sequence[Bound],
    state: State,
    service: Service,
    surroundings: Surroundings,
) -> Starts:
    one: Starts = Sender(
        state=state,
        starter=service.starter,
        pacer=pacer,
        backoff=Backoff(surroundings.random),
        attempts=service.attempts,
        service=surroundings.service,
        now=surroundings.now,
        tell=tell,
    )
    for bound in bounds:
        one = WithinVolume(one, bound, tell)
    return one


def _pacer(state: State, terms: Terms, surroundings: Surroundings) -> Pacer:
    last_sent_at = state.last_sent_at()
    quiet = timedelta.max if last_sent_at is None else surroundings.now() - last_sent_at
    return Pacer(
        requests_per_second=terms.requests_per_second,
        clock=Clock(surroundings.monotonic, surroundings.stop.wait),
        deadline=surroundings.deadline,
        quiet_for=quiet.total_seconds(),
    )


def _volume(state: State, terms: Terms, surroundings: Surroundings) -> Volume | None:
    if terms.bytes_per_day is None:
        return None
    started = state.started_bytes(surroundings.service_now() - WINDOW)
    return Volume(bytes_per_day=terms.bytes_per_day, started=started, surroundings=surroundings)


def _staged(state: State, terms: Terms, surroundings: Surroundings) -> Staged | None:
    stage = terms.stage
    if stage is None:
        return None

    def waits(seconds: float) -> None:
        if not stage.is_emptied:
            raise NoTimeLeftError
        surroundings.wait_until(surroundings.monotonic() + seconds)

    return Staged(
        most=stage.most,
        staged=lambda: staged_bytes(state, given_up=stage.given_up()),
        surroundings=surroundings,
        waits=waits,
    )


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)
