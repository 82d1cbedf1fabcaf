"""What the jobs are doing, for people and as JSON."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from itertools import islice
from typing import Any

from rich.console import Console as Terminal
from rich.table import Table
from rich.text import Text

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.protocol import StandingGroup, State
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.latest import latest_purchases
from glacier_manifest.units import format_duration, format_size
from glacier_manifest.views.json_stream import json_document
from glacier_manifest.views.records import FORMAT_VERSION, counted, line_of, moment, record_json

#: What a person has to look at once no output is about to go, the most urgent first, and what mends it.
_ATTENTION = {
    Status.UNKNOWN: "the reply was lost; the next apply finds out by listing, or asks you",
    Status.INTENDED: "a run is sending them now, or died; the next apply takes them up",
    Status.FAILED: "buy them again with 'glacier-manifest apply --restart failed'",
    Status.REJECTED: "Glacier said no; correct the manifest, then apply again",
    Status.EXPIRED: "the output is gone; buy it again with 'glacier-manifest apply --restart expired'",
}
#: What saves an output before it is gone.
STORING = "store what is not stored: 'glacier-manifest fetch'"
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Overview:
    """How all requests of a state stand, each by its latest purchase.

    Attributes:
        groups: Their sums.
        at: The moment for which it is told, by the service's clock where it was heard.
        within: How soon an output must go for a person to be told of it by name.
    """

    groups: tuple[StandingGroup, ...]
    at: datetime
    within: timedelta

    @property
    def counts(self) -> Mapping[Status, int]:
        """How many requests stand in each status, in the order of a request's life."""
        counts = Counter[Status]()
        for group in self.groups:
            counts[group.status] += group.jobs
        return {status: counts[status] for status in Status}

    @property
    def ends_before(self) -> datetime:
        """The moment before which an output that goes is told by name."""
        return self.at + self.within


def human(state: State, overview: Overview, *, width: int | None) -> str:
    """Return what needs a person, a table with a row a job and vault, and the counts."""
    if not overview.groups:
        return "Nothing was started yet.\n"
    table = _table(_rows(overview.groups), overview.at)
    return "\n".join(
        [
            *_ending(state, overview),
            *_attention(state, overview),
            _drawn(table, width),
            "",
            f"In all: {counted(overview.counts)}.",
            "",
        ]
    )


@dataclass(slots=True)
class _Row:
    counts: Counter[Status] = field(default_factory=Counter)
    bytes: int = 0
    unknown_sizes: int = 0
    jobs: int = 0
    first_ends_at: datetime | None = None
    last_ends_at: datetime | None = None

    def add(self, group: StandingGroup) -> None:
        """Count a group in."""
        self.counts[group.status] += group.jobs
        self.jobs += group.jobs
        self.bytes += group.bytes
        self.unknown_sizes += group.unknown_sizes
        if group.status is Status.SUCCEEDED and group.first_ends_at and group.last_ends_at:
            self.first_ends_at = min(self.first_ends_at or group.first_ends_at, group.first_ends_at)
            self.last_ends_at = max(self.last_ends_at or group.last_ends_at, group.last_ends_at)


def _rows(groups: Iterable[StandingGroup]) -> Mapping[tuple[str, str], _Row]:
    rows: dict[tuple[str, str], _Row] = {}
    for group in groups:
        rows.setdefault((group.job, group.vault), _Row()).add(group)
    return rows


def _table(rows: Mapping[tuple[str, str], _Row], at: datetime) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("job", "vault", "requests", "bytes", "outputs gone in"):
        table.add_column(title, overflow="fold")
    for (job, vault), row in rows.items():
        counts = counted({status: row.counts[status] for status in Status})
        table.add_row(Text(job), Text(vault), counts, _size(row), _window(row, at))
    return table


def _size(row: _Row) -> str:
    if row.unknown_sizes == row.jobs:
        return "unknown"
    at_least = "\N{GREATER-THAN OR EQUAL TO} " if row.unknown_sizes else ""
    return at_least + format_size(row.bytes)


def _window(row: _Row, at: datetime) -> str:
    if row.first_ends_at is None or row.last_ends_at is None:
        return ""
    first, last = left(row.first_ends_at, at), left(row.last_ends_at, at)
    return first if first == last else f"{first} to {last}"


def left(ends_at: datetime, at: datetime) -> str:
    """Return how long an output stays at the least, for people."""
    return "now, at any moment" if ends_at <= at else format_duration(ends_at - at)


def _drawn(table: Table, width: int | None) -> str:
    text = StringIO()
    Terminal(file=text, width=width, no_color=True, highlight=False).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def _ending(state: State, overview: Overview) -> Iterator[str]:
    """Name the outputs that may soon be gone: nothing else is lost by waiting."""
    number = state.ending_count(before=overview.ends_before)
    if not number:
        return
    outputs = "1 output is" if number == 1 else f"{number} outputs are"
    within = format_duration(overview.within)
    yield f"{outputs} gone within {within} ({STORING}):"
    for record in state.ending(before=overview.ends_before, most=_SHOWN):
        time_left = left(record.expires_at or overview.at, overview.at)
        yield f"  {time_left:<11}  {record.address}  job {record.job_id}"
    yield from _more(number, Status.SUCCEEDED)
    yield ""


def _attention(state: State, overview: Overview) -> Iterator[str]:
    for status, mend in _ATTENTION.items():
        number = sum(group.jobs for group in overview.groups if _needs_a_person(group, status))
        if not number:
            continue
        yield f"{number} {status} ({mend}):"
        yield from (f"  {line_of(record)}" for record in islice(_standing(state, status), _SHOWN))
        yield from _more(number, status)
        yield ""


def _needs_a_person(group: StandingGroup, status: Status) -> bool:
    """What has expired of a schedule is not bought again: its next tick brings what is newer."""
    return group.status is status and not (status is Status.EXPIRED and group.scheduled)


def _standing(state: State, status: Status) -> Iterator[Record]:
    for record in state.records(statuses={status}):
        latest = state.standings([record.key])[record.key]
        if latest.generation == record.generation and not (status is Status.EXPIRED and record.slot):
            yield record


def _more(number: int, status: Status) -> Iterator[str]:
    if number > _SHOWN:
        yield f"  and {number - _SHOWN} more ('glacier-manifest state list --status {status}' shows all)"


def as_json(state: State, overview: Overview, *, refreshed: bool) -> Iterator[str]:
    """Stream the status as one JSON document."""
    head = {
        "format_version": FORMAT_VERSION,
        "as_of": moment(overview.at),
        "refreshed": refreshed,
        "summary": {str(status): number for status, number in overview.counts.items()},
        "ending": {
            "before": moment(overview.ends_before),
            "outputs": state.ending_count(before=overview.ends_before),
        },
        "groups": [_group_json(group) for group in overview.groups],
    }
    return json_document(head, "requests", requests(state))


def requests(state: State) -> Iterator[dict[str, Any]]:
    """Stream all requests, each by its latest purchase, as `state list` shows them."""
    return map(record_json, latest_purchases(state))


def _group_json(group: StandingGroup) -> dict[str, Any]:
    return {
        "job": group.job,
        "account_id": group.account_id,
        "region": group.region,
        "vault": group.vault,
        "type": group.type,
        "tier": group.tier,
        "status": str(group.status),
        "scheduled": group.scheduled,
        "requests": group.jobs,
        "bytes": group.bytes,
        "bytes_known": not group.unknown_sizes,
        "first_expires_at": moment(group.first_ends_at),
        "last_expires_at": moment(group.last_ends_at),
    }
