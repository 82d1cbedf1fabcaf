"""How far a run is: a bar on a terminal, a line a minute elsewhere."""

from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console as Terminal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from glacier_manifest.starting.events import (
    Event,
    Holding,
    Outcome,
    RunBegan,
    SendingAgain,
    Settling,
    TryingLater,
    VolumeUsedUp,
)
from glacier_manifest.views.records import words

_MINUTE = 60.0


class ProgressBar:
    """A bar with what remains, and how the starts went so far."""

    def __init__(self, stream: TextIO, *, color: bool) -> None:
        self._progress = Progress(
            TextColumn("Starting"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=Terminal(file=stream, no_color=not color),
            transient=True,
        )
        self._task = self._progress.add_task("", total=None)
        self._results: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case RunBegan():
                self._results.clear()
                self._progress.reset(self._task, total=event.total)
            case Holding() | Settling() | TryingLater() | VolumeUsedUp():
                self._progress.console.print(remark(event), highlight=False)
            case Outcome():
                self._results[str(event.result)] += 1
                self._progress.update(self._task, advance=1, description=_told(self._results))
            case SendingAgain():
                told = f"{_told(self._results)} sending again: {event.mishap.code}"
                self._progress.update(self._task, description=told.strip())


class MinuteLine:
    """A line a minute, for logs that people read later."""

    def __init__(self, say: Callable[[str], None], *, now: Callable[[], float]) -> None:
        self._say = say
        self._now = now
        self._said_at = now()
        self._total = 0
        self._results: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to put away."""

    def __call__(self, event: Event) -> None:
        """Count one event, and say how far the run is when a minute has passed."""
        match event:
            case RunBegan():
                self._results.clear()
                self._total = event.total
            case Holding() | Settling() | TryingLater() | VolumeUsedUp():
                self._say(remark(event))
            case Outcome():
                self._results[str(event.result)] += 1
                self._tell()
            case SendingAgain():
                self._tell(f"; sending again: {event.mishap.code}")

    def _tell(self, besides: str = "") -> None:
        if self._now() - self._said_at < _MINUTE:
            return
        self._said_at = self._now()
        told = _told(self._results) or "none ended yet"
        self._say(f"{self._results.total()} of {self._total}: {told}{besides}")


def remark(event: Holding | Settling | TryingLater | VolumeUsedUp) -> str:
    """Return why a run waits, as one line for people."""
    match event:
        case Holding():
            return f"{event.unknown} outcomes are unknown: nothing more is sent before they are settled"
        case Settling(unknown=0):
            shown = "1 vault shows" if event.vaults == 1 else f"{event.vaults} vaults show"
            return (
                f"{shown} jobs of a state that was lost: listed again at {event.until:%H:%M:%S} UTC, "
                "so that none is missed"
            )
        case Settling():
            unknown = "1 outcome is" if event.unknown == 1 else f"{event.unknown} outcomes are"
            vaults = "1 vault is" if event.vaults == 1 else f"{event.vaults} vaults are"
            return f"{unknown} unknown: {vaults} listed at {event.until:%H:%M:%S} UTC to find out"
        case TryingLater():
            return f"{event.refused} refused for now: tried again at {event.until:%H:%M:%S} UTC"
        case VolumeUsedUp():
            return (
                f"pace.bytes_per_day is used up: there is room again at {event.until:%Y-%m-%d %H:%M:%S} UTC"
            )


def _told(results: Counter[str]) -> str:
    return ", ".join(f"{number} {words(result)}" for result, number in results.items())
