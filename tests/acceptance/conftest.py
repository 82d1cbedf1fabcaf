"""Somebody with a folder of manifests, a Glacier of their own, and no terminal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from glacier_manifest.sandbox import Sandbox
from tests.acceptance.user import User

ACCOUNTS = {"AKIAOTHER": "999999999999"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Make up the vaults and archives that requests name."""
    with Sandbox(improvise=True, seed=1, accounts=ACCOUNTS) as sandbox:
        yield sandbox


@pytest.fixture
def user(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> User:
    """Stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return User(tmp_path, sandbox)
