"""The main job against a Glacier that is not ours: moto's server.

What moto cannot show, and the sandbox does: it takes any archive ID and any parameter, answers no error that
Glacier would, knows neither pages nor expiry, tells no Description, and its DescribeVault knows only vaults
that were made before.
"""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from glacier_manifest.sandbox import Sandbox
from tests.acceptance.manifests import ARCHIVE, DASHED, inventory, retrievals
from tests.acceptance.user import User


@pytest.fixture
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_a_manifest_is_applied_once_and_followed(user: User, sandbox: Sandbox, moto: str) -> None:
    client = boto3.client("glacier", endpoint_url=moto)
    client.create_vault(vaultName="my-vault")
    archive_id = client.upload_archive(vaultName="my-vault", body=b"a photo")["archiveId"]
    client.close()
    path = user.manifest(retrievals([archive_id, ARCHIVE, DASHED]) + inventory())
    path.write_text(path.read_text().replace('"012345678901"', '"123456789012"'))
    at = ("--endpoint-url", moto)

    planned = user.run("plan", "jobs.yaml", *at, "--format", "json")
    applied = user.run("apply", "jobs.yaml", "--yes", *at)
    again = user.run("apply", "jobs.yaml", *at)
    status = user.run("status", *at, "--format", "json")

    assert planned.json["summary"]["start"] == 4, planned.err
    assert (applied.code, applied.out) == (0, "Apply: 4 started.\n"), applied.err
    assert (again.code, again.out) == (0, "Nothing to do: all 4 requests were started before.\n")
    assert status.code == 0, status.err
    assert sandbox.counts() == {}
    assert Path(user.folder / ".glacier-manifest" / "state.db").exists()
