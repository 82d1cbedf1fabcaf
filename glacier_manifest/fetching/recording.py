"""Writing down what was stored, without waiting for the disk after every output."""

from collections import deque
from collections.abc import Callable, Sequence

from glacier_manifest.errors import StateError
from glacier_manifest.state.changes import Change
from glacier_manifest.state.protocol import State
from glacier_manifest.state.written import Written

#: So many outputs may be stored and not yet be known as such: a run that dies looks at these once more.
_MOST_OPEN = 64
_Open = tuple[list[Written[None]], Callable[[], None]]


class Recorder:
    """Hands changes to a state, and does what may be done only when they are durable.

    Raises:
        StateError: From `record` and `close`: the state cannot be written.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._open: deque[_Open] = deque()

    def record(self, changes: Sequence[Change], then: Callable[[], None]) -> None:
        """Write changes down together; `then` is done when they survive a power cut."""
        self._open.append((self._state.submit_together(changes), then))
        while self._open and (len(self._open) > _MOST_OPEN or all(one.done() for one in self._open[0][0])):
            self._settle()

    def close(self) -> None:
        """Wait for all that was handed over."""
        while self._open:
            self._settle()

    def _settle(self) -> None:
        written, then = self._open.popleft()
        for one in written:
            try:
                one.result()
            except StateError as error:
                if error.code != "state-conflict":  # another program knows better by now
                    raise
        then()
