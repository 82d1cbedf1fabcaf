"""InitiateJob: what is accepted, and in which words everything else is not."""

from typing import TYPE_CHECKING, Any

import pytest

from glacier_manifest.sandbox import Sandbox

if TYPE_CHECKING:
    from mypy_boto3_glacier import GlacierClient

    from tests.sandbox.conftest import Opened, Speaker

MIB = 1 << 20
SELECT = {
    "Type": "select",
    "SelectParameters": {
        "InputSerialization": {"csv": {"FileHeaderInfo": "USE"}},
        "ExpressionType": "SQL",
        "Expression": "SELECT * FROM archive",
        "OutputSerialization": {"csv": {"QuoteFields": "ASNEEDED"}},
    },
    "OutputLocation": {"S3": {"BucketName": "results", "Prefix": "q1", "StorageClass": "STANDARD_IA"}},
}


@pytest.fixture
def archive_id(sandbox: Sandbox) -> str:
    """An archive of two and a half MiB in the vault `photos`."""
    return sandbox.generate("photos", 1, 5 * MIB // 2).archive_id(0)


def test_an_accepted_job_is_answered_with_its_id_and_location(speak: "Speaker", archive_id: str) -> None:
    reply = speak.initiate("photos", Type="archive-retrieval", ArchiveId=archive_id)

    job_id = reply.headers["x-amz-job-id"]
    assert (reply.status, reply.body, len(job_id)) == (202, b"", 92)
    assert reply.headers["Location"] == f"/012345678901/vaults/photos/jobs/{job_id}"


def test_equal_requests_are_never_one_job(sandbox: Sandbox, speak: "Speaker", archive_id: str) -> None:
    started = [speak.retrieve("photos", archive_id) for _ in range(200)]

    assert len(set(started)) == 200
    assert [job.job_id for job in sandbox.accepted] == started
    assert any(job_id.startswith("-") for job_id in started)


def test_boto3_starts_every_type(glacier: "GlacierClient", archive_id: str) -> None:
    retrieval = glacier.initiate_job(
        vaultName="photos", jobParameters={"Type": "archive-retrieval", "ArchiveId": archive_id}
    )
    inventory = glacier.initiate_job(vaultName="photos", jobParameters={"Type": "inventory-retrieval"})
    select = glacier.initiate_job(
        vaultName="photos",
        jobParameters={**SELECT, "ArchiveId": archive_id},  # type: ignore[typeddict-item]  # the API's own shape
    )

    assert len({retrieval["jobId"], inventory["jobId"], select["jobId"]}) == 3
    assert select["jobOutputPath"] == f"s3://results/q1/{select['jobId']}"


def test_what_was_sent_is_what_is_described(speak: "Speaker", archive_id: str) -> None:
    topic = "arn:aws:sns:us-west-2:012345678901:done"
    job_id = speak.retrieve(
        "photos",
        archive_id,
        Description="Retrieve [gm1:x.0]",
        SNSTopic=topic,
        Tier="Bulk",
        RetrievalByteRange=f"0-{MIB - 1}",
    )

    described = speak.describe("photos", job_id)

    assert described["JobDescription"] == "Retrieve [gm1:x.0]"
    assert described["SNSTopic"] == topic
    assert described["Tier"] == "Bulk"
    assert described["RetrievalByteRange"] == f"0-{MIB - 1}"


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        (f"0-{MIB - 1}", True),
        (f"{MIB}-{2 * MIB - 1}", True),
        (f"{2 * MIB}-{5 * MIB // 2 - 1}", True),
        (f"0-{5 * MIB // 2 - 1}", True),
        (f"0-{MIB}", False),
        (f"1-{MIB - 1}", False),
        (f"0-{3 * MIB - 1}", False),
        (f"{3 * MIB}-{4 * MIB - 1}", False),
        (f"{MIB}-0", False),
        (f"bytes=0-{MIB - 1}", False),
        ("", False),
    ],
)
def test_a_byte_range_ends_at_a_megabyte_or_with_the_archive(
    speak: "Speaker", archive_id: str, text: str, *, accepted: bool
) -> None:
    reply = speak.initiate("photos", Type="archive-retrieval", ArchiveId=archive_id, RetrievalByteRange=text)

    assert reply.status == (202 if accepted else 400)
    assert accepted or reply.error == (400, "InvalidParameterValueException")


