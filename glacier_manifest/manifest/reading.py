"""Reading manifests: files and folders in, one Manifest out, or everything that is wrong with them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, in_file_order
from glacier_manifest.manifest.building import build_job
from glacier_manifest.manifest.choosing import choose
from glacier_manifest.manifest.file_checking import CheckedFile, check_file
from glacier_manifest.manifest.findings import Finding, locate
from glacier_manifest.manifest.model import Limits, Manifest
from glacier_manifest.manifest.references import known_jobs, wrong_references
from glacier_manifest.manifest.section_building import (
    build_limits,
    build_pace,
    build_prices,
    build_restarts,
)

#: What counts for all files read together, and so stands in one.
_SHARED = ("limits", "restarts", "pace", "prices")


def read_manifest(paths: Sequence[Path]) -> Manifest:
    """Read manifests that stand in files or folders, together.

    Args:
        paths: Files and folders. Of a folder, ``*.glacier.yaml`` are read, then every other YAML file
            that has ``version`` and ``jobs`` at its top level.

    Returns:
        Everything that they ask for, with the warnings.

    Raises:
        InvalidInput: Something is wrong; it carries all errors and warnings of all files.
    """
    choice = choose(paths)
    files = [check_file(document) for document in choice.documents]
    found = [*choice.found, *_nothing_read(paths), *_told(files)]
    if any(one.severity is Severity.ERROR for one in found):
        raise InvalidInput(found)
    return _manifest(files, in_file_order(found))


def _manifest(files: Sequence[CheckedFile], warnings: tuple[Diagnostic, ...]) -> Manifest:
    limits = next((file.limits for file in files if file.limits is not None), None)
    restarts = next((file.restarts for file in files if file.restarts is not None), None)
    pace = next((file.pace for file in files if file.pace is not None), None)
    prices = next((file for file in files if file.prices is not None), None)
    paths = tuple(file.document.source.path for file in files)
    return Manifest(
        jobs=tuple(build_job(file.document, job) for file in files for job in file.jobs),
        limits=Limits() if limits is None else build_limits(limits),
        restarts=build_restarts(restarts),
        pace=build_pace(pace),
        files=paths,
        folder=_folder(paths),
        warnings=warnings,
        prices=None if prices is None else build_prices(prices),
    )


def _folder(paths: Sequence[Path]) -> Path | None:
    folders = {path.resolve().parent for path in paths}
    return paths[0].parent if len(folders) == 1 else None


def _nothing_read(paths: Sequence[Path]) -> Iterator[Diagnostic]:
    if not paths:
        message = "no manifest is named"
        yield Diagnostic(Severity.ERROR, "no-manifest", message, help="name a file or a folder")


def _told(files: Sequence[CheckedFile]) -> Iterator[Diagnostic]:
    """Yield what is wrong in each file, and what is wrong with all of them together."""
    first_jobs: dict[str, str] = {}
    first_sections: dict[str, str] = {}
    known = known_jobs(files)
    for file in files:
        repeats = [*_repeated_jobs(file, first_jobs), *_repeated_sections(file, first_sections)]
        yield from locate(file.document, [*file.findings, *repeats, *wrong_references(file, known)])
    if files and not any(file.names for file in files) and not any(file.findings for file in files):
        yield from locate(files[0].document, [_no_jobs()])


def _no_jobs() -> Finding:
    advice = "add a job below 'jobs:'"
    return Finding("no-jobs", ("jobs",), "there is no job", advice, at_key=True, severity=Severity.WARNING)


def _repeated_jobs(file: CheckedFile, first: dict[str, str]) -> Iterator[Finding]:
    for name in file.names:
        place = file.document.member(("jobs", name)).key
        here = f"{file.document.source.path}:{place.line}:{place.column}"
        if first.setdefault(name, here) != here:
            message = f"job '{name}' stands already at {first[name]}"
            yield Finding("duplicate-job", ("jobs", name), message, "rename one of the two", at_key=True)


def _repeated_sections(file: CheckedFile, first: dict[str, str]) -> Iterator[Finding]:
    for key in _SHARED:
        if key not in (file.document.root.members or {}):
            continue
        place = file.document.member((key,)).key
        here = f"{file.document.source.path}:{place.line}:{place.column}"
        if first.setdefault(key, here) != here:
            message = f"'{key}' stands already at {first[key]}, and counts for all files read together"
            yield Finding("repeated-section", (key,), message, "keep it in one file", at_key=True)
