"""What became of one InitiateJob call, in the words that the starting half decides by."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from glacier_manifest.errors import ServiceError


class Verdict(StrEnum):
    """What may be done after a call, and what is certain about the job.

    ACCEPTED: the job exists, and its ID is known. UNKNOWN: the job may exist; never send it again blindly.
    All others are certain that no job was started: SEND_AGAIN (no byte of the request was sent), THROTTLED
    (refused: slow down), FALL_BACK (no capacity, or the retrieval policy: the next tier, or later), LATER
    (no such vault yet, or no initial inventory: the next run tries again), REJECTED (no to exactly this
    body), STOP (no other request would fare better: the run ends).
    """

    ACCEPTED = "accepted"
    SEND_AGAIN = "send_again"
    THROTTLED = "throttled"
    FALL_BACK = "fall_back"
    LATER = "later"
    REJECTED = "rejected"
    STOP = "stop"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """One call's outcome.

    Attributes:
        verdict: What may be done now.
        job_id: What Glacier called the job; only where it was accepted.
        code: The service's own code, such as ``ThrottlingException``; where there is none, or where the run
            must stop, our word for the cause (causes.py).
        message: The service's words, or the network's, on one line and without secrets.
        service_at: The service's own time (the Date header); None where nothing was answered.
        request_id: What to name to AWS Support.
        next_step: What a person must do; only where the run must stop.
    """

    verdict: Verdict
    job_id: str | None = None
    code: str = ""
    message: str = ""
    service_at: datetime | None = None
    request_id: str | None = None
    next_step: str | None = None

    def as_error(self) -> ServiceError:
        """Return the error with which a run ends after this answer."""
        next_step = self.next_step or "run the same command again"
        return ServiceError(self.code, self.message, next_step=next_step)
