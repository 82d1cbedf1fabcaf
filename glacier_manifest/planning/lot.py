"""A lot: what the requests of one job at one vault have in common; a piece: what tells one from another.

Millions of requests are a handful of lots and a row each; a `Request` is made of both when it is needed.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from glacier_manifest.diagnostics import Span
from glacier_manifest.jobs.request import (
    ArchiveRetrieval,
    ByteRange,
    InventoryRetrieval,
    JobType,
    Request,
    Select,
    Vault,
    What,
    Wire,
)
from glacier_manifest.jobs.schedule import Schedule
from glacier_manifest.jobs.tier import Tier


@dataclass(frozen=True, slots=True)
class Query:
    """What a select asks of each of its archives."""

    select_parameters: Wire
    output_location: Wire


#: What a lot asks for, its pieces left out.
Asking = InventoryRetrieval | Query | type[ArchiveRetrieval]


class Piece(NamedTuple):
    """What tells a request from the others of its lot; a tuple, since millions of them stream by.

    Attributes:
        archive_id: The archive; None for an inventory.
        start, end: The first and last byte that are asked for; None for all of it.
        size: Bytes of what is asked for, where known.
        created: When the archive was made, as its inventory says; text order is time order.
        line, column: Where the lot's file names it; 0 where the job's own place says it all.
    """

    archive_id: str | None = None
    start: int | None = None
    end: int | None = None
    size: int | None = None
    created: str | None = None
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Lot:
    """One job at one vault.

    Attributes:
        job: The job's name.
        vault: Where it is sent.
        asking: What is asked, as far as all requests agree.
        span: Where the manifest names the job.
        file: The file in whose lines the pieces stand.
        tiers, description, sns_topic, slot, schedule: As in `Request`.
        save_to: Where the outputs shall go; None where the manifest leaves that open.
        allows_overlap: Whether ranges of one archive may overlap.
        bounded: The entry that approves all of it at once, where its archives were not known at the review.
    """

    job: str
    vault: Vault
    asking: Asking
    span: Span
    file: Path
    tiers: tuple[Tier, ...] = ()
    description: str | None = None
    sns_topic: str | None = None
    slot: str | None = None
    schedule: Schedule | None = None
    save_to: str | None = None
    allows_overlap: bool = False
    bounded: str | None = None

    def request(self, piece: Piece) -> Request:
        """Return the request for one piece."""
        return Request(
            job=self.job,
            vault=self.vault,
            what=self._what(piece),
            tiers=self.tiers,
            description=self.description,
            sns_topic=self.sns_topic,
            slot=self.slot,
            schedule=self.schedule,
            size=piece.size,
            created=piece.created,
        )

    def _what(self, piece: Piece) -> What:
        asking, archive_id = self.asking, piece.archive_id
        if isinstance(asking, InventoryRetrieval):
            return asking
        assert archive_id is not None  # noqa: S101 - only inventories ask for no archive
        if isinstance(asking, Query):
            return Select(archive_id, asking.select_parameters, asking.output_location)
        if piece.start is None or piece.end is None:
            return ArchiveRetrieval(archive_id)
        return ArchiveRetrieval(archive_id, ByteRange(piece.start, piece.end))

    def span_of(self, piece: Piece) -> Span:
        """Return the place that asks for one piece."""
        if not piece.line:
            return self.span
        width = max(1, len(piece.archive_id or ""))
        return Span(self.file, piece.line, piece.column, piece.column + width)

    @property
    def type(self) -> JobType:
        """The job type, as the API spells it."""
        return self.request(Piece("x")).type

    @property
    def terms(self) -> tuple[tuple[Tier, ...], str | None]:
        """What lots must agree on where they ask for the same: its price, and where it is saved."""
        return self.request(Piece("x")).effective_tiers, self.save_to

    @property
    def has_archives(self) -> bool:
        """Whether archives are retrieved (and not an inventory or the results of a query)."""
        return self.asking is ArchiveRetrieval


def lot_of(request: Request, span: Span) -> tuple[Lot, Piece]:
    """Return a request as the lot and the piece that it is made of; `span` is where it is asked for."""
    what = request.what
    asking: Asking = ArchiveRetrieval
    if isinstance(what, InventoryRetrieval):
        asking = what
    elif isinstance(what, Select):
        asking = Query(what.select_parameters, what.output_location)
    byte_range = request.byte_range
    lot = Lot(
        job=request.job,
        vault=request.vault,
        asking=asking,
        span=replace(span, line=1, column=1, end_column=2),
        file=span.file,
        tiers=request.tiers,
        description=request.description,
        sns_topic=request.sns_topic,
        slot=request.slot,
        schedule=request.schedule,
    )
    start, end = (None, None) if byte_range is None else (byte_range.start, byte_range.end)
    return lot, Piece(request.archive_id, start, end, request.size, request.created, span.line, span.column)
