"""A bar on a terminal, which is gone when the work is done."""

from types import TracebackType
from typing import Self, TextIO

from rich.console import Console as Terminal
from rich.progress import Progress, ProgressColumn


class TerminalBar:
    """What every bar has; what it shows of the work is its own.

    Args:
        stream: The terminal.
        columns: What stands side by side in its line.
        color: Whether it may be colored.
    """

    def __init__(self, stream: TextIO, *columns: ProgressColumn, color: bool) -> None:
        self._progress = Progress(*columns, console=Terminal(file=stream, no_color=not color), transient=True)
        self._task = self._progress.add_task("", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(
        self, *, completed: float | None = None, total: float | None = None, description: str | None = None
    ) -> None:
        """Show how far the work is; what is None stays as it is."""
        self._progress.update(self._task, completed=completed, total=total, description=description)
