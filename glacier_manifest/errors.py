"""Every way in which the program ends otherwise than well, as one tree.

    GlacierManifestError
    ├── UsageError              64  the command line is wrong
    ├── InvalidInput             4  a manifest, inventory or plan file is wrong (see diagnostics.py)
    ├── Refused                  5  understood, and not done
    │   ├── NotApproved             something would start that nobody approved
    │   ├── OverLimit               more would start than a limit lets
    │   └── Elsewhere               another account, region, endpoint or state than before
    ├── Locked                   6  another run holds the lock
    ├── Failed                   1  it was tried and did not work
    │   ├── ServiceError            AWS refused, or could not be reached
    │   └── StateError              the state cannot be read, written or trusted
    ├── NotYet                  75  it must wait until after the deadline
    └── Interrupted        130/143  a signal asked the run to end

An error carries a stable word (`code`, which ``glacier-manifest explain`` knows), what happened, and
`next_step`: the one thing to do about it, shown as the ``next:`` line that ends every failure.
"""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes, which scripts rely on; the meaning of each never changes."""

    DONE = 0
    ERROR = 1
    SOMETHING_TO_START = 2
    REQUESTS_FAILED = 3
    INVALID = 4
    REFUSED = 5
    LOCKED = 6
    USAGE = 64
    PENDING = 75
    SIGINT = 130
    SIGTERM = 143


#: Which exit code wins where several hold, the strongest first.
PRECEDENCE = (
    Exit.SIGINT,
    Exit.SIGTERM,
    Exit.LOCKED,
    Exit.USAGE,
    Exit.INVALID,
    Exit.REFUSED,
    Exit.ERROR,
    Exit.REQUESTS_FAILED,
    Exit.PENDING,
    Exit.SOMETHING_TO_START,
    Exit.DONE,
)


def strongest(*exits: Exit) -> Exit:
    """Return the one of `exits` that the program ends with; none at all is DONE."""
    return min((*exits, Exit.DONE), key=PRECEDENCE.index)


class GlacierManifestError(Exception):
    """The root of the tree. `message` says what and where, `next_step` says what to do."""

    exit_code: Exit = Exit.ERROR

    def __init__(self, code: str, message: str, *, next_step: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.next_step = next_step


class UsageError(GlacierManifestError):
    """The command line asks for something that does not exist or contradicts itself."""

    exit_code = Exit.USAGE


class Refused(GlacierManifestError):
    """What was asked is understood, and is not done for a reason that a person must weigh."""

    exit_code = Exit.REFUSED


class NotApproved(Refused):
    """Something would start that no review, prompt or flag has approved."""


class OverLimit(Refused):
    """More would start than one of the manifest's limits lets."""


class Elsewhere(Refused):
    """The run would act on another account, region, endpoint or state than the one it knows."""


class Locked(GlacierManifestError):
    """Another run holds the lock that this command needs."""

    exit_code = Exit.LOCKED


class Failed(GlacierManifestError):
    """It was tried and did not work: AWS, the network, the disk."""


class ServiceError(Failed):
    """AWS refused the call for a reason that no other request would escape, or is out of reach."""


class StateError(Failed):
    """The state cannot be read, written or trusted."""


class NotYet(GlacierManifestError):
    """What was asked cannot be done before a moment that lies beyond the deadline."""

    exit_code = Exit.PENDING


class Interrupted(GlacierManifestError):
    """SIGINT or SIGTERM asked the run to end; what was under way has been drained and recorded."""

    def __init__(self, signal_number: int, *, next_step: str) -> None:
        super().__init__("interrupted", f"interrupted by signal {signal_number}", next_step=next_step)
        self.signal_number = signal_number
        self.exit_code = Exit(128 + signal_number)
        self.exit_code = Exit(128 + signal_number)
