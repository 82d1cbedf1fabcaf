"""From a checked selection of archives to the values that the program works with."""

from glacier_manifest.manifest.findings import Document, Path
from glacier_manifest.manifest.model import FromInventory, InventorySource, Order, TextMatch, Where
from glacier_manifest.manifest.selection_models import (
    ArchivesSection,
    Conditions,
    CreationDates,
    DescriptionMatch,
    JobOutput,
    Sizes,
)


def build_selection(document: Document, path: Path, section: ArchivesSection) -> FromInventory:
    """Return the archives that a job picks; `path` leads to its ``archives``."""
    return FromInventory(
        source=build_source(document, (*path, "inventory"), section.inventory),
        where=_where(section.where or Conditions()),
        exclude=tuple(map(_where, section.exclude or ())),
        order=Order(section.order),
        descending=section.descending,
        limit=section.limit,
    )


def build_source(document: Document, path: Path, written: str | JobOutput) -> InventorySource:
    """Return where an inventory is read; a file stands beside the manifest."""
    if isinstance(written, JobOutput):
        return InventorySource(None, None, written.job, document.source.span(document.place((*path, "job"))))
    span = document.source.span(document.place(path))
    if written.startswith("s3://"):
        return InventorySource(None, written, None, span)
    return InventorySource(document.source.path.parent / written, None, None, span)


def _where(conditions: Conditions) -> Where:
    dates, sizes = conditions.creation_date or CreationDates(), conditions.size or Sizes()
    return Where(
        path=tuple(conditions.path or ()),
        description=_text_match(conditions.description),
        created_from=dates.from_,
        created_to=dates.to,
        smallest=sizes.min,
        largest=sizes.max,
        tree_hash=tuple(conditions.tree_hash or ()),
        archive_id=tuple(conditions.archive_id or ()),
    )


def _text_match(written: str | DescriptionMatch | None) -> TextMatch | None:
    if written is None:
        return None
    return TextMatch(glob=written) if isinstance(written, str) else TextMatch(regex=written.regex)
