"""Data retrieval policies: what they may say, and whom they stop.

https://docs.aws.amazon.com/amazonglacier/latest/dev/data-retrieval-policy.html: they bind Standard
retrievals alone. AWS gives no formula from bytes to a rate; four hours, the time that a Standard
retrieval is promised within, is the old one.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from glacier_manifest.sandbox.events import Job
from glacier_manifest.sandbox.refusals import invalid, missing

_HOURS = 4
_DAY = 86_400
#: 10 GiB a month, by the day.
FREE_BYTES_A_DAY = (10 << 30) // 30
_STRATEGIES = frozenset({"BytesPerHour", "FreeTier", "None"})


def check_policy(policy: object) -> Mapping[str, Any]:
    """Return a policy that the service would take.

    Raises:
        RefusedError: not one rule, no such strategy, or a rate where none belongs or none is.
    """
    if not isinstance(policy, dict):
        raise missing("Policy")
    rules = policy.get("Rules")
    if not isinstance(rules, list) or len(rules) != 1 or not isinstance(rules[0], dict):
        raise invalid("The policy must have exactly one rule")
    _check_rule(rules[0])
    return policy


def _check_rule(rule: Mapping[str, Any]) -> None:
    strategy, rate = rule.get("Strategy"), rule.get("BytesPerHour")
    if not isinstance(strategy, str) or strategy not in _STRATEGIES:
        raise invalid(f"Invalid strategy: {strategy}")
    if strategy != "BytesPerHour":
        if rate is not None:
            raise invalid(f"BytesPerHour is not allowed with strategy {strategy}")
    elif not isinstance(rate, int) or rate < 1:
        raise invalid(f"Invalid BytesPerHour: {rate}")


def is_allowed(policy: Mapping[str, Any], size: int, jobs: Iterable[Job], now: float) -> bool:
    """Say whether a Standard retrieval may start.

    Args:
        policy: one that `check_policy` let through.
        size: bytes to retrieve.
        jobs: the account's accepted jobs of today and those in progress.
        now: seconds since the epoch.
    """
    rule = policy["Rules"][0]
    standard = [job for job in jobs if job.tier == "Standard"]
    match rule["Strategy"]:
        case "BytesPerHour":
            running = sum(job.end - job.start for job in standard if now < job.ready_at)
            return bool((running + size) / _HOURS <= rule["BytesPerHour"])
        case "FreeTier":
            today = now // _DAY
            used = sum(job.end - job.start for job in standard if job.created // _DAY == today)
            return used + size <= FREE_BYTES_A_DAY
        case _:
            return True
