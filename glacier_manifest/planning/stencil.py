"""Keys and approval entries of many like requests: one canonical JSON text with holes, filled in and hashed.

What is hashed is exactly what jobs/key.py and planning/approval.py hash; the parts that all requests of a
lot share are only written down once.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glacier_manifest.jobs.key import canonical, identity_of, request_key
from glacier_manifest.manifest import Repurchases
from glacier_manifest.planning.approval import entry_document
from glacier_manifest.planning.lot import Lot, Piece

#: What stands in the holes: control characters, which no text of a request holds; JSON escapes them.
_ARCHIVE, _RANGE, _KEY = "\x01", "\x02", "\x03"
#: A hole in JSON; a backslash that a description holds is itself escaped, and so never stands alone.
_HOLE = re.compile(rb"(?<!\\)((?:\\\\)*)\\u000([123])")
_WHOLE, _PART = Piece(_ARCHIVE), Piece(_ARCHIVE, 0, 1)


@dataclass(frozen=True, slots=True)
class _Text:
    """A canonical text that was cut at its holes: its beginning, hashed, then each hole and what follows."""

    begun: Any
    rest: tuple[tuple[int, bytes], ...]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "_Text":
        parts = _HOLE.split(canonical(document))
        texts = [parts[0]]
        holes: list[int] = []
        for index in range(1, len(parts), 3):
            texts[-1] += parts[index]
            holes.append(int(parts[index + 1]) - 1)
            texts.append(parts[index + 2])
        return cls(hashlib.sha256(texts[0]), tuple(zip(holes, texts[1:], strict=True)))

    def digest(self, *values: str) -> bytes:
        """Return the hash of the text with these values in its holes: the archive, the range, the key."""
        whole = self.begun.copy()
        for hole, text in self.rest:
            whole.update(values[hole].encode("ascii") + text)
        digest: bytes = whole.digest()
        return digest


class Stencil:
    """The keys and entries of one lot of archives, whose first purchases are meant.

    Args:
        lot: The lot; one without archives has too few requests to be worth a stencil.
        restarts: How often each may be bought again by itself: part of what is approved.
    """

    def __init__(self, lot: Lot, restarts: Repurchases) -> None:
        self._keys = [_Text.of(_identity(lot, piece)) for piece in (_WHOLE, _PART)]
        self._entries = [_Text.of(_entry(lot, piece, restarts)) for piece in (_WHOLE, _PART)]

    def key(self, piece: Piece) -> bytes:
        """Return the key of a piece's request, as its 32 bytes."""
        is_part = piece.start is not None
        return self._keys[is_part].digest(piece.archive_id or "", _range(piece))

    def entry(self, piece: Piece, key: str) -> bytes:
        """Return the approval entry of the first purchase of a piece's request, as its 32 bytes.

        Args:
            piece: The piece.
            key: Its request's key, 64 hexadecimal digits.
        """
        is_part = piece.start is not None
        return self._entries[is_part].digest(piece.archive_id or "", _range(piece), key)


def key_of(lot: Lot, piece: Piece) -> bytes:
    """Return the key of a piece's request, as its 32 bytes."""
    return bytes.fromhex(request_key(lot.request(piece)))


def _range(piece: Piece) -> str:
    return f"{piece.start}-{piece.end}"


def _identity(lot: Lot, piece: Piece) -> dict[str, Any]:
    identity = identity_of(lot.request(piece))
    return {**identity, "what": _with_range_hole(identity["what"], piece)}


def _entry(lot: Lot, piece: Piece, restarts: Repurchases) -> dict[str, Any]:
    document = entry_document(lot.request(piece), 0, restarts)
    return {**document, "key": _KEY, "body": _with_range_hole(document["body"], piece)}


def _with_range_hole(wire: Mapping[str, Any], piece: Piece) -> dict[str, Any]:
    return dict(wire) if piece.start is None else {**wire, "RetrievalByteRange": _RANGE}
