"""One run at a time writes one output."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glacier_manifest.errors import Locked
from glacier_manifest.fetching.destination import Output
from glacier_manifest.fetching.store import told


@contextmanager
def alone(path: Path, output: Output) -> Iterator[None]:
    """Hold a file, made where it is not there; a file system without locks keeps nobody away.

    Raises:
        Failed: ``cannot-save``, ``no-room``.
        Locked: ``draft-in-use``.
    """
    with told(path):
        file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o666)
    try:
        _lock(file, output)
        yield
    finally:
        os.close(file)


def _lock(file: int, output: Output) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Locked(
            "draft-in-use",
            f"another run is saving {output.name!r} to the same place",
            next_step="wait until the other run has ended, then run the same command again",
        ) from error
    except OSError:  # a network file system, most likely
        return
