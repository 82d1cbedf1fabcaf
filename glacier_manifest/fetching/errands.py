"""From what is wanted of an output to the errand that fetches it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from glacier_manifest.aws.descriptions import ListedJob
from glacier_manifest.errors import Failed
from glacier_manifest.fetching.destination import Output
from glacier_manifest.fetching.download import Errand
from glacier_manifest.fetching.names import Name
from glacier_manifest.fetching.output import JobOutput, Whole, alone, output_of, put_together
from glacier_manifest.fetching.pages import page_of
from glacier_manifest.fetching.parts import Division, divided
from glacier_manifest.fetching.pieces import archive_identity
from glacier_manifest.fetching.places import Place
from glacier_manifest.fetching.template import Filling
from glacier_manifest.fetching.wants import Told, Want
from glacier_manifest.inventory.names.table import decode, path_of
from glacier_manifest.jobs.request import ByteRange, Vault
from glacier_manifest.state.record import Record


@dataclass(frozen=True, slots=True)
class Wanted:
    """An output that is to be stored.

    Attributes:
        record: Whose it is.
        want: What is wanted of it.
        job: What Glacier tells of the job.
    """

    record: Record
    want: Want
    job: ListedJob

    @property
    def output(self) -> JobOutput:
        """What there is to be read.

        Raises:
            Failed: ``no-output``; ``inventory-disagrees``: the inventory tells of another archive.
        """
        record = self.record
        output = output_of(self.job, Vault(record.account_id, record.region, record.vault))
        if self.want.told is None or output.is_inventory:
            return output
        return _as_told(output, self.want.told, record)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An errand, the requests that it serves, and the name that the output shall have.

    Attributes:
        errand: What the pool does.
        served: Whose outputs it reads.
        name: The name, and why it is another than was wanted.
        place: Where it goes.
    """

    errand: Errand
    served: tuple[Wanted, ...]
    name: Name
    place: Place

    @property
    def is_archive(self) -> bool:
        """Whether pieces of an archive are put together."""
        return self.errand.kept_as.identity == archive_identity(self.served[0].record)


def single(wanted: Wanted, place: Place, part_size: int) -> Prepared:
    """Return the errand that stores one output as a file of its own.

    Raises:
        Failed: ``no-output``, ``inventory-disagrees``.
    """
    record, output = wanted.record, wanted.output
    filling = filling_of(wanted)
    if record.retrieval_byte_range is not None and not output.is_inventory:
        filling = replace(filling, byte_range=ByteRange(output.start, output.end - 1))
    whole = alone(output)
    return _prepared(
        whole,
        f"{record.key}.{record.generation}",
        (wanted,),
        place,
        filling=filling,
        division=whole.divided(part_size),
    )


def together(pieces: Sequence[Wanted], place: Place) -> Prepared:
    """Return the errand that puts pieces of one archive together, as far as their outputs are there.

    The size of the parts is not for the user to choose: parts that were held for days must be known again.

    Raises:
        Failed: ``no-output``, ``inventory-disagrees``.
    """
    served = tuple(sorted(pieces, key=lambda piece: piece.output.start))
    whole = put_together(tuple(piece.output for piece in served))
    return _prepared(
        whole,
        archive_identity(served[0].record),
        served,
        place,
        filling=filling_of(served[0]),
        division=divided(whole.length, cuts=_cuts(served)),
    )


def _cuts(served: Sequence[Wanted]) -> set[int]:
    """Return where pieces begin and end; a split tells that of those too that are not there yet."""
    split = served[0].want.split
    if split is not None:
        return {split}
    return {place for piece in served for place in (piece.output.start, piece.output.end)}


def _prepared(
    whole: Whole,
    identity: str,
    served: tuple[Wanted, ...],
    place: Place,
    *,
    filling: Filling,
    division: Division,
) -> Prepared:
    want = served[0].want
    name = place.naming.give(identity, want.template.wanted(filling))
    modified = None if want.told is None else decode(want.told.description).modified
    kept_as = Output(identity, name.text, division, modified)
    return Prepared(Errand(whole, kept_as, place.destination, place.room), served, name, place)


def filling_of(wanted: Wanted) -> Filling:
    """Return what comes into the places of an output's template."""
    record, told = wanted.record, wanted.want.told
    return Filling(
        vault=record.vault,
        job=wanted.want.job,
        date=(record.accepted_at or wanted.job.created_at).date(),
        archive_id=record.archive_id,
        path=None if told is None else path_of(told.description),
        slot=record.slot,
        page=page_of(record),
    )


def _as_told(output: JobOutput, told: Told, record: Record) -> JobOutput:
    """Hold an archive against what its inventory tells of it; take the tree hash where Glacier gives none."""
    found = (output.whole_length, output.whole_tree_hash or told.tree_hash)
    if found != (told.size, told.tree_hash):
        raise Failed(
            "inventory-disagrees",
            f"{record.address}: Glacier gives an archive of {found[0]:,} bytes with tree hash {found[1]}, and"
            f" the inventory lists one of {told.size:,} bytes with tree hash {told.tree_hash}",
            next_step="name the inventory that Glacier made of this vault; where that disagrees as well, ask"
            " AWS Support before anything is deleted",
        )
    is_whole = output.length == output.whole_length
    return replace(
        output,
        whole_tree_hash=told.tree_hash,
        tree_hash=output.tree_hash or (told.tree_hash if is_whole else None),
    )
