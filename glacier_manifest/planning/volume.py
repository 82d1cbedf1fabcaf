"""What can never be held to the bytes of a day, nor to the bytes that are staged at once."""

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
    _check_sized(plan, allowances, "pace.bytes_per_day limits the bytes that are started")
    _check_largest(plan, bytes_per_day, "larger-than-a-day", "pace.bytes_per_day")


def check_staged(plan: Plan, *, staged_bytes: int | None, allowances: Allowances) -> None:
    """Refuse a plan that starts what could never be held to the bytes that are staged at once.

    Args:
        plan: What would start now.
        staged_bytes: The manifest's `pace.staged_bytes`; None where nothing limits them.
        allowances: What this run lets happen.

    Raises:
        OverLimit: ``unknown-size``, as above; ``larger-than-stage``: something alone has more bytes than may
            be started and not yet fetched.
    """
    if staged_bytes is None:
        return
    _check_sized(plan, allowances, "pace.staged_bytes limits the bytes that are started and not yet fetched")
    _check_largest(plan, staged_bytes, "larger-than-stage", "pace.staged_bytes")


def _check_sized(plan: Plan, allowances: Allowances, why: str) -> None:
    unknown = sum(tally.unknown_sizes for tally in plan.tallies)
    first = plan.unsized()
    if first is None or allowances.unknown_size:
        return
    more = f" (nor that of {unknown - 1} more)" if unknown > 1 else ""
    raise OverLimit(
        "unknown-size",
        f"{why}, and the size of {first.address} is not known{more}",
        next_step=f"ask for byte ranges, remove {why.split(maxsplit=1)[0]}, or start them uncounted with "
        "--allow unknown-size",
    )


def _check_largest(plan: Plan, most: int, code: str, name: str) -> None:
    largest = plan.largest()
    if largest is not None and (largest.request.size or 0) > most:
        raise _too_large(largest, most, code, name)


def _too_large(action: Action, most: int, code: str, name: str) -> OverLimit:
    return OverLimit(
        code,
        f"{action.address} has {format_size(action.request.size or 0)}, and {name} lets "
        f"{format_size(most)} start: it would wait for ever",
        next_step=f"raise {name} in the manifest, ask for byte ranges, or leave it out with --exclude",
    )
