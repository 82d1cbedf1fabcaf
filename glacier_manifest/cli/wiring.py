"""Putting the parts together that commands share: the state, its lock, warnings."""

import getpass
import os
import platform
import shlex
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from glacier_manifest import __version__
from glacier_manifest.cli.console import Console
from glacier_manifest.diagnostics import Diagnostic
from glacier_manifest.state import location
from glacier_manifest.state.lock import FileLock, Holder, Timing
from glacier_manifest.state.log import Run
from glacier_manifest.state.sqlite import ReadOnlyState, SqliteState
from glacier_manifest.views import diagnostics as view


def now() -> datetime:
    """Return the time of day."""
    return datetime.now(UTC)


def warn(console: Console, warnings: Sequence[Diagnostic]) -> None:
    """Show what is odd in a manifest and stops nothing, unless `-q`."""
    if warnings and console.verbosity >= 0:
        console.err(view.human(warnings, color=console.is_colored(console.stderr)))


@contextmanager
def state_to_read(
    named: str | None, manifests: Iterable[Path], *, tell: Callable[[str], None] = lambda _text: None
) -> Iterator[ReadOnlyState]:
    """Open the state to look at it; takes no lock and makes nothing.

    Args:
        named: What `--state` or its environment variable says.
        manifests: The manifests, beside which it is otherwise.
        tell: Told where there is none, since a slip in a path would look as if nothing had been started.
    """
    place = location.locate(named, environment=None, manifests=manifests)
    location.check_readable(place, mounts=location.read_mounts())
    if not place.exists:
        tell(f"There is no state at {place.path} yet.")
    state = ReadOnlyState(place.path)
    try:
        yield state
    finally:
        state.close()


@contextmanager
def state_to_write(
    console: Console,
    named: str | None,
    manifests: Iterable[Path],
    *,
    command: Sequence[str],
    lock_timeout: timedelta,
) -> Iterator[SqliteState]:
    """Hold the start lock, and open the state to change it; makes one where there is none, and says so.

    Args:
        console: Told of a new state.
        named: What `--state` or its environment variable says.
        manifests: The manifests, beside which it is otherwise.
        command: What this run does, for the message that others get meanwhile.
        lock_timeout: How long to wait for another run to end.
    """
    place = location.locate(named, environment=None, manifests=manifests)
    location.prepare(place, mounts=location.read_mounts())
    holder = Holder(_user(), platform.node(), os.getpid())
    timing = Timing(now, time.monotonic, time.sleep)
    lock = FileLock(place.path, "start", holder=holder, timing=timing)
    with lock.hold(command=shlex.join(command), timeout=lock_timeout):
        state = _opened(place.path, Run(uuid.uuid4().hex, holder.host, holder.pid, __version__))
        if state.created:
            console.note(f"Created the state {place.path}; keep it: it knows what was paid for.")
        try:
            yield state
        finally:
            state.close()


@contextmanager
def state_to_fetch(
    named: str | None, manifests: Iterable[Path], *, command: Sequence[str], lock_timeout: timedelta
) -> Iterator[SqliteState]:
    """Hold the fetch lock, and open a state that exists: what was stored is written into it.

    Args:
        named: What `--state` or its environment variable says.
        manifests: The manifests, beside which it is otherwise.
        command: What this run does, for the message that others get meanwhile.
        lock_timeout: How long to wait for another run to end.
    """
    place = location.locate(named, environment=None, manifests=manifests)
    holder = Holder(_user(), platform.node(), os.getpid())
    lock = FileLock(place.path, "fetch", holder=holder, timing=Timing(now, time.monotonic, time.sleep))
    with (
        lock.hold(command=shlex.join(command), timeout=lock_timeout),
        state_to_update(named, manifests) as state,
    ):
        yield state


@contextmanager
def state_to_run(
    named: str | None, manifests: Iterable[Path], *, command: Sequence[str], lock_timeout: timedelta
) -> Iterator[Callable[[], SqliteState]]:
    """Hold both locks, and return what opens the state: a run opens it anew where it could not be written.

    Args:
        named: What `--state` or its environment variable says.
        manifests: The manifests, beside which it is otherwise.
        command: What this run does, for the message that others get meanwhile.
        lock_timeout: How long to wait for another run to end.
    """
    place = location.locate(named, environment=None, manifests=manifests)
    location.prepare(place, mounts=location.read_mounts())
    holder = Holder(_user(), platform.node(), os.getpid())
    timing = Timing(now, time.monotonic, time.sleep)
    with ExitStack() as locks:
        for name in ("start", "fetch"):
            lock = FileLock(place.path, name, holder=holder, timing=timing)
            locks.enter_context(lock.hold(command=shlex.join(command), timeout=lock_timeout))
        run = Run(uuid.uuid4().hex, holder.host, holder.pid, __version__)
        yield lambda: _opened(place.path, run)


@contextmanager
def state_to_update(named: str | None, manifests: Iterable[Path]) -> Iterator[SqliteState]:
    """Open a state that exists to write down what Glacier shows; takes no lock, since it starts nothing."""
    place = location.locate(named, environment=None, manifests=manifests)
    state = _opened(place.path, Run(uuid.uuid4().hex, platform.node(), os.getpid(), __version__))
    try:
        yield state
    finally:
        state.close()


def _opened(path: Path, run: Run) -> SqliteState:
    return SqliteState(path, run=run, clock=now, new_id=lambda: uuid.uuid4().hex)


def _user() -> str:
    """The user's name; a user without one (as in some containers) goes by number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
