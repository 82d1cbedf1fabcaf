"""Keys that stand where they mean nothing: where they belong, or what was meant."""

from collections.abc import Iterable

from glacier_manifest.jobs.request import JobType
from glacier_manifest.manifest.file_models import SECTIONS, TOP_LEVEL, Defaults, Header
from glacier_manifest.manifest.findings import Finding, Path
from glacier_manifest.manifest.job_models import JOB_MODELS
from glacier_manifest.manifest.values import shown
from glacier_manifest.manifest.where import name_of

_SCHEDULING = ("schedule", "every", "timezone")


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant, whatever its capitals, hyphens and underlines."""
    from difflib import get_close_matches  # noqa: PLC0415 - only needed where something is wrong

    plain = {_plain(one): one for one in known}
    matches = get_close_matches(_plain(word), plain, n=1, cutoff=0.7)
    return plain[matches[0]] if matches else None


def _plain(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "").replace(" ", "")


def stray_key(path: Path, allowed: tuple[str, ...], job_type: object) -> Finding:
    """Return the finding for a key, the last of `path`, that does not stand among the allowed ones."""
    key, parent = str(path[-1]), path[:-1]
    home = _home(key, parent, job_type)
    if home is not None:
        message, advice = home
        return Finding("misplaced-key", path, message, advice, at_key=True)
    meant = closest(key, allowed)
    return Finding(
        code="unknown-key",
        path=path,
        message=f"unknown key '{shown(key)}' in {name_of(parent, job_type)}",
        advice=f"allowed keys: {', '.join(allowed)}",
        label=None if meant is None else f"did you mean '{meant}'?",
        at_key=True,
    )


def _home(key: str, parent: Path, job_type: object) -> tuple[str, str] | None:
    if len(parent) == 2 and parent[0] == "jobs":  # noqa: PLR2004 - ("jobs", its name)
        return _home_from_job(key, parent, job_type)
    if parent == ("defaults",) and key in Header.model_fields:
        return f"'{key}' does not stand in 'defaults'", "write it at the top level of the file"
    if parent == ("defaults",) and any(key in model.model_fields for model in JOB_MODELS.values()):
        return f"'{key}' has no default", "write it in each job"
    if not parent and key in Defaults.model_fields:
        return f"'{key}' does not stand at the top level", "write it in a job, or under 'defaults'"
    return None


def _home_from_job(key: str, parent: Path, job_type: object) -> tuple[str, str] | None:
    job = name_of(parent, job_type)
    if key in _SCHEDULING:
        why = "a retrieval would be paid for again at every tick; run 'apply' when you want it"
        return f"'{key}' in {job}: only inventory-retrieval jobs recur", why
    owners = [str(name) for name in JobType if key in JOB_MODELS[name].model_fields]
    if owners:
        belongs = " and ".join(owners)
        return f"'{key}' in {job} belongs to {belongs} jobs", f"remove it, or change the type to {owners[0]}"
    if key in SECTIONS or (key in TOP_LEVEL and key != "jobs"):
        return f"'{key}' does not stand in a job", "write it at the top level of the file"
    return None
