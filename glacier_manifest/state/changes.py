"""Everything that may happen to a record, each as one value.

A state applies a change whole, with its line in the event log, or not at all; a change that the record's
status does not permit (jobs/status.py) is refused.
"""

from dataclasses import dataclass
from datetime import datetime

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.record import Mishap, Record


@dataclass(frozen=True, slots=True)
class Intend:
    """About to be sent: `record` with status INTENDED, written before the first byte leaves.

    Makes the row, or moves a READY or REJECTED one on. Counts as one attempt.
    """

    record: Record
    at: datetime


@dataclass(frozen=True, slots=True)
class SendAgain:
    """The service surely did not start it (never sent, throttled); it stays INTENDED and is sent again."""

    key: str
    generation: int
    at: datetime
    mishap: Mishap
    service_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Accept:
    """Glacier accepted it: INTENDED becomes IN_PROGRESS."""

    key: str
    generation: int
    at: datetime
    job_id: str
    service_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """Glacier said no to exactly this body: INTENDED becomes REJECTED."""

    key: str
    generation: int
    at: datetime
    mishap: Mishap
    service_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoseTrack:
    """Sent, and no trustworthy answer came: INTENDED becomes UNKNOWN."""

    key: str
    generation: int
    at: datetime
    mishap: Mishap
    service_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """Surely not started and not to be sent now: INTENDED or UNKNOWN becomes READY."""

    key: str
    generation: int
    at: datetime
    mishap: Mishap
    service_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Find:
    """Glacier lists the job of an UNKNOWN (or a person names it): it takes the job's status and ID."""

    key: str
    generation: int
    at: datetime
    job_id: str
    status: Status
    completed_at: datetime | None = None
    expires_at: datetime | None = None
    mishap: Mishap | None = None


@dataclass(frozen=True, slots=True)
class Observe:
    """A listing shows that the job ended: IN_PROGRESS becomes SUCCEEDED, FAILED or EXPIRED.

    Observing what is already known changes nothing and logs nothing.
    """

    key: str
    generation: int
    at: datetime
    status: Status
    completed_at: datetime | None = None
    expires_at: datetime | None = None
    size: int | None = None
    mishap: Mishap | None = None


Change = Intend | SendAgain | Accept | Reject | LoseTrack | Release | Find | Observe
