"""A journal of the parts that were verified, so that a run which was killed goes on from them.

It stands beside the bytes and is never believed: what it says of a part is compared with the bytes
themselves, so that neither of the two must reach the disk before the other.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Self

from glacier_manifest.fetching.parts import Division

_VERSION = 1
_KEEP, _STORED = "keep", "stored"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a journal tells.

    Attributes:
        roots: The tree hash of each part that was verified, by the part's number.
        stored: The file that the output was about to become, where all parts were verified.
    """

    roots: Mapping[int, bytes] = field(default_factory=dict)
    stored: str | None = None


def remembered(text: bytes, identity: str, division: Division) -> Remembered:
    """Read a journal; one of another output, of other parts, or that cannot be read, tells nothing.

    A last line without an end was being written when the run died, and is left out.
    """
    head, *lines = text.split(b"\n")[:-1] or [b""]
    try:
        if json.loads(head) != _head(identity, division):
            return Remembered()
        return _replayed(line.decode("utf-8").split(" ", 2) for line in lines)
    except (ValueError, IndexError):
        return Remembered()


def _head(identity: str, division: Division) -> dict[str, Any]:
    return {
        "version": _VERSION,
        "identity": identity,
        "length": division.length,
        "part_size": division.part_size,
    }


def _replayed(lines: Iterable[list[str]]) -> Remembered:
    roots: dict[int, bytes] = {}
    stored: str | None = None
    for word, *said in lines:
        if word == _KEEP:
            roots[int(said[0])] = bytes.fromhex(said[1])
        elif word == _STORED:
            stored = json.loads(" ".join(said))
    return Remembered(roots, stored)


class Journal:
    """The journal of one output, which many threads write to."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = Lock()

    @classmethod
    def begin(cls, path: Path, identity: str, division: Division, roots: Mapping[int, bytes]) -> Self:
        """Write a journal anew, with the parts that are known from an earlier one.

        Raises:
            OSError: It cannot be written.
        """
        fresh = path.with_name(path.name + ".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        journal = cls(descriptor)
        journal._write(json.dumps(_head(identity, division)))
        for number, root in roots.items():
            journal.keep(number, root)
        fresh.replace(path)
        return journal

    def keep(self, number: int, root: bytes) -> None:
        """A part was verified, and has this tree hash."""
        self._write(f"{_KEEP} {number} {root.hex()}")

    def stored(self, place: str) -> None:
        """All parts were verified, and the output becomes this file now; durable when it returns."""
        self._write(f"{_STORED} {json.dumps(place)}")
        os.fsync(self._descriptor)

    def sync(self) -> None:
        """Write all that it remembers to the disk."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def _write(self, line: str) -> None:
        rest = (line + "\n").encode()
        with self._lock:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
