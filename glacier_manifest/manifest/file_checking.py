"""One file's values against the models: what each part says, and all that is wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from glacier_manifest.diagnostics import Severity
from glacier_manifest.manifest import archive_checks, checks, values
from glacier_manifest.manifest.explaining import Part, kind_of, missing_key, unknown_value, wrong_type
from glacier_manifest.manifest.fields import Strict
from glacier_manifest.manifest.file_models import (
    TOP_LEVEL,
    Defaults,
    Header,
    PaceSection,
    RestartsSection,
)
from glacier_manifest.manifest.findings import Document, Finding
from glacier_manifest.manifest.job_models import JOB_MODELS
from glacier_manifest.manifest.limit_models import LimitsSection
from glacier_manifest.manifest.merged import MergedJob, OwnJob
from glacier_manifest.manifest.misplaced import stray_key, without_echoes
from glacier_manifest.manifest.price_models import PricesSection
from glacier_manifest.manifest.where import within

_Model = TypeVar("_Model", bound=Strict)


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file's contents; a part with an error in it stands there empty.

    Attributes:
        document: The text and its places.
        limits, restarts, pace: The sections, None where the file has none.
        prices: The table of prices, or the name of the file that holds it; None where there is neither.
        names: The names of all jobs, the wrong ones too.
        jobs: The jobs without an error.
        findings: All errors and warnings.
    """

    document: Document
    limits: LimitsSection | None
    restarts: RestartsSection | None
    pace: PaceSection | None
    prices: PricesSection | str | None
    names: tuple[str, ...]
    jobs: tuple[MergedJob, ...]
    findings: tuple[Finding, ...]


def check_file(document: Document) -> CheckedFile:
    """Check everything that one file can tell."""
    findings: list[Finding] = []
    root = _mapping(document.root.value, findings)
    jobs = _jobs_section(root, findings)
    header = _validated(Header, {key: root[key] for key in Header.model_fields if key in root}, findings)
    defaults = _section(Defaults, "defaults", root, findings) or Defaults()
    written_defaults = root.get("defaults")
    context = _Context(
        header or Header.model_construct(version=1),
        defaults,
        written_defaults if isinstance(written_defaults, dict) else {},
    )
    merged = [job for name, written in jobs.items() if (job := context.job(name, written, findings))]
    return CheckedFile(
        document=document,
        limits=_section(LimitsSection, "limits", root, findings),
        restarts=_section(RestartsSection, "restarts", root, findings),
        pace=_section(PaceSection, "pace", root, findings),
        prices=_prices(root, findings),
        names=tuple(jobs),
        jobs=tuple(merged),
        findings=tuple(without_echoes(findings)),
    )


def _mapping(value: object, findings: list[Finding]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        what = "the file is empty" if value is None else f"the file holds {kind_of(value)}, not a mapping"
        findings.append(Finding("not-a-manifest", (), what, "begin with 'version: 1' and 'jobs:'"))
        return {"version": 1, "jobs": {}}
    findings += [stray_key((key,), TOP_LEVEL, None) for key in value if key not in TOP_LEVEL]
    return value


def _jobs_section(root: Mapping[str, Any], findings: list[Finding]) -> Mapping[str, Any]:
    jobs = root.get("jobs", {}) or {}
    if "jobs" not in root:
        findings.append(missing_key("jobs", (), None))
    if isinstance(jobs, dict):
        return jobs
    findings.append(wrong_type("a mapping", jobs, ("jobs",), None))
    return {}


def _section(
    model: type[_Model], key: str, root: Mapping[str, Any], findings: list[Finding]
) -> _Model | None:
    """Check a section; one whose lines are all commented out is as good as none."""
    return None if root.get(key) is None else _validated(model, root[key], findings, key)


def _prices(root: Mapping[str, Any], findings: list[Finding]) -> PricesSection | str | None:
    written = root.get("prices")
    if written is not None and not isinstance(written, str | dict):
        findings.append(wrong_type("text or a mapping", written, ("prices",), None))
        return None
    if not isinstance(written, str):
        section = _section(PricesSection, "prices", root, findings)
        findings += checks.price_oddities(() if section is None else section.regions)
        return section
    try:
        return values.file_name(written)
    except PydanticCustomError as error:
        context = error.context or {}
        findings.append(Finding(error.type, ("prices",), context["message"], context["advice"]))
        return None


def _validated(
    model: type[_Model], value: object, findings: list[Finding], *path: str, job_type: str | None = None
) -> _Model | None:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        findings.extend(Part(model, path, job_type).explain(error))
        return None


@dataclass(frozen=True, slots=True)
class _Context:
    """What the jobs of one file share."""

    header: Header
    defaults: Defaults
    written_defaults: Mapping[str, Any]

    def job(self, name: str, written: object, findings: list[Finding]) -> MergedJob | None:
        """Check one job; return it where it has no error."""
        found_type = [*_type_findings(name, written)]
        found = [*_name_findings(name), *found_type]
        merged = None
        if not found_type and isinstance(written, dict):
            merged = self._typed_job(name, written, found)
        findings += found
        return merged if all(one.severity is Severity.WARNING for one in found) else None

    def _typed_job(self, name: str, written: Mapping[str, Any], found: list[Finding]) -> MergedJob | None:
        job_type = written["type"]
        found += checks.missing_keys(name, job_type, written, self.written_defaults)
        job = _validated(JOB_MODELS[job_type], written, found, "jobs", name, job_type=job_type)
        if job is None:
            return None
        own = OwnJob(name, written, job)
        merged = own.with_defaults(self.defaults, self.header)
        found += [*checks.conflicts(merged), *archive_checks.conflicts(merged), *checks.oddities(merged)]
        return merged


def _name_findings(name: str) -> Iterator[Finding]:
    try:
        values.job_name(name)
    except PydanticCustomError as error:
        context = error.context or {}
        yield Finding(error.type, ("jobs", name), context["message"], context["advice"], at_key=True)


def _type_findings(name: str, written: object) -> Iterator[Finding]:
    path = ("jobs", name)
    allowed = [*map(str, JOB_MODELS)]
    if not isinstance(written, dict):
        yield wrong_type("a mapping", written, path, None)
    elif "type" not in written:
        yield missing_key("type", path, None, f"say what it is: type: {' or '.join(allowed)}")
    elif not isinstance(written["type"], str):
        yield wrong_type("text", written["type"], (*path, "type"), None)
    elif written["type"] not in JOB_MODELS:
        yield unknown_value(written["type"], allowed, (*path, "type"), within(path))
