"""What a place that keeps outputs must be able to do, whether it is a folder or a bucket.

An output is written as a *draft*, part by part, in any order and from several threads; under its name it
appears at once and whole, or not at all. What stood safely when a run died is there for the next run.
Range jobs of one archive write their parts into one draft, each at its place in the archive.
"""

from collections.abc import Callable, Container, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from glacier_manifest.fetching.names import Rules
from glacier_manifest.fetching.parts import Division, Part

#: Bytes of one part, as they are handed over.
Body = bytes | bytearray | memoryview


class Existing(Enum):
    """What becomes of something else that already has the name."""

    KEPT = "kept"
    OVERWRITTEN = "overwritten"


@dataclass(frozen=True, slots=True)
class Output:
    """What shall be kept.

    Attributes:
        identity: By which a later run knows its own drafts and files: a request's key and generation, or a
            digest of the archive that several range jobs are put together to; printable ASCII.
        name: Its name inside the place, ``/`` between folders, as `names.Naming` gave it: fitted, and no
            other output's.
        division: Its length, and the parts in which it comes.
        modified: When the file was last changed, as its description tells, where it does.
    """

    identity: str
    name: str
    division: Division
    modified: datetime | None = None

    def roots(self, held: Mapping[int, bytes]) -> tuple[bytes, ...] | None:
        """Return the tree hash of every part, in order; None where one is not held."""
        numbers = range(len(self.division))
        return tuple(held[number] for number in numbers) if held.keys() >= set(numbers) else None

    def check(self, part: Part, body: Body) -> None:
        """Hold a body against its part.

        Raises:
            ValueError: It is not as long.
        """
        length = memoryview(body).nbytes
        if length != part.length:
            raise ValueError(f"part {part.number} of {self.name} has {part.length} bytes, not {length}")


@dataclass(frozen=True, slots=True)
class Kept:
    """An output that stands whole under its name.

    Attributes:
        location: Where: an absolute path, or ``s3://bucket/key``; what the state keeps of it.
        name: The name inside the place; another than was wanted where that was taken.
        roots: The tree hash of each part, in order, as it was when it was written.
    """

    location: str
    name: str
    roots: tuple[bytes, ...]


class Intake(Protocol):
    """One part on its way into a draft, which holds it only when `keep` has returned."""

    def put(self, at: int, piece: Body) -> None:
        """Take bytes as they come, `at` counted from the part's first; what stood there is written over.

        Raises:
            Failed: The place does not take them.
        """

    def keep(self, root: bytes) -> None:
        """All bytes were put and verified, their tree hash being `root`: no kill loses the part from now on.

        Raises:
            Failed: The place does not take it (``no-room``, ``cannot-save``, or what S3 says).
        """


class Remnants(Container[str]):
    """Identities of outputs, known by the names of the files in which something is remembered of them."""

    def __init__(self, stems: Container[str], stem_of: Callable[[str], str]) -> None:
        self._stems = stems
        self._stem_of = stem_of

    def __contains__(self, identity: object) -> bool:
        """Say whether something is remembered of an output."""
        return isinstance(identity, str) and self._stem_of(identity) in self._stems


class Draft(Protocol):
    """An output on its way."""

    def held(self) -> Mapping[int, bytes]:
        """Return the tree hash of each part that stands safely, by the part's number."""

    def intake(self, part: Part) -> Intake:
        """Begin to take in one part; parts are taken in by several threads, each part by one."""

    def memory(self, part: Part) -> int:
        """Return how many bytes of memory an intake of a part needs."""

    def write(self, part: Part, body: Body, root: bytes) -> None:
        """Keep one part whose bytes are at hand, `root` being their tree hash; no kill loses it any more.

        Raises:
            Failed: The place does not take it (``no-room``, ``cannot-save``, or what S3 says).
            ValueError: The body is not as long as the part.
        """

    def secure(self) -> bool:
        """Let what is held survive a power cut; say whether a later run will find it here.

        Raises:
            Failed: ``no-room``, ``cannot-save``.
        """

    def finish(self) -> Kept:
        """Let the output appear under its name; when this returns, it survives a power cut.

        Raises:
            Failed: ``cannot-save``, ``name-taken``, or what S3 says; what is held stays held.
            ValueError: A part is missing.
        """

    def discard(self) -> None:
        """Throw away what is held: it was not what the whole should be."""


class Destination(Protocol):
    """A place that keeps outputs."""

    @property
    def base(self) -> str:
        """The place itself, absolute: a folder, or ``s3://bucket/prefix``."""

    @property
    def rules(self) -> Rules:
        """What a name must be like here."""

    def free(self) -> int | None:
        """Return how many bytes still have room; None where there is no end of it.

        Raises:
            Failed: ``cannot-save``: the place cannot be looked at.
        """

    def kept(self, output: Output) -> Kept | None:
        """Return an output that an earlier run finished, and died before its state knew of it; else None."""

    def draft(self, output: Output) -> AbstractContextManager[Draft]:
        """Begin an output, or go on with what an earlier run left of it; leaving keeps what is held.

        Raises:
            Failed: The place does not take it.
            Locked: ``draft-in-use``: another run is writing it.
        """

    def forget(self, output: Output) -> None:
        """Drop what would let a later run know it again: the state knows by now that it is kept."""

    def remnants(self) -> Container[str]:
        """Return the identities of outputs of which something is remembered, by runs that died maybe."""
