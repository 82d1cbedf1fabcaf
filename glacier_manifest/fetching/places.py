"""The places that outputs go to, each opened once: what has a name there, and how much room there is."""

from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from glacier_manifest.aws.s3_writing import S3Writer, Storing
from glacier_manifest.errors import GlacierManifestError
from glacier_manifest.fetching.destination import Destination, Existing, Output
from glacier_manifest.fetching.folder import Folder
from glacier_manifest.fetching.names import Naming
from glacier_manifest.fetching.parts import USUAL_PART, Division
from glacier_manifest.fetching.room import Room
from glacier_manifest.fetching.s3 import Bucket

_S3 = "s3://"


class Known(NamedTuple):
    """An output that an earlier run has dealt with.

    Attributes:
        identity: As in `destination.Output`.
        location: Where it stands, or will; None where it is gone.
        is_open: Whether something is still to come: what is remembered of it is needed.
    """

    identity: str
    location: str | None
    is_open: bool = False


Settled = Callable[[], Iterable[Known]]


@dataclass(slots=True)
class Place:
    """One place.

    Attributes:
        destination: Keeps outputs.
        naming: Gives names in it.
        room: Its free space.
        closed_by: Why nothing more goes there in this run; None while it takes outputs.
    """

    destination: Destination
    naming: Naming
    room: Room = field(init=False)
    closed_by: GlacierManifestError | None = None

    def __post_init__(self) -> None:
        """Ask the place itself for its room."""
        self.room = Room(self.destination.free)


class Places:
    """Opens places by their base, and keeps them open over many runs of fetching.

    Args:
        opens: Opens one.
        claims: Whose each name is, in all places.
        settled: Tells what stands in them since earlier runs, or has expired; asked once for each place.
    """

    def __init__(
        self, opens: Callable[[str], Destination], claims: MutableMapping[str, str], settled: Settled
    ) -> None:
        self._opens = opens
        self._claims = claims
        self._settled = settled
        self._places: dict[str, Place] = {}

    def at(self, base: str) -> Place:
        """Return the place with a base, as a template names it.

        Raises:
            Failed: ``cannot-save``, ``no-room``.
            UsageError: ``prefix-too-long``.
        """
        if base not in self._places:
            self._places[base] = self._opened(base)
        return self._places[base]

    def _opened(self, base: str) -> Place:
        destination = self._opens(base)
        naming = Naming(destination.rules, base=destination.base, claims=self._claims)
        inside = destination.base.rstrip("/") + "/"
        remnants = destination.remnants()
        for known in self._settled():
            if known.location is not None and known.location.startswith(inside):
                naming.claim(known.identity, known.location.removeprefix(inside))
            if not known.is_open and known.identity in remnants:
                _forget(destination, known)
        return Place(destination, naming)

    def reopen(self) -> None:
        """Let places that were closed take outputs again."""
        for place in self._places.values():
            place.closed_by = None

    def tidy(self) -> None:
        """Leave nothing of our own in folders that need it no more."""
        for place in self._places.values():
            if isinstance(place.destination, Folder):
                place.destination.tidy()


def _forget(destination: Destination, known: Known) -> None:
    """Drop what a run that died left of an output; of one that expired, S3 keeps an upload to be aborted."""
    if known.location is not None or isinstance(destination, Folder):
        name = known.location or known.identity
        destination.forget(Output(known.identity, name, Division(0, USUAL_PART)))


@dataclass(frozen=True, slots=True)
class Opening:
    """How places are opened.

    Attributes:
        writer: Writes objects in S3.
        notes: A folder of this machine, where uploads that are under way are noted.
        existing: What becomes of other files and objects that have a wanted name.
        storing: How objects are stored.
    """

    writer: S3Writer
    notes: Path
    existing: Existing = Existing.KEPT
    storing: Storing = field(default_factory=Storing)

    def __call__(self, base: str) -> Destination:
        """Open a folder, or a bucket and a prefix."""
        if base.startswith(_S3):
            return Bucket(self.writer, base, self.notes, existing=self.existing, storing=self.storing)
        return Folder(Path(base), existing=self.existing)
