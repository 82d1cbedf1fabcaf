"""A plan as text for people, and as JSON."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from glacier_manifest.jobs.address import page_in
from glacier_manifest.jobs.request import InventoryRetrieval, JobType
from glacier_manifest.planning.cost import cost_of
from glacier_manifest.planning.plan import Action, Blocked, Drift, Plan, Reason, Verb, tally_of
from glacier_manifest.planning.prices import PriceTable
from glacier_manifest.units import format_size
from glacier_manifest.views import circumstances as beside
from glacier_manifest.views import costs
from glacier_manifest.views.circumstances import Circumstances
from glacier_manifest.views.json_stream import json_document
from glacier_manifest.views.records import FORMAT_VERSION, moment, words

#: How many addresses of one kind people are shown; the JSON forms have all.
SHOWN = 40

_SIGNS = {
    Verb.START: "+",
    Verb.RESTART: "~",
    Verb.ADOPT: "=",
    Verb.RESOLVE: "?",
    Verb.WAIT: " ",
    Verb.KEEP: " ",
    Verb.BLOCKED: "!",
}
_UNCHANGED = frozenset({Verb.WAIT, Verb.KEEP})
HINTS = {
    Reason.FAILED: "buy them again with --restart failed, or --restart ADDRESS",
    Reason.EXPIRED: "buy them again with --restart expired, or --restart ADDRESS",
    Reason.REJECTED: "correct the manifest; or send them again as they are with --restart ADDRESS",
}


#: Where nothing is known but the plan.
ALONE = Circumstances()


def human(plan: Plan, prices: PriceTable, circumstances: Circumstances = ALONE) -> str:
    """Return the plan for people; its last two lines are the counts and the digest."""
    return "\n".join([*_body(plan, prices, circumstances), *last_lines(plan)]) + "\n"


def last_lines(plan: Plan) -> tuple[str, str]:
    """Return the two lines that end every plan."""
    summary = plan.summary
    unchanged = sum(summary[verb] for verb in _UNCHANGED)
    unknown = f", {summary[Verb.RESOLVE]} unknown" if summary[Verb.RESOLVE] else ""
    counts = (
        f"Plan: {summary[Verb.START]} to start, {summary[Verb.ADOPT]} to adopt, "
        f"{summary[Verb.RESTART]} to restart, {unchanged} unchanged{unknown}."
    )
    return counts, f"Digest: {plan.digest}"


def _body(plan: Plan, prices: PriceTable, circumstances: Circumstances) -> Iterator[str]:
    yield from _places(plan)
    yield from beside.inventories(circumstances.inventories, plan.made_at)
    yield ""
    yield from _section("To start", plan, Verb.START, _details)
    yield from _section("To restart", plan, Verb.RESTART, _details)
    yield from _section(
        "To adopt (Glacier lists a job that serves; nothing is bought)", plan, Verb.ADOPT, _whose
    )
    yield from _section(
        "Outcome unknown (the reply was lost; apply finds out by listing before it sends again)",
        plan,
        Verb.RESOLVE,
        lambda _action: "",
    )
    yield from _kept(plan)
    yield from _blocked(plan)
    yield from _drifts(plan)
    if plan.start_count:
        yield from only_next(plan)
        yield from costs.totals(plan.tallies, prices)
        yield ""
        yield from costs.footnotes(plan.tallies, prices)
        if circumstances.pace is not None:
            yield from beside.timing(plan, circumstances.pace)
        yield from restarts(plan)
        yield "Started jobs cannot be cancelled."
        yield ""


def _places(plan: Plan) -> Iterator[str]:
    for account_id, region in sorted({(vault.account_id, vault.region) for vault in plan.vaults}):
        yield f"Account {account_id}, region {region}, as of {moment(plan.made_at.replace(microsecond=0))}"


def _section(title: str, plan: Plan, verb: Verb, details: Callable[[Action], str]) -> Iterator[str]:
    number = plan.summary[verb]
    if not number:
        return
    yield f"{title}:"
    for action in plan.actions(verbs={verb}, limit=SHOWN):
        yield f"  {_SIGNS[verb]} {action.address}{details(action)}"
    yield from _more(number)
    yield ""


def _details(action: Action) -> str:
    details = list(map(str, action.request.effective_tiers))
    if action.request.size is not None:
        details.append(format_size(action.request.size))
    what = action.request.what
    if isinstance(what, InventoryRetrieval) and what.limit is not None and what.page == 1:
        details.append(f"in pages of {what.limit}, each begins when the one before has ended")
    if action.verb is Verb.RESTART:
        details.append(f"{action.reason}, purchase {action.generation + 1}")
    return f"  ({', '.join(details)})" if details else ""


def _more(number: int) -> Iterator[str]:
    if number > SHOWN:
        yield f"    and {number - SHOWN} more (--format ndjson shows all)"


def _whose(action: Action) -> str:
    sighting = action.sighting
    if sighting is None:
        return ""
    whose = "ours" if sighting.generation is not None else "somebody else's"
    return f"  ({words(sighting.status)}, {whose}, started {moment(sighting.created_at)})"


def _kept(plan: Plan) -> Iterator[str]:
    reasons = {reason: number for reason, number in plan.unchanged.items() if number}
    if not reasons:
        return
    yield "Unchanged:"
    for reason, number in sorted(reasons.items()):
        hint = f" ({HINTS[reason]})" if reason in HINTS else ""
        yield f"    {number} {words(reason)}{hint}"
    yield from _once_only(plan)
    yield ""


def _once_only(plan: Plan) -> Iterator[str]:
    """A one-off inventory is done once: say when, and how to have a fresh one."""
    for action in plan.inventories(verb=Verb.KEEP, limit=SHOWN):
        record, request = action.record, action.request
        is_first = page_in(action.address) is None
        if request.slot is None and is_first and record is not None and record.accepted_at:
            day = record.accepted_at.date().isoformat()
            again = action.address if record.next_marker is None else f"'{action.address}*'"
            yield (
                f"    {action.address} was started on {day} and is done once; "
                f"for a fresh one give it a 'schedule', or --restart {again}"
            )


def _blocked(plan: Plan) -> Iterator[str]:
    if not plan.blocked:
        return
    yield "To start later, within the limits of each job, once the inventory is there:"
    for one in plan.blocked[:SHOWN]:
        yield f"  {_SIGNS[Verb.BLOCKED]} {one.address}  (needs the output of '{one.waits_for}')"
    yield from _more(len(plan.blocked))
    yield ""


def _drifts(plan: Plan) -> Iterator[str]:
    number = plan.drifted_count()
    if not number:
        return
    yield "Different from the manifest, and cannot be changed any more:"
    for action in plan.drifted(limit=SHOWN):
        for drift in action.drift:
            yield f"    {action.address}: {difference(drift)}"
    yield from _more(number)
    yield ""


def difference(drift: Drift) -> str:
    """Return where what runs differs from the manifest, as the end of a line."""
    return f"{drift.field} is {_quoted(drift.running)}, not {_quoted(drift.wanted)}"


def _quoted(value: str | None) -> str:
    return "none" if value is None else repr(value)


def only_next(plan: Plan) -> Iterator[str]:
    """Say so where only the next few start, and the totals are those of the few."""
    wanted = plan.summary[Verb.START] + plan.summary[Verb.RESTART]
    if plan.start_count < wanted:
        yield f"Only the next {plan.start_count:,} of these {wanted:,} start now (--max-jobs):"


def restarts(plan: Plan) -> Iterator[str]:
    """Say what an approval covers beyond what starts now."""
    allowed = {"its output has expired": plan.restarts.expired, "its job has failed": plan.restarts.failed}
    told = [f"{_times(number)} when {word}" for word, number in allowed.items() if number]
    if told:
        yield f"Approved with this plan: each is bought again by itself, up to {' and '.join(told)}."


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def as_json(
    plan: Plan,
    prices: PriceTable,
    circumstances: Circumstances = ALONE,
    *,
    preflight: Sequence[Mapping[str, Any]] = (),
) -> Iterator[str]:
    """Stream the plan as `plan --format json` prints it; the keys are a contract.

    Args:
        plan: The plan.
        prices: What Glacier charges.
        circumstances: What is known beside it.
        preflight: What would fail when it is applied, as the JSON of diagnostics.
    """
    head = _header_json(plan, prices, circumstances, preflight)
    return json_document(head, "actions", _actions_json(plan, prices))


def _header_json(
    plan: Plan, prices: PriceTable, circumstances: Circumstances, preflight: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return all of the plan but its actions."""
    return {
        "format_version": FORMAT_VERSION,
        "made_at": moment(plan.made_at),
        "digest": plan.digest,
        "summary": {str(verb): number for verb, number in plan.summary.items()},
        "totals": costs.totals_json(plan.tallies, prices),
        **beside.circumstances_json(plan, circumstances),
        "preflight": list(preflight),
    }


