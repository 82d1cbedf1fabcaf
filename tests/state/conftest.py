"""States on a disk of the test's own, closed when the test is done."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from glacier_manifest.state.sqlite import SqliteState
from tests.state.examples import NOON, RUN, STATE_ID

Open = Callable[[], SqliteState]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def open_state(path: Path) -> Iterator[Open]:
    """Open the state at `path`, as often as wanted."""
    with ExitStack() as opened:

        def open_one() -> SqliteState:
            state = SqliteState(path, run=RUN, clock=lambda: NOON, new_id=lambda: STATE_ID)
            opened.callback(state.close)
            return state

        yield open_one


@pytest.fixture
def state(open_state: Open) -> SqliteState:
    return open_state()
