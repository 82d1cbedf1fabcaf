"""A record: all that the state knows of one purchase of one request."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from glacier_manifest.jobs.status import Status

#: What `Record.verified_by` says of an inventory that came in pages, which were put together.
JOINED = "joined"
#: What it says of a piece of an archive that stands safely until the other pieces are there.
HELD = "held"


@dataclass(frozen=True, slots=True)
class Mishap:
    """Why a purchase did not go well: the service's code, or ours, and its words."""

    code: str
    message: str


class Standing(NamedTuple):
    """A purchase as far as most decisions need it; a tuple, since a plan asks for a million of them.

    Attributes:
        generation, status, tier, sns_topic, description, size: As in `Record`.
    """

    generation: int
    status: Status
    tier: str | None
    sns_topic: str | None
    description: str | None
    size: int | None


@dataclass(frozen=True, slots=True)
class Record:
    """One purchase of one request, (key, generation) being its identity.

    Attributes:
        key: 64 hexadecimal digits; see jobs/key.py.
        generation: 0 for the first purchase, one more for each deliberate restart.
        address: The request's name when it was last intended.
        account_id, region, vault: Where it was sent.
        type: The job type, as the API spells it.
        archive_id: None for an inventory.
        retrieval_byte_range: ``START-END``, or None for all of it.
        slot: The tick of its schedule, or None.
        tier: The tier that was sent last; None where none was.
        sns_topic: The topic that was sent.
        description: The Description that was sent, the marker included.
        body_sha256: Hash of the canonical body without the marker, by which a change is seen.
        status: Where it stands.
        job_id: What Glacier called the job; None until it was accepted.
        size: Bytes of what was asked for, where known.
        attempts: How often it was sent.
        approval: The approval under which it was last intended.
        intended_at, accepted_at, completed_at, expires_at: Moments, UTC; None until they happened.
            `completed_at` and `expires_at` are service time, the others are the host's.
        service_at: The service's own time (the Date header) when it was last intended or answered; None
            where it is not known.
        changed_at: When the last change was recorded, by the host's clock; an UNKNOWN's last attempt had
            ended by then.
        output: Where its output was stored; None until it was fetched.
        mishap: What went wrong last, if anything did.
        output_tree_hash: The tree hash of what was stored, 64 hexadecimal digits; None until it was fetched.
        output_size: Bytes that were stored; None until it was fetched.
        verified_by: By what they are known to be right (``tree-hash``, ``read-twice``), or that they are not
            (``length``); None until it was fetched.
        next_marker: Where the next page of an inventory begins; None where it was the last one, or is not
            known to be another.
    """

    key: str
    generation: int
    address: str
    account_id: str
    region: str
    vault: str
    type: str
    archive_id: str | None
    retrieval_byte_range: str | None
    slot: str | None
    tier: str | None
    sns_topic: str | None
    description: str | None
    body_sha256: str
    status: Status
    job_id: str | None = None
    size: int | None = None
    attempts: int = 0
    approval: int | None = None
    intended_at: datetime | None = None
    accepted_at: datetime | None = None
    completed_at: datetime | None = None
    expires_at: datetime | None = None
    service_at: datetime | None = None
    changed_at: datetime | None = None
    output: str | None = None
    mishap: Mishap | None = None
    output_tree_hash: str | None = None
    output_size: int | None = None
    verified_by: str | None = None
    next_marker: str | None = None

    @property
    def standing(self) -> Standing:
        """The purchase as far as most decisions need it."""
        return Standing(self.generation, self.status, self.tier, self.sns_topic, self.description, self.size)
