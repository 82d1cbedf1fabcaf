"""How an apply ended, for people and as JSON."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from glacier_manifest.planning.plan import Verb
from glacier_manifest.starting.summary import Ended, Ending, Summary
from glacier_manifest.state.record import Mishap
from glacier_manifest.views.json_stream import json_document
from glacier_manifest.views.plans import difference
from glacier_manifest.views.records import FORMAT_VERSION, mishap_json, words

_SHOWN = 40
_TITLES = {
    Ending.REJECTED: "Rejected by Glacier (nothing was bought):",
    Ending.UNKNOWN: "Outcome unknown (perhaps started; nothing is sent again before that is known):",
    Ending.FAILED: "Failed:",
    Ending.DEFERRED: "Put off, nothing was bought (the next run tries again):",
    Ending.NOT_TRIED: "Not tried:",
}


def human(summary: Summary) -> str:
    """Return what went wrong, was left over or is odd, by address, then the counts in one line."""
    return "\n".join([*attention(summary), *_oddities(summary), _counts(summary)]) + "\n"


def attention(summary: Summary) -> Iterator[str]:
    """Yield what went wrong or was left over, by address."""
    yield from _sections(summary)
    yield from _blocked(summary)


def _sections(summary: Summary) -> Iterator[str]:
    for ending, title in _TITLES.items():
        number = summary.counts[ending]
        if not number:
            continue
        yield title
        for one in islice(summary.ended(ending), _SHOWN):
            yield f"  {one.action.address}{_why(one)}"
        yield from _more(number)
        yield ""


def _blocked(summary: Summary) -> Iterator[str]:
    waiting = [(one.address, f"needs the output of '{one.waits_for}'") for one in summary.plan.blocked]
    yield from _listed("Waiting for the output of another job:", waiting)


def _oddities(summary: Summary) -> Iterator[str]:
    """What was adopted is not always what the manifest asks for, and may have been paid for twice."""
    actions = summary.plan.actions(verbs={Verb.ADOPT})
    adopted = [one for one in actions if one.drift or (one.sighting is not None and one.sighting.duplicates)]
    yield from _listed(
        "Adopted as it runs, which cannot be changed any more:",
        [(action.address, ", ".join(map(difference, action.drift))) for action in adopted if action.drift],
    )
    yield from _listed(
        "Paid for more than once: further jobs bear the same marker (the earliest was adopted):",
        [
            (action.address, ", ".join(action.sighting.duplicates))
            for action in adopted
            if action.sighting is not None and action.sighting.duplicates
        ],
    )


def _listed(title: str, told: list[tuple[str, str]]) -> Iterator[str]:
    if not told:
        return
    yield title
    yield from (f"  {address}\n      {what}" for address, what in told[:_SHOWN])
    yield from _more(len(told))
    yield ""


def _more(number: int) -> Iterator[str]:
    if number > _SHOWN:
        yield f"  and {number - _SHOWN} more (--report FILE has all)"


def _why(one: Ended) -> str:
    mishap = mishap_of(one)
    return f"\n      {mishap.code}: {mishap.message}" if mishap is not None else ""


def mishap_of(one: Ended) -> Mishap | None:
    """Return what went wrong with a request: in this run, else before."""
    if one.fate is not None:
        return one.fate.mishap
    return one.action.record.mishap if one.action.record is not None else None


def _counts(summary: Summary) -> str:
    counts = summary.counts
    total = sum(counts.values())
    if counts[Ending.KEPT] == total:
        nothing = "Nothing to do yet" if summary.plan.blocked else "Nothing to do"
        all_of_them = "the only request was" if total == 1 else f"all {total} requests were"
        return f"{nothing}: {all_of_them} started before." if total else f"{nothing}."
    told = [f"{number} {words(ending)}" for ending, number in counts.items() if number]
    return f"Apply: {', '.join(told)}."


def as_json(summary: Summary, *, requests: Iterable[Ended]) -> Iterator[str]:
    """Stream the summary as `apply --format json` prints it; the keys are a contract."""
    head = {
        "format_version": FORMAT_VERSION,
        "summary": {str(ending): number for ending, number in summary.counts.items()},
    }
    return json_document(head, "requests", map(ended_json, requests))


def ended_json(one: Ended) -> dict[str, Any]:
    """Return one request and how it ended as JSON."""
    action, record = one.action, one.action.record
    job_id = one.fate.job_id if one.fate is not None else record.job_id if record is not None else None
    tier = one.fate.tier if one.fate is not None else record.tier if record is not None else None
    return {
        "result": str(one.ending),
        "address": action.address,
        "key": action.key,
        "generation": action.generation,
        "account_id": action.request.vault.account_id,
        "region": action.request.vault.region,
        "vault": action.request.vault.name,
        "type": str(action.request.type),
        "archive_id": action.request.archive_id,
        "retrieval_byte_range": str(action.request.byte_range) if action.request.byte_range else None,
        "slot": action.request.slot,
        "tier": str(tier) if tier is not None else None,
        "job_id": job_id,
        "error": mishap_json(mishap_of(one)),
    }
