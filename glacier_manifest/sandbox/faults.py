"""What can go wrong on request: one table, one entry for each fault.

A fault turns into an answer in place of the service's, another fate for a job, or a change of the
service's answer on its way out. A new fault is a new entry in `FAULTS`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from types import MappingProxyType
from typing import TypedDict

from glacier_manifest.sandbox.asks import Fate
from glacier_manifest.sandbox.refusals import KNOWN, error_answer
from glacier_manifest.sandbox.wire import SILENCE, Answer, Stream, head_bytes

_HANG_SECONDS = 30.0
_LATENCY_SECONDS = 0.1
_KEPT_ID_CHARACTERS = 34
_JOB_ID = "x-amz-job-id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When which fault strikes, and how.

    The first `after` matching calls pass. Of the others those are struck that `every`, `rate` and
    `per_second` pick (all, when none is given), and no more than `count` of them.

    Attributes:
        operation: such as `InitiateJob`; `*` is all.
        fault: a name in `FAULTS`.
        after: how many matching calls pass first.
        every: strikes each n-th of them.
        rate: strikes each with this probability.
        seed: of that probability; the same seed strikes the same calls.
        per_second: strikes the calls above this rate (a token bucket that holds one second's).
        count: how many are struck at most.
        match: only calls that have this text in their path or body.
        seconds: how long a fault lasts that takes time.
        status: the HTTP status of a fault that answers.
        code: the service's exception name of a fault that answers.
        message: the text of a fault that answers or lets a job fail.
    """

    operation: str
    fault: str
    after: int = 0
    every: int | None = None
    rate: float | None = None
    seed: int = 0
    per_second: float | None = None
    count: int | None = None
    match: str | None = None
    seconds: float | None = None
    status: int | None = None
    code: str | None = None
    message: str | None = None


class RuleOptions(TypedDict, total=False):
    """The fields of a `Rule` that have a default, as keyword arguments."""

    after: int
    every: int | None
    rate: float | None
    seed: int
    per_second: float | None
    count: int | None
    match: str | None
    seconds: float | None
    status: int | None
    code: str | None
    message: str | None


def _same_fate(_rule: Rule, fate: Fate) -> Fate:
    return fate


