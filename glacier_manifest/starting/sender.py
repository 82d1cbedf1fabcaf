"""One start, from intent to record: nothing is sent that is not first written down.

The intent is durable before the first byte leaves; the answer decides what is written next. Only an answer
that proves that nothing was started lets the call be made again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from random import Random
from typing import assert_never

import tenacity

from glacier_manifest.aws.answers import Answer, Verdict
from glacier_manifest.aws.glacier import Starter
from glacier_manifest.errors import GlacierManifestError
from glacier_manifest.jobs.marker import marker_of, with_marker
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.approval import body_sha256
from glacier_manifest.planning.plan import Action, Verb
from glacier_manifest.starting.events import Event, FellBack, Outcome, Result, SendingAgain, Slowed
from glacier_manifest.starting.pacer import NoTimeLeftError, Pacer
from glacier_manifest.state.changes import Accept, Change, Intend, LoseTrack, Reject, Release, SendAgain
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Mishap, Record

_SURELY_NOT_STARTED = frozenset({Verdict.SEND_AGAIN, Verdict.THROTTLED})
#: Doublings after which any bound is the longest wait; attempts may go on for days, and a float ends.
_MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before a call is made again: full jitter below a doubling bound, in seconds."""

    random: Random
    first: float = 0.5
    longest: float = 30.0

    def __call__(self, attempt: tenacity.RetryCallState) -> float:
        """Return the seconds to wait before the next attempt."""
        doublings = min(attempt.attempt_number - 1, _MOST_DOUBLINGS)
        bound = min(self.longest, self.first * 2**doublings)
        return self.random.uniform(0, bound)


class StopRunError(Exception):
    """An answer that no other request would escape: the whole run must end."""

    def __init__(self, answer: Answer, outcome: Outcome) -> None:
        super().__init__(answer.message)
        self.answer = answer
        self.outcome = outcome


class LeftOpenError(Exception):
    """A call was intended, and how it ended could not be written down.

    The next run will find an intent without an answer and take it for unknown, so the outcome is unknown in
    this run too. It carries the job ID where Glacier accepted the job: that must not be lost.
    """

    def __init__(self, error: Exception, outcome: Outcome) -> None:
        super().__init__(str(error))
        self.error = error
        self.outcome = outcome


