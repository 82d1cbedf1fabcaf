"""The parts in which an output is read: 2^k MiB each, so that each is a node of the tree hash."""

import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from glacier_manifest.units import MIB

#: Reading 64 MiB at a time takes less than half the CPU of reading 1 MiB at a time.
USUAL_PART = 64 * MIB
#: So that what is remembered of the parts stays small, and each can be a part of a multipart upload to S3.
MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """A part: its number, from 0, and its bytes [start, end), counted from the first of the whole."""

    number: int
    start: int
    end: int

    @property
    def length(self) -> int:
        """How many bytes it has."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Division:
    """How an output is divided into parts.

    Attributes:
        length: Bytes of the output; one without any has no part.
        part_size: Bytes of each part but the last: 2^k MiB.
    """

    length: int
    part_size: int

    def __post_init__(self) -> None:
        if not is_part_size(self.part_size):
            raise ValueError(f"a part has 1 MiB, 2 MiB, 4 MiB and so on, not {self.part_size} bytes")

    def __len__(self) -> int:
        return (self.length + self.part_size - 1) // self.part_size

    def __iter__(self) -> Iterator[Part]:
        return (self.part(number) for number in range(len(self)))

    def part(self, number: int) -> Part:
        """Return the part with a number, from 0."""
        start = number * self.part_size
        return Part(number, start, min(start + self.part_size, self.length))


def is_part_size(size: int) -> bool:
    """Say whether a number of bytes is 2^k MiB."""
    return size >= MIB and size & (size - 1) == 0


def divided(length: int, part_size: int = USUAL_PART, *, cuts: Collection[int] = ()) -> Division:
    """Divide an output; the parts are larger where there would be more than MOST_PARTS of them.

    Args:
        length: Bytes of the output.
        part_size: Bytes of each part but the last, where nothing says otherwise.
        cuts: Where range jobs of one archive begin and end, each at a MiB: no part lies on both sides of one,
            for which the parts may be smaller, and more. Every run must name the same, or none of the parts
            that it wrote will be known again.
    """
    most = min((_largest(cut) for cut in cuts if 0 < cut < length), default=sys.maxsize)
    division = Division(length, min(part_size, most))
    while len(division) > MOST_PARTS and division.part_size < most:
        division = Division(length, division.part_size * 2)
    return division


def _largest(cut: int) -> int:
    """Return the largest power of two that divides an offset."""
    return cut & -cut
