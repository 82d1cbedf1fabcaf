"""A failure, for people: what happened, and the ``next:`` line that ends every non-zero exit."""

from glacier_manifest.errors import Exit, GlacierManifestError

_NEXT = {
    Exit.SOMETHING_TO_START: "run 'glacier-manifest apply' to start what the plan shows",
    Exit.REQUESTS_FAILED: "see the requests above; 'glacier-manifest state list' shows each with its error",
    Exit.PENDING: "run the same command again later; nothing is paid for twice",
}


def human(error: GlacierManifestError) -> str:
    """Return an error as text: ``error[code]: message``."""
    return f"error[{error.code}]: {error.message}\n"


def next_line(text: str) -> str:
    """Return the last line of every failure."""
    return f"next: {text}\n"


def next_step(code: Exit) -> str:
    """Return what to do after an exit that is no error by itself."""
    return _NEXT[code]