class Sender:
    """Starts one action at a time; many threads may use one sender."""

    def __init__(
        self,
        *,
        state: State,
        starter: Starter,
        pacer: Pacer,
        backoff: Backoff,
        now: Callable[[], datetime],
        tell: Callable[[Event], None],
    ) -> None:
        self._state = state
        self._starter = starter
        self._pacer = pacer
        self._backoff = backoff
        self._now = now
        self._tell = tell

    def start(self, action: Action, approval: int) -> Outcome:
        """Start one action, at the first of its tiers that the service has room for.

        Raises:
            StopRunError: The service's answer ends the whole run; the action is back where it was.
            LeftOpenError: Something failed after the intent was written; the action counts as unknown.
            StateError: The intent could not be written; nothing was sent.
        """
        outcome = Outcome(action, Result.NOT_TRIED)
        tiers: tuple[Tier | None, ...] = action.request.tiers or (None,)
        for tier, following in zip_longest(tiers, tiers[1:]):
            try:
                self._pacer.take()
            except NoTimeLeftError:
                return outcome
            self._state.write(Intend(self._intended(action, tier, approval), self._now()))
            answer = self._send(action, tier)
            outcome = self._record(action, tier, answer)
            if answer.verdict is not Verdict.FALL_BACK:
                return outcome
            if following is not None:
                self._tell(FellBack(action, tier, following, _mishap(answer)))
        return outcome

    def _send(self, action: Action, tier: Tier | None) -> Answer:
        """Make the call, and make it again as long as it surely started nothing and time is left."""
        description = with_marker(action.request.description, marker_of(action.key, action.generation))
        body = action.request.body(tier=tier, description=description)
        answers: list[Answer] = []

        def call() -> Answer:
            if answers:
                self._state.write(self._again(action, answers[-1]))
            answers.append(self._call(action, body))
            return answers[-1]

        # tenacity must see what `call` raises: an exception proves nothing about the job, and is not retried.
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda answer: answer.verdict in _SURELY_NOT_STARTED),
            wait=self._backoff,
            sleep=self._pacer.pause,
            before_sleep=lambda attempt: self._tell_of_pause(action, answers[-1], attempt),
        )
        try:
            return retrying(call)
        except NoTimeLeftError:
            return answers[-1]
        except Exception as error:
            raise _left_open(error, action, tier) from error

    def _call(self, action: Action, body: dict[str, object]) -> Answer:
        answer = self._starter.initiate(action.request.vault, body)
        if answer.verdict is Verdict.ACCEPTED:
            self._pacer.succeeded()
        elif answer.verdict in {Verdict.THROTTLED, Verdict.UNKNOWN}:
            rate = self._pacer.throttled()
            if rate is not None:
                self._tell(Slowed(rate))
        return answer

    def _again(self, action: Action, answer: Answer) -> SendAgain:
        return SendAgain(action.key, action.generation, self._now(), _mishap(answer), answer.service_at)

    def _tell_of_pause(self, action: Action, answer: Answer, attempt: tenacity.RetryCallState) -> None:
        again = SendingAgain(action, attempt.attempt_number + 1, attempt.upcoming_sleep, _mishap(answer))
        self._tell(again)

    def _intended(self, action: Action, tier: Tier | None, approval: int) -> Record:
        request = action.request
        return Record(
            key=action.key,
            generation=action.generation,
            address=action.address,
            account_id=request.vault.account_id,
            region=request.vault.region,
            vault=request.vault.name,
            type=str(request.type),
            archive_id=request.archive_id,
            retrieval_byte_range=str(request.byte_range) if request.byte_range is not None else None,
            slot=request.slot,
            tier=tier,
            sns_topic=request.sns_topic,
            description=with_marker(request.description, marker_of(action.key, action.generation)),
            body_sha256=body_sha256(request),
            status=Status.INTENDED,
            size=request.size,
            approval=approval,
        )

    def _record(self, action: Action, tier: Tier | None, answer: Answer) -> Outcome:
        """Write what the answer means, durably, and return how the start ended."""
        result, change = self._meaning(action, answer)
        try:
            self._state.write(change)
        except Exception as error:
            raise _left_open(error, action, tier, job_id=answer.job_id) from error
        mishap = None if answer.verdict is Verdict.ACCEPTED else _mishap(answer)
        outcome = Outcome(action, result, tier, answer.job_id if mishap is None else None, mishap)
        if answer.verdict is Verdict.STOP:
            raise StopRunError(answer, outcome)
        return outcome

    def _meaning(self, action: Action, answer: Answer) -> tuple[Result, Change]:
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
                return Result.UNKNOWN, LoseTrack(key, generation, now, mishap, service_at)
            case Verdict.FALL_BACK | Verdict.LATER | Verdict.SEND_AGAIN | Verdict.THROTTLED:
                return Result.DEFERRED, Release(key, generation, now, mishap, service_at)
            case Verdict.STOP:
                return Result.NOT_TRIED, Release(key, generation, now, mishap, service_at)
            case _:
                assert_never(answer.verdict)


def _left_open(
    error: Exception, action: Action, tier: Tier | None, *, job_id: str | None = None
) -> LeftOpenError:
    if isinstance(error, GlacierManifestError):
        mishap = Mishap(error.code, error.message)
    else:
        mishap = Mishap("internal", f"{type(error).__name__}: {error}")
    return LeftOpenError(error, Outcome(action, Result.UNKNOWN, tier, job_id, mishap))


def _mishap(answer: Answer) -> Mishap:
    return Mishap(answer.code, answer.message)
