"""Many outputs at once, in the order in which they are asked for, with a bounded number of threads."""

import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from glacier_manifest.fetching.download import Download, Errand, Task
from glacier_manifest.fetching.output import Ending
from glacier_manifest.units import MIB


@dataclass(frozen=True, slots=True)
class Bounds:
    """What fetching may take.

    Attributes:
        threads: Parts that are read at once.
        memory: Bytes of the parts in memory; one part is read even where it alone is longer.
    """

    threads: int = 8
    memory: int = 512 * MIB


class Pool:
    """Fetches errands; a later one begins only when the earlier ones leave a thread without work.

    Args:
        begin: Makes an errand into a download.
        bounds: How much at once.
        stop: Whether the run was asked to stop: no further task begins, and those under way end soon.
    """

    def __init__(
        self, begin: Callable[[Errand], Download], *, bounds: Bounds, stop: Callable[[], bool]
    ) -> None:
        self._begin = begin
        self._bounds = bounds
        self._stop = stop
        self._open: list[Download] = []
        self._running: dict[Future[None], tuple[Download, int]] = {}

    def fetch(self, errands: Iterable[Errand]) -> Generator[Ending, None, None]:
        """Fetch all, and tell of each how it ended, in the order in which they end.

        Once the run was asked to stop, those that have begun are left off, and no more are begun. A caller
        who leaves early waits for the parts that are being read.
        """
        coming = iter(errands)
        with ThreadPoolExecutor(self._bounds.threads, thread_name_prefix="fetch") as threads:
            try:
                while self._fill(threads, coming):
                    yield from self._settled()
                yield from self._left()
            finally:
                wait(self._running)
                for download in self._open:
                    download.close()

    def _fill(self, threads: ThreadPoolExecutor, coming: Iterator[Errand]) -> bool:
        """Give work to every thread; say whether any has some."""
        while len(self._running) < self._bounds.threads and not self._stop():
            found = self._next(coming)
            if found is None:
                break
            download, task, size = found
            self._running[threads.submit(task)] = download, size
        return bool(self._running)

    def _next(self, coming: Iterator[Errand]) -> tuple[Download, Task, int] | None:
        in_use = sum(size for _download, size in self._running.values())
        most = self._bounds.memory - in_use if in_use else sys.maxsize
        for download in self._open:
            taken = download.take(most)
            if taken is not None:
                return download, *taken
        # As many as there are threads, so that none is begun long before its turn.
        errand = next(coming, None) if len(self._open) < self._bounds.threads else None
        if errand is None:
            return None
        self._open.append(self._begin(errand))
        return self._next(coming)

    def _settled(self) -> Iterator[Ending]:
        done, _running = wait(self._running, return_when=FIRST_COMPLETED)
        for future in done:
            download, _size = self._running.pop(future)
            yield from self._ended(download, download.settle(future.exception()))

    def _left(self) -> Iterator[Ending]:
        for download in tuple(self._open):
            yield from self._ended(download, download.leave())

    def _ended(self, download: Download, ending: Ending | None) -> Iterator[Ending]:
        if ending is not None:
            self._open.remove(download)
            yield ending
