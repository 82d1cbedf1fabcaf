"""How an apply ended, for people and as JSON."""

from collections.abc import Iterable, Iterator
from typing import Any

from glacier_manifest.starting.summary import Ended, Ending, Summary
from glacier_manifest.state.record import Mishap
from glacier_manifest.views.records import FORMAT_VERSION, mishap_json, words

_SHOWN = 40
_TITLES = {
    Ending.REJECTED: "Rejected by Glacier (nothing was bought):",
    Ending.UNKNOWN: "Outcome unknown (Glacier may have started them; the next run finds out):",
    Ending.FAILED: "Failed:",
    Ending.DEFERRED: "Put off, nothing was bought (the next run tries again):",
    Ending.NOT_TRIED: "Not tried:",
}


def human(summary: Summary) -> str:
    """Return what went wrong or was left over, by address, then the counts in one line."""
    return "\n".join([*_sections(summary), _counts(summary)]) + "\n"


def _sections(summary: Summary) -> Iterator[str]:
    for ending, title in _TITLES.items():
        ended = [one for one in summary.requests if one.ending is ending]
        if not ended:
            continue
        yield title
        for one in ended[:_SHOWN]:
            yield f"  {one.action.address}{_why(one)}"
        if len(ended) > _SHOWN:
            yield f"  and {len(ended) - _SHOWN} more (--report FILE has all)"
        yield ""


def _why(one: Ended) -> str:
    mishap = mishap_of(one)
    return f"\n      {mishap.code}: {mishap.message}" if mishap is not None else ""


def mishap_of(one: Ended) -> Mishap | None:
    """Return what went wrong with a request: in this run, else before."""
    if one.outcome is not None:
        return one.outcome.mishap
    return one.action.record.mishap if one.action.record is not None else None


def _counts(summary: Summary) -> str:
    counts = summary.counts
    total = len(summary.requests)
    if counts[Ending.KEPT] == total:
        all_of_them = "the only request was" if total == 1 else f"all {total} requests were"
        return f"Nothing to do: {all_of_them} started before." if total else "Nothing to do."
    told = [f"{number} {words(ending)}" for ending, number in counts.items() if number]
    return f"Apply: {', '.join(told)}."


def as_json(summary: Summary, *, requests: Iterable[Ended]) -> dict[str, Any]:
    """Return the summary as `apply --format json` prints it; the keys are a contract."""
    return {
        "format_version": FORMAT_VERSION,
        "summary": {str(ending): number for ending, number in summary.counts.items()},
        "requests": [ended_json(one) for one in requests],
    }


def ended_json(one: Ended) -> dict[str, Any]:
    """Return one request and how it ended as JSON."""
    action, record = one.action, one.action.record
    job_id = one.outcome.job_id if one.outcome is not None else record.job_id if record is not None else None
    tier = one.outcome.tier if one.outcome is not None else record.tier if record is not None else None
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
