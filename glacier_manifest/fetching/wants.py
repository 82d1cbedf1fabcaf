"""What is wanted of a finished job's output: where it goes, and what is known of the archive beforehand."""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from glacier_manifest.drafting.draft import Draft
from glacier_manifest.fetching.pieces import archive_of, job_in
from glacier_manifest.fetching.template import Template
from glacier_manifest.jobs.address import AddressPattern, Match, address_of, page_in
from glacier_manifest.jobs.request import InventoryRetrieval, JobType, Vault, Wire
from glacier_manifest.jobs.status import Status
from glacier_manifest.manifest import Archives, Job
from glacier_manifest.planning.lot import Lot, Piece, Query
from glacier_manifest.planning.stencil import key_of
from glacier_manifest.state.record import Record

_S3 = "s3://"


class Told(NamedTuple):
    """What an inventory tells of an archive: its description as it stands there, its bytes, its tree hash."""

    description: str
    size: int
    tree_hash: str


@dataclass(frozen=True, slots=True)
class Want:
    """What is wanted of one output.

    Attributes:
        template: Where it goes; its base is absolute.
        job: The manifest's job that asks for it.
        told: What an inventory tells of the archive; None where none was read.
        split: Bytes of the pieces that the archive was asked for in, which become one file; None where each
            output is a file of its own.
        results_in: Where a select writes its results: the OutputLocation that is sent; None of others, and
            where no manifest tells.
    """

    template: Template
    job: str
    told: Told | None = None
    split: int | None = None
    results_in: Wire | None = None


class Wants(Protocol):
    """Tells what is wanted of outputs."""

    def of(self, record: Record) -> Want | None:
        """Return what is wanted of a record's output; None where it is not to be stored."""

    def inventories(self) -> Iterable[Lot]:
        """Return the inventories whose pages are to be put together: what asks for the first page of each."""

    def pieces(self, record: Record) -> Mapping[str, str]:
        """Return the addresses of all pieces of a record's archive that its job asks for, by their keys.

        As far as is known: a state does not tell of what was never started.
        """


@dataclass(frozen=True, slots=True)
class Anywhere:
    """One place for all outputs, as ``--to`` names it: a folder or a prefix, or a template.

    Attributes:
        archives, inventories, others: Where each kind goes.
    """

    archives: Template
    inventories: Template
    others: Template

    @classmethod
    def parse(cls, text: str, folder: Path) -> "Anywhere":
        """Read a place, which is relative to a folder; without braces each output gets a name of its own."""
        if "{" in text:
            template = placed(text, folder)
            return cls(template, template, template)
        base = text.replace("}", "}}").rstrip("/") or "/"
        kinds = ("{vault}/{path}", "{vault}/{job}-{slot}", "{vault}/{job}-{archive_id}")
        return cls(*(placed(f"{base}/{kind}", folder) for kind in kinds))

    def of(self, record: Record) -> Template:
        """Return where a record's output goes."""
        match record.type:
            case JobType.ARCHIVE_RETRIEVAL:
                return self.archives
            case JobType.INVENTORY_RETRIEVAL:
                return self.inventories
            case _:
                return self.others


class OfState:
    """All outputs of a state, whatever the manifests say by now.

    Args:
        to: Where they go.
        pieces: Tells the pieces of an archive that the state knows (`pieces.archive_of`): addresses by keys.
        targets: Addresses that are meant; all where there is none.
        excludes: Addresses that are not.
    """

    def __init__(
        self,
        to: Anywhere,
        pieces: Callable[[str], Mapping[str, str]],
        *,
        targets: Iterable[str] = (),
        excludes: Iterable[str] = (),
    ) -> None:
        self._to = to
        self._pieces = pieces
        self._meant = Meant(targets, excludes)

    def of(self, record: Record) -> Want | None:
        """Return what is wanted of a record's output; None where it is not meant."""
        if record.address not in self._meant:
            return None
        return Want(self._to.of(record), job_in(record.address))

    def inventories(self) -> Iterable[Lot]:
        """Return none: only a manifest tells which pages belong together."""
        return ()

    def pieces(self, record: Record) -> Mapping[str, str]:
        """Return the addresses of the pieces of a record's archive that the state knows, by their keys."""
        return self._pieces(archive_of(record))


