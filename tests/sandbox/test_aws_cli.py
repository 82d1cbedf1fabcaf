"""The real AWS CLI, which knows nothing of the sandbox, works against it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glacier_manifest.sandbox import Sandbox

Aws = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def aws(sandbox: Sandbox) -> Aws:
    def run(operation: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "awscli", "glacier", operation, "--account-id", "-"]
        return subprocess.run(
            [*command, "--endpoint-url", sandbox.url, *arguments],
            env={**os.environ, "AWS_MAX_ATTEMPTS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def answer(completed: subprocess.CompletedProcess[str]) -> Any:  # noqa: ANN401 - JSON of any operation
    assert completed.returncode == 0, completed.stderr
    return json.loads(completed.stdout) if completed.stdout else None


def test_an_archive_goes_in_and_comes_out_again(sandbox: Sandbox, aws: Aws, tmp_path: Path) -> None:
    photo, copy = tmp_path / "beach.jpg", tmp_path / "copy.jpg"
    photo.write_bytes(b"beach" * 500_000)
    vault = ("--vault-name", "photos")

    created = answer(aws("create-vault", *vault))
    uploaded = answer(aws("upload-archive", *vault, "--body", str(photo)))
    parameters = {"Type": "archive-retrieval", "ArchiveId": uploaded["archiveId"], "Tier": "Bulk"}
    started = answer(aws("initiate-job", *vault, "--job-parameters", json.dumps(parameters)))
    job = f"--job-id={started['jobId']}"
    sandbox.clock.advance(5)
    described = answer(aws("describe-job", *vault, job))
    output = answer(aws("get-job-output", *vault, job, str(copy)))

    assert created["location"] == "/012345678901/vaults/photos"
    assert started["location"].endswith(started["jobId"])
    assert (described["StatusCode"], described["Tier"]) == ("Succeeded", "Bulk")
    assert output["checksum"] == uploaded["checksum"] == described["SHA256TreeHash"]
    assert copy.read_bytes() == photo.read_bytes()


def test_listings_policies_and_refusals(sandbox: Sandbox, aws: Aws) -> None:
    sandbox.generate("photos", 5, 100)
    rule = {"Rules": [{"Strategy": "BytesPerHour", "BytesPerHour": 5}]}
    parameters = {"Type": "archive-retrieval", "ArchiveId": "A" * 138}

    vaults = answer(aws("list-vaults"))["VaultList"]
    vault = answer(aws("describe-vault", "--vault-name", "photos"))
    jobs = answer(aws("list-jobs", "--vault-name", "photos"))
    set_policy = aws("set-data-retrieval-policy", "--policy", json.dumps(rule))
    policy = answer(aws("get-data-retrieval-policy"))
    refused = aws("initiate-job", "--vault-name", "photos", "--job-parameters", json.dumps(parameters))

    assert vaults == [vault]
    assert (vault["NumberOfArchives"], vault["SizeInBytes"]) == (5, 500)
    assert jobs["JobList"] == []
    assert set_policy.returncode == 0
    assert policy == {"Policy": rule}
    assert refused.returncode != 0
    assert "(ResourceNotFoundException) when calling the InitiateJob operation" in refused.stderr
