"""States on a disk of the test's own, and the door to a sandbox."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from glacier_manifest.aws.glacier import GlacierStarter
from glacier_manifest.aws.session import Clients, Connection
from glacier_manifest.sandbox import Sandbox
from glacier_manifest.state.log import Run
from glacier_manifest.state.sqlite import SqliteState
from tests.starting.examples import NOON

RUN = Run(id="run-1", host="restore-1", pid=4242, version="1.2.3")

OpenState = Callable[..., SqliteState]
OpenDoor = Callable[..., GlacierStarter]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def open_state(path: Path) -> Iterator[OpenState]:
    """Open the state at `path`, of a class of the test's own where it names one."""
    with ExitStack() as opened:

        def open_one(kind: type[SqliteState] = SqliteState) -> SqliteState:
            state = kind(path, run=RUN, clock=lambda: NOON, new_id=lambda: "5f0c9a3e")
            opened.callback(state.close)
            return state

        yield open_one


@pytest.fixture
def state(open_state: OpenState) -> SqliteState:
    return open_state()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(improvise=True, seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def door(sandbox: Sandbox) -> Iterator[OpenDoor]:
    """A starter that reaches the sandbox, or another endpoint."""
    with ExitStack() as stack:

        def open_door(endpoint_url: str | None = None, *, read_timeout: float = 10) -> GlacierStarter:
            connection = Connection(
                endpoint_url=endpoint_url or sandbox.url, read_timeout=read_timeout, connect_timeout=5
            )
            return GlacierStarter(stack.enter_context(Clients(connection)))

        yield open_door
