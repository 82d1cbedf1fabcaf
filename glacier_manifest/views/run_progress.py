"""How far a run is that goes on until all is stored, where nobody sits before a terminal: a line a minute."""

from collections.abc import Callable

from glacier_manifest.running.standing import Standing
from glacier_manifest.starting.events import Event, Holding, Settling, StageFull, TryingLater, VolumeUsedUp
from glacier_manifest.views.minutes import Minutes
from glacier_manifest.views.progress import remark
from glacier_manifest.views.runs import line


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


class RunMinutes(Minutes):
    """How a run stands, a line a minute."""

    def __call__(self, standing: Callable[[], Standing]) -> None:
        """Take how it stands, if it is time to say so."""
        self.say_if_time(lambda: line(standing()))
