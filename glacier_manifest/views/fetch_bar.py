"""How far fetching is, on a terminal: a bar of bytes."""

from threading import Lock
from typing import TextIO

from rich.progress import (
    BarColumn,
    DownloadColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from glacier_manifest.fetching.events import Event
from glacier_manifest.views.bar import TerminalBar
from glacier_manifest.views.fetches import SoFar


class FetchBar(TerminalBar):
    """A bar that fills with bytes, with how many outputs have ended, the speed and what remains."""

    def __init__(self, stream: TextIO, *, color: bool) -> None:
        super().__init__(
            stream,
            TextColumn("Fetching"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            color=color,
        )
        self._so_far = SoFar()
        self._lock = Lock()

    def __call__(self, event: Event) -> None:
        """Show one event; they come from many threads."""
        with self._lock:
            self._so_far.take(event)
            so_far = self._so_far
            self.show(
                total=so_far.size or None,
                completed=so_far.read,
                description=f"{so_far.ended} of {so_far.outputs}{so_far.trouble}",
            )
