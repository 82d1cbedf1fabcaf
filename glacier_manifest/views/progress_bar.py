"""How far a run is, on a terminal: a bar."""

from collections import Counter
from typing import TextIO

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from glacier_manifest.starting.events import (
    Event,
    Holding,
    Outcome,
    RunBegan,
    SendingAgain,
    Settling,
    StageFull,
    TryingLater,
    VolumeUsedUp,
)
from glacier_manifest.views.bar import TerminalBar
from glacier_manifest.views.progress import remark, told


class ProgressBar(TerminalBar):
    """A bar with what remains, and how the starts went so far."""

    def __init__(self, stream: TextIO, *, color: bool) -> None:
        super().__init__(
            stream,
            TextColumn("Starting"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            color=color,
        )
        self._results: Counter[str] = Counter()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case RunBegan():
                self._results.clear()
                self._progress.reset(self._task, total=event.total)
            case Holding() | Settling() | TryingLater() | VolumeUsedUp() | StageFull():
                self._progress.console.print(remark(event), highlight=False)
            case Outcome():
                self._results[str(event.result)] += 1
                self._progress.update(self._task, advance=1, description=told(self._results))
            case SendingAgain():
                so_far = f"{told(self._results)} sending again: {event.mishap.code}"
                self._progress.update(self._task, description=so_far.strip())
