"""Jobs as the clock goes: in progress, complete, forgotten; listed by the page."""

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from glacier_manifest.sandbox import Sandbox

if TYPE_CHECKING:
    from mypy_boto3_glacier import GlacierClient

    from tests.sandbox.conftest import Speaker

MIB = 1 << 20
DAY = 86_400


def test_absent_values_are_null_and_hashes_wait_for_completion(sandbox: Sandbox, speak: "Speaker") -> None:
    archive = next(sandbox.generate("photos", 1, 3 * MIB).archives())
    job_id = speak.retrieve("photos", archive.archive_id)
    before = speak.describe("photos", job_id)
    sandbox.clock.advance(5)

    after = speak.describe("photos", job_id)

    assert before == {
        "Action": "ArchiveRetrieval",
        "ArchiveId": archive.archive_id,
        "ArchiveSHA256TreeHash": archive.tree_hash,
        "ArchiveSizeInBytes": 3 * MIB,
        "Completed": False,
        "CompletionDate": None,
        "CreationDate": "2023-11-15T12:00:00.000Z",
        "InventoryRetrievalParameters": None,
        "InventorySizeInBytes": None,
        "JobDescription": None,
        "JobId": job_id,
        "JobOutputPath": None,
        "OutputLocation": None,
        "RetrievalByteRange": f"0-{3 * MIB - 1}",
        "SHA256TreeHash": None,
        "SNSTopic": None,
        "SelectParameters": None,
        "StatusCode": "InProgress",
        "StatusMessage": "Operation in progress.",
        "Tier": "Standard",
        "VaultARN": "arn:aws:glacier:us-west-2:012345678901:vaults/photos",
    }
    assert after == before | {
        "Completed": True,
        "CompletionDate": "2023-11-15T12:00:05.000Z",
        "SHA256TreeHash": archive.tree_hash,
        "StatusCode": "Succeeded",
        "StatusMessage": "Succeeded",
    }


def test_an_inventory_job_has_a_size_once_it_is_complete(sandbox: Sandbox, speak: "Speaker") -> None:
    sandbox.generate("photos", 3)
    job_id = speak.start("photos", Type="inventory-retrieval", InventoryRetrievalParameters={"Limit": "9"})
    before = speak.describe("photos", job_id)
    sandbox.clock.advance(5)

    after = speak.describe("photos", job_id)

    parameters = {"Format": "JSON", "StartDate": None, "EndDate": None, "Limit": "9", "Marker": None}
    assert before["InventoryRetrievalParameters"] == parameters
    assert (before["Tier"], before["ArchiveId"], before["InventorySizeInBytes"]) == (None, None, None)
    assert after["InventorySizeInBytes"] == len(speak.output("photos", job_id).body)


def test_a_range_that_is_no_node_of_the_tree_has_no_hash(sandbox: Sandbox, speak: "Speaker") -> None:
    archive_id = sandbox.generate("photos", 1, 4 * MIB).archive_id(0)

    aligned = speak.retrieve("photos", archive_id, RetrievalByteRange=f"{2 * MIB}-{4 * MIB - 1}")
    unaligned = speak.retrieve("photos", archive_id, RetrievalByteRange=f"{MIB}-{3 * MIB - 1}")

    assert len(speak.describe("photos", aligned)["SHA256TreeHash"]) == 64
    assert speak.describe("photos", unaligned)["SHA256TreeHash"] is None


def test_a_job_is_forgotten_a_day_after_its_completion(sandbox: Sandbox, speak: "Speaker") -> None:
    job_id = speak.retrieve("photos", sandbox.generate("photos", 1).archive_id(0))
    sandbox.clock.advance(5 + DAY - 0.001)
    just_before = speak.output("photos", job_id).status
    sandbox.clock.advance(0.001)

    assert just_before == 200
    for reply in (
        speak.ask("GET", f"/vaults/photos/jobs/{job_id}"),
        speak.output("photos", job_id),
    ):
        assert reply.error == (404, "ResourceNotFoundException")
        assert reply.json["message"] == f"The job ID was not found: {job_id}"
    assert speak.pages("photos") == [[]]
    assert [job.job_id for job in sandbox.accepted] == [job_id]


