"""Names for the parts of a manifest, as messages use them."""

from glacier_manifest.manifest.findings import Path


def name_of(path: Path, job_type: object = None) -> str:
    """Return what a path leads to: ``archive-retrieval job 'photos'``, ``'pace'``, ``the manifest``."""
    words = [str(segment) for segment in path if isinstance(segment, str)]
    if not words:
        return "the manifest"
    if words[0] != "jobs" or len(words) == 1:
        return f"'{'.'.join(words)}'"
    job = f"{job_type} job '{words[1]}'" if isinstance(job_type, str) else f"job '{words[1]}'"
    return f"'{'.'.join(words[2:])}' of {job}" if words[2:] else job
