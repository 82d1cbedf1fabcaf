"""The sandbox's memory on disk: a file to which every event is written before it is answered.

One `write` for each event puts it into the kernel's hands: a `kill -9` loses nothing. (A machine
that loses power may lose the last seconds: this is a sandbox.)
"""

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Protocol

from glacier_manifest.sandbox.events import EVENT_TYPES, Event, InventoryQuery, VaultKey

_TYPES = {kind.__name__: kind for kind in EVENT_TYPES}
_FIELDS = {kind: tuple(field.name for field in fields(kind)) for kind in EVENT_TYPES}


class JournalInUseError(Exception):
    """Raised when another sandbox works in the same folder."""


class Journal(Protocol):
    """Where events are kept."""

    def append(self, event: Event) -> None:
        """Keep one event."""
        ...

    def close(self) -> None:
        """Let go of what the journal holds."""
        ...


class NoJournal:
    """The journal of a sandbox that forgets everything when it stops."""

    def append(self, event: Event) -> None:
        """Keep nothing."""

    def close(self) -> None:
        """Let go of nothing."""


class FileJournal:
    """A file with an event a line, in JSON.

    Args:
        path: the file, made when it is not there.

    Raises:
        JournalInUseError: another sandbox has it open.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._fd)
            raise JournalInUseError(f"another sandbox works with {path}") from error

    def append(self, event: Event) -> None:
        """Write one event."""
        os.write(self._fd, event_line(event))

    def replay(self) -> Iterator[Event]:
        """Yield what was written; a last line cut by a crash was never answered and is dropped."""
        kept = 0
        with self._path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                kept += len(line)
                yield read_event(line)
        os.ftruncate(self._fd, kept)

    def close(self) -> None:
        """Close the file, which frees it for another sandbox."""
        os.close(self._fd)


def event_line(event: Event) -> bytes:
    """Return an event as a line of the journal."""
    kind = type(event)
    content: dict[str, Any] = {"event": kind.__name__}
    content.update((name, getattr(event, name)) for name in _FIELDS[kind])
    return json.dumps(content, separators=(",", ":"), default=_plain).encode() + b"\n"


def _plain(query: InventoryQuery) -> dict[str, str | None]:
    return {name: getattr(query, name) for name in query.__slots__}


def read_event(line: bytes) -> Event:
    """Return the event of a line."""
    content = json.loads(line)
    kind = _TYPES[content.pop("event")]
    if "vault" in content:
        content["vault"] = VaultKey(*content["vault"])
    if content.get("inventory"):
        content["inventory"] = InventoryQuery(**content["inventory"])
    return kind(**content)
