"""Glacier's SHA-256 tree hash, while the bytes pass by (docs: "checksum-calculations").

Leaves are the hashes of 1 MiB each, the last may be shorter; two neighbours are hashed into their parent,
and a node without a neighbour rises unchanged. hashlib lets other threads run while it hashes.
"""

from collections.abc import Iterable
from hashlib import sha256

from glacier_manifest.units import MIB

LEAF = MIB
#: How much is read at once: it stays in a core's cache from the disk or the socket, through the hash, to
#: where it goes; larger pieces cost a third more CPU.
PIECE = MIB // 4
NOTHING = sha256().digest()


class Roots:
    """Folds nodes of one height, from left to right, into their root; keeps one node for each height."""

    def __init__(self) -> None:
        self._open: list[tuple[int, bytes]] = []

    def add(self, node: bytes) -> None:
        """Take the next node."""
        height = 0
        while self._open and self._open[-1][0] == height:
            node = sha256(self._open.pop()[1] + node).digest()
            height += 1
        self._open.append((height, node))

    def root(self) -> bytes:
        """Return the root over the nodes so far; the hash of nothing where there was none."""
        nodes = [node for _height, node in self._open]
        root = nodes.pop() if nodes else NOTHING
        while nodes:
            root = sha256(nodes.pop() + root).digest()
        return root


class TreeHash:
    """The tree hash of the bytes that were handed in, in pieces of any length."""

    def __init__(self) -> None:
        self._leaves = Roots()
        self._leaf = sha256()
        self._filled = 0

    def update(self, piece: bytes | memoryview) -> None:
        """Take the next bytes; pieces of PIECE are the quickest."""
        rest = memoryview(piece).cast("B")
        while rest:
            taken = rest[: LEAF - self._filled]
            self._leaf.update(taken)
            self._filled += len(taken)
            rest = rest[len(taken) :]
            if self._filled == LEAF:
                self._close_leaf()

    def digest(self) -> bytes:
        """Return the root, 32 bytes; to be asked once, at the end."""
        if self._filled:
            self._close_leaf()
        return self._leaves.root()

    def _close_leaf(self) -> None:
        self._leaves.add(self._leaf.digest())
        self._leaf, self._filled = sha256(), 0


def tree_hash(pieces: Iterable[bytes | memoryview]) -> bytes:
    """Return the tree hash, 32 bytes, of all pieces one after the other."""
    hashed = TreeHash()
    for piece in pieces:
        hashed.update(piece)
    return hashed.digest()


def combined(roots: Iterable[bytes]) -> bytes:
    """Return the tree hash of a whole from those of its parts.

    The parts follow one another, each 2^k MiB long but for the last, which may be shorter: only then is each
    a node of the whole's tree.
    """
    folded = Roots()
    for root in roots:
        folded.add(root)
    return folded.root()
