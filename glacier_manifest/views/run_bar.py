"""How far a run is that goes on until all is stored, on a terminal: a bar."""

from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console as Terminal
from rich.progress import BarColumn, Progress, TextColumn

from glacier_manifest.running.standing import Standing
from glacier_manifest.views.runs import line

#: Seconds between two looks at how it stands.
_LOOK = 2.0


class RunBar:
    """A bar that fills as outputs are stored, with how the run stands and what it takes still."""

    def __init__(self, stream: TextIO, *, color: bool, now: Callable[[], float]) -> None:
        self._progress = Progress(
            TextColumn("Running"),
            BarColumn(bar_width=20),
            TextColumn("{task.description}"),
            console=Terminal(file=stream, no_color=not color),
            transient=True,
        )
        self._task = self._progress.add_task("", total=None)
        self._now = now
        self._looked_at = float("-inf")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, standing: Callable[[], Standing]) -> None:
        """Show how it stands."""
        if self._now() - self._looked_at < _LOOK:
            return
        self._looked_at = self._now()
        told = standing()
        total = told.to_start + told.in_progress + told.succeeded + told.stored + told.bad + told.open
        self._progress.update(
            self._task, total=total or None, completed=told.stored + told.bad, description=line(told)
        )
