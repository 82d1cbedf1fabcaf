"""The bytes of archives: uploaded ones, and generated ones that are stored nowhere.

A generated leaf is one of a few fixed blocks with a tail of its own: 64 bytes that follow from
the archive's ID and the leaf's number. Hashing it starts from a remembered state of the block, so
the tree hash of any archive costs some µs a leaf, and a terabyte can be listed and checked.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol

from glacier_manifest.sandbox.treehash import MIB, combine, leaf_count, leaf_digests

_BLOCKS = 4
_STRIDE = 1024
_TAIL = 64
_FEW_LEAVES = 8


class Content(Protocol):
    """The bytes of one archive."""

    def __hash__(self) -> int:
        """Contents are keys of the remembered tree hashes."""
        ...

    @property
    def size(self) -> int:
        """Bytes in all."""
        ...

    def leaf_digest(self, leaf: int) -> bytes:
        """Return the SHA-256 of the MiB with this number."""
        ...

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes [start, end) in pieces of at most 1 MiB."""
        ...


@cache
def _block(number: int) -> bytes:
    return hashlib.shake_256(b"sandbox block %d" % number).digest(MIB)


@cache
def _prefix_states(number: int) -> "tuple[hashlib._Hash, ...]":
    """SHA-256 states after every KiB of a block, from which other leaves are hashed."""
    state, block = hashlib.sha256(), _block(number)
    states = [state.copy()]
    for start in range(0, MIB, _STRIDE):
        state.update(block[start : start + _STRIDE])
        states.append(state.copy())
    return tuple(states)


@dataclass(frozen=True, slots=True)
class GeneratedContent:
    """Bytes that are a function of an archive's ID, leaf by leaf.

    Attributes:
        archive_id: the archive's ID.
        size: bytes in all.
    """

    archive_id: str
    size: int

    def leaf_digest(self, leaf: int) -> bytes:
        """Return the SHA-256 of the MiB with this number."""
        length = self._leaf_length(leaf)
        if length <= _TAIL:
            return hashlib.sha256(self._tail(leaf)[:length]).digest()
        number, strides = self._block_number(leaf), (length - _TAIL) // _STRIDE
        state = _prefix_states(number)[strides].copy()
        state.update(_block(number)[strides * _STRIDE : length - _TAIL])
        state.update(self._tail(leaf))
        return state.digest()

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes [start, end) in pieces of at most 1 MiB."""
        for leaf in range(start // MIB, leaf_count(end)):
            first = leaf * MIB
            yield self._leaf(leaf)[max(start - first, 0) : end - first]

    def _leaf(self, leaf: int) -> bytes:
        length, tail = self._leaf_length(leaf), self._tail(leaf)
        if length <= _TAIL:
            return tail[:length]
        return _block(self._block_number(leaf))[: length - _TAIL] + tail

    def _leaf_length(self, leaf: int) -> int:
        return min(MIB, self.size - leaf * MIB)

    def _block_number(self, leaf: int) -> int:
        return (ord(self.archive_id[-1]) + leaf) % _BLOCKS

    def _tail(self, leaf: int) -> bytes:
        return hashlib.blake2b(b"%d " % leaf + self.archive_id.encode()).digest()


@dataclass(frozen=True, slots=True, eq=False)
class StoredContent:
    """The bytes of an uploaded archive, in memory.

    Attributes:
        body: the bytes.
        digests: the SHA-256 of each MiB.
    """

    body: bytes = field(repr=False)
    digests: tuple[bytes, ...] = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self.body)

    def leaf_digest(self, leaf: int) -> bytes:
        """Return the SHA-256 of the MiB with this number."""
        return self.digests[leaf]

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes [start, end) in pieces of at most 1 MiB."""
        for piece in range(start, end, MIB):
            yield self.body[piece : min(piece + MIB, end)]


@dataclass(frozen=True, slots=True)
class FileContent:
    """The bytes of an uploaded archive, in a file of the data folder.

    Attributes:
        path: where they are.
        size: bytes in all.
    """

    path: Path
    size: int

    def leaf_digest(self, leaf: int) -> bytes:
        """Return the SHA-256 of the MiB with this number."""
        start = leaf * MIB
        pieces = self.chunks(start, min(start + MIB, self.size))
        return hashlib.sha256(b"".join(pieces)).digest()

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes [start, end) in pieces of at most 1 MiB."""
        with self.path.open("rb") as stored:
            stored.seek(start)
            for piece in range(start, end, MIB):
                yield stored.read(min(MIB, end - piece))


class Cellar:
    """Where uploaded bodies are kept: in memory, or below a folder when there is one.

    Args:
        folder: holds a file for each archive, named by its ID; None keeps bodies in memory.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._bodies: dict[str, StoredContent] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def keep(self, archive_id: str, body: bytes) -> None:
        """Store a body before its archive is answered."""
        if self._folder is None:
            self._bodies[archive_id] = StoredContent(body, leaf_digests(body))
            return
        part = self._folder / f"{archive_id}.part"
        part.write_bytes(body)
        part.replace(self._folder / archive_id)

    def content(self, archive_id: str, size: int) -> Content:
        """Return a kept body."""
        if self._folder is None:
            return self._bodies[archive_id]
        return FileContent(self._folder / archive_id, size)


def range_tree_hash(content: Content, start: int, end: int) -> str:
    """Return the tree hash of the bytes [start, end), which begin and end at leaves, as hex."""
    leaves = leaf_count(end) - start // MIB
    if leaves <= _FEW_LEAVES:
        return _tree_hash(content, start // MIB, leaves)
    return _remembered_tree_hash(content, start // MIB, leaves)


def _tree_hash(content: Content, first: int, leaves: int) -> str:
    return combine(content.leaf_digest(leaf) for leaf in range(first, first + leaves)).hex()


_remembered_tree_hash = lru_cache(maxsize=16_384)(_tree_hash)
