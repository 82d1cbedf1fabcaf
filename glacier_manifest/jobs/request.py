"""A request: one InitiateJob call that a manifest asks for.

What Glacier is asked to do stands in `what`; everything in it is part of the request's key. The rest (job
name, description, topic, tiers) may change without making it another request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from glacier_manifest.jobs.schedule import Schedule
from glacier_manifest.jobs.tier import SERVICE_DEFAULT, Tier

#: A piece of the InitiateJob body in the API's own spelling, such as ``{"S3": {"BucketName": "results"}}``.
Wire = Mapping[str, Any]


class JobType(StrEnum):
    """The three types of vault job, spelled as the API spells them."""

    ARCHIVE_RETRIEVAL = "archive-retrieval"
    INVENTORY_RETRIEVAL = "inventory-retrieval"
    SELECT = "select"


@dataclass(frozen=True, slots=True, order=True)
class Vault:
    """A vault, wherever it is: its owner's 12-digit account, its region and its name."""

    account_id: str
    region: str
    name: str


@dataclass(frozen=True, slots=True, order=True)
class ByteRange:
    """A piece of an archive: offsets of the first and the last byte, both included."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"

    def covers(self, size: int) -> bool:
        """Say whether the range is the whole of an archive of `size` bytes."""
        return self.start == 0 and self.end >= size - 1


@dataclass(frozen=True, slots=True)
class ArchiveRetrieval:
    """One archive, or an aligned piece of it, to be staged for download."""

    archive_id: str
    retrieval_byte_range: ByteRange | None = None

    type = JobType.ARCHIVE_RETRIEVAL

    def wire(self) -> dict[str, Any]:
        """Return the members of the InitiateJob body that say what is asked."""
        wire: dict[str, Any] = {"ArchiveId": self.archive_id}
        if self.retrieval_byte_range is not None:
            wire["RetrievalByteRange"] = str(self.retrieval_byte_range)
        return wire

    def identity(self) -> dict[str, Any]:
        """Return what makes this request the same as another: the wire values, defaults filled in."""
        return self.wire()


@dataclass(frozen=True, slots=True)
class InventoryRetrieval:
    """A list of a vault's archives. Dates are wire instants, the limit is the string the API wants.

    Attributes:
        page: Which page of a longer list this is, counted from 1; told in its address, and no part of what
            is asked: the marker says where the page begins.
    """

    format: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    limit: str | None = None
    marker: str | None = None
    page: int = 1

    type = JobType.INVENTORY_RETRIEVAL

    def wire(self) -> dict[str, Any]:
        """Return the members of the InitiateJob body that say what is asked, only those that were set."""
        wire: dict[str, Any] = {}
        if self.format is not None:
            wire["Format"] = self.format
        members = {
            "StartDate": self.start_date,
            "EndDate": self.end_date,
            "Limit": self.limit,
            "Marker": self.marker,
        }
        parameters = {name: value for name, value in members.items() if value is not None}
        if parameters:
            wire["InventoryRetrievalParameters"] = parameters
        return wire

    def identity(self) -> dict[str, Any]:
        """Return what makes this request the same as another.

        An absent format is JSON (docs: "api-jobParameters", Format), so both spellings are one request.
        """
        return {"Format": "JSON", **self.wire()}


@dataclass(frozen=True, slots=True)
class Select:
    """A query over one archive, its parameters and its output location in the API's spelling."""

    archive_id: str
    select_parameters: Wire
    output_location: Wire

    type = JobType.SELECT

    def wire(self) -> dict[str, Any]:
        """Return the members of the InitiateJob body that say what is asked."""
        return {
            "ArchiveId": self.archive_id,
            "SelectParameters": dict(self.select_parameters),
            "OutputLocation": dict(self.output_location),
        }

    def identity(self) -> dict[str, Any]:
        """Return what makes this request the same as another: the wire values as they were written."""
        return self.wire()


What = ArchiveRetrieval | InventoryRetrieval | Select


@dataclass(frozen=True, slots=True)
class Request:
    """One InitiateJob call that a manifest asks for.

    Attributes:
        job: The name of the manifest's job that asks for it.
        vault: Where it is sent.
        what: What is asked; with `vault` and `slot` it is the request's identity.
        tiers: The tiers to try, in order; empty where the service chooses or the type has none.
        description: The user's own text, without the marker.
        sns_topic: Where Glacier tells of the job's end.
        slot: The tick of the job's schedule, ``2026-11-23T03:00Z``; None for a job that runs once.
        schedule: The schedule itself, by which a later slot of the same series is made.
        size: Bytes of the archive or range, where known.
        created: When the archive was made, as an inventory tells; text order is time order.
    """

    job: str
    vault: Vault
    what: What
    tiers: tuple[Tier, ...] = ()
    description: str | None = None
    sns_topic: str | None = None
    slot: str | None = None
    schedule: Schedule | None = None
    size: int | None = None
    created: str | None = None

    @property
    def type(self) -> JobType:
        """The job type, as the API spells it."""
        return self.what.type

    @property
    def archive_id(self) -> str | None:
        """The archive that is asked for; None for an inventory."""
        return None if isinstance(self.what, InventoryRetrieval) else self.what.archive_id

    @property
    def byte_range(self) -> ByteRange | None:
        """The piece of the archive that is asked for; None for all of it."""
        return self.what.retrieval_byte_range if isinstance(self.what, ArchiveRetrieval) else None

    @property
    def effective_tiers(self) -> tuple[Tier, ...]:
        """The tiers that may be paid for: the listed ones, else the service's own default."""
        if isinstance(self.what, InventoryRetrieval):
            return ()
        return self.tiers or (SERVICE_DEFAULT,)

    def body(self, *, tier: Tier | None, description: str | None) -> dict[str, Any]:
        """Return the InitiateJob body, in the API's spelling; what is None is not sent."""
        body: dict[str, Any] = {"Type": str(self.type), **self.what.wire()}
        if description:
            body["Description"] = description
        if self.sns_topic is not None:
            body["SNSTopic"] = self.sns_topic
        if tier is not None:
            body["Tier"] = str(tier)
        return body
