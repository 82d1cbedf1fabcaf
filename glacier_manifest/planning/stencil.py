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

#: What stands in the holes: control characters, which no text of a request holds; JSON escapes them. Sorted
#: as canonical JSON is, the archive comes first, then the range where there is one, then the key.
_ARCHIVE, _RANGE, _KEY = "\x01", "\x02", "\x03"
#: A hole in JSON; a backslash that a description holds is itself escaped, and so never stands alone.
_HOLE = re.compile(rb"(?<!\\)((?:\\\\)*)\\u000([123])")
_WHOLE, _PART = Piece(_ARCHIVE), Piece(_ARCHIVE, 0, 1)


@dataclass(frozen=True, slots=True)
class _Text:
    """A canonical text that was cut at its first hole: its beginning, hashed, and a template of the rest."""

    begun: Any
    rest: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "_Text":
        parts = _HOLE.split(canonical(document))
        behind = (b"".join(parts[index + 1 : index + 3]) for index in range(2, len(parts), 3))
        rest = (b"%s" + text.replace(b"%", b"%%") for text in behind)
        return cls(hashlib.sha256(parts[0] + parts[1]), b"".join(rest).decode("ascii"))

    def digest(self, *values: str | None) -> bytes:
        """Return the hash of the text with these values in its holes, in their order."""
        whole = self.begun.copy()
        whole.update((self.rest % values).encode("ascii"))
        digest: bytes = whole.digest()
        return digest


class Stencil:
    """The keys and entries of one lot of archives.

    Args:
        lot: The lot; one without archives has too few requests to be worth a stencil.
    """

    def __init__(self, lot: Lot) -> None:
        self._lot = lot
        self._keys = [_Text.of(_identity(lot, piece)) for piece in (_WHOLE, _PART)]
        self._entries: dict[int | Repurchases, list[_Text]] = {}

    def key(self, piece: Piece) -> bytes:
        """Return the key of a piece's request, as its 32 bytes."""
        if piece.start is None:
            return self._keys[0].digest(piece.archive_id)
        return self._keys[1].digest(piece.archive_id, f"{piece.start}-{piece.end}")

    def entry(self, piece: Piece, key: str, approved: int | Repurchases) -> bytes:
        """Return an approval entry of a piece's request, as its 32 bytes.

        Args:
            piece: The piece.
            key: Its request's key, 64 hexadecimal digits.
            approved: The generation of the one purchase that is approved, or the restarts that are approved
                together with the first.
        """
        texts = self._entries.get(approved)
        if texts is None:
            texts = [_Text.of(_entry(self._lot, cut, approved)) for cut in (_WHOLE, _PART)]
            self._entries[approved] = texts
        if piece.start is None:
            return texts[0].digest(piece.archive_id, key)
        return texts[1].digest(piece.archive_id, f"{piece.start}-{piece.end}", key)


def key_of(lot: Lot, piece: Piece) -> bytes:
    """Return the key of a piece's request, as its 32 bytes."""
    return bytes.fromhex(request_key(lot.request(piece)))


def _identity(lot: Lot, piece: Piece) -> dict[str, Any]:
    identity = identity_of(lot.request(piece))
    return {**identity, "what": _with_range_hole(identity["what"], piece)}


def _entry(lot: Lot, piece: Piece, approved: int | Repurchases) -> dict[str, Any]:
    document = entry_document(lot.request(piece), approved)
    return {**document, "key": _KEY, "body": _with_range_hole(document["body"], piece)}


def _with_range_hole(wire: Mapping[str, Any], piece: Piece) -> dict[str, Any]:
    return dict(wire) if piece.start is None else {**wire, "RetrievalByteRange": _RANGE}