def _actions_json(plan: Plan, prices: PriceTable) -> Iterator[dict[str, Any]]:
    yield from (action_json(action, prices) for action in plan.actions())
    yield from map(_blocked_json, plan.blocked)


def _blocked_json(blocked: Blocked) -> dict[str, Any]:
    return {
        "action": str(Verb.BLOCKED),
        "reason": str(Reason.NEEDS_OUTPUT),
        "address": blocked.address,
        "key": None,
        "generation": None,
        "vault": blocked.vault.name,
        "type": str(JobType.ARCHIVE_RETRIEVAL),
        "archive_id": None,
        "tier": str(blocked.tiers[0]),
        "bytes": None,
        "cost_usd": None,
        "waits_for": blocked.waits_for,
    }


def action_json(action: Action, prices: PriceTable) -> dict[str, Any]:
    """Return an action as JSON; the keys are a contract."""
    tiers = action.request.effective_tiers
    return {
        "action": str(action.verb),
        "reason": str(action.reason),
        "address": action.address,
        "key": action.key,
        "generation": action.generation,
        "vault": action.request.vault.name,
        "type": str(action.request.type),
        "archive_id": action.request.archive_id,
        "tier": str(tiers[0]) if tiers else None,
        "bytes": action.request.size,
        "cost_usd": cost_of(tally_of(action), prices).usd if action.starts else None,
    }


def ndjson(
    plan: Plan,
    prices: PriceTable,
    circumstances: Circumstances = ALONE,
    *,
    preflight: Sequence[Mapping[str, Any]] = (),
) -> Iterable[dict[str, Any]]:
    """Stream the plan: all but its actions, then an action a line."""
    yield _header_json(plan, prices, circumstances, preflight)
    yield from _actions_json(plan, prices)
