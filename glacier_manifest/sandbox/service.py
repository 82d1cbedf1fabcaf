"""From a request to its answer: who asks, which faults strike, what Glacier does."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from glacier_manifest.sandbox.asks import (
    Ask,
    Caller,
    Fate,
    check_api_version,
    meant_account,
    read_caller,
)
from glacier_manifest.sandbox.calls import Call, CallLog, kept_body
from glacier_manifest.sandbox.clock import http_date
from glacier_manifest.sandbox.fault_rules import FaultRules
from glacier_manifest.sandbox.faults import FAULTS, Rule
from glacier_manifest.sandbox.glacier import Glacier
from glacier_manifest.sandbox.identity import request_id
from glacier_manifest.sandbox.refusals import RefusedError
from glacier_manifest.sandbox.routes import ACTS, Act, Route, route
from glacier_manifest.sandbox.wire import Answer, Request


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the service did with a request."""

    answer: Answer
    caller: Caller | None = None
    account: str | None = None
    acted: bool = False


class Service:
    """Glacier's API over one state.

    Args:
        glacier: the state.
        faults: what goes wrong.
        log: where every call is recorded before its answer leaves.
        control: answers what lies below `/_sandbox`.
    """

    def __init__(
        self,
        glacier: Glacier,
        faults: FaultRules,
        log: CallLog,
        control: Callable[[Request], Answer],
    ) -> None:
        self._glacier = glacier
        self._faults = faults
        self._log = log
        self._control = control

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request, with all that is to happen to it on the way."""
        if request.path.startswith("/_sandbox"):
            return self._stamped(self._control(request))
        where = route(request)
        rules = self._faults.striking(where.operation, request)
        outcome = self._outcome(request, where, rules)
        answer = self._stamped(outcome.answer)
        for rule in rules:
            answer = FAULTS[rule.fault].outward(rule, answer)
        self._log.record(
            Call(
                where.operation,
                request.method,
                request.path,
                request.query,
                kept_body(request.body),
                self._glacier.clock.now(),
                None if answer.silent else answer.status,
                outcome.acted,
                "+".join(rule.fault for rule in rules) or None,
                outcome.account,
                None if outcome.caller is None else outcome.caller.access_key,
                dict(outcome.answer.headers).get("x-amz-job-id"),
            )
        )
        return answer

    def _outcome(self, request: Request, where: Route, rules: tuple[Rule, ...]) -> _Outcome:
        for rule in rules:
            instead = FAULTS[rule.fault].instead
            if instead is not None:
                return _Outcome(instead(rule), *self._signed(request, where))
        fate = Fate()
        for rule in rules:
            fate = FAULTS[rule.fault].fate(rule, fate)
        return self._act(request, where, fate)

    def _signed(self, request: Request, where: Route) -> tuple[Caller | None, str | None]:
        """Who asks, for the log of a call on which nobody acts."""
        try:
            caller = self._caller(request)
            return caller, meant_account(caller, where.account)
        except RefusedError:
            return None, None

    def _caller(self, request: Request) -> Caller:
        settings = self._glacier.settings
        return read_caller(request.headers, settings.accounts or {}, settings.account_id)

    def _act(self, request: Request, where: Route, fate: Fate) -> _Outcome:
        caller: Caller | None = None
        account: str | None = None
        try:
            caller = self._caller(request)
            account = meant_account(caller, where.account)
            check_api_version(request.headers)
            ask = Ask(where.operation, caller, account, where.vault, where.target, request, fate)
            answer = _act_of(where.operation)(self._glacier, ask)
            return _Outcome(answer, caller, account, acted=True)
        except RefusedError as refusal:
            return _Outcome(refusal.answer(), caller, account)

    def _stamped(self, answer: Answer) -> Answer:
        now = int(self._glacier.clock.seconds())
        stamp = (
            ("x-amzn-RequestId", request_id(self._glacier.rng)),
            ("Date", http_date(now)),
        )
        return replace(answer, headers=stamp + answer.headers)


def _act_of(operation: str) -> Act:
    act = ACTS.get(operation)
    if act is None:
        raise RefusedError("BadRequest", "The sandbox does not know this operation", 400)
    return act
