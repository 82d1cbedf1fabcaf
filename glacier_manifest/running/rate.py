"""How fast outputs are really fetched, and how many bytes can so be fetched in their window."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from glacier_manifest.units import MIB

#: Bytes after which a rate tells something; seconds of fetching over which it is taken, in slices.
_TELLING = 64 * MIB
_SLICE = 60.0
_SLICES = 60
#: Outputs are there for a day at the least; what comes last of them must not be late.
_WINDOW = 20 * 3600.0
#: Bytes a second before anything was measured, where the manifest says nothing.
_ASSUMED = 8 * MIB


class Meter:
    """Measures what comes over the network while fetching goes on; the last hour of it counts.

    Args:
        monotonic: Tells the seconds of a clock that is never set.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._slices: deque[tuple[float, int]] = deque(maxlen=_SLICES)
        self._began: float | None = None
        self._bytes = 0
        self._lock = Lock()
        self.total = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time of a ``with`` block: something is there to be fetched."""
        with self._lock:
            self._began = self._monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._close()
                self._began = None

    def read(self, size: int) -> None:
        """So many bytes came."""
        with self._lock:
            self._bytes += size
            self.total += size
            if self._began is not None and self._monotonic() - self._began >= _SLICE:
                self._close()

    def _close(self) -> None:
        if self._began is None:
            return
        now = self._monotonic()
        self._slices.append((now - self._began, self._bytes))
        self._began, self._bytes = now, 0

    @property
    def rate(self) -> float | None:
        """Bytes a second; None before enough came to tell."""
        with self._lock:
            open_for = 0.0 if self._began is None else self._monotonic() - self._began
            seconds = sum(seconds for seconds, _size in self._slices) + open_for
            size = sum(size for _seconds, size in self._slices) + self._bytes
        return size / seconds if size >= _TELLING and seconds > 0 else None


def most_staged(wanted: int | None, meter: Meter) -> Callable[[], int]:
    """Return what tells how many bytes may be started and not yet fetched.

    They are no more than the manifest wants, and never more than could be fetched in the window of their
    outputs at the rate that is measured. Before it is, the manifest's word counts, or a slow line.

    Args:
        wanted: The manifest's `pace.staged_bytes`; None where it says nothing.
        meter: Measures the rate.
    """

    def most() -> int:
        rate = meter.rate
        if rate is None:
            return wanted if wanted is not None else int(_ASSUMED * _WINDOW)
        fetchable = int(rate * _WINDOW)
        return fetchable if wanted is None else min(wanted, fetchable)

    return most
