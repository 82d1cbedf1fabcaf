"""Jobs that read the inventories of other jobs, in whatever file those stand.

Only archive retrievals read an inventory, and only inventory retrievals make one: no two can wait for each
other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from glacier_manifest.diagnostics import Severity
from glacier_manifest.manifest.file_checking import CheckedFile
from glacier_manifest.manifest.findings import Finding, Path
from glacier_manifest.manifest.job_models import ArchiveRetrievalJob, InventoryRetrievalJob
from glacier_manifest.manifest.merged import MergedJob
from glacier_manifest.manifest.selection_models import JobOutput
from glacier_manifest.manifest.values import shown
from glacier_manifest.manifest.words import closest, did_you_mean


@dataclass(frozen=True, slots=True)
class Known:
    """The jobs of all files: the names of all of them, and those without an error."""

    names: frozenset[str]
    jobs: Mapping[str, MergedJob]


def known_jobs(files: Sequence[CheckedFile]) -> Known:
    """Return the jobs of all files."""
    names = frozenset(name for file in files for name in file.names)
    return Known(names, {job.name: job for file in files for job in file.jobs})


def wrong_references(file: CheckedFile, known: Known) -> Iterator[Finding]:
    """Yield what is wrong with the jobs that a file's jobs name."""
    for job in file.jobs:
        for path, name in _references(job):
            yield from _wrong(job, path, name, known)


def _references(job: MergedJob) -> Iterator[tuple[Path, str]]:
    """Yield the jobs that a job names, each with the place where it does."""
    fields = job.fields
    if not isinstance(fields, ArchiveRetrievalJob):
        return
    if fields.archives is not None and isinstance(fields.archives.inventory, JobOutput):
        yield ("jobs", job.name, "archives", "inventory", "job"), fields.archives.inventory.job
    if isinstance(fields.sizes_from, JobOutput):
        yield ("jobs", job.name, "sizes_from", "job"), fields.sizes_from.job


def _wrong(job: MergedJob, path: Path, name: str, known: Known) -> Iterator[Finding]:
    if name not in known.names:
        yield _unknown(path, name, known)
    elif name in known.jobs:
        named = known.jobs[name]
        why = _unfit(job, named)
        if why is not None:
            advice = "name an inventory-retrieval job that takes the inventory of the same vault"
            yield Finding("inventory-job", path, f"job '{name}' {why}", advice)
        elif isinstance(named.fields, InventoryRetrievalJob) and named.fields.save_to is None:
            yield _never_saved(path, name)


def _never_saved(path: Path, name: str) -> Finding:
    message = f"job '{name}' has no 'save_to', so that its inventory is stored only where --to says so"
    advice = f"give job '{name}' a 'save_to': what waits for its inventory begins when that is stored"
    return Finding("inventory-not-saved", path, message, advice, severity=Severity.WARNING)


def _unknown(path: Path, name: str, known: Known) -> Finding:
    inventories = [one.name for one in known.jobs.values() if isinstance(one.fields, InventoryRetrievalJob)]
    advice = "name an inventory-retrieval job of these files"
    if inventories:
        advice = f"{advice}: {', '.join(map(shown, inventories[:5]))}"
    meant = closest(name, inventories)
    return Finding("unknown-job", path, f"there is no job '{shown(name)}'", advice, label=did_you_mean(meant))


def _unfit(job: MergedJob, named: MergedJob) -> str | None:
    """Say why a job does not make the inventory that another one needs; None where it does."""
    if not isinstance(named.fields, InventoryRetrievalJob):
        return f"is of type {named.fields.type}, and makes no inventory"
    if job.account_id != named.account_id and "-" not in {job.account_id, named.account_id}:
        return f"is for account {named.account_id}, and job '{job.name}' for {job.account_id}"
    if job.region != named.region and None not in {job.region, named.region}:
        return f"is for region {named.region}, and job '{job.name}' for {job.region}"
    inventories = named.fields.vault or ()
    missing = [one for one in job.fields.vault or () if not any(_covers(each, one) for each in inventories)]
    return f"takes no inventory of '{shown(missing[0])}', the vault of job '{job.name}'" if missing else None


def _covers(inventories: str, vault: str) -> bool:
    """Say whether the vaults that a name or glob stands for are surely among those of another."""
    return fnmatchcase(vault, inventories.replace("?", "[!*]"))
