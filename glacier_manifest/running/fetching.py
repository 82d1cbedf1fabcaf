"""Fetching: what has succeeded is stored, whenever there is something new."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from glacier_manifest.errors import GlacierManifestError
from glacier_manifest.jobs.status import Status
from glacier_manifest.running.activity import Turn
from glacier_manifest.state.protocol import State

#: Seconds before outputs are read again that could not be read, while others could.
_AGAIN = 15.0
#: Turns begin so many times rarer than preparing one takes.
_REST = 4
_SUCCEEDED = frozenset({Status.SUCCEEDED})
_EVER_SUCCEEDED = frozenset({Status.SUCCEEDED, Status.FETCHED, Status.EXPIRED})


@dataclass(frozen=True, slots=True)
class Stored:
    """What one turn of fetching came to.

    Attributes:
        stored: How many outputs were stored.
        trouble: Why some are left that the next turn may store; None where none are.
        preparing: Seconds that went by before the first was fetched: inventories may be read for their names.
    """

    stored: int
    trouble: GlacierManifestError | None
    preparing: float = 0.0


class Fetching:
    """Fetches what has succeeded.

    Args:
        state: Tells what has.
        turn: Fetches all that is there once.
        monotonic: Tells the seconds of a clock that is never set.
    """

    name = "fetching"

    def __init__(
        self, state: State, turn: Callable[[Turn], Stored], *, monotonic: Callable[[], float]
    ) -> None:
        self._state = state
        self._turn = turn
        self._monotonic = monotonic
        self._seen: int | None = None
        self._again_at = inf
        self._rest_until = -inf

    def due_in(self) -> float:
        """Return the seconds until what is new is fetched: none, unless telling where it goes takes long."""
        if self._ever_succeeded() != self._seen and self._has_some():
            return self._rest_until - self._monotonic()
        return self._again_at - self._monotonic()

    def is_pending(self) -> bool:
        """Say whether something that has succeeded is to be read, or read again."""
        return self._again_at < inf or (self._ever_succeeded() != self._seen and self._has_some())

    def take(self, turn: Turn) -> None:
        """Fetch.

        Raises:
            GlacierManifestError: Nothing could be stored, though something is there.
        """
        seen = self._ever_succeeded()
        began = self._monotonic()
        came_to = self._turn(turn)
        self._rest_until = began + came_to.preparing * _REST
        self._again_at = inf
        if turn.stop.is_set():
            return
        self._seen = seen
        if came_to.trouble is None:
            return
        if not came_to.stored:
            raise came_to.trouble
        self._again_at = self._monotonic() + _AGAIN

    def _has_some(self) -> bool:
        """Say whether there is something to fetch, or pages that an earlier run did not come to join."""
        if sum(self._state.count(_SUCCEEDED).values()):
            return True
        return self._seen is None and self._state.has_unjoined_pages()

    def _ever_succeeded(self) -> int:
        """Count what has succeeded, whatever became of it since: it only grows."""
        return sum(self._state.count(_EVER_SUCCEEDED).values())