INVALID = (400, "InvalidParameterValueException")
MISSING = (400, "MissingParameterValueException")
UNREADABLE = (400, "SerializationException")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"Type": None}, MISSING),
        ({"Type": "Archive-Retrieval"}, INVALID),
        ({"Type": 5}, UNREADABLE),
        ({"ArchiveId": None}, MISSING),
        ({"Tier": "Foo"}, INVALID),
        ({"Tier": "bulk"}, INVALID),
        ({"Description": "x" * 1024}, None),
        ({"Description": "x" * 1025}, INVALID),
        ({"Description": "caf\u00e9"}, INVALID),
        ({"Description": "a\nb"}, INVALID),
        ({"Description": ""}, None),
        ({"SNSTopic": "done"}, INVALID),
        ({"Format": "CSV"}, None),
        ({"InventoryRetrievalParameters": {"Limit": "1"}}, INVALID),
        ({"OutputLocation": {"S3": {}}}, INVALID),
        ({"InventoryRetrievalParameters": None}, None),
    ],
)
def test_archive_retrieval_parameters(
    speak: "Speaker", archive_id: str, change: dict[str, Any], error: tuple[int, str] | None
) -> None:
    reply = speak.initiate("photos", **{"Type": "archive-retrieval", "ArchiveId": archive_id, **change})

    assert (None if reply.status == 202 else reply.error) == error


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({}, None),
        ({"Format": "CSV", "Tier": "Bulk", "ArchiveId": None}, None),
        ({"Format": "csv"}, INVALID),
        ({"ArchiveId": "x" * 138}, INVALID),
        ({"RetrievalByteRange": f"0-{MIB - 1}"}, INVALID),
        ({"InventoryRetrievalParameters": {"Limit": 5}}, UNREADABLE),
        ({"InventoryRetrievalParameters": {"Limit": "0"}}, INVALID),
        ({"InventoryRetrievalParameters": {"Limit": "-1"}}, INVALID),
        ({"InventoryRetrievalParameters": {"Limit": "120000"}}, None),
        ({"InventoryRetrievalParameters": {"StartDate": "2013-03-20T17:03:43Z"}}, None),
        ({"InventoryRetrievalParameters": {"StartDate": "2013-03-20T17:03:43+02:00"}}, None),
        ({"InventoryRetrievalParameters": {"StartDate": "2013-03-20"}}, INVALID),
        ({"InventoryRetrievalParameters": {"StartDate": "2013-03-20T17:03:43"}}, INVALID),
        ({"InventoryRetrievalParameters": {"EndDate": "yesterday"}}, INVALID),
        (
            {
                "InventoryRetrievalParameters": {
                    "StartDate": "2014-01-01T00:00:00Z",
                    "EndDate": "2013-01-01T00:00:00Z",
                }
            },
            INVALID,
        ),
        ({"InventoryRetrievalParameters": {"Marker": "nonsense"}}, INVALID),
        ({"InventoryRetrievalParameters": []}, UNREADABLE),
    ],
)
def test_inventory_retrieval_parameters(
    sandbox: Sandbox, speak: "Speaker", change: dict[str, Any], error: tuple[int, str] | None
) -> None:
    sandbox.create_vault("photos")

    reply = speak.initiate("photos", **{"Type": "inventory-retrieval", **change})

    assert (None if reply.status == 202 else reply.error) == error


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({}, None),
        ({"OutputLocation": None}, MISSING),
        ({"SelectParameters": None}, MISSING),
        ({"SelectParameters": {"ExpressionType": "SQL"}}, MISSING),
        ({"SelectParameters": {"ExpressionType": "XPath", "Expression": "x"}}, INVALID),
        ({"SelectParameters": {"ExpressionType": "SQL", "Expression": "x" * 128_001}}, INVALID),
        ({"OutputLocation": {"S3": {"BucketName": "b"}}}, MISSING),
        ({"OutputLocation": {"S3": {"BucketName": "b", "Prefix": "p" * 513}}}, INVALID),
        ({"OutputLocation": {"S3": {"BucketName": "b", "Prefix": "p", "StorageClass": "COLD"}}}, INVALID),
        ({"OutputLocation": {"S3": "b"}}, UNREADABLE),
        ({"RetrievalByteRange": f"0-{MIB - 1}"}, INVALID),
    ],
)
def test_select_parameters(
    speak: "Speaker", archive_id: str, change: dict[str, Any], error: tuple[int, str] | None
) -> None:
    reply = speak.initiate("photos", **{**SELECT, "ArchiveId": archive_id, **change})

    assert (None if reply.status == 202 else reply.error) == error


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", MISSING),
        (b"{}", MISSING),
        (b"{", UNREADABLE),
        (b"[]", UNREADABLE),
        (b'{"jobParameters": {"Type": "inventory-retrieval"}}', MISSING),
    ],
)
def test_only_the_bare_parameters_are_a_body(
    sandbox: Sandbox, speak: "Speaker", body: bytes, error: tuple[int, str]
) -> None:
    sandbox.create_vault("photos")

    reply = speak.ask("POST", "/vaults/photos/jobs", body)

    assert reply.error == error
    assert body or reply.json["message"] == "Required parameter missing: Job Parameters"


