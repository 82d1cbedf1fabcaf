"""How far a run is that goes on until all is stored, where nobody sits before a terminal: a line a minute."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from glacier_manifest.running.standing import Standing
from glacier_manifest.starting.events import Event, Holding, Settling, StageFull, TryingLater, VolumeUsedUp
from glacier_manifest.views.progress import remark
from glacier_manifest.views.runs import line

_MINUTE = 60.0


class Waits:
    """Says why starting waits.

    Args:
        say: Takes a line.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def __call__(self, event: Event) -> None:
        """Take one event."""
        match event:
            case Holding() | Settling() | TryingLater() | VolumeUsedUp() | StageFull():
                self._say(remark(event))
            case _:
                return


class RunMinutes:
    """Says every minute how a run stands."""

    def __init__(self, say: Callable[[str], None], *, now: Callable[[], float]) -> None:
        self._say = say
        self._now = now
        self._said_at = now()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to put away."""

    def __call__(self, standing: Callable[[], Standing]) -> None:
        """Take how it stands, if it is time to say so."""
        if self._now() - self._said_at >= _MINUTE:
            self._said_at = self._now()
            self._say(line(standing()))
