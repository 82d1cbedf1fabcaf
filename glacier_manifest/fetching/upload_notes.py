"""What is noted on this machine of outputs on their way to S3: their keys, and their uploads in parts."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from glacier_manifest.fetching.store import told

_NOTE = ".note"
_BESIDE = (".parts", ".lock")


@dataclass(frozen=True, slots=True)
class Note:
    """What is noted of an output before S3 hears of it.

    Attributes:
        key: Its key.
        upload: Its upload, where it goes there in parts.
        bucket: Where; empty in notes that an older program has written.
        identity: As in `destination.Output`; empty likewise.
    """

    key: str
    upload: str | None
    bucket: str = ""
    identity: str = ""


def read_note(path: Path) -> Note | None:
    """Read a note; None where there is none.

    Raises:
        Failed: ``cannot-save``.
    """
    with told(path), suppress(FileNotFoundError, ValueError, TypeError):
        return Note(**json.loads(path.read_text(encoding="utf-8")))
    return None


def write_note(path: Path, note: Note) -> None:
    """Write a note; durable when this returns.

    Raises:
        Failed: ``cannot-save``, ``no-room``.
    """
    fresh = path.with_suffix(".new")
    with told(path), fresh.open("w", encoding="utf-8") as file:
        json.dump(asdict(note), file)
        file.flush()
        os.fsync(file.fileno())
        fresh.replace(path)


def all_notes(folder: Path) -> Iterator[tuple[Path, Note]]:
    """Yield the notes in a folder, which need not be there.

    Raises:
        Failed: ``cannot-save``.
    """
    for path in sorted(folder.glob(f"*{_NOTE}")):
        note = read_note(path)
        if note is not None:
            yield path, note


def drop_note(path: Path) -> None:
    """Remove a note, and what stands beside it.

    Raises:
        Failed: ``cannot-save``.
    """
    with told(path):
        for one in (*map(path.with_suffix, _BESIDE), path):
            one.unlink(missing_ok=True)
