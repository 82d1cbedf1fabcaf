"""What goes on side by side in a run, each in turns; and what a turn is asked for."""

from dataclasses import dataclass
from threading import Event as Flag
from typing import Protocol

from glacier_manifest.running.pulse import Pulse


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn of an activity is given.

    Attributes:
        stop: Set when the turn is to end as soon as it can in order.
        pulse: To be felt as often as something happens: what is silent for long is taken to hang.
    """

    stop: Flag
    pulse: Pulse


class Activity(Protocol):
    """One of the things that a run does all the while; all but `turn` is asked often, and must be quick."""

    @property
    def name(self) -> str:
        """What it does: ``starting``, ``watching``, ``fetching``."""

    def due_in(self) -> float:
        """Return the seconds until its next turn; 0 or less: now."""

    def is_pending(self) -> bool:
        """Say whether it waits for something that is to come: a run ends when no activity does."""

    def take(self, turn: Turn) -> None:
        """Do what can be done now.

        Raises:
            GlacierManifestError: Why not all of it could be done; what may pass is tried again later.
        """
