"""How fetching goes, and how it ended: for people, and as JSON."""

from collections.abc import Callable, Iterator
from itertools import chain, islice
from threading import Lock
from typing import Any

from glacier_manifest.fetching.events import (
    Event,
    FetchingBegan,
    OutputEnded,
    PartRead,
    PartsHeld,
    ReadingAgain,
    WholeDamaged,
)
from glacier_manifest.fetching.names import Reason
from glacier_manifest.fetching.report import LEFT_OFF, Outcome, Report, Result
from glacier_manifest.units import format_size
from glacier_manifest.views.json_stream import json_document
from glacier_manifest.views.minutes import Minutes
from glacier_manifest.views.records import FORMAT_VERSION, mishap_json

_SHOWN = 40
_TITLES = {
    Result.FAILED: "Not stored:",
    Result.EXPIRED: "Gone before they were fetched (--restart buys them again):",
    Result.UNVERIFIED: "Stored, and verified by nothing but their length, since Glacier tells no more:",
    Result.LEFT: "Not stored yet:",
    Result.HELD: "Stored safely until the other pieces of the archive are there:",
}
_WHY = {
    Reason.NO_NAME: "no name is known",
    Reason.LEADS_OUTSIDE: "the name leads out of its folder",
    Reason.UNFIT_CHARACTER: "the name has characters that none may have",
    Reason.RESERVED: "the name is reserved",
    Reason.TOO_LONG: "the name is too long",
    Reason.SAME_NAME: "the name is taken",
    Reason.FOLDERS_NAME: "the name is that of a folder",
}


class MinuteLine(Minutes):
    """How far fetching is, a line a minute."""

    def __init__(self, say: Callable[[str], None], *, now: Callable[[], float]) -> None:
        super().__init__(say, now=now)
        self._so_far = SoFar()
        self._lock = Lock()

    def __call__(self, event: Event) -> None:
        """Count one event of many threads, and say how far the run is when a minute has passed."""
        with self._lock:
            self._so_far.take(event)
            self.say_if_time(self._so_far.__str__)


class SoFar:
    """How far fetching is."""

    def __init__(self) -> None:
        self.outputs = self.ended = self.size = self.read = 0
        self.trouble = ""

    def take(self, event: Event) -> None:
        """Count one event."""
        match event:
            case FetchingBegan():
                self.outputs, self.size, self.ended, self.read = event.outputs, event.size, 0, 0
            case PartRead():
                self.read += event.part.length
            case PartsHeld():
                self.read += event.size
            case OutputEnded():
                self.ended += 1
            case ReadingAgain() | WholeDamaged():
                self.trouble = f"; read again: {event.error.code}"

    def __str__(self) -> str:
        told = f"{self.ended} of {self.outputs} outputs, {format_size(self.read)} of {format_size(self.size)}"
        trouble, self.trouble = self.trouble, ""
        return told + trouble


def human(report: Report, *, pending: int) -> str:
    """Return what went wrong or got another name, then the counts in one line."""
    return "\n".join([*attention(report), _counts(report, pending)]) + "\n"


def attention(report: Report) -> Iterator[str]:
    """Yield what went wrong, and what got another name."""
    yield from _sections(report)
    yield from _renamed(report)


def _sections(report: Report) -> Iterator[str]:
    for result, title in _TITLES.items():
        number = sum(1 for _one in _shown(report, result)) if report.counts[result] else 0
        if number:
            yield title
            found = _shown(report, result)
            yield from (f"  {one.address}{_why(one)}" for one in islice(found, _SHOWN))
            yield from _more(number)
            yield ""


def _shown(report: Report, result: Result) -> Iterator[Outcome]:
    """Stream the outputs of one result, without those left for a reason that is told once for all."""
    told_once = {LEFT_OFF} if report.error is None else {LEFT_OFF, report.error.code}
    for one in report.outcomes.values():
        if one.result is result and not (
            result is Result.LEFT and one.mishap is not None and one.mishap.code in told_once
        ):
            yield one


def _renamed(report: Report) -> Iterator[str]:
    if not report.renamed:
        return
    yield "Stored under another name than was wanted:"
    found = (one for one in report.outcomes.values() if one.renamed)
    for one in islice(found, _SHOWN):
        yield f"  {one.address}\n      {one.output}: {', '.join(_WHY[reason] for reason in one.renamed)}"
    yield from _more(report.renamed)
    yield ""


def _why(one: Outcome) -> str:
    return "" if one.mishap is None else f"\n      {one.mishap.code}: {one.mishap.message}"


def _more(number: int) -> Iterator[str]:
    if number > _SHOWN:
        yield f"  and {number - _SHOWN} more (--report FILE has all)"


def _counts(report: Report, pending: int) -> str:
    told = [f"{report.counts[result]} {result}" for result in Result if report.counts[result]]
    if report.bytes_stored:
        told.append(f"{format_size(report.bytes_stored)} stored")
    if pending:
        told.append(f"{pending} not finished yet")
    if report.incomplete:
        waiting = "1 inventory waits" if report.incomplete == 1 else f"{report.incomplete} inventories wait"
        told.append(f"{waiting} for a page (apply starts the next one)")
    if report.nowhere:
        told.append(f"{report.nowhere} that no manifest saves (--to PLACE does)")
    return f"Fetch: {', '.join(told)}." if told else "Fetch: nothing to fetch."


def as_json(report: Report, *, pending: int) -> Iterator[str]:
    """Stream how fetching ended as `fetch --format json` prints it; the keys are a contract."""
    summary = {str(result): report.counts[result] for result in Result}
    summary |= {
        "pending": pending,
        "incomplete": report.incomplete,
        "nowhere": report.nowhere,
        "renamed": report.renamed,
        "bytes_stored": report.bytes_stored,
        "bytes_read": report.bytes_read,
    }
    head = {"format_version": FORMAT_VERSION, "summary": summary}
    return json_document(head, "outputs", map(outcome_json, chain(report.outcomes.values(), report.rest())))


def outcome_json(one: Outcome) -> dict[str, Any]:
    """Return what became of one output as JSON."""
    return {
        "result": str(one.result),
        "address": one.address,
        "key": one.key,
        "generation": one.generation,
        "job_id": one.job_id,
        "output": one.output,
        "size": one.size,
        "tree_hash": one.tree_hash,
        "verified_by": one.verified_by,
        "bytes_read": one.bytes_read,
        "renamed": [str(reason) for reason in one.renamed],
        "error": mishap_json(one.mishap),
    }