def test_jobs_are_listed_fifty_a_page_oldest_first(sandbox: Sandbox, speak: "Speaker") -> None:
    archive_id = sandbox.generate("photos", 1).archive_id(0)
    started = []
    for _ in range(120):
        started.append(speak.retrieve("photos", archive_id))
        sandbox.clock.advance(0.01)

    pages = speak.pages("photos")

    assert [len(page) for page in pages] == [50, 50, 20]
    assert [job["JobId"] for page in pages for job in page] == started
    assert [len(page) for page in speak.pages("photos", limit="7")] == [7] * 17 + [1]


def test_botos_paginator_lists_every_job(sandbox: Sandbox, glacier: "GlacierClient") -> None:
    sandbox.create_vault("photos")
    for _ in range(60):
        glacier.initiate_job(vaultName="photos", jobParameters={"Type": "inventory-retrieval"})

    pages = glacier.get_paginator("list_jobs").paginate(accountId="-", vaultName="photos")

    assert len([job for page in pages for job in page["JobList"]]) == 60


def test_filters_take_status_and_completion_together(sandbox: Sandbox, speak: "Speaker") -> None:
    archive_id = sandbox.generate("photos", 1).archive_id(0)
    sandbox.faults.add("InitiateJob", "job-fails", every=2)
    old = [speak.retrieve("photos", archive_id) for _ in range(6)]
    sandbox.clock.advance(5)
    new = [speak.retrieve("photos", archive_id) for _ in range(3)]

    def listed(**query: str) -> list[str]:
        return [job["JobId"] for page in speak.pages("photos", limit="2", **query) for job in page]

    assert listed(statuscode="Succeeded") == old[0::2]
    assert listed(statuscode="Failed") == old[1::2]
    assert listed(statuscode="InProgress") == new
    assert listed(completed="true") == old
    assert listed(completed="false") == new
    assert listed(completed="true", statuscode="InProgress") == []
    assert listed(completed="true", statuscode="Failed") == old[1::2]


@pytest.mark.parametrize(
    "query",
    ["limit=51", "limit=1000", "limit=0", "limit=x", "marker=x", "marker=bm9uc2Vuc2U=", "completed=yes"],
)
def test_a_listing_that_the_service_does_not_give_is_refused(
    sandbox: Sandbox, speak: "Speaker", query: str
) -> None:
    sandbox.create_vault("photos")

    reply = speak.ask("GET", f"/vaults/photos/jobs?{query}")

    assert reply.error == (400, "InvalidParameterValueException")


def test_an_unknown_status_is_refused_in_the_services_words(sandbox: Sandbox, speak: "Speaker") -> None:
    sandbox.create_vault("photos")

    reply = speak.ask("GET", "/vaults/photos/jobs?statuscode=finished")

    assert (reply.status, reply.json["message"]) == (400, "The job status code is not valid: finished")


def test_a_page_survives_the_expiry_of_the_jobs_before_it(sandbox: Sandbox, speak: "Speaker") -> None:
    archive_id = sandbox.generate("photos", 1).archive_id(0)
    old = [speak.retrieve("photos", archive_id) for _ in range(50)]
    sandbox.clock.advance(10)
    new = [speak.retrieve("photos", archive_id) for _ in range(3)]
    first = speak.ask("GET", "/vaults/photos/jobs").json
    sandbox.clock.advance(DAY)

    second = speak.ask("GET", f"/vaults/photos/jobs?marker={quote(first['Marker'])}").json

    assert [job["JobId"] for job in first["JobList"]] == old
    assert [job["JobId"] for job in second["JobList"]] == new


def test_a_job_outlives_its_archive_but_not_its_vault(sandbox: Sandbox, speak: "Speaker") -> None:
    archive_id = sandbox.upload("photos", b"beach")
    job_id = speak.retrieve("photos", archive_id)
    speak.ask("DELETE", f"/vaults/photos/archives/{archive_id}")
    sandbox.clock.advance(5)

    assert speak.output("photos", job_id).body == b"beach"
    assert speak.initiate("photos", Type="archive-retrieval", ArchiveId=archive_id).status == 404
    speak.ask("DELETE", "/vaults/photos")
    speak.ask("PUT", "/vaults/photos")
    assert speak.pages("photos") == [[]]
