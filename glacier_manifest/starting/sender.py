"""One start, from intent to record: nothing is sent that is not first written down.

The intent is durable before the first byte leaves, and may be written while earlier calls are under way; the
answer decides what is written next. Only an answer that proves that nothing was started lets the call be
made again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from random import Random
from typing import TYPE_CHECKING, assert_never

from glacier_manifest.aws.answers import Answer, Verdict
from glacier_manifest.aws.glacier import Starter
from glacier_manifest.aws.service_clock import ServiceClock
from glacier_manifest.errors import GlacierManifestError, StateError
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.plan import Action, Verb
from glacier_manifest.starting.attempts import Attempts
from glacier_manifest.starting.events import Event, FellBack, Outcome, Result, SendingAgain, Slowed
from glacier_manifest.starting.pacer import NoTimeLeftError, Pacer
from glacier_manifest.starting.recording import intended
from glacier_manifest.starting.starts import Intended, LeftOpenError, Recording, StopRunError
from glacier_manifest.state.changes import Accept, Intend, LoseTrack, Reject, Release, SendAgain, Withdraw
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Mishap, Record
from glacier_manifest.state.rescue import Answered, answered

if TYPE_CHECKING:
    import tenacity

_CUT_SHORT = Mishap("cut-short", "the call was cut short on this machine")
_SURELY_NOT_STARTED = frozenset({Verdict.SEND_AGAIN, Verdict.THROTTLED})
#: A proxy in between may give any other answer, dated by a clock of its own.
_SURELY_THE_SERVICE = frozenset({Verdict.ACCEPTED, Verdict.REJECTED, Verdict.FALL_BACK, Verdict.LATER})
#: Doublings after which any bound is the longest wait; attempts may go on for days, and a float ends.
_MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before a call is made again: full jitter below a doubling bound, in seconds."""

    random: Random
    first: float = 0.5
    longest: float = 30.0

    def __call__(self, attempt: "tenacity.RetryCallState") -> float:
        """Return the seconds to wait before the next attempt."""
        doublings = min(attempt.attempt_number - 1, _MOST_DOUBLINGS)
        bound = min(self.longest, self.first * 2**doublings)
        return self.random.uniform(0, bound)


