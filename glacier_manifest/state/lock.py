"""Locks that end with their holder, however it ends.

The lock is the kernel's (``flock``) on a file beside the state, so a run that is killed leaves none behind.
What the holder writes into the file is for people, and is believed only while the lock is held.
"""

import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from glacier_manifest.errors import Locked, StateError
from glacier_manifest.state.rows import moment_text

#: How often a lock that somebody holds is tried again, in seconds.
RETRY_SECONDS = 0.5

_DETAILS_BYTES = 64 * 1024
_TAKEN = frozenset({errno.EWOULDBLOCK, errno.EACCES, errno.EAGAIN})


@dataclass(frozen=True, slots=True)
class Holder:
    """Who takes a lock, as others are told: the user, the host and the process there."""

    user: str
    host: str
    pid: int


@dataclass(frozen=True, slots=True)
class Timing:
    """What a lock knows of time.

    Attributes:
        now: Tells the time of day, for the message.
        monotonic: Tells the seconds of a clock that is never set, for the waiting.
        sleep: Waits for so many seconds.
    """

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


class FileLock:
    """One lock of a state: ``start`` or ``fetch``.

    Args:
        state: The path of the state, whose folder the lock file stands in.
        name: The name of the lock.
        holder: Who we are.
        timing: The clocks.
    """

    def __init__(self, state: Path, name: str, *, holder: Holder, timing: Timing) -> None:
        self.path = state.with_name(f"{state.name}.{name}.lock")
        self._name = name
        self._holder = holder
        self._timing = timing

    @contextmanager
    def hold(self, *, command: str, timeout: timedelta) -> Iterator[None]:
        """Hold the lock for a ``with`` block.

        Args:
            command: What we are about to do, for the message that others get.
            timeout: How long to wait for somebody else to let go of it.

        Raises:
            Locked: Somebody else held it all the while; the message names holder, host, pid, since, command.
            StateError: The lock file cannot be made or locked.
        """
        descriptor = self._acquire(timeout)
        try:
            self._sign(descriptor, command)
            yield
        finally:
            # Closing lets go of the lock; a child that was forked meanwhile may still have the file open.
            with suppress(OSError):
                os.ftruncate(descriptor, 0)
                fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def _acquire(self, timeout: timedelta) -> int:
        give_up = self._timing.monotonic() + timeout.total_seconds()
        while True:
            try:
                descriptor = self._try_once()
            except OSError as fault:
                raise self._unlockable(fault) from fault
            if descriptor is not None:
                return descriptor
            left = give_up - self._timing.monotonic()
            if left <= 0:
                raise self._held()
            self._timing.sleep(min(left, RETRY_SECONDS))

    def _try_once(self) -> int | None:
        """Return the locked file; None where somebody else holds it."""
        # Python opens with O_CLOEXEC, so that no program started meanwhile keeps the lock.
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._is_still_there(descriptor):
                return descriptor
        except OSError as fault:
            os.close(descriptor)
            if fault.errno in _TAKEN:
                return None
            raise
        # The file was deleted between opening and locking it: a lock that nobody else would see.
        os.close(descriptor)
        return self._try_once()

    def _is_still_there(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        except FileNotFoundError:
            return False

    def _sign(self, descriptor: int, command: str) -> None:
        details = {**asdict(self._holder), "since": moment_text(self._timing.now()), "command": command}
        # A full disk must not keep a run from the lock that it already has.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(details).encode(), 0)

    def _held(self) -> Locked:
        details = self._read_details()
        since = details.get("since", "a moment ago")
        return Locked(
            "locked",
            f"the {self._name} lock {self.path} is held by {details.get('user', 'somebody')} "
            f"on host {details.get('host', 'unknown')}, pid {details.get('pid', 'unknown')}, since {since}: "
            f"{details.get('command', 'command unknown')}",
            next_step="wait until it is done, or let this run wait for it with --lock-timeout 30m",
        )

    def _read_details(self) -> Mapping[str, Any]:
        try:
            text = self.path.read_bytes()[:_DETAILS_BYTES].decode()
            found = json.loads(text)
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _unlockable(self, fault: OSError) -> StateError:
        return StateError(
            "state-unlockable",
            f"the {self._name} lock {self.path} cannot be taken: {fault.strerror or fault}",
            next_step=f"check that {self.path.parent} exists, is writable and is on a local disk",
        )
