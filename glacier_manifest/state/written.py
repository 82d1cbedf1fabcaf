"""What becomes of something that was handed over to be written, told once it survives a power cut.

Made to be as cheap as a start of a job wants it: a `concurrent.futures.Future` brings a lock of its own,
and is told alone; these share one lock, and a whole commit of them is told at once.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from enum import Enum, auto
from threading import Condition
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Written(Protocol[T_co]):
    """Done when what was handed over is on the disk, or cannot be."""

    def done(self) -> bool:
        """Say whether it is known what became of it."""

    def result(self) -> T_co:
        """Wait, and return what came of it; raise why it could not be written."""

    def exception(self) -> BaseException | None:
        """Wait, and return why it could not be written; None where it was."""

    def cancel(self) -> bool:
        """Have it not written, where it was not taken up yet; say whether that is so."""

    def add_done_callback(self, told: Callable[["Written[T_co]"], object], /) -> None:
        """Call `told` when it is done, from the thread that knows it first; at once where it is done."""


class _Stage(Enum):
    WAITING = auto()
    TAKEN = auto()
    DONE = auto()
    CANCELLED = auto()


class Pending(Generic[T]):
    """One thing that was handed over.

    Args:
        door: Shared by all that one writer is handed.
    """

    __slots__ = ("_callbacks", "_door", "_error", "_result", "_stage")

    def __init__(self, door: Condition) -> None:
        self._door = door
        self._stage = _Stage.WAITING
        self._callbacks: tuple[Callable[[Written[T]], object], ...] = ()
        self._error: BaseException | None = None

    def done(self) -> bool:
        """Say whether it is known what became of it."""
        return self._stage is _Stage.DONE or self._stage is _Stage.CANCELLED

    def result(self) -> T:
        """Wait, and return what came of it; raise why it could not be written."""
        error = self.exception()
        if error is not None:
            raise error
        return self._result

    def exception(self) -> BaseException | None:
        """Wait, and return why it could not be written; None where it was.

        Raises:
            CancelledError: It was cancelled.
        """
        if not self.done():
            with self._door:
                self._door.wait_for(self.done)
        if self._stage is _Stage.CANCELLED:
            raise CancelledError
        return self._error

    def cancel(self) -> bool:
        """Have it not written, where it was not taken up yet; say whether that is so."""
        with self._door:
            if self._stage is _Stage.WAITING:
                self._stage = _Stage.CANCELLED
                self._door.notify_all()
            return self._stage is _Stage.CANCELLED

    def add_done_callback(self, told: Callable[[Written[T]], object], /) -> None:
        """Call `told` when it is done, from the thread that knows it first; at once where it is done."""
        with self._door:
            if not self.done():
                self._callbacks += (told,)
                return
        told(self)

    def take(self) -> bool:
        """Take it up, with the door held; say whether it is still wanted."""
        if self._stage is _Stage.WAITING:
            self._stage = _Stage.TAKEN
        return self._stage is _Stage.TAKEN

    def set(self, result: T) -> None:
        """Say what came of it; those who wait hear of it by `tell`."""
        self._result = result
        self._stage = _Stage.DONE

    def fail(self, error: BaseException) -> None:
        """Say why it could not be written; those who wait hear of it by `tell`."""
        self._error = error
        self._stage = _Stage.DONE

    def call_back(self) -> None:
        """Call those who asked to be called."""
        for told in self._callbacks:
            told(self)


def tell(door: Condition, done: Sequence[Pending[T]]) -> None:
    """Wake all who wait for what is done now, then call those who asked to be called."""
    with door:
        door.notify_all()
    for one in done:
        one.call_back()
