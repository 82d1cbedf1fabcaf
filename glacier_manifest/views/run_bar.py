"""How far a run is that goes on until all is stored, on a terminal: a bar."""

from collections.abc import Callable
from typing import TextIO

from rich.progress import BarColumn, TextColumn

from glacier_manifest.running.standing import Standing
from glacier_manifest.views.bar import TerminalBar
from glacier_manifest.views.runs import line

#: Seconds between two looks at how it stands.
_LOOK = 2.0


class RunBar(TerminalBar):
    """A bar that fills as outputs are stored, with how the run stands and what it takes still."""

    def __init__(self, stream: TextIO, *, color: bool, now: Callable[[], float]) -> None:
        super().__init__(
            stream,
            TextColumn("Running"),
            BarColumn(bar_width=20),
            TextColumn("{task.description}"),
            color=color,
        )
        self._now = now
        self._looked_at = float("-inf")

    def __call__(self, standing: Callable[[], Standing]) -> None:
        """Show how it stands."""
        if self._now() - self._looked_at < _LOOK:
            return
        self._looked_at = self._now()
        told = standing()
        total = told.to_start + told.in_progress + told.succeeded + told.stored + told.bad + told.open
        self.show(total=total or None, completed=told.stored + told.bad, description=line(told))
