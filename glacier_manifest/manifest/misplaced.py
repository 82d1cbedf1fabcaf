"""Keys that stand where they mean nothing: where they belong, or what was meant."""

from collections.abc import Iterable, Sequence

from glacier_manifest.jobs.request import JobType
from glacier_manifest.manifest.fields import Strict
from glacier_manifest.manifest.file_models import SECTIONS, Defaults, Header
from glacier_manifest.manifest.findings import Finding, Path
from glacier_manifest.manifest.job_models import JOB_MODELS
from glacier_manifest.manifest.selection_models import ArchivesSection, Conditions
from glacier_manifest.manifest.values import shown
from glacier_manifest.manifest.where import name_of
from glacier_manifest.manifest.words import closest, did_you_mean, plain

_SCHEDULING = ("schedule", "every", "timezone")
_TOP = "write it at the top level of the file"


def without_echoes(findings: Sequence[Finding]) -> list[Finding]:
    """Leave out that a key is missing where an unknown key beside it was probably meant for it."""
    meant = {(one.path[:-1], one.label) for one in findings if one.code == "unknown-key"}
    return [
        one
        for one in findings
        if one.code != "missing-key" or (one.path, did_you_mean(one.subject)) not in meant
    ]


def stray_key(path: Path, allowed: tuple[str, ...], job_type: str | None) -> Finding:
    """Return the finding for a key, the last of `path`, that does not stand among the allowed ones."""
    key, parent = str(path[-1]), path[:-1]
    home = _home(key, parent, allowed, job_type)
    if home is not None:
        message, advice = home
        return Finding("misplaced-key", path, message, advice, at_key=True)
    meant = closest(key, allowed)
    return Finding(
        code="unknown-key",
        path=path,
        message=f"unknown key '{shown(key)}' in {name_of(parent, job_type)}",
        advice=f"allowed keys: {', '.join(allowed)}",
        label=did_you_mean(meant),
        at_key=True,
    )


def _home(key: str, parent: Path, allowed: Iterable[str], job_type: str | None) -> tuple[str, str] | None:
    """Return the message and the advice for a key that means something elsewhere."""
    if plain(key) in map(plain, allowed):
        return None
    if job_type is not None and len(parent) == 2:  # noqa: PLR2004 - ("jobs", its name)
        return _home_from_job(key, name_of(parent, job_type), job_type)
    if parent[-1:] == ("archives",) and _is_among(key, Conditions):
        return f"'{key}' does not stand in {name_of(parent, job_type)}", "write it below 'where' or 'exclude'"
    if parent == ("defaults",):
        return _home_from_defaults(key)
    if not parent and key in Defaults.model_fields:
        return f"'{key}' does not stand at the top level", "write it in a job, or under 'defaults'"
    return None


def _home_from_defaults(key: str) -> tuple[str, str] | None:
    if key in Header.model_fields:
        return f"'{key}' does not stand in 'defaults'", _TOP
    if _job_types(key):
        return f"'{key}' has no default", "write it in each job"
    return None


def _home_from_job(key: str, job: str, job_type: str) -> tuple[str, str] | None:
    if key in _SCHEDULING:
        why = "a retrieval would be paid for again at every tick; run 'apply' when you want it"
        return f"'{key}' in {job}: only inventory-retrieval jobs recur", why
    if job_type == JobType.ARCHIVE_RETRIEVAL and _is_among(key, ArchivesSection):
        return f"'{key}' does not stand in {job}", "write it below 'archives'"
    if job_type == JobType.ARCHIVE_RETRIEVAL and _is_among(key, Conditions):
        return f"'{key}' does not stand in {job}", "write it below 'where', below 'archives'"
    types = _job_types(key)
    if types:
        message = f"'{key}' in {job} belongs to {' and '.join(types)} jobs"
        return message, f"remove it, or change the type to {types[0]}"
    if key in SECTIONS or key in Header.model_fields:
        return f"'{key}' does not stand in a job", _TOP
    return None


def _job_types(key: str) -> list[str]:
    """Return the types of job that have a field, however its name is spelled."""
    return [str(name) for name, model in JOB_MODELS.items() if _is_among(key, model)]


def _is_among(key: str, model: type[Strict]) -> bool:
    """Say whether a mapping has a key, however it is spelled."""
    return plain(key) in map(plain, model.model_fields)
