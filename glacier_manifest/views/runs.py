"""A run that goes on until all is stored: how it goes, and how it ended."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from glacier_manifest.fetching.report import Report, Result
from glacier_manifest.planning.plan import Action, Reason, Verb
from glacier_manifest.running.events import Ended, Event, Held, Recovered, Troubled
from glacier_manifest.running.standing import Standing
from glacier_manifest.starting.summary import Ended as Request
from glacier_manifest.starting.summary import Ending, Summary
from glacier_manifest.units import format_duration, format_size
from glacier_manifest.views import fetches, summaries
from glacier_manifest.views.json_stream import json_document
from glacier_manifest.views.records import FORMAT_VERSION

_SHOWN = 40


def remark(event: Event) -> str:
    """Return what happens to a run, as one line for people."""
    match event:
        case Troubled():
            return (
                f"{event.activity}: {event.error.code}: {event.error.message}; "
                f"tried again at {event.next_at:%H:%M:%S} UTC"
            )
        case Recovered():
            return f"{event.activity} goes on"
        case Held():
            return f"{event.activity} waits: no room for what {event.because_of} would store"
        case Ended():
            return f"{event.activity} has ended: {event.error.code}: {event.error.message}"


def line(standing: Standing) -> str:
    """Return how a run stands, as one line."""
    counts = {
        "to start": (standing.to_start, 0),
        "in progress": (standing.in_progress, standing.in_progress_bytes),
        "to fetch": (standing.succeeded, standing.succeeded_bytes),
        "stored": (standing.stored, standing.stored_bytes),
        "ended badly": (standing.bad, 0),
        "unknown": (standing.open, 0),
    }
    told = [
        f"{number} {name}" + (f" ({format_size(size)})" if size else "")
        for name, (number, size) in counts.items()
        if number
    ]
    return "".join([", ".join(told) or "nothing yet", *_speed(standing)])


def _speed(standing: Standing) -> Iterator[str]:
    if standing.rate is None:
        return
    yield f"; {format_size(int(standing.rate))}/s"
    if standing.left is not None:
        yield f", about {format_duration(standing.left)} to fetch what is started"


def standing_json(standing: Standing) -> dict[str, Any]:
    """Return how a run stands, as JSON."""
    return {
        "to_start": standing.to_start,
        "in_progress": standing.in_progress,
        "to_fetch": standing.succeeded,
        "to_fetch_bytes": standing.succeeded_bytes,
        "stored": standing.stored,
        "stored_bytes": standing.stored_bytes,
        "ended_badly": standing.bad,
        "unknown": standing.open,
        "bytes_per_second": None if standing.rate is None else round(standing.rate),
    }


def human(summary: Summary, report: Report, *, is_pending: bool) -> str:
    """Return what needs a person, what got another name, then the counts in one line.

    Args:
        summary: Every request of the last plan, as it stands now.
        report: What became of outputs in this run.
        is_pending: Whether something is waited for still.
    """
    lines = [*summaries.attention(summary), *_expired(summary), *fetches.attention(report)]
    return "\n".join([*lines, _counts(summary, report, is_pending=is_pending)]) + "\n"


def _expired(summary: Summary) -> Iterator[str]:
    number = summary.plan.unchanged.get(Reason.EXPIRED, 0)
    if not number:
        return
    yield "Expired, their outputs are gone (--restart expired buys them again):"
    yield from (f"  {action.address}" for action in islice(expired(summary), _SHOWN))
    if number > _SHOWN:
        yield f"  and {number - _SHOWN} more ('glacier-manifest status' has all)"
    yield ""


def expired(summary: Summary) -> Iterator[Action]:
    """Stream the requests whose output is gone and is not bought again by itself."""
    if not summary.plan.unchanged.get(Reason.EXPIRED, 0):
        return iter(())
    kept = summary.plan.actions(verbs={Verb.KEEP})
    return (action for action in kept if action.reason is Reason.EXPIRED)


def _counts(summary: Summary, report: Report, *, is_pending: bool) -> str:
    numbers = summary_json(summary, report)
    told = [f"{report.counts[result]} {result}" for result in Result if report.counts[result]]
    if report.bytes_stored:
        told.append(f"{format_size(report.bytes_stored)} stored")
    names = ("not_started", "blocked", "in_progress", "unknown", "rejected")
    told += [f"{numbers[name]} {name.replace('_', ' ')}" for name in names if numbers[name]]
    if numbers["job_failed"]:
        told.append(f"{numbers['job_failed']} whose job failed")
    if told:
        return f"Run: {', '.join(told)}."
    return "Run: nothing to do." if not is_pending else "Run: nothing can be done yet."


def summary_json(summary: Summary, report: Report) -> dict[str, int]:
    """Return the counts; the keys are a contract."""
    plan, unchanged = summary.plan, summary.plan.unchanged
    return {
        "not_started": sum(plan.summary[verb] for verb in (Verb.START, Verb.RESTART)),
        "blocked": len(plan.blocked),
        "in_progress": plan.summary[Verb.WAIT],
        "unknown": plan.summary[Verb.RESOLVE],
        "rejected": unchanged.get(Reason.REJECTED, 0),
        "job_failed": unchanged.get(Reason.FAILED, 0),
        "job_expired": unchanged.get(Reason.EXPIRED, 0),
        "done": unchanged.get(Reason.DONE, 0),
        **{str(result): report.counts[result] for result in Result},
        "renamed": report.renamed,
        "bytes_stored": report.bytes_stored,
        "bytes_read": report.bytes_read,
    }


def as_json(summary: Summary, report: Report) -> Iterator[str]:
    """Stream how a run ended as `run --format json` prints it; the keys are a contract."""
    bad = summary.ended(Ending.FAILED, Ending.REJECTED, Ending.UNKNOWN)
    head = {
        "format_version": FORMAT_VERSION,
        "summary": summary_json(summary, report),
        "requests": [summaries.ended_json(one) for one in bad]
        + [_expired_json(action) for action in expired(summary)],
    }
    return json_document(head, "outputs", map(fetches.outcome_json, report.outcomes.values()))


def _expired_json(action: Action) -> dict[str, Any]:
    return summaries.ended_json(Request(action, Ending.KEPT)) | {"result": "expired"}
