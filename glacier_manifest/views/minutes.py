"""A line a minute, for logs that people read later."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

_MINUTE = 60.0


class Minutes:
    """Says something when a minute has passed since it was said last.

    Args:
        say: Takes a line.
        now: Tells the seconds of a clock that is never set.
    """

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

    def say_if_time(self, line: Callable[[], str]) -> None:
        """Say a line, which is made only where it is time to."""
        if self._now() - self._said_at >= _MINUTE:
            self._said_at = self._now()
            self._say(line())
