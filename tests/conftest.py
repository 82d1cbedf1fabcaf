"""What every test stands on: no network but loopback, no one's AWS account, fair and repeatable examples."""

import errno
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.loaders import Loader, create_loader
from hypothesis import HealthCheck, settings

_LOOPBACK = ("127.", "::1", "localhost")
_IN_MEMORY = "/dev/shm"  # noqa: S108 - pytest makes a folder there that is the user's own
_ROOM = 4 * 2**30

# Two cores shared by many workers make single examples slow now and then; that is no fault of the code.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("house"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")


def _stays_in_memory() -> bool:
    """Say whether tests can write where an fsync costs nothing: a state waits for little else."""
    return os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free >= _ROOM


if _stays_in_memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", _IN_MEMORY)


def _only_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    host = str(arguments[1][0])
    if not host.startswith(_LOOPBACK):
        raise OSError(errno.ENETUNREACH, f"tests reach nothing but loopback, not {host}")


sys.addaudithook(_only_loopback)

_models: defaultdict[str | None, dict[Any, Any]] = defaultdict(dict)


def _remembering_loader(data_path: str | None = None) -> Loader:
    loader = create_loader(data_path)
    vars(loader)["_cache"] = _models[data_path]  # what the clients of one session share already
    return loader


@pytest.fixture(scope="session", autouse=True)
def _models_are_read_once() -> Iterator[None]:
    """Let botocore read its models once for all tests: for each session anew, that is 0.1 s of JSON."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setattr(botocore.session, "create_loader", _remembering_loader)
        yield


@pytest.fixture(scope="session", autouse=True)
def _nobodys_account() -> Iterator[None]:
    """Take away the environment's own settings, so that a test sees only what it sets."""
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith(("AWS_", "GLACIER_MANIFEST_"))]:
            environment.delenv(name)
        environment.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        environment.setenv("AWS_DEFAULT_REGION", "us-west-2")
        environment.setenv("AWS_CONFIG_FILE", os.devnull)
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield
