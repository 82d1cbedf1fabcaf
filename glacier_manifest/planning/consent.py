"""Who may start what: everything that would start now must be among the approved entries."""

from collections.abc import Callable, Collection
from itertools import islice
from typing import TYPE_CHECKING

from glacier_manifest.errors import Elsewhere, NotApproved
from glacier_manifest.planning.plan import Plan
from glacier_manifest.state.protocol import Approval, Identity

if TYPE_CHECKING:
    from glacier_manifest.planning.plan_header import PlanHeader

_SHOWN = 20
_AT_ONCE = 500


def check_approved(plan: Plan, approved: Callable[[Collection[str]], Collection[str]]) -> None:
    """Refuse, by address, whatever would start and is not among the approved entries.

    Args:
        plan: What would start.
        approved: Returns those of some entries that are approved.

    Raises:
        NotApproved: Names the first of them.
    """
    starts = plan.starts()
    missing, shown = 0, list[str]()
    while batch := list(islice(starts, _AT_ONCE)):
        known = approved({entry for action in batch for entry in action.approved_by})
        for action in batch:
            if action.approved_by.isdisjoint(known):
                missing += 1
                if missing <= _SHOWN:
                    shown.append(f"  {action.address} ({action.verb}: {action.reason})")
    if not missing:
        return
    if missing > _SHOWN:
        shown.append(f"  and {missing - _SHOWN} more")
    listed = "\n".join(shown)
    raise NotApproved(
        "not-approved",
        f"{missing} of {plan.start_count} to start are not in what was approved:\n{listed}",
        next_step="review the new plan ('glacier-manifest plan'), then apply with --expect and its digest",
    )


def nobody_to_ask(plan: Plan) -> NotApproved:
    """Return the refusal of a run that would start something and has nobody to ask."""
    count = plan.start_count
    return NotApproved(
        "not-approved",
        "1 job would start, and nobody has approved it"
        if count == 1
        else f"{count} jobs would start, and nobody has approved them",
        next_step=f"review the plan, then say --expect {plan.digest}, or --yes",
    )


def check_state(
    header: "PlanHeader", identity: Identity, *, approval: Approval | None, is_empty: bool
) -> None:
    """Refuse a saved plan that was made with another state than this one.

    A plan that was made before there was a state belongs to an empty one, and to the one in which it was
    applied before.

    Raises:
        Elsewhere: The state is another, or it is missing.
    """
    if header.state_id == identity.id or approval is not None:
        return
    if header.state_id is None and is_empty:
        return
    made_with = f"state {header.state_id}" if header.state_id else "a state that was still empty"
    raise Elsewhere(
        "other-state",
        f"the plan was made with {made_with}, and this is {'an empty state' if is_empty else 'another'} "
        f"({identity.id}): what was started there is not known here",
        next_step="name the plan's own state with --state; or say --new-state if starting anew is meant",
    )
