"""What only a whole job shows of the archives that it asks for, and of where they are saved."""

from collections.abc import Iterator

from glacier_manifest.manifest.explaining import missing_key
from glacier_manifest.manifest.findings import Finding
from glacier_manifest.manifest.job_models import ArchiveRetrievalJob, InventoryRetrievalJob, SelectJob
from glacier_manifest.manifest.merged import MergedJob
from glacier_manifest.manifest.model import is_glob
from glacier_manifest.manifest.selection_models import JobOutput
from glacier_manifest.manifest.templates import PLACEHOLDERS, braced, placeholders_in
from glacier_manifest.manifest.values import shown

_NAMING = ("archive_id", "archive_ids", "archive_ids_from")
#: The limits that bound what a job may buy that nobody has seen listed yet.
_BOUNDS = ("jobs", "bytes", "cost")


def conflicts(job: MergedJob) -> Iterator[Finding]:
    """Yield the errors in what a job asks for, and in where it saves it."""
    fields = job.fields
    if isinstance(fields, ArchiveRetrievalJob):
        yield from _sources(job, fields)
        yield from _pieces(job, fields)
        yield from _inventory_of_one_vault(job, fields)
        yield from _unbounded(job, fields)
    if not isinstance(fields, InventoryRetrievalJob):
        yield from _ids_in_one_vault(job, fields)
    yield from _places(job)


def _sources(job: MergedJob, fields: ArchiveRetrievalJob) -> Iterator[Finding]:
    if fields.archives is None:
        return
    for key in _NAMING:
        if getattr(fields, key) is not None:
            message = f"'archives' and '{key}' exclude each other in {_named(job)}"
            yield _conflict(job, key, message, "keep one of the two, or write two jobs")
    if fields.sizes_from is not None:
        message = f"'archives' and 'sizes_from' exclude each other in {_named(job)}"
        yield _conflict(job, "sizes_from", message, "remove 'sizes_from': the inventory has the sizes")


def _pieces(job: MergedJob, fields: ArchiveRetrievalJob) -> Iterator[Finding]:
    if fields.split is None:
        return
    if fields.retrieval_byte_range is not None:
        message = f"'split' and 'retrieval_byte_range' exclude each other in {_named(job)}"
        yield _conflict(job, "split", message, "keep one of the two")
    if fields.archives is None and fields.sizes_from is None:
        advice = "'split' needs the sizes of the archives: name an inventory of the vault"
        yield missing_key("sizes_from", ("jobs", job.name), fields.type, advice)


def _inventory_of_one_vault(job: MergedJob, fields: ArchiveRetrievalJob) -> Iterator[Finding]:
    if fields.archives is None or isinstance(fields.archives.inventory, JobOutput) or not _has_several(job):
        return
    message = f"{_named(job)} is sent to several vaults, and an inventory lists one"
    advice = "write a job for each vault, or take the inventories of a job: inventory: {job: NAME}"
    yield Finding("conflicting-keys", ("jobs", job.name, "archives", "inventory"), message, advice)


def _unbounded(job: MergedJob, fields: ArchiveRetrievalJob) -> Iterator[Finding]:
    """Look for what is approved before anybody can have seen it: its own limits stand for it."""
    archives, limits = fields.archives, fields.limits
    waits = isinstance(archives and archives.inventory, JobOutput) or (
        isinstance(fields.sizes_from, JobOutput) and fields.split is not None
    )
    if not waits or any(getattr(limits, name, None) is not None for name in _BOUNDS):
        return
    message = f"{_named(job)} waits for an inventory, and nothing says how much it may start then"
    advice = "give the job limits of its own, such as limits: {jobs: 5000, cost: 20 USD}"
    yield Finding("missing-limits", ("jobs", job.name), message, advice, at_key=True)


def _ids_in_one_vault(job: MergedJob, fields: ArchiveRetrievalJob | SelectJob) -> Iterator[Finding]:
    named = [key for key in _NAMING if getattr(fields, key, None) is not None]
    globs = [vault for vault in fields.vault or () if is_glob(vault)]
    if named and globs:
        message = (
            f"'{shown(globs[0])}' stands for several vaults, and '{named[0]}' of {_named(job)} is in one"
        )
        yield Finding("conflicting-keys", job.path("vault"), message, "name the vault that has the archives")


def _places(job: MergedJob) -> Iterator[Finding]:
    fields = job.fields
    if fields.save_to is None:
        return
    places, known = placeholders_in(fields.save_to), PLACEHOLDERS[fields.type]
    for name in places:
        if name not in known:
            message = f"'{{{name}}}' means nothing in 'save_to' of {_named(job)}"
            yield Finding("save-to", job.path("save_to"), message, f"write one of {braced(known)}")
    lacking = _lacking(job)
    if lacking and not set(lacking) & set(places):
        message = f"'{shown(fields.save_to)}' is one name for all that {_named(job)} saves"
        advice = f"add {' or '.join(f'{{{name}}}' for name in lacking)} to the name"
        yield Finding("save-to", job.path("save_to"), message, advice, subject="one name")


def _lacking(job: MergedJob) -> tuple[str, ...]:
    """Return the places of which one is needed, so that no output takes the name of another."""
    fields = job.fields
    if isinstance(fields, InventoryRetrievalJob):
        return ("vault",) if _has_several(job) else ()
    listed = len(fields.archive_ids or ()) + (fields.archive_id is not None)
    if isinstance(fields, SelectJob):
        return ("archive_id",) if listed > 1 else ()
    several = listed > 1 or fields.archives is not None or fields.archive_ids_from is not None
    return ("path", "archive_id") if several else ()


def _has_several(job: MergedJob) -> bool:
    vaults = job.fields.vault or ()
    return len(vaults) > 1 or any(map(is_glob, vaults))


def _named(job: MergedJob) -> str:
    return f"{job.fields.type} job '{job.name}'"


def _conflict(job: MergedJob, key: str, message: str, advice: str) -> Finding:
    return Finding("conflicting-keys", job.path(key), message, advice, at_key=True)
