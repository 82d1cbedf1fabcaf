"""What an error that kept an output from being stored means for the outputs after it."""

from glacier_manifest.aws.causes import Cause
from glacier_manifest.aws.output import PASSING
from glacier_manifest.errors import GlacierManifestError, Locked, NotYet

#: What another output would meet as well; the run ends, and goes on when it is mended.
_STOPPING = frozenset(
    {
        Cause.ACCESS_DENIED,
        Cause.CANNOT_SEND,
        Cause.CLOCK_SKEW,
        Cause.CREDENTIALS_FAILED,
        Cause.EXPIRED_CREDENTIALS,
        Cause.INVALID_CREDENTIALS,
        Cause.NO_CREDENTIALS,
        Cause.NO_LONGER_SUPPORTED,
        Cause.UNTRUSTED_CERTIFICATE,
    }
)
#: What every output of the same place would meet.
_CLOSING = frozenset({"no-room", "s3-bucket-not-found", "prefix-too-long"})


def stops_all(error: GlacierManifestError) -> bool:
    """Say whether every other output would meet it as well."""
    return error.code in _STOPPING


def closes_place(error: GlacierManifestError) -> bool:
    """Say whether every other output of the same place would meet it as well."""
    return error.code in _CLOSING


def is_network(error: GlacierManifestError) -> bool:
    """Say whether it may be gone a moment later."""
    return error.code in PASSING


def may_pass(error: GlacierManifestError) -> bool:
    """Say whether the next run may store the output, without a person looking at it first."""
    return is_network(error) or stops_all(error) or closes_place(error) or isinstance(error, Locked | NotYet)
