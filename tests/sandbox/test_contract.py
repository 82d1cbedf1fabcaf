"""What the sandbox and an independent fake of Glacier, moto's server, must both do."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from glacier_manifest.sandbox import Sandbox

if TYPE_CHECKING:
    from mypy_boto3_glacier import GlacierClient


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture(params=["sandbox", "moto"])
def subject(request: pytest.FixtureRequest) -> Iterator["GlacierClient"]:
    """A client of one of the two."""
    config = Config(retries={"total_max_attempts": 1})
    if request.param == "moto":
        client = boto3.client("glacier", endpoint_url=request.getfixturevalue("moto_url"), config=config)
        yield client
        client.close()
        return
    with Sandbox() as sandbox:
        client = boto3.client("glacier", endpoint_url=sandbox.url, config=config)
        yield client
        client.close()


def test_a_vault_is_made_listed_and_described(subject: "GlacierClient") -> None:
    subject.create_vault(vaultName="contract-vault")

    names = [vault["VaultName"] for vault in subject.list_vaults()["VaultList"]]
    described = subject.describe_vault(vaultName="contract-vault")

    assert "contract-vault" in names
    assert described["VaultARN"].startswith("arn:aws:glacier:us-west-2:")
    assert described["VaultARN"].endswith(":vaults/contract-vault")


def test_an_empty_vault_is_deleted(subject: "GlacierClient") -> None:
    subject.create_vault(vaultName="contract-gone")
    subject.delete_vault(vaultName="contract-gone")

    assert "contract-gone" not in [vault["VaultName"] for vault in subject.list_vaults()["VaultList"]]


def test_an_upload_is_answered_with_an_archive_id_and_its_hash(subject: "GlacierClient") -> None:
    subject.create_vault(vaultName="contract-upload")

    uploaded = subject.upload_archive(vaultName="contract-upload", body=b"a small archive")

    assert uploaded["archiveId"]
    assert len(uploaded["checksum"]) == 64


def test_equal_requests_start_different_jobs_that_are_all_listed(subject: "GlacierClient") -> None:
    subject.create_vault(vaultName="contract-jobs")
    archive_id = subject.upload_archive(vaultName="contract-jobs", body=b"retrieved twice")["archiveId"]

    started = [
        subject.initiate_job(
            vaultName="contract-jobs", jobParameters={"Type": "archive-retrieval", "ArchiveId": archive_id}
        )
        for _ in range(2)
    ]
    listed = subject.list_jobs(vaultName="contract-jobs")["JobList"]

    assert all(answer["location"].endswith(f"/jobs/{answer['jobId']}") for answer in started)
    assert {job["JobId"] for job in listed} == {answer["jobId"] for answer in started}
    assert {job["Action"] for job in listed} == {"ArchiveRetrieval"}


def test_a_new_job_is_in_progress(subject: "GlacierClient") -> None:
    subject.create_vault(vaultName="contract-describe")
    started = subject.initiate_job(
        vaultName="contract-describe", jobParameters={"Type": "inventory-retrieval"}
    )

    described = subject.describe_job(vaultName="contract-describe", jobId=started["jobId"])

    assert (described["StatusCode"], described["Completed"]) == ("InProgress", False)
    assert described["Action"] == "InventoryRetrieval"
    assert described["JobId"] == started["jobId"]


def test_an_unknown_vault_is_refused(subject: "GlacierClient") -> None:
    with pytest.raises(subject.exceptions.ClientError) as refused:
        subject.describe_vault(vaultName="contract-nowhere")

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404)