def test_an_archive_of_another_vault_is_blamed_on_the_vaults_name(sandbox: Sandbox, speak: "Speaker") -> None:
    archive_id = sandbox.generate("other", 1).archive_id(0)
    sandbox.create_vault("photos")

    elsewhere = speak.initiate("photos", Type="archive-retrieval", ArchiveId=archive_id)
    nowhere = speak.initiate("photos", Type="archive-retrieval", ArchiveId="A" * 138)
    no_id = speak.initiate("photos", Type="archive-retrieval", ArchiveId="abcd")

    assert elsewhere.error == INVALID
    assert elsewhere.json["message"] == (
        "Invalid vault name: arn:aws:glacier:us-west-2:012345678901:vaults/photos"
    )
    assert nowhere.error == no_id.error == (404, "ResourceNotFoundException")


def test_a_vault_that_is_not_there_starts_nothing(sandbox: Sandbox, speak: "Speaker") -> None:
    reply = speak.initiate("nowhere", Type="inventory-retrieval")

    assert reply.error == (404, "ResourceNotFoundException")
    assert sandbox.accepted == []


def test_before_its_first_inventory_a_vault_has_none(opened: "Opened") -> None:
    sandbox, speak = opened(inventory_delay=86_400)
    sandbox.upload("photos", b"beach")

    too_early = speak.initiate("photos", Type="inventory-retrieval")
    unlisted = speak.ask("GET", "/vaults/photos").json
    sandbox.clock.advance(86_400)

    assert too_early.error == (404, "ResourceNotFoundException")
    assert too_early.json["message"] == (
        "Inventory retrieval jobs for vault arn:aws:glacier:us-west-2:012345678901:vaults/photos cannot be"
        " initiated yet, as Amazon Glacier has not yet generated an initial inventory for this vault."
    )
    assert (unlisted["LastInventoryDate"], unlisted["NumberOfArchives"]) == (None, 0)
    assert speak.start("photos", Type="inventory-retrieval")


def test_an_inventory_can_be_forced(opened: "Opened") -> None:
    sandbox, speak = opened(inventory_delay=86_400)
    sandbox.upload("photos", b"beach")

    sandbox.take_inventory("photos")

    assert speak.ask("GET", "/vaults/photos").json["NumberOfArchives"] == 1
    assert speak.start("photos", Type="inventory-retrieval")


def test_a_sandbox_that_improvises_makes_what_is_named(opened: "Opened") -> None:
    sandbox, speak = opened(improvise=True, improvised_size=3 * MIB)

    job_id = speak.retrieve("anything", "my-own-archive-id", RetrievalByteRange=f"{MIB}-{2 * MIB - 1}")
    speak.retrieve("anything", "my-own-archive-id")
    sandbox.clock.advance(5)

    assert len(speak.output("anything", job_id).body) == MIB
    assert speak.ask("GET", "/vaults/anything").json["NumberOfArchives"] == 1
    assert speak.ask("GET", "/vaults/bad%20name").status == 404
