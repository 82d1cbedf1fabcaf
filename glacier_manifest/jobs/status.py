"""What is known of a request, and how it may change.

ready -> intended -> in_progress -> succeeded -> fetched
             |            |-> failed    |-> expired
             |-> rejected
             |-> unknown -> in_progress | succeeded | failed | ready
             |-> ready
"""

from enum import StrEnum


class Status(StrEnum):
    """Where one purchase of one request stands.

    READY: nothing was bought, and nothing is on its way. INTENDED: about to be sent, or sent and not yet
    answered. UNKNOWN: sent, and the answer was lost; Glacier may have started the job. REJECTED: Glacier
    said no to exactly this body. The rest is what Glacier says of the job, and what became of its output.
    """

    READY = "ready"
    INTENDED = "intended"
    IN_PROGRESS = "in_progress"
    SUCCEEDED = "succeeded"
    FETCHED = "fetched"
    FAILED = "failed"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


#: The only changes that a state accepts, as the picture above draws them.
TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.READY: frozenset({Status.INTENDED}),
    Status.INTENDED: frozenset({Status.IN_PROGRESS, Status.REJECTED, Status.UNKNOWN, Status.READY}),
    Status.IN_PROGRESS: frozenset({Status.SUCCEEDED, Status.FAILED, Status.EXPIRED}),
    Status.SUCCEEDED: frozenset({Status.FETCHED, Status.EXPIRED}),
    Status.FETCHED: frozenset(),
    Status.FAILED: frozenset(),
    Status.EXPIRED: frozenset(),
    Status.REJECTED: frozenset({Status.INTENDED}),
    Status.UNKNOWN: frozenset(
        {Status.IN_PROGRESS, Status.SUCCEEDED, Status.FAILED, Status.READY, Status.EXPIRED}
    ),
}

#: Statuses in which money may have been spent and the outcome is still open.
UNDER_WAY = frozenset({Status.INTENDED, Status.IN_PROGRESS, Status.UNKNOWN})
