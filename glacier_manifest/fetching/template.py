"""A ``save_to`` filled: where one output shall go, and under which name.

The manifest's own text is trusted (it may name a whole folder); what comes into its places is not.
"""

from dataclasses import dataclass
from datetime import date
from string import Formatter
from typing import Self

from glacier_manifest.fetching.names import Name, Reason, inside
from glacier_manifest.jobs.request import ByteRange

_S3 = "s3://"


@dataclass(frozen=True, slots=True)
class Filling:
    """What comes into the places of a template.

    Attributes:
        vault: The vault's name.
        job: The job's name in the manifest.
        date: The day on which the job was started, UTC.
        archive_id: The archive; None for an inventory.
        path: The name decoded from the archive's description; None where no inventory tells it.
        slot: The slot of an inventory's schedule; None where it has none, and then the date stands for it.
        byte_range: The piece of the archive, where it is kept as a file of its own.
        page: Which page of an inventory that comes in several; None where it is whole.
    """

    vault: str
    job: str
    date: date
    archive_id: str | None = None
    path: str | None = None
    slot: str | None = None
    byte_range: ByteRange | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """Names for the outputs of one job.

    Attributes:
        base: The folder that no name leaves, as the manifest writes it (``saved``, ``/srv/restored``, ``.``),
            or a bucket and a prefix (``s3://restored/2015``).
        pieces: What follows in the base: texts, each with the place behind it, if there is one.
    """

    base: str
    pieces: tuple[tuple[str, str | None], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a template that the manifest's checks have let pass."""
        pieces = [(literal, name) for literal, name, _, _ in Formatter().parse(text)]
        folder, slash, rest = pieces[0][0].rpartition("/")
        base = folder or slash or "."
        if base == "s3:/":  # a place stands in the bucket's own name: no manifest passes with that
            raise ValueError(f"{text!r} does not name a bucket")
        return cls(base, ((rest, pieces[0][1]), *pieces[1:]))

    @property
    def in_s3(self) -> bool:
        """Whether the outputs are objects in S3."""
        return self.base.startswith(_S3)

    def wanted(self, filling: Filling) -> Name:
        """Return the name that an output shall have below the base, with whatever the places' texts hold."""
        path = _path(filling)
        has_path = any(place == "path" for _, place in self.pieces)
        text = "".join(literal + _value(place, filling, path) for literal, place in self.pieces)
        if filling.byte_range is not None:
            text = f"{text}.{filling.byte_range}"
        if filling.page is not None:
            text = f"{text}.page-{filling.page}"
        return Name(text, path.reasons if has_path else ())


def _path(filling: Filling) -> Name:
    """Return what of the archive's name stays in a folder; the archive's ID where that is nothing."""
    below = inside(filling.path or "")
    if below.text.strip():
        return below
    return Name(filling.archive_id or "", (*below.reasons, Reason.NO_NAME))


def _value(place: str | None, filling: Filling, path: Name) -> str:
    match place:
        case None:
            return ""
        case "path":
            return path.text
        case "date":
            return filling.date.isoformat()
        case "slot":
            return _one_segment(filling.slot or filling.date.isoformat())
        case "archive_id":
            return _one_segment(filling.archive_id or "")
        case "vault":
            return _one_segment(filling.vault)
        case "job":
            return _one_segment(filling.job)
        case _:
            raise ValueError(f"nothing comes into {{{place}}}")


def _one_segment(value: str) -> str:
    """Return a value that is one folder or file, and neither this folder nor the one above."""
    if not value.strip("."):
        return value.replace(".", "%2E")
    return value.replace("/", "%2F")
