"""From a checked file to the jobs that the program works with."""

from collections.abc import Iterator

from glacier_manifest.jobs.request import ByteRange, InventoryRetrieval, Wire
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest.checks import schedule_of
from glacier_manifest.manifest.findings import Document
from glacier_manifest.manifest.job_models import ArchiveRetrievalJob, InventoryRetrievalJob, SelectJob
from glacier_manifest.manifest.merged import MergedJob
from glacier_manifest.manifest.model import Archives, Ask, IdList, Job, ListedArchive, SelectQuery
from glacier_manifest.manifest.section_building import build_limits
from glacier_manifest.manifest.select_models import Parameters
from glacier_manifest.manifest.selection_building import build_selection, build_source


def build_job(document: Document, merged: MergedJob) -> Job:
    """Return a job, every default filled in and every value in the spelling of the API."""
    fields = merged.fields
    return Job(
        name=merged.name,
        span=document.source.span(document.member(("jobs", merged.name)).key),
        vaults=tuple(fields.vault or ()),
        account_id=merged.account_id,
        region=merged.region,
        description=fields.description,
        sns_topic=fields.sns_topic,
        tiers=() if isinstance(fields, InventoryRetrievalJob) else tuple(map(Tier, fields.tier or ())),
        schedule=schedule_of(fields),
        ask=_ask(document, merged),
        limits=None if fields.limits is None else build_limits(fields.limits),
        save_to=fields.save_to,
    )


def _ask(document: Document, merged: MergedJob) -> Ask:
    fields = merged.fields
    if isinstance(fields, InventoryRetrievalJob):
        return _inventory(fields)
    archives = tuple(_listed(document, merged))
    if isinstance(fields, SelectJob):
        return SelectQuery(archives, _wire(fields.select_parameters), _wire(fields.output_location))
    return _retrievals(document, merged.name, fields, archives)


def _retrievals(
    document: Document, name: str, fields: ArchiveRetrievalJob, listed: tuple[ListedArchive, ...]
) -> Archives:
    path = ("jobs", name)
    section, sizes = fields.archives, fields.sizes_from
    return Archives(
        archive_ids=listed,
        archive_ids_from=_id_list(document, name, fields),
        retrieval_byte_range=_byte_range(fields.retrieval_byte_range),
        from_inventory=None if section is None else build_selection(document, (*path, "archives"), section),
        sizes_from=None if sizes is None else build_source(document, (*path, "sizes_from"), sizes),
        split=fields.split,
        allow_overlap=fields.allow_overlap,
    )


def _inventory(fields: InventoryRetrievalJob) -> InventoryRetrieval:
    parameters = fields.inventory_retrieval_parameters
    members = {} if parameters is None else parameters.model_dump()
    return InventoryRetrieval(format=fields.format, **members)


def _wire(parameters: Parameters | None) -> Wire:
    return {} if parameters is None else parameters.wire()


def _listed(document: Document, merged: MergedJob) -> Iterator[ListedArchive]:
    fields = merged.fields
    if isinstance(fields, InventoryRetrievalJob):
        return
    path = ("jobs", merged.name)
    if fields.archive_id is not None:
        node = document.member((*path, "archive_id")).node
        yield ListedArchive(fields.archive_id, document.source.span(node.place))
    nodes = document.member((*path, "archive_ids")).node.items or ()
    for archive_id, node in zip(fields.archive_ids or (), nodes, strict=False):
        yield ListedArchive(archive_id, document.source.span(node.place))


def _id_list(document: Document, name: str, fields: ArchiveRetrievalJob) -> IdList | None:
    if fields.archive_ids_from is None:
        return None
    place = document.place(("jobs", name, "archive_ids_from"))
    path = document.source.path.parent / fields.archive_ids_from
    return IdList(path, document.source.span(place))


def _byte_range(text: str | None) -> ByteRange | None:
    return None if text is None else ByteRange(*map(int, text.split("-")))
