"""SHA-256 tree hashes over leaves of 1 MiB, and which ranges have one of their own.

https://docs.aws.amazon.com/amazonglacier/latest/dev/checksum-calculations.html and
https://docs.aws.amazon.com/amazonglacier/latest/dev/checksum-calculations-range.html
"""

from collections.abc import Iterable
from hashlib import sha256

MIB = 1 << 20


def leaf_count(size: int) -> int:
    """Return how many leaves `size` bytes have."""
    return -(-size // MIB)


def leaf_digests(body: bytes) -> tuple[bytes, ...]:
    """Return the SHA-256 of every MiB of a body; that of nothing for an empty one."""
    view = memoryview(body)
    starts = range(0, len(body) or 1, MIB)
    return tuple(sha256(view[start : start + MIB]).digest() for start in starts)


def combine(digests: Iterable[bytes]) -> bytes:
    """Return the root over leaf digests; a node without a partner rises unchanged."""
    level = list(digests)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(left + right).digest() for left, right in pairs]
        level = above + level[len(above) * 2 :]
    return level[0]


def is_tree_hash_aligned(start: int, end: int, size: int) -> bool:
    """Say whether the bytes [start, end) of `size` are a whole node of the tree, or its right edge.

    Only such a range has a hash from which the whole one can be built.
    """
    if not is_megabyte_aligned(start, end, size):
        return False
    first, behind = start // MIB, leaf_count(end)
    width = 1 << (behind - first - 1).bit_length()
    return first % width == 0 and (behind - first == width or end == size)


def is_megabyte_aligned(start: int, end: int, size: int) -> bool:
    """Say whether [start, end) begins at a MiB and ends at one or with the archive."""
    return 0 <= start < end <= size and start % MIB == 0 and (end % MIB == 0 or end == size)
