"""Free space, asked for before the first byte is read: a disk that fills up ends every download on it."""

from collections.abc import Callable
from threading import Lock

from glacier_manifest.errors import Failed
from glacier_manifest.units import MIB, format_size

#: What is left to everybody else on the same disk.
_SPARE = 64 * MIB


class Claim:
    """The room that one output still needs; given back as it is written."""

    def __init__(self, take: Callable[[int], None], needed: int) -> None:
        self._take = take
        self._left = needed
        self._lock = Lock()

    def used(self, count: int) -> None:
        """So many bytes were written: from now on the disk itself counts them."""
        with self._lock:
            given_back = min(count, self._left)
            self._left -= given_back
        self._take(-given_back)

    def release(self) -> None:
        """Give back what was not used."""
        self.used(self._left)


class Room:
    """The free space of one place, less what outputs that are being fetched will still need there."""

    def __init__(self, free: Callable[[], int | None], *, spare: int = _SPARE) -> None:
        """Take how to ask for free bytes, None where there is no end of them, and how many are never used."""
        self._free = free
        self._spare = spare
        self._claimed = 0
        self._lock = Lock()

    def claim(self, needed: int) -> Claim:
        """Keep `needed` bytes free for one output.

        Raises:
            Failed: ``no-room``.
        """
        with self._lock:
            free = self._free()
            left = needed if free is None else max(free - self._claimed - self._spare, 0)
            if needed > left:
                raise no_room(
                    f"there is room for {format_size(left)} more, beside what is being fetched and a spare"
                    f" {format_size(self._spare)}, and {format_size(needed)} are wanted"
                )
            self._claimed += needed
        return Claim(self._take, needed)

    def _take(self, count: int) -> None:
        with self._lock:
            self._claimed += count


def no_room(message: str) -> Failed:
    """Return the error of a disk that is full, or would be."""
    return Failed(
        "no-room",
        message,
        next_step="make room there, or name another place with --to, then run the same command again",
    )
