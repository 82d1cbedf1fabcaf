"""Names for the parts of a manifest, as messages use them."""

from glacier_manifest.manifest.findings import Path
from glacier_manifest.manifest.values import shown


def name_of(path: Path, job_type: str | None = None) -> str:
    """Return what a path leads to: ``archive-retrieval job 'photos'``, ``'pace'``, ``the manifest``."""
    words = [shown(segment) for segment in path if isinstance(segment, str)]
    if not words:
        return "the manifest"
    if words[0] != "jobs" or len(words) == 1:
        return f"'{'.'.join(words)}'"
    job = f"job '{words[1]}'" if job_type is None else f"{job_type} job '{words[1]}'"
    return f"'{'.'.join(words[2:])}' of {job}" if words[2:] else job


def within(path: Path, job_type: str | None = None) -> str:
    """Return the end of a message that says in what something stands; nothing at the top level."""
    return f" in {name_of(path, job_type)}" if path else ""
