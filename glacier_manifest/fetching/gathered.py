"""Parts that are gathered in memory until they are verified: for a place that takes them only whole."""

from typing import Protocol

from glacier_manifest.fetching.destination import Body
from glacier_manifest.fetching.parts import Part


class _Writing(Protocol):
    def write(self, part: Part, body: Body, root: bytes) -> None: ...


class Gathered:
    """One part on its way, which is handed over when it is to be kept."""

    def __init__(self, draft: _Writing, part: Part) -> None:
        self._draft = draft
        self._part = part
        self._body = memoryview(bytearray(part.length))

    def put(self, at: int, piece: Body) -> None:
        """Take bytes of it."""
        self._body[at : at + memoryview(piece).nbytes] = piece

    def keep(self, root: bytes) -> None:
        """Hand it over."""
        self._draft.write(self._part, self._body, root)


class Gathering:
    """What a draft has of `destination.Draft` that takes its parts only whole."""

    def intake(self: _Writing, part: Part) -> Gathered:
        """Begin to take in one part."""
        return Gathered(self, part)

    def memory(self, part: Part) -> int:
        """Return the part's length."""
        return part.length
