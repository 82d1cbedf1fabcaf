"""How far a run is, where nobody sits before a terminal: a line a minute."""

from collections import Counter
from collections.abc import Callable

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
from glacier_manifest.units import format_size
from glacier_manifest.views.minutes import Minutes
from glacier_manifest.views.records import words


class MinuteLine(Minutes):
    """How far starting is, a line a minute."""

    def __init__(self, say: Callable[[str], None], *, now: Callable[[], float]) -> None:
        super().__init__(say, now=now)
        self._total = 0
        self._results: Counter[str] = Counter()

    def __call__(self, event: Event) -> None:
        """Count one event, and say how far the run is when a minute has passed."""
        match event:
            case RunBegan():
                self._results.clear()
                self._total = event.total
            case Holding() | Settling() | TryingLater() | VolumeUsedUp() | StageFull():
                self._say(remark(event))
            case Outcome():
                self._results[str(event.result)] += 1
                self._tell()
            case SendingAgain():
                self._tell(f"; sending again: {event.mishap.code}")

    def _tell(self, besides: str = "") -> None:
        self.say_if_time(lambda: self._line(besides))

    def _line(self, besides: str) -> str:
        so_far = told(self._results) or "none ended yet"
        return f"{self._results.total()} of {self._total}: {so_far}{besides}"


def remark(event: Holding | Settling | TryingLater | VolumeUsedUp | StageFull) -> str:
    """Return why a run waits, as one line for people."""
    match event:
        case Holding():
            unknown = "1 outcome is" if event.unknown == 1 else f"{event.unknown} outcomes are"
            return f"{unknown} unknown: nothing more is sent before that is settled"
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
        case StageFull():
            return (
                f"no more than {format_size(event.most)} may be started and not yet fetched: "
                "nothing more is started before some of it is"
            )


def told(results: Counter[str]) -> str:
    """Return how the starts went so far, in words."""
    return ", ".join(f"{number} {words(result)}" for result, number in results.items())
