"""A sandbox whose clock stands still until a test moves it, with the doors to it."""

from collections.abc import Iterator

import pytest

from glacier_manifest.aws.session import Clients, Connection
from glacier_manifest.sandbox import Sandbox, SandboxClock
from tests.fetching.outputs import Glacier

NOON = 1_700_049_600.0


@pytest.fixture
def glacier() -> Iterator[Glacier]:
    with Sandbox(clock=SandboxClock(lambda: NOON), seed=1) as sandbox:
        connection = Connection(
            endpoint_url=sandbox.url, region="us-west-2", read_timeout=10, read_attempts=1
        )
        with Clients(connection) as clients:
            yield Glacier(sandbox, clients)
