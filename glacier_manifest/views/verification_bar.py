"""How far reading again is, on a terminal: a bar."""

from types import TracebackType
from typing import Self, TextIO

from rich import progress

from glacier_manifest.views.bar import TerminalBar
from glacier_manifest.views.verifications import Progress


class Bar(Progress):
    """A bar of bytes, with what remains."""

    def __init__(self, stream: TextIO, *, color: bool) -> None:
        super().__init__()
        self._bar = TerminalBar(
            stream,
            progress.TextColumn("Verifying"),
            progress.BarColumn(),
            progress.DownloadColumn(binary_units=True),
            progress.TransferSpeedColumn(),
            progress.TimeRemainingColumn(),
            color=color,
        )

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def begin(self, outputs: int, size: int) -> None:
        """So many outputs are looked for, of so many bytes."""
        super().begin(outputs, size)
        self._bar.show(total=size)

    def tell(self) -> None:
        """Draw how far reading is."""
        self._bar.show(completed=self.bytes_read)
