"""A file that is touched while a run is alive, for a watchdog that knows no more than files.

The loop itself touches it, so that nothing does when the loop hangs.
"""

import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

#: Seconds between two touches; a watchdog may count on one in a minute.
INTERVAL = 15.0


class Heartbeat:
    """Touches a file and writes one line of JSON into it: when, who, and how it stands.

    A file that cannot be written keeps no run from going on: the watchdog sees that it is not touched.

    Args:
        path: The file; its folder exists.
        now: Tells the time of day.
        monotonic: Tells the seconds of a clock that is never set.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._path = path
        self._now = now
        self._monotonic = monotonic
        self._next_at = float("-inf")

    def beat(self, standing: Callable[[], Mapping[str, Any]]) -> None:
        """Touch the file, if the last touch is a while ago.

        Args:
            standing: Returns what the line tells beside the time and the process.
        """
        if self._monotonic() < self._next_at:
            return
        self._next_at = self._monotonic() + INTERVAL
        at = self._now().isoformat(timespec="seconds").replace("+00:00", "Z")
        line = json.dumps({"at": at, "pid": os.getpid(), **standing()})
        try:
            self._write(f"{line}\n")
        except OSError:
            return

    def _write(self, text: str) -> None:
        """Replace the file as a whole: who reads it never sees half a line."""
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self._path)
