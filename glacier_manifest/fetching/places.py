"""The places that outputs go to, each opened once: what has a name there, and how much room there is."""

from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

from glacier_manifest.aws.s3_writing import S3Writer, Storing
from glacier_manifest.errors import GlacierManifestError
from glacier_manifest.fetching.destination import Destination, Existing
from glacier_manifest.fetching.folder import Folder
from glacier_manifest.fetching.names import Naming
from glacier_manifest.fetching.room import Room
from glacier_manifest.fetching.s3 import Bucket

_S3 = "s3://"

#: Outputs that stand already: the identity of each, and where.
Standing = Callable[[], Iterable[tuple[str, str]]]


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
        standing: Tells what stands in them since earlier runs; asked once for each place.
    """

    def __init__(
        self, opens: Callable[[str], Destination], claims: MutableMapping[str, str], standing: Standing
    ) -> None:
        self._opens = opens
        self._claims = claims
        self._standing = standing
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
        for identity, location in self._standing():
            if location.startswith(inside):
                naming.claim(identity, location.removeprefix(inside))
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
