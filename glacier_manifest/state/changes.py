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

    Makes the row, or moves a READY or REJECTED one on, taking over what is sent (address, tier, topic,
    description, body, size, approval). Counts as one attempt; `attempts` and `intended_at` of `record` are
    not looked at. A generation is new only when it is one more than the highest known, 0 being the first,
    and not while the outcome of the one before is open. `service_at` is the service's time by then, where
    it is known: a job that the call starts is no older.
    """

    record: Record
    at: datetime
    service_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SendAgain:
    """The service surely did not start it (never sent, throttled); it stays INTENDED and is sent again.

    Counts as one more attempt.
    """

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
class Withdraw:
    """The intent was written ahead, and the call was not made: INTENDED becomes READY, one attempt less."""

    key: str
    generation: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Find:
    """Glacier lists the job of an UNKNOWN (or a person names it): it takes the job's status and ID.

    `duplicates` are the IDs of further jobs with the same marker: each was paid for, so each is logged.
    Refused where another record has that job.
    """

    key: str
    generation: int
    at: datetime
    job_id: str
    status: Status
    completed_at: datetime | None = None
    expires_at: datetime | None = None
    mishap: Mishap | None = None
    duplicates: tuple[str, ...] = ()
    next_marker: str | None = None


@dataclass(frozen=True, slots=True)
class Adopt:
    """Glacier lists a job that serves a request which this state has not started: it is ours from now on.

    Makes the row, at any generation above those known, or moves a READY or REJECTED one on. `record` has the
    job's ID and its status (IN_PROGRESS, SUCCEEDED, FAILED or EXPIRED) and tells of the job what the listing
    tells. No attempt is counted. `duplicates` are the IDs of further jobs with the same marker: each was
    paid for, so each is logged. Refused where another record has that job.
    """

    record: Record
    at: datetime
    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observe:
    """A listing shows that the job ended: IN_PROGRESS becomes SUCCEEDED, FAILED or EXPIRED.

    A SUCCEEDED one may be found EXPIRED, and so may an UNKNOWN one that is too old to be of use. Observing
    what is already known (a FETCHED job's success too) changes nothing and logs nothing. `next_marker` is
    where the next page of an inventory begins, if there is one.
    """

    key: str
    generation: int
    at: datetime
    status: Status
    completed_at: datetime | None = None
    expires_at: datetime | None = None
    size: int | None = None
    mishap: Mishap | None = None
    next_marker: str | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """Its output is stored, as well verified as Glacier lets: SUCCEEDED becomes FETCHED.

    `output` says where. `output_tree_hash` and `output_size` are of all that was stored there, which may be
    an archive that several range jobs made up; `verified_by` is the word of fetching/output.py.
    """

    key: str
    generation: int
    at: datetime
    output: str
    output_tree_hash: str | None = None
    output_size: int | None = None
    verified_by: str | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """The output of a FETCHED one was put together with others: what it is part of stands at `output` now.

    The other fields are as those of `Fetch`. Joining what is joined already changes nothing.
    """

    key: str
    generation: int
    at: datetime
    output: str
    output_tree_hash: str
    output_size: int
    verified_by: str


Change = (
    Intend
    | SendAgain
    | Accept
    | Reject
    | LoseTrack
    | Release
    | Withdraw
    | Find
    | Adopt
    | Observe
    | Fetch
    | Join
)
