"""Bytes on their way to a reader: filled up, counted and hashed as they are stored, unpacked where packed."""

import gzip
import hashlib
import io
from typing import TYPE_CHECKING, BinaryIO

from glacier_manifest.inventory.json_text import Readable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BUFFER = 256 * 1024
GZIP = b"\x1f\x8b"


class Filled(io.RawIOBase):
    """Reads until it has what was asked for, so that a short read always means the end."""

    def __init__(self, stream: Readable) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill the buffer as far as there are bytes; return their number."""
        view, filled = memoryview(buffer).cast("B"), 0
        while filled < len(view):
            piece = self._stream.read(len(view) - filled)
            if not piece:
                break
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled


class Measured(Filled):
    """The bytes as they are stored, counted and hashed as they pass.

    Attributes:
        byte_count: How many have passed.
    """

    def __init__(self, stream: Readable) -> None:
        super().__init__(stream)
        self.byte_count = 0
        self._hash = hashlib.sha256()

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill the buffer as far as there are bytes; return their number."""
        filled = super().readinto(buffer)
        self._hash.update(memoryview(buffer).cast("B")[:filled])
        self.byte_count += filled
        return filled

    @property
    def sha256(self) -> str:
        """The hash of what has passed, 64 hexadecimal digits."""
        return self._hash.hexdigest()


def unpacked(raw: io.RawIOBase) -> tuple[BinaryIO, bytes]:
    """Return the bytes inside, known by their beginning and not by a name; and some of that beginning.

    What is read may raise what `gzip` raises: EOFError, BadGzipFile, zlib.error.
    """
    stored = io.BufferedReader(raw, _BUFFER)
    beginning = stored.peek(1)
    if not beginning.startswith(GZIP):
        return stored, beginning
    inside = io.BufferedReader(Filled(gzip.GzipFile(fileobj=stored)), _BUFFER)
    return inside, inside.peek(1)
