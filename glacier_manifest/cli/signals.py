"""SIGINT and SIGTERM: the first one drains, the second one leaves at once."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event
from types import FrameType
from typing import NoReturn

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_STOPPING = "Stopping: waiting for the calls under way (once more to leave at once) ..."
_AT_ONCE = "next: run the same command again; what was being sent is told as unknown then, and not sent twice"


class Terminated(BaseException):
    """SIGTERM came while no job was being started; like Ctrl-C, no error that anybody may swallow."""


def terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    """Leave in order on SIGTERM, as Python does on SIGINT: locks and files are let go of.

    Raises:
        Terminated: Always.
    """
    raise Terminated


@dataclass(slots=True)
class Stop:
    """Set when the run is to end; `signal_number` says which signal asked for it, if one did."""

    flag: Event
    signal_number: int | None = None


@contextmanager
def draining(tell: Callable[[str], None], flag: Event) -> Iterator[Stop]:
    """Turn the first signal into a set flag for a ``with`` block; a second one ends the process.

    Leaving at once loses nothing: what was about to be sent is written down.
    """
    stop = Stop(flag)

    def on_signal(number: int, _frame: FrameType | None) -> None:
        again = stop.signal_number is not None
        stop.signal_number = number
        stop.flag.set()
        with suppress(RuntimeError):  # the signal came in the middle of another line to the same stream
            tell(_AT_ONCE if again else _STOPPING)
        if again:
            os._exit(128 + number)

    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
