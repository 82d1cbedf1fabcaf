"""What can never be held to the bytes of a day."""

from glacier_manifest.errors import OverLimit
from glacier_manifest.planning.allowances import Allowances
from glacier_manifest.planning.plan import Action, Plan
from glacier_manifest.units import format_size


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
    unknown = sum(tally.unknown_sizes for tally in plan.tallies)
    first, largest = plan.unsized(), plan.largest()
    if first is not None and not allowances.unknown_size:
        raise _of_unknown_size(first, unknown - 1)
    if largest is not None and (largest.request.size or 0) > bytes_per_day:
        raise _larger_than_a_day(largest, bytes_per_day)


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
