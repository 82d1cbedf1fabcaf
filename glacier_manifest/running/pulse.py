"""Whether an activity still moves, told by what it does, and not by a thread that only ticks."""

from collections.abc import Callable


class Pulse:
    """When something has happened last.

    Args:
        monotonic: Tells the seconds of a clock that is never set.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._felt_at = monotonic()

    def beat(self) -> None:
        """Something happens."""
        self._felt_at = self._monotonic()

    @property
    def silent_for(self) -> float:
        """The seconds since something has happened."""
        return self._monotonic() - self._felt_at