def _same_answer(_rule: Rule, answer: Answer) -> Answer:
    return answer


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to go wrong.

    Attributes:
        name: what a rule calls it.
        meaning: what happens, in a sentence.
        instead: makes an answer so that the service does not act at all.
        fate: changes what becomes of a job before it is accepted.
        outward: changes the answer after the service acted.
        only: the one operation that it can strike; None is all.
    """

    name: str
    meaning: str
    instead: Callable[[Rule], Answer] | None = None
    fate: Callable[[Rule, Fate], Fate] = _same_fate
    outward: Callable[[Rule, Answer], Answer] = _same_answer
    only: str | None = None


def _seconds(rule: Rule, otherwise: float) -> float:
    return otherwise if rule.seconds is None else rule.seconds


def _error(rule: Rule, code: str) -> Answer:
    code = rule.code or code
    status, message = KNOWN.get(code, (400, code))
    return error_answer(rule.status or status, code, rule.message or message)


def _hang(rule: Rule) -> Answer:
    return replace(SILENCE, delay=_seconds(rule, _HANG_SECONDS))


def _cut_headers(_rule: Rule, answer: Answer) -> Answer:
    """Cut inside the job ID: http.client takes the end of the connection for that of the headers."""
    head = head_bytes(answer)
    at = head.find(f"{_JOB_ID}: ".encode())
    limit = len(head) // 2 if at < 0 else at + len(_JOB_ID) + 2 + _KEPT_ID_CHARACTERS
    return replace(answer, wire_limit=limit)


def _without_job_id(_rule: Rule, answer: Answer) -> Answer:
    return replace(answer, headers=tuple(pair for pair in answer.headers if pair[0] != _JOB_ID))


def _elsewhere(_rule: Rule, answer: Answer) -> Answer:
    return replace(
        answer,
        headers=tuple(
            (name, value[:-_KEPT_ID_CHARACTERS] + "x" * _KEPT_ID_CHARACTERS)
            if name == "Location"
            else (name, value)
            for name, value in answer.headers
        ),
    )


def _html(rule: Rule) -> Answer:
    status = rule.status or 502
    page = f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n"
    return Answer(status, (("Content-Type", "text/html"), ("Server", "proxy")), page.encode())


def _late(rule: Rule, answer: Answer) -> Answer:
    return replace(answer, delay=answer.delay + _seconds(rule, _LATENCY_SECONDS))


def _chunks(answer: Answer) -> Iterator[bytes]:
    return iter((answer.body,)) if isinstance(answer.body, bytes) else answer.body.chunks()


def _is_output(answer: Answer) -> bool:
    return answer.status in (200, 206) and answer.length > 0


def _corrupt(_rule: Rule, answer: Answer) -> Answer:
    """Flip one bit in the middle of the first piece; the headers stay as they were."""
    if not _is_output(answer):
        return answer

    def chunks() -> Iterator[bytes]:
        rest = _chunks(answer)
        first = bytearray(next(rest))
        first[len(first) // 2] ^= 1
        return chain((bytes(first),), rest)

    return replace(answer, body=Stream(answer.length, chunks))


def _cut_output(_rule: Rule, answer: Answer) -> Answer:
    if not _is_output(answer):
        return answer
    return replace(answer, wire_limit=len(head_bytes(answer)) + answer.length // 2)


_ENTRIES = (
    Fault("lost-before", "closes before acting", instead=lambda _: SILENCE),
    Fault("lost-after", "acts, and closes without an answer", outward=lambda _, __: SILENCE),
    Fault("hang-before", "waits `seconds` (30) and closes without acting", instead=_hang),
    Fault(
        "hang-after",
        "acts, waits `seconds` (30) and closes without an answer",
        outward=lambda rule, _: _hang(rule),
    ),
    Fault(
        "latency",
        "acts, and answers `seconds` (0.1) later",
        outward=_late,
    ),
    Fault("reset", "a TCP reset before acting", instead=lambda _: replace(SILENCE, reset=True)),
    Fault(
        "reset-after",
        "acts, then a TCP reset",
        outward=lambda _, __: replace(SILENCE, reset=True),
    ),
    Fault(
        "error",
        "an error by `code` (ServiceUnavailableException), `status`, `message`, without acting",
        instead=lambda rule: _error(rule, "ServiceUnavailableException"),
    ),
    Fault(
        "error-after",
        "acts, and answers an error as `error` does",
        outward=lambda rule, _: _error(rule, "ServiceUnavailableException"),
    ),
    Fault(
        "throttle",
        "ThrottlingException 400 `Rate exceeded`, without acting",
        instead=lambda rule: _error(rule, "ThrottlingException"),
    ),
    Fault(
        "throttle-above",
        "the same for calls above `per_second`",
        instead=lambda rule: _error(rule, "ThrottlingException"),
    ),
    Fault("html-before", "a proxy's page with `status` (502), without acting", instead=_html),
    Fault(
        "html-after",
        "acts, and a proxy's page with `status` (502) comes back",
        outward=lambda rule, _: _html(rule),
    ),
    Fault("cut-headers", "acts, and cuts the answer inside the job ID", outward=_cut_headers),
    Fault("no-job-id", "acts, and answers without x-amz-job-id", outward=_without_job_id),
    Fault(
        "wrong-location",
        "acts, and Location names another job",
        outward=_elsewhere,
        only="InitiateJob",
    ),
    Fault(
        "job-fails",
        "the job completes as Failed, with `message` as its StatusMessage",
        fate=lambda rule, fate: replace(fate, failure=rule.message or "The job failed."),
        only="InitiateJob",
    ),
    Fault(
        "listing-lag",
        "ListJobs shows the job `seconds` (30) after acceptance; DescribeJob does at once",
        fate=lambda rule, fate: replace(fate, listing_lag=_seconds(rule, _HANG_SECONDS)),
        only="InitiateJob",
    ),
    Fault(
        "corrupt-output",
        "one bit of the output is another; length and hash headers are not",
        outward=_corrupt,
        only="GetJobOutput",
    ),
    Fault(
        "cut-output",
        "half of the output, then the connection closes",
        outward=_cut_output,
        only="GetJobOutput",
    ),
)

#: Every fault by its name.
FAULTS: Mapping[str, Fault] = MappingProxyType({entry.name: entry for entry in _ENTRIES})
