"""How much one approval may start, over all its reruns; checked before the first call."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from glacier_manifest.errors import OverLimit, UsageError
from glacier_manifest.jobs.request import JobType
from glacier_manifest.manifest import Limits
from glacier_manifest.planning.plan import STARTING, Action, Plan, starts_in
from glacier_manifest.state.protocol import Started
from glacier_manifest.units import format_size

#: The limits that `--allow NAME=VALUE` may lift.
NAMES = ("jobs", "expedited_jobs")

#: What `--allow` lets happen without a number.
UNKNOWN_SIZE = "unknown-size"


@dataclass(frozen=True, slots=True)
class Allowances:
    """Limits that this run lifts, each by name; `UNKNOWN_SIZE` stands among them with 1."""

    values: Mapping[str, int]

    @property
    def unknown_size(self) -> bool:
        """Whether what has an unknown size may start although bytes are limited."""
        return UNKNOWN_SIZE in self.values

    @classmethod
    def parse(cls, words: tuple[str, ...]) -> "Allowances":
        """Read the words of `--allow`: ``NAME=VALUE``, or ``unknown-size``.

        Raises:
            UsageError: A word is not of that form, or names no limit.
        """
        return cls(dict(_allowance(word) for word in words))


def _allowance(word: str) -> tuple[str, int]:
    if word == UNKNOWN_SIZE:
        return word, 1
    name, _, value = word.partition("=")
    if name not in NAMES or not value.isdecimal():
        raise UsageError(
            "bad-allowance",
            f"--allow {word} is not NAME=NUMBER with one of the names {', '.join(NAMES)}, nor {UNKNOWN_SIZE}",
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
    expedited = sum(tally.starts for tally in plan.tallies if tally.expedited)
    jobs = allowances.values.get("jobs", limits.jobs)
    expedited_jobs = allowances.values.get("expedited_jobs", limits.expedited_jobs)
    _check("jobs", jobs, before=started.jobs, now=starts_in(plan))
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


def check_volume(plan: Plan, *, bytes_per_day: int | None, allowances: Allowances) -> None:
    """Refuse a plan that starts what could never be held to the bytes of a day.

    An inventory retrieves no archive, so its size does not matter.

    Args:
        plan: What would start now.
        bytes_per_day: The manifest's `pace.bytes_per_day`; None where nothing limits them.
        allowances: What this run lets happen.

    Raises:
        OverLimit: ``unknown-size``: something has a size that nobody knows, which never counts as zero;
            ``larger-than-a-day``: something has more bytes than a day may see.
    """
    if bytes_per_day is None:
        return
    retrievals = [tally for tally in plan.tallies if tally.type is not JobType.INVENTORY_RETRIEVAL]
    unknown = sum(tally.unknown_sizes for tally in retrievals)
    if unknown and not allowances.unknown_size:
        first = next(one for one in _retrievals(plan) if one.request.size is None)
        raise _of_unknown_size(first, unknown - 1)
    if any(tally.largest is not None and tally.largest > bytes_per_day for tally in retrievals):
        raise _larger_than_a_day(
            next(one for one in _retrievals(plan) if (one.request.size or 0) > bytes_per_day), bytes_per_day
        )


def _retrievals(plan: Plan) -> Iterator[Action]:
    return (one for one in plan.actions(verbs=STARTING) if one.request.archive_id is not None)


def _larger_than_a_day(action: Action, bytes_per_day: int) -> OverLimit:
    return OverLimit(
        "larger-than-a-day",
        f"{action.address} has {format_size(action.request.size or 0)}, and pace.bytes_per_day lets "
        f"{format_size(bytes_per_day)} start: it would wait for ever",
        next_step="raise pace.bytes_per_day in the manifest, ask for byte ranges, or leave it out with "
        "--exclude",
    )


def _of_unknown_size(first: Action, others: int) -> OverLimit:
    more = f" (nor that of {others} more)" if others else ""
    return OverLimit(
        "unknown-size",
        f"pace.bytes_per_day limits the bytes that are started, and the size of {first.address} "
        f"is not known{more}",
        next_step="ask for byte ranges, remove pace.bytes_per_day, or start them uncounted with "
        "--allow unknown-size",
    )
