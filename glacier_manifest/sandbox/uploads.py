"""Multipart uploads that are under way."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Upload:
    """A multipart upload that is under way.

    Attributes:
        part_size: bytes of each part but the last.
        description: of the archive to be.
        parts: bodies by their first byte.
    """

    part_size: int
    description: str
    parts: dict[int, bytes] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The parts in a row, for as far as they meet."""
        body = bytearray()
        while len(body) in self.parts and self.parts[len(body)]:
            body += self.parts[len(body)]
        return bytes(body)
