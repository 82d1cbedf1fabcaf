"""How much one approval may start, over all its reruns; checked before the first call."""

from collections.abc import Mapping
from dataclasses import dataclass

from glacier_manifest.errors import OverLimit, UsageError
from glacier_manifest.manifest import Limits
from glacier_manifest.planning.plan import Plan
from glacier_manifest.state.protocol import Started

#: The limits that `--allow NAME=VALUE` may lift.
NAMES = ("jobs", "expedited_jobs")


@dataclass(frozen=True, slots=True)
class Allowances:
    """Limits that this run lifts, each by name."""

    values: Mapping[str, int]

    @classmethod
    def parse(cls, words: tuple[str, ...]) -> "Allowances":
        """Read the ``NAME=VALUE`` words of `--allow`.

        Raises:
            UsageError: A word is not of that form, or names no limit.
        """
        return cls(dict(_allowance(word) for word in words))


def _allowance(word: str) -> tuple[str, int]:
    name, _, value = word.partition("=")
    if name not in NAMES or not value.isdecimal():
        raise UsageError(
            "bad-allowance",
            f"--allow {word} is not NAME=NUMBER with one of the names {', '.join(NAMES)}",
            next_step="write for example --allow jobs=2000",
        )
    return name, int(value)


def check_limits(plan: Plan, *, limits: Limits, allowances: Allowances, started: Started) -> None:
    """Refuse a plan that would take an approval over one of its limits.

    Args:
        plan: What would start now.
        limits: The manifest's limits.
        allowances: Those that this run lifts.
        started: What the same approval has started before.

    Raises:
        OverLimit: Names the limit, the numbers and the flag that lifts that one.
    """
    expedited = sum(1 for action in plan.starts if action.expedited)
    jobs = allowances.values.get("jobs", limits.jobs)
    expedited_jobs = allowances.values.get("expedited_jobs", limits.expedited_jobs)
    _check("jobs", jobs, before=started.jobs, now=len(plan.starts))
    _check("expedited_jobs", expedited_jobs, before=started.expedited_jobs, now=expedited)


def _check(name: str, allowed: int | None, *, before: int, now: int) -> None:
    if allowed is None or now == 0 or before + now <= allowed:
        return
    earlier = f", {before} of them started earlier under the same approval" if before else ""
    raise OverLimit(
        "over-limit",
        f"this would start {before + now} {name.replace('_', ' ')}{earlier}, and the limit is {allowed}",
        next_step=f"start fewer (--target, --exclude), raise limits.{name} in the manifest, "
        f"or lift it for this run with --allow {name}={before + now}",
    )
