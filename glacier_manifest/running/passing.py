"""What a run that is left alone waits for, and what only a person can mend."""

from glacier_manifest.aws.causes import Cause
from glacier_manifest.errors import GlacierManifestError, Locked, NotYet

#: The network, the service, credentials that somebody renews.
_OF_THE_SERVICE = frozenset(
    {
        Cause.UNREACHABLE,
        Cause.NO_ANSWER,
        Cause.SERVICE_FAILED,
        Cause.THROTTLED,
        Cause.UNEXPECTED_ANSWER,
        Cause.EXPIRED_CREDENTIALS,
        Cause.CREDENTIALS_FAILED,
        "output-cut",
        "output-range",
    }
)
#: Room that somebody makes: for outputs, for temporary files, for the state.
_OF_ROOM = frozenset({"no-room", "scratch-unwritable", "state-full"})
_PASSING = _OF_THE_SERVICE | _OF_ROOM | {"state-busy", "results-unfinished"}


def passes(error: GlacierManifestError) -> bool:
    """Say whether an error may pass without anybody changing what was asked for."""
    return isinstance(error, NotYet | Locked) or code_passes(error.code)


def code_passes(code: str) -> bool:
    """Say the same of an error of which only the code is left."""
    return code in _PASSING


def wants_room(error: GlacierManifestError) -> bool:
    """Say whether a disk is full: nothing is started then, whose output could not be kept."""
    return error.code in _OF_ROOM


def needs_new_state(error: GlacierManifestError) -> bool:
    """Say whether the state must be opened anew before anything is written to it again."""
    return error.code == "state-full"