class Sender:
    """Starts one action at a time; many threads may use one sender."""

    def __init__(
        self,
        *,
        state: State,
        starter: Starter,
        pacer: Pacer,
        backoff: Backoff,
        attempts: Attempts,
        service: ServiceClock,
        now: Callable[[], datetime],
        tell: Callable[[Event], None],
    ) -> None:
        self._state = state
        self._starter = starter
        self._pacer = pacer
        self._backoff = backoff
        self._attempts = attempts
        self._service = service
        self._now = now
        self._tell = tell

    def looks_ahead(self) -> bool:
        """Say whether the next intents are to be written now, because a call would not wait for its turn."""
        return self._pacer.is_free()

    def intend(self, actions: Sequence[Action], approval: int) -> list[Intended]:
        """Hand over the intents of the next actions, in their order."""
        intents = [self._intent(action, _first_tier(action), approval) for action in actions]
        return [*map(Intended, actions, intents, self._state.submit_together(intents))]

    def withdraw(self, ahead: Intended) -> Recording:
        """Take back an intent that was handed over and is not to be sent now.

        Raises:
            StateError: The intent could not be written; there is nothing to take back.
        """
        action, intent = ahead.action, ahead.intent
        outcome = Outcome(action, Result.NOT_TRIED)
        if ahead.written.cancel():
            return Recording(outcome)
        ahead.written.result()
        change = Withdraw(action.key, action.generation, self._now())
        return self._handed_over(action, intent, change, outcome)

    def start(self, action: Action, approval: int, ahead: Intended | None = None) -> Recording:
        """Start one action, at the first of its tiers that the service has room for.

        Raises:
            StopRunError: The service's answer ends the whole run; the action is back where it was.
            LeftOpenError: Something failed after the intent was written; the action counts as unknown.
            StateError: The intent could not be written; nothing was sent.
        """
        recording = Recording(Outcome(action, Result.NOT_TRIED))
        tiers: tuple[Tier | None, ...] = action.request.tiers or (None,)
        for tier, following in zip_longest(tiers, tiers[1:]):
            try:
                intent = self._written_intent(action, tier, approval, ahead)
            except NoTimeLeftError:
                return self.withdraw(ahead) if ahead else recording
            ahead = None
            answer = self._send(action, intent)
            recording = self._record(action, intent, answer)
            if answer.verdict is not Verdict.FALL_BACK:
                return recording
            if following is not None:
                self._tell(FellBack(action, tier, following, _mishap(answer)))
        return recording

    def _written_intent(
        self, action: Action, tier: Tier | None, approval: int, ahead: Intended | None
    ) -> Intend:
        """Return an intent that is on the disk, when its call may be made."""
        if ahead is not None:
            ahead.written.result()
            self._pacer.take()
            return ahead.intent
        self._pacer.take()
        intent = self._intent(action, tier, approval)
        self._state.write(intent)
        return intent

    def _intent(self, action: Action, tier: Tier | None, approval: int) -> Intend:
        return Intend(self._intended(action, tier, approval), self._now(), self._service.now())

    def _intended(self, action: Action, tier: Tier | None, approval: int) -> Record:
        return intended(
            action.request, key=action.key, generation=action.generation, tier=tier, approval=approval
        )

    def _send(self, action: Action, intent: Intend) -> Answer:
        """Make the call, and make it again as long as it surely started nothing and time is left."""
        body = action.request.body(tier=_tier(intent), description=intent.record.description)
        answers: list[Answer] = []

        def call() -> Answer:
            if answers:
                self._state.write(self._again(action, answers[-1]))
            answers.append(self._call(action, body))
            return answers[-1]

        try:
            answer = call()
            return (
                answer if answer.verdict not in _SURELY_NOT_STARTED else self._retried(call, answers, action)
            )
        except NoTimeLeftError:
            return answers[-1]
        except Exception as error:
            raise self._left_open(error, action, intent, self._last_known(error, action, answers)) from error

    def _retried(self, call: Callable[[], Answer], answers: Sequence[Answer], action: Action) -> Answer:
        """Make a call again that was made once, as long as it surely started nothing and time is left."""
        import tenacity  # noqa: PLC0415 - most runs repeat no call

        first = iter(answers[:1])
        # tenacity must see what `call` raises: an exception proves nothing about the job, and is not retried.
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda answer: answer.verdict in _SURELY_NOT_STARTED),
            wait=self._backoff,
            sleep=self._pacer.pause,
            before_sleep=lambda attempt: self._tell_of_pause(action, answers[-1], attempt),
        )
        return retrying(lambda: next(first, None) or call())

    def _call(self, action: Action, body: dict[str, object]) -> Answer:
        answer = self._starter.initiate(action.request.vault, body)
        if answer.service_at is not None and answer.verdict in _SURELY_THE_SERVICE:
            self._service.hear(answer.service_at)
        if answer.verdict is Verdict.ACCEPTED:
            self._pacer.succeeded()
        elif answer.verdict in {Verdict.THROTTLED, Verdict.UNKNOWN}:
            rate = self._pacer.throttled()
            if rate is not None:
                self._tell(Slowed(rate))
        return answer

    def _again(self, action: Action, answer: Answer) -> SendAgain:
        return SendAgain(action.key, action.generation, self._now(), _mishap(answer), self._service.now())

    def _tell_of_pause(self, action: Action, answer: Answer, attempt: "tenacity.RetryCallState") -> None:
        again = SendingAgain(action, attempt.attempt_number + 1, attempt.upcoming_sleep, _mishap(answer))
        self._tell(again)

    def _record(self, action: Action, intent: Intend, answer: Answer) -> Recording:
        """Write what the answer means, and return how the start ended.

        An accepted job is handed over and not waited for: no later intent is on the disk before it.
        """
        if answer.verdict is Verdict.UNKNOWN:
            self._attempts.ended_now(action.key, action.generation)
        result, change = self._meaning(action, answer)
        if answer.verdict is Verdict.ACCEPTED:
            outcome = Outcome(action, result, _tier(intent), answer.job_id)
            return self._handed_over(action, intent, change, outcome)
        try:
            self._state.write(change)
        except Exception as error:
            raise self._left_open(error, action, intent, change) from error
        may_change = answer.verdict is Verdict.FALL_BACK
        outcome = Outcome(action, result, _tier(intent), None, _mishap(answer), may_change)
        if answer.verdict is Verdict.STOP:
            raise StopRunError(answer, outcome)
        return Recording(outcome)

    def _handed_over(self, action: Action, intent: Intend, change: Answered, outcome: Outcome) -> Recording:
        written = self._state.submit_unhurried(change)
        return Recording(outcome, written, lambda error: self._left_open(error, action, intent, change))

    def _meaning(self, action: Action, answer: Answer) -> tuple[Result, Answered]:
        """Return how a start ended and what to write about it; the table of verdicts, in one place."""
        key, generation, now = action.key, action.generation, self._now()
        mishap, service_at = _mishap(answer), answer.service_at
        match answer.verdict:
            case Verdict.ACCEPTED:
                result = Result.RESTARTED if action.verb is Verb.RESTART else Result.STARTED
                return result, Accept(key, generation, now, str(answer.job_id), service_at)
            case Verdict.REJECTED:
                return Result.REJECTED, Reject(key, generation, now, mishap, service_at)
            case Verdict.UNKNOWN:
                return Result.UNKNOWN, LoseTrack(key, generation, now, mishap, self._service.now())
            case Verdict.FALL_BACK | Verdict.LATER | Verdict.SEND_AGAIN | Verdict.THROTTLED:
                return Result.DEFERRED, Release(key, generation, now, mishap, service_at)
            case Verdict.STOP:
                return Result.NOT_TRIED, Release(key, generation, now, mishap, service_at)
            case _:
                assert_never(answer.verdict)

    def _last_known(self, error: Exception, action: Action, answers: Sequence[Answer]) -> Answered:
        """What is known of a call that an exception cut short: nothing, unless it was not made yet."""
        key, generation, now = action.key, action.generation, self._now()
        if answers and isinstance(error, StateError):
            return Release(key, generation, now, _mishap(answers[-1]), answers[-1].service_at)
        return LoseTrack(key, generation, now, _CUT_SHORT, self._service.now())

    def _left_open(self, error: Exception, action: Action, intent: Intend, change: Answered) -> LeftOpenError:
        if isinstance(error, GlacierManifestError):
            mishap = Mishap(error.code, error.message)
        else:
            mishap = Mishap("internal", f"{type(error).__name__}: {error}")
        job_id = change.job_id if isinstance(change, Accept) else None
        outcome = Outcome(action, Result.UNKNOWN, _tier(intent), job_id, mishap)
        return LeftOpenError(error, outcome, answered(intent, change))


def _first_tier(action: Action) -> Tier | None:
    return action.request.tiers[0] if action.request.tiers else None


def _tier(intent: Intend) -> Tier | None:
    return None if intent.record.tier is None else Tier(intent.record.tier)


def _mishap(answer: Answer) -> Mishap:
    return Mishap(answer.code, answer.message)
