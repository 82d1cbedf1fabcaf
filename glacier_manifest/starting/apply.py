"""All starts of one plan, from the pacer to the report."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from threading import Event as Flag

from glacier_manifest.aws.glacier import Starter
from glacier_manifest.planning.plan import Plan
from glacier_manifest.starting.events import Event
from glacier_manifest.starting.pacer import Clock, Pacer
from glacier_manifest.starting.run import Endurance, Report, Run
from glacier_manifest.starting.sender import Backoff, Sender
from glacier_manifest.state.protocol import Approval, State


@dataclass(frozen=True, slots=True)
class Terms:
    """How a run is to go about it.

    Attributes:
        requests_per_second: The most calls a second.
        concurrency: How many calls are under way at once.
        seconds: How long calls may be made.
        endurance: How many identical refusals in a row end it.
    """

    requests_per_second: float
    concurrency: int
    seconds: float
    endurance: Endurance


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run takes from outside.

    Attributes:
        now: The time of day.
        monotonic: Monotonic seconds.
        random: Spreads retries.
        stop: Set when the run is to end.
    """

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    random: Random
    stop: Flag


def apply(
    plan: Plan,
    *,
    approval: Approval,
    state: State,
    starter: Starter,
    terms: Terms,
    surroundings: Surroundings,
    tell: Callable[[Event], None],
) -> Report:
    """Start everything in a plan that is to start.

    Args:
        plan: What to start.
        approval: The approval under which it starts.
        state: Takes every intent before, and every answer after a call.
        starter: Makes the calls.
        terms: Pace and endurance.
        surroundings: Time, randomness, and the flag that ends the run.
        tell: Takes every event, in the caller's thread.

    Raises:
        StateError: Never; a state that cannot be written ends the run, and the report carries the error.
    """
    clock = Clock(surroundings.monotonic, surroundings.stop.wait)
    pacer = Pacer(
        requests_per_second=terms.requests_per_second,
        clock=clock,
        deadline=surroundings.monotonic() + terms.seconds,
    )

    def sender(tell_later: Callable[[Event], None]) -> Sender:
        return Sender(
            state=state,
            starter=starter,
            pacer=pacer,
            backoff=Backoff(surroundings.random),
            now=surroundings.now,
            tell=tell_later,
        )

    run = Run(
        sender=sender,
        concurrency=terms.concurrency,
        rate=terms.requests_per_second,
        endurance=terms.endurance,
        stop=surroundings.stop,
    )
    return run(plan.starts, approval=approval.id, tell=tell)
