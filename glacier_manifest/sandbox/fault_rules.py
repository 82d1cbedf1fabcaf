"""Which calls a fault strikes."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Unpack

from glacier_manifest.sandbox.faults import FAULTS, Rule, RuleOptions
from glacier_manifest.sandbox.identity import dice
from glacier_manifest.sandbox.wire import Request


@dataclass(slots=True)
class _Bucket:
    """A token bucket that holds one second's worth."""

    per_second: float
    now: Callable[[], float]
    tokens: float = field(init=False)
    filled: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens, self.filled = max(self.per_second, 1.0), self.now()

    def is_empty(self) -> bool:
        """Take a token; say whether there was none."""
        now = self.now()
        gained = (now - self.filled) * self.per_second
        self.tokens = min(max(self.per_second, 1.0), self.tokens + gained)
        self.filled = now
        if self.tokens < 1:
            return True
        self.tokens -= 1
        return False


class _ArmedRule:
    """A rule with what it has seen so far."""

    def __init__(self, rule: Rule, now: Callable[[], float]) -> None:
        self.rule = rule
        self.struck = 0
        self._seen = 0
        self._rng = dice(rule.seed)
        self._bucket = None if rule.per_second is None else _Bucket(rule.per_second, now)

    def strikes(self, operation: str, request: Request) -> bool:
        """Count a call; say whether this rule's fault strikes it."""
        if not self._matches(operation, request):
            return False
        self._seen += 1
        if self._seen <= self.rule.after or self.struck == self.rule.count:
            return False
        if not self._picks():
            return False
        self.struck += 1
        return True

    def _matches(self, operation: str, request: Request) -> bool:
        if self.rule.operation not in ("*", operation):
            return False
        if FAULTS[self.rule.fault].only not in (None, operation):
            return False
        text = self.rule.match
        return text is None or text in request.path or text.encode() in request.body

    def _picks(self) -> bool:
        rule = self.rule
        if rule.every is not None and (self._seen - rule.after) % rule.every:
            return False
        if rule.rate is not None and self._rng.random() >= rule.rate:
            return False
        return self._bucket is None or self._bucket.is_empty()


class FaultRules:
    """The rules in force, in the order they were added.

    Args:
        operations: names that a rule can have, beside `*`.
        now: seconds that only grow, for rates of calls.
    """

    def __init__(self, operations: frozenset[str], now: Callable[[], float] = time.monotonic) -> None:
        self._operations = operations
        self._now = now
        self._lock = threading.Lock()
        self._armed: tuple[_ArmedRule, ...] = ()

    def add(self, operation: str, fault: str, **options: Unpack[RuleOptions]) -> Rule:
        """Put a rule into force and return it.

        Args:
            operation: such as `InitiateJob`; `*` is all.
            fault: a name in `FAULTS`.
            options: when it strikes, and how: the other fields of `Rule`.

        Raises:
            ValueError: no such operation or fault, or numbers that pick nothing.
        """
        rule = Rule(operation=operation, fault=fault, **options)
        self._check(rule)
        with self._lock:
            self._armed = (*self._armed, _ArmedRule(rule, self._now))
        return rule

    def _check(self, rule: Rule) -> None:
        if rule.operation not in self._operations | {"*"}:
            raise ValueError(f"no operation {rule.operation!r}: {sorted(self._operations)}")
        if rule.fault not in FAULTS:
            raise ValueError(f"no fault {rule.fault!r}: {sorted(FAULTS)}")
        if FAULTS[rule.fault].only not in (None, rule.operation) and rule.operation != "*":
            raise ValueError(f"{rule.fault} strikes {FAULTS[rule.fault].only} alone")
        if rule.every is not None and rule.every < 1:
            raise ValueError("`every` counts from 1")
        if rule.fault == "throttle-above" and not rule.per_second:
            raise ValueError("throttle-above needs `per_second`")

    def clear(self) -> None:
        """Put all rules out of force."""
        with self._lock:
            self._armed = ()

    def remove(self, rule: Rule) -> None:
        """Put one rule out of force."""
        with self._lock:
            self._armed = tuple(armed for armed in self._armed if armed.rule is not rule)

    def rules(self) -> list[tuple[Rule, int]]:
        """Return the rules in force, each with how many calls it has struck."""
        return [(armed.rule, armed.struck) for armed in self._armed]

    def striking(self, operation: str, request: Request) -> tuple[Rule, ...]:
        """Count a call, and return the rules that strike it."""
        if not self._armed:
            return ()
        with self._lock:
            return tuple(armed.rule for armed in self._armed if armed.strikes(operation, request))
