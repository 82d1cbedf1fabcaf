"""A plan as a file: what was reviewed, so that exactly that is applied.

NDJSON: a header object, then an action a line. Each line carries all that is needed to send its request;
keys, entries and the digest are worked out anew when it is read, and a seal over all of the file tells
limits, pace and order that are no longer the reviewed ones.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from pydantic import ValidationError

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, Span
from glacier_manifest.jobs.request import (
    ArchiveRetrieval,
    ByteRange,
    InventoryRetrieval,
    JobType,
    Request,
    Select,
    Vault,
    What,
)
from glacier_manifest.jobs.schedule import Schedule
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.approval import digest
from glacier_manifest.planning.plan import STARTING, Action, Plan, Reason, Verb, entry_of, is_bounded
from glacier_manifest.planning.plan_header import Edge, PlanHeader

#: What Glacier's archive IDs are made of; a file that was forged may hold anything.
_ARCHIVE_ID = re.compile(r"[A-Za-z0-9_-]+")


class _Schedule(Edge):
    cron: str
    timezone: str


class _Line(Edge):
    action: Verb
    reason: Reason
    address: str
    generation: int
    job: str
    account_id: str
    region: str
    vault: str
    tiers: tuple[Tier, ...]
    slot: str | None
    schedule: _Schedule | None
    size: int | None
    created: str | None = None
    bounded: str | None = None
    page: int = 1
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SavedAction:
    """One line of a plan file that was read back.

    Attributes:
        request: The request.
        line: Where it stands, counted from 1.
        entry: Its approval entry.
        bounded: The entry that approves its whole job, where it has one.
        restarts: The generation that it would buy again; None where it is no restart.
    """

    request: Request
    line: int
    entry: str
    bounded: str | None
    restarts: int | None


def plan_lines(plan: Plan, header: PlanHeader) -> Iterator[str]:
    """Stream the lines of a plan file, each without its line end."""
    seal = _Seal(header)
    for action in plan.actions():
        seal.add(_line_of(action).model_dump_json())
    yield seal.put_on(header)
    for action in plan.actions():
        yield _line_of(action).model_dump_json()


def write_plan(plan: Plan, header: PlanHeader, file: TextIO) -> None:
    """Write a plan file, looking at the plan once where the first line can be written again at the end.

    Until then the file has a seal that is not its own, and is refused.
    """
    if not file.seekable():
        file.writelines(f"{line}\n" for line in plan_lines(plan, header))
        return
    seal = _Seal(header)
    file.write(f"{seal.put_on(header)}\n")
    for action in plan.actions():
        line = _line_of(action).model_dump_json()
        seal.add(line)
        file.write(f"{line}\n")
    file.seek(0)
    file.write(f"{seal.put_on(header)}\n")


class _Seal:
    """The hash of a header, its seal left out, and of every line, whatever the line ends."""

    def __init__(self, header: PlanHeader) -> None:
        self._hash = hashlib.sha256(header.model_dump_json(exclude={"seal"}).encode())

    def add(self, line: str) -> None:
        """Take in the next line."""
        self._hash.update(b"\n" + line.rstrip("\r\n").encode())

    @property
    def text(self) -> str:
        """The seal of what was taken in."""
        return f"sha256:{self._hash.hexdigest()}"

    def put_on(self, header: PlanHeader) -> str:
        """Return the line of a header with this seal; it is as long with any other."""
        return header.model_copy(update={"seal": self.text}).model_dump_json()


def _line_of(action: Action) -> _Line:
    request = action.request
    schedule = request.schedule
    return _Line(
        action=action.verb,
        reason=action.reason,
        address=action.address,
        generation=action.generation,
        job=request.job,
        account_id=request.vault.account_id,
        region=request.vault.region,
        vault=request.vault.name,
        tiers=request.tiers,
        slot=request.slot,
        schedule=None if schedule is None else _Schedule(cron=schedule.cron, timezone=schedule.timezone),
        size=request.size,
        created=request.created,
        bounded=action.bounded,
        page=request.what.page if isinstance(request.what, InventoryRetrieval) else 1,
        body=request.body(tier=None, description=request.description),
    )


def read_header(text: str, *, file: Path) -> PlanHeader:
    """Read the first line of a plan file.

    Raises:
        InvalidInput: It is not that of a plan file of this format.
    """
    return _header(text, file)


def read_actions(rows: Iterable[str], header: PlanHeader, *, file: Path) -> Iterator[SavedAction]:
    """Stream the lines of a plan file below its header.

    Nothing may be made of them before they were read to their end: only there is it known that the file is
    whole. The digest is checked apart (`check_digest`), since that takes the entries sorted.

    Args:
        rows: The lines.
        header: Its first line.
        file: Its name, for messages.

    Raises:
        InvalidInput: It is not a whole, unchanged plan file of this format.
    """
    seal = _Seal(header)
    count = 0
    for number, text in enumerate(rows, start=2):
        seal.add(text)
        yield _read(text, header, file, number)
        count += 1
    if count != header.actions or seal.text != header.seal:
        raise edited(file)


def check_digest(header: PlanHeader, entries: Iterable[str], *, file: Path) -> None:
    """Refuse a plan file whose entries do not give its digest.

    Args:
        header: Its first line.
        entries: The entries of its lines, sorted, each once.
        file: Its name, for messages.

    Raises:
        InvalidInput: They do not.
    """
    if digest(entries) != header.digest:
        raise edited(file)


def edited(file: Path) -> InvalidInput:
    """Return the refusal of a plan file that is not what was reviewed."""
    return _damaged(file, "it was cut or edited: its lines do not give the digest and seal in its header")


def _header(text: str, file: Path) -> PlanHeader:
    try:
        return PlanHeader.model_validate_json(text)
    except ValidationError as error:
        raise _damaged(file, f"its header does not read ({error.error_count()} faults)") from None


def _read(text: str, header: PlanHeader, file: Path, number: int) -> SavedAction:
    try:
        line = _Line.model_validate_json(text)
        request = _request(line)
        verb, reason, restarts = line.action, line.reason, header.repurchases
        alone = entry_of(request, line.generation, verb=verb, reason=reason, restarts=restarts)
    except (ValueError, LookupError, AttributeError, TypeError):  # whatever a body may lack or hold instead
        raise _damaged(file, f"line {number} does not read", number) from None
    bounded = is_bounded(restarts, line.generation, verb=verb, reason=reason)
    entry = line.bounded if line.bounded is not None and bounded else alone
    is_restart = verb in STARTING and line.generation > 0
    return SavedAction(request, number, entry, line.bounded, line.generation if is_restart else None)


def _damaged(file: Path, what: str, line: int = 1) -> InvalidInput:
    found = Diagnostic(
        Severity.ERROR,
        "plan-file-damaged",
        f"this is not a whole plan file: {what}",
        span=Span(file, line, 1, 2),
        help="make it again with 'glacier-manifest plan --out'",
    )
    return InvalidInput([found], next_step="make the plan again with 'glacier-manifest plan --out FILE'")


def _request(line: _Line) -> Request:
    schedule = line.schedule
    return Request(
        job=line.job,
        vault=Vault(line.account_id, line.region, line.vault),
        what=_what(line.body, line.page),
        tiers=line.tiers,
        description=line.body.get("Description"),
        sns_topic=line.body.get("SNSTopic"),
        slot=line.slot,
        schedule=None if schedule is None else Schedule(schedule.cron, schedule.timezone),
        size=line.size,
        created=line.created,
    )


def _what(body: Mapping[str, Any], page: int) -> What:
    match JobType(body["Type"]):
        case JobType.ARCHIVE_RETRIEVAL:
            return ArchiveRetrieval(_archive_id(body), _byte_range(body.get("RetrievalByteRange")))
        case JobType.INVENTORY_RETRIEVAL:
            parameters = body.get("InventoryRetrievalParameters", {})
            return InventoryRetrieval(
                format=body.get("Format"),
                start_date=parameters.get("StartDate"),
                end_date=parameters.get("EndDate"),
                limit=parameters.get("Limit"),
                marker=parameters.get("Marker"),
                page=page,
            )
        case JobType.SELECT:
            return Select(_archive_id(body), body["SelectParameters"], body["OutputLocation"])


def _archive_id(body: Mapping[str, Any]) -> str:
    archive_id: str = body["ArchiveId"]
    if _ARCHIVE_ID.fullmatch(archive_id) is None:
        raise ValueError("no archive ID")
    return archive_id


def _byte_range(text: str | None) -> ByteRange | None:
    if text is None:
        return None
    start, _, end = text.partition("-")
    return ByteRange(int(start), int(end))
