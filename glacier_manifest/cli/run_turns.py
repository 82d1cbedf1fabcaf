"""The turns of a run's starting: the first plan is approved, and later ones as far as it covers them."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Event as Flag

from glacier_manifest.cli.standing_consent import StandingConsent
from glacier_manifest.cli.turns import (
    Applied,
    Ground,
    Planned,
    nothing_started,
    planned,
    started,
    surroundings,
)
from glacier_manifest.cli.wiring import now
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.drafting.known import Known
from glacier_manifest.errors import Failed
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.plan import Verb
from glacier_manifest.running.activity import Turn
from glacier_manifest.running.starting import Started
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.starting.apply import Stage
from glacier_manifest.starting.events import Event, Outcome, Result
from glacier_manifest.starting.run import Report
from glacier_manifest.starting.surroundings import Surroundings
from glacier_manifest.state.protocol import Approval

#: Seconds between two looks at whether a plan has become old while its jobs are started.
_LOOK = 5.0
_STARTED = frozenset({Result.STARTED, Result.RESTARTED})


class StartingTurns:
    """Plans, asks for consent as far as it is needed, and starts.

    Args:
        ground: What every turn stands on.
        consent: Approves.
        most: Returns how many bytes may be started and not yet fetched now.
        tell: Takes every event.
        left: Returns the seconds until the run is to end.
        is_emptied: Whether outputs are fetched meanwhile, so that a start may wait for room.

    Attributes:
        is_overtaken: Says whether what came meanwhile asks for a new plan.
        given_up: Returns the bytes that are staged and that no fetching waits for any more.
        expected: How many of the last plan are to be started still.
        applied: What the last turn came to; None before the first.
    """

    def __init__(
        self,
        ground: Ground,
        consent: StandingConsent,
        *,
        most: Callable[[], int],
        tell: Callable[[Event], None],
        left: Callable[[], float],
        is_emptied: bool,
    ) -> None:
        self.is_overtaken: Callable[[], bool] = lambda: False
        self.given_up: Callable[[], int] = lambda: 0
        self.expected = 0
        self.applied: Applied | None = None
        self._ground = ground
        self._consent = consent
        self._most = most
        self._tell = tell
        self._left = left
        self._is_emptied = is_emptied
        self._restarts = ground.source.restarts(ground.arguments.restarts)
        self._started = 0
        self._scratch = Scratch()
        self._plan: Drafted | None = None
        self._ahead: tuple[Planned, Approval | None] | None = None

    def plan_first(self, moved: Callable[[], None]) -> None:
        """Make the first plan and have it approved, while a person may be asked.

        Args:
            moved: Told now and then that planning goes on.

        Raises:
            GlacierManifestError: As the rooms below say; nothing was started.
        """
        ahead = self._planned(self._surroundings(Flag(), 0.0), moved)
        self._ahead = ahead, self._consent.first(ahead.plan, state=self._ground.state, now=now())
        restarted = ahead.plan.actions(verbs={Verb.RESTART})
        self._restarts = Restarts(
            generations={one.key: one.generation for one in restarted},
            repurchases=self._ground.source.repurchases,
        )

    def __call__(self, turn: Turn, lasting: float) -> Started:
        """Plan and start once.

        Args:
            turn: When to end.
            lasting: The seconds that it may last.

        Raises:
            GlacierManifestError: Why not all of it could be done.
        """
        began = time.monotonic()
        around = self._surroundings(turn.stop, lasting)
        ahead, approval = self._ahead or (self._planned(around, turn.pulse.beat), None)
        is_first, self._ahead = self._ahead is not None, None
        planning = time.monotonic() - began
        turn.pulse.beat()
        self.expected = ahead.plan.start_count
        if not ahead.plan.start_count:
            self.applied = nothing_started(ahead)
        else:
            if not is_first or approval is None:
                approval = self._consent.later(ahead.plan, state=self._ground.state, now=now())
            self.applied = self._start(turn, ahead, approval, around)
        return self._came_to(ahead, self.applied, planning)

    def _surroundings(self, stop: Flag, lasting: float) -> Surroundings:
        """A turn lasts long enough for lost replies to settle, and for a call to have its turn."""
        least = self._ground.arguments.settle.total_seconds() * 2
        one_call = 2 / self._ground.source.pace.requests_per_second
        seconds = min(max(lasting, least, one_call), self._left())
        return surroundings(self._ground.service, stop=stop, lasting=timedelta(seconds=seconds))

    def _planned(self, around: Surroundings, moved: Callable[[], None]) -> Planned:
        scratch = Scratch()
        draft = Draft(scratch, restarts=self._ground.source.repurchases, moved=moved)
        try:
            ahead = planned(self._ground, draft, around, restarts=self._restarts, max_jobs=self._jobs_left())
        except BaseException:
            scratch.close()
            raise
        self._scratch.close()
        self._scratch, self._plan = scratch, ahead.plan
        return ahead

    def _jobs_left(self) -> int | None:
        most = self._ground.arguments.max_jobs
        return None if most is None else max(most - self._started, 0)

    def _start(self, turn: Turn, ahead: Planned, approval: Approval, around: Surroundings) -> Applied:
        look_at = time.monotonic() + _LOOK

        def most() -> int:
            nonlocal look_at
            turn.pulse.beat()
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + _LOOK
                if self.is_overtaken():
                    turn.stop.set()
            return self._most()

        def tell(event: Event) -> None:
            turn.pulse.beat()
            if isinstance(event, Outcome) and event.result in _STARTED:
                self._started += 1
                self.expected -= 1
            self._tell(event)

        stage = Stage(most, self._is_emptied, self.given_up)
        return started(self._ground, ahead, approval, around=around, stage=stage, tell=tell)

    def _came_to(self, ahead: Planned, applied: Applied, planning: float) -> Started:
        report = applied.report
        _raise_what_ended(report)
        ended = Counter(fate.result for fate in applied.fates.values())
        not_tried = ended[Result.NOT_TRIED] + ahead.plan.start_count - ended.total()
        unknown = ended[Result.UNKNOWN] + ahead.plan.summary[Verb.RESOLVE] - len(applied.too_old)
        again_in = None if report.again_at is None else (report.again_at - now()).total_seconds()
        return Started(
            left=not_tried + ended[Result.DEFERRED],
            unknown=max(unknown, 0),
            blocked=len(ahead.plan.blocked),
            again_in=again_in,
            planning=planning,
            buys_again=self._ground.source.repurchases.highest > 0,
            was_cut_short=bool(not_tried)
            and again_in is None
            and report.gave_up is None
            and (self._is_emptied or not report.stage_was_full),
        )

    def final_plan(self) -> Drafted | None:
        """Return the last plan, decided anew by what the state knows now; None where there is none."""
        if self._plan is None:
            return None
        draft, state = self._plan.draft, self._ground.state
        again = self._restarts.among(draft.addresses())
        draft.decide(Known(state.latest, again, brief=state.standings))
        return Drafted(draft, state.latest, now())

    def close(self) -> None:
        """Let go of the last plan."""
        self._scratch.close()


def _raise_what_ended(report: Report) -> None:
    """Raise what has ended a turn before its time.

    Raises:
        GlacierManifestError: The error, the answer, or the refusal that came too often.
    """
    if report.error is not None:
        raise report.error
    if report.stopped_by is not None:
        raise report.stopped_by.as_error()
    gave_up = report.gave_up
    if gave_up is not None and gave_up.result is Result.REJECTED and gave_up.mishap is not None:
        raise Failed(
            gave_up.mishap.code,
            f"{gave_up.mishap.message} (met too often in a row, the last time at {gave_up.action.address})",
            next_step="correct its cause, or go on past it with a higher --max-errors",
        )
