"""Outputs that stand elsewhere than they were stored: somebody has moved a folder, or copied it to S3."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_S3 = "s3://"


@dataclass(frozen=True, slots=True)
class Move:
    """All that stood in one place stands in another.

    Attributes:
        was, now: Absolute folders or files, or ``s3://bucket/prefix``; without a slash at the end.
    """

    was: str
    now: str

    @classmethod
    def parse(cls, text: str, folder: Path) -> "Move":
        """Read ``WAS=NOW``, both as seen from a folder.

        Raises:
            ValueError: It is something else; the message says what is wanted.
        """
        was, _, now = text.partition("=")
        if not (was and now):
            raise ValueError(f"{text!r} is no move: write WAS=NOW, two folders or s3://bucket/prefix")
        return cls(_absolute(was, folder), _absolute(now, folder))

    def of(self, location: str) -> str | None:
        """Return where something is now; None where it was none of what was moved."""
        if location == self.was:
            return self.now
        inside = self.was.rstrip("/") + "/"
        return (
            f"{self.now.rstrip('/')}/{location.removeprefix(inside)}" if location.startswith(inside) else None
        )


def location_now(moves: Sequence[Move], location: str) -> str:
    """Return where something is, by the first of some moves that it was part of."""
    return next((there for move in moves if (there := move.of(location)) is not None), location)


def _absolute(place: str, folder: Path) -> str:
    if place.startswith(_S3):
        return place.rstrip("/")
    return os.path.normpath(folder.absolute() / place)
