"""What the jobs are doing, for people and as JSON."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import StringIO
from typing import Any

from rich.console import Console as Terminal
from rich.table import Table
from rich.text import Text

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Record
from glacier_manifest.units import format_duration
from glacier_manifest.views.records import FORMAT_VERSION, counted, line_of, moment, record_json

#: What a person has to look at, the most urgent first, and what mends it.
_ATTENTION = {
    Status.UNKNOWN: "the reply was lost; the next apply finds out by listing, or asks you",
    Status.INTENDED: "a run is sending them now, or died; the next apply takes them up",
    Status.FAILED: "buy them again with 'glacier-manifest apply --restart failed'",
    Status.REJECTED: "Glacier said no; correct the manifest, then apply again",
}
_SHOWN = 20


def human(state: State, *, now: datetime, width: int | None) -> str:
    """Return a table with a row a job and vault, and what needs a person."""
    rows: dict[tuple[str, str], Counter[Status]] = defaultdict(Counter)
    windows: dict[tuple[str, str], datetime] = {}
    attention: dict[Status, list[Record]] = defaultdict(list)
    for record in state.records():
        place = (_job_of(record), record.vault)
        rows[place][record.status] += 1
        if record.status is Status.SUCCEEDED and record.expires_at is not None:
            windows[place] = min(record.expires_at, windows.get(place, record.expires_at))
        if record.status in _ATTENTION and len(attention[record.status]) < _SHOWN:
            attention[record.status].append(record)
    if not rows:
        return "Nothing was started yet.\n"
    table = _table(rows, windows, now)
    counts = state.count()
    return "\n".join(
        [*_attention(attention, counts), _drawn(table, width), "", f"In all: {counted(counts)}.", ""]
    )


def _job_of(record: Record) -> str:
    return record.address.partition("/")[0]


def _table(
    rows: dict[tuple[str, str], Counter[Status]], windows: dict[tuple[str, str], datetime], now: datetime
) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("job", "vault", "requests", "first output gone in"):
        table.add_column(title, overflow="fold")
    for (job, vault), counts in rows.items():
        window = windows.get((job, vault))
        left = "" if window is None else _left(window, now)
        table.add_row(Text(job), Text(vault), counted({status: counts[status] for status in Status}), left)
    return table


def _left(expires_at: datetime, now: datetime) -> str:
    return "now, at any moment" if expires_at <= now else format_duration(expires_at - now)


def _drawn(table: Table, width: int | None) -> str:
    text = StringIO()
    Terminal(file=text, width=width, no_color=True, highlight=False).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def _attention(found: dict[Status, list[Record]], counts: Any) -> Iterator[str]:  # noqa: ANN401
    for status, mend in _ATTENTION.items():
        if not found[status]:
            continue
        yield f"{counts[status]} {status} ({mend}):"
        yield from (f"  {line_of(record)}" for record in found[status])
        if counts[status] > _SHOWN:
            yield f"  and {counts[status] - _SHOWN} more ('glacier-manifest state list' shows all)"
        yield ""


def as_json(state: State, *, refreshed: bool, now: datetime) -> dict[str, Any]:
    """Return the status as one JSON document."""
    return {
        "format_version": FORMAT_VERSION,
        "as_of": moment(now),
        "refreshed": refreshed,
        "summary": {str(status): state.count().get(status, 0) for status in Status},
        "requests": _requests(state.records()),
    }


def _requests(records: Iterable[Record]) -> list[dict[str, Any]]:
    return [record_json(record) for record in records]
