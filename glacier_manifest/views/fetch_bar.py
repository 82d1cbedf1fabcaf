"""How far fetching is, on a terminal: a bar of bytes."""

from threading import Lock
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console as Terminal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from glacier_manifest.fetching.events import Event
from glacier_manifest.views.fetches import SoFar


class FetchBar:
    """A bar that fills with bytes, with how many outputs have ended, the speed and what remains."""

    def __init__(self, stream: TextIO, *, color: bool) -> None:
        self._progress = Progress(
            TextColumn("Fetching"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=Terminal(file=stream, no_color=not color),
            transient=True,
        )
        self._task = self._progress.add_task("", total=None)
        self._so_far = SoFar()
        self._lock = Lock()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        """Show one event; they come from many threads."""
        with self._lock:
            self._so_far.take(event)
            so_far = self._so_far
            self._progress.update(
                self._task,
                total=so_far.size or None,
                completed=so_far.read,
                description=f"{so_far.ended} of {so_far.outputs}{so_far.trouble}",
            )