class OfManifests:
    """The outputs that manifests ask for.

    Args:
        draft: What they ask for now.
        jobs: Their jobs, by name.
        told: What inventories tell of archives, by archive ID.
        to: A place for all outputs, whatever the manifests say.
        meant: What is meant among the slots of a schedule that are over, which the draft does not have.
        awaited: The archives that inventories were asked about; None for all. An output of another, which
            has begun since, has no name yet, and is wanted when inventories are read anew.
    """

    def __init__(
        self,
        draft: Draft,
        jobs: Mapping[str, Job],
        told: Callable[[str], Told | None],
        *,
        to: Anywhere | None = None,
        meant: "Meant | None" = None,
        awaited: Container[str] | None = None,
    ) -> None:
        self._draft = draft
        self._awaited = awaited
        self._jobs = jobs
        self._told = told
        self._to = to
        self._meant = meant or Meant((), ())
        self._templates: dict[tuple[str, Path], Template] = {}

    def of(self, record: Record) -> Want | None:
        """Return what is wanted of a record's output; None where no manifest saves it."""
        lot = self._draft.lot_of(record.key) or self._of_earlier_slot(record)
        if lot is None or self._is_too_new(record):
            return None
        template = self._template(lot, record)
        if template is None:
            return None
        told = None if record.archive_id is None else self._told(record.archive_id)
        results_in = lot.asking.output_location if isinstance(lot.asking, Query) else None
        return Want(template, lot.job, told, self._split(lot), results_in)

    def inventories(self) -> Iterable[Lot]:
        """Return the inventories that the manifests ask for."""
        return (lot for lot in self._draft.lots if _is_first_page(lot) and self._is_left(lot))

    def _is_too_new(self, record: Record) -> bool:
        """Say whether an output came after inventories were read for names."""
        if self._awaited is None or record.archive_id is None or record.status is not Status.SUCCEEDED:
            return False
        return record.archive_id not in self._awaited

    def _is_left(self, lot: Lot) -> bool:
        """Say whether it is among what the user means."""
        return self._draft.lot_of(key_of(lot, Piece()).hex()) is not None

    def pieces(self, record: Record) -> Mapping[str, str]:
        """Return the addresses of all pieces of a record's archive that its job asks for, by their keys."""
        vault = Vault(record.account_id, record.region, record.vault)
        job = job_in(record.address)
        asked = self._draft.retrievals(vault, record.archive_id or "")
        pieces = (one for one in asked if one.request.job == job and one.request.byte_range is not None)
        return {one.key: address_of(one.request) for one in pieces}

    def _template(self, lot: Lot, record: Record) -> Template | None:
        if self._to is not None:
            return self._to.of(record)
        if lot.save_to is None:
            return None
        place = (lot.save_to, lot.span.file)
        if place not in self._templates:
            self._templates[place] = placed(lot.save_to, lot.span.file.parent)
        return self._templates[place]

    def _split(self, lot: Lot) -> int | None:
        ask = self._jobs[lot.job].ask if lot.job in self._jobs else None
        return ask.split if isinstance(ask, Archives) else None

    def _of_earlier_slot(self, record: Record) -> Lot | None:
        """Return the lot of the series that a record belongs to, whose slot has passed since."""
        if record.slot is None or record.address not in self._meant:
            return None
        key = bytes.fromhex(record.key)
        for lot in self._draft.lots:
            if lot.schedule is None or not isinstance(lot.asking, InventoryRetrieval):
                continue
            then = replace(lot, slot=record.slot)
            if lot.vault.name == record.vault and (key_of(then, Piece()) == key or _is_page_of(lot, record)):
                return then
        return None


class Meant:
    """The addresses that a user means."""

    def __init__(self, targets: Iterable[str], excludes: Iterable[str]) -> None:
        self._targets = tuple(map(AddressPattern, targets))
        self._excludes = tuple(map(AddressPattern, excludes))

    def __contains__(self, address: object) -> bool:
        """Say whether an address is meant."""
        text = str(address)
        wanted = not self._targets or any(_fits(one, text) for one in self._targets)
        return wanted and not any(_fits(one, text) for one in self._excludes)


def _is_page_of(lot: Lot, record: Record) -> bool:
    """Say whether a record is a later page of what a lot asks for; its key tells where it begins as well."""
    return page_in(record.address) is not None and job_in(record.address) == lot.job


def _is_first_page(lot: Lot) -> bool:
    return isinstance(lot.asking, InventoryRetrieval) and lot.asking.page == 1


def _fits(pattern: AddressPattern, address: str) -> bool:
    return pattern.match(address) is not Match.NONE


def placed(text: str, folder: Path) -> Template:
    """Read a template; one that is no object in S3 begins at a folder."""
    template = Template.parse(text)
    if template.in_s3:
        return template
    return replace(template, base=str(folder.absolute() / template.base))
