import pytest

from glacier_manifest.jobs.request import (
    ArchiveRetrieval,
    ByteRange,
    InventoryRetrieval,
    JobType,
    Request,
    Select,
    Vault,
    What,
)
from glacier_manifest.jobs.tier import Tier

VAULT = Vault("012345678901", "us-west-2", "my-vault")
ARCHIVE_ID = "kKB7ymWJVpPSwhGP6ycSOAekp9ZYe" * 4
SELECT = Select(
    ARCHIVE_ID,
    {"ExpressionType": "SQL", "Expression": "SELECT * FROM archive"},
    {"S3": {"BucketName": "results", "Prefix": "q1"}},
)


@pytest.mark.parametrize(
    ("what", "body"),
    [
        (
            ArchiveRetrieval(ARCHIVE_ID),
            {"Type": "archive-retrieval", "ArchiveId": ARCHIVE_ID},
        ),
        (
            ArchiveRetrieval(ARCHIVE_ID, ByteRange(1048576, 2097151)),
            {"Type": "archive-retrieval", "ArchiveId": ARCHIVE_ID, "RetrievalByteRange": "1048576-2097151"},
        ),
        (InventoryRetrieval(), {"Type": "inventory-retrieval"}),
        (InventoryRetrieval(format="CSV"), {"Type": "inventory-retrieval", "Format": "CSV"}),
        (
            InventoryRetrieval(start_date="2015-01-01T00:00:00Z", limit="10000"),
            {
                "Type": "inventory-retrieval",
                "InventoryRetrievalParameters": {"StartDate": "2015-01-01T00:00:00Z", "Limit": "10000"},
            },
        ),
        (
            InventoryRetrieval(end_date="2015-04-01T00:00:00Z", marker="opaque"),
            {
                "Type": "inventory-retrieval",
                "InventoryRetrievalParameters": {"EndDate": "2015-04-01T00:00:00Z", "Marker": "opaque"},
            },
        ),
        (
            SELECT,
            {
                "Type": "select",
                "ArchiveId": ARCHIVE_ID,
                "SelectParameters": {"ExpressionType": "SQL", "Expression": "SELECT * FROM archive"},
                "OutputLocation": {"S3": {"BucketName": "results", "Prefix": "q1"}},
            },
        ),
    ],
)
def test_only_what_was_asked_for_is_sent(what: What, body: dict[str, object]) -> None:
    assert Request("job", VAULT, what).body(tier=None, description=None) == body


def test_the_rest_of_the_body_is_spelled_as_the_api_spells_it() -> None:
    topic = "arn:aws:sns:us-west-2:012345678901:my-topic"

    body = Request("job", VAULT, ArchiveRetrieval(ARCHIVE_ID), sns_topic=topic).body(
        tier=Tier.BULK, description="Retrieve archive on 2015-07-17"
    )

    assert body == {
        "Type": "archive-retrieval",
        "ArchiveId": ARCHIVE_ID,
        "Description": "Retrieve archive on 2015-07-17",
        "SNSTopic": topic,
        "Tier": "Bulk",
    }
    assert {type(value) for value in body.values()} == {str}


@pytest.mark.parametrize(
    ("what", "tiers", "effective"),
    [
        (ArchiveRetrieval(ARCHIVE_ID), (), (Tier.STANDARD,)),
        (ArchiveRetrieval(ARCHIVE_ID), (Tier.EXPEDITED, Tier.BULK), (Tier.EXPEDITED, Tier.BULK)),
        (SELECT, (), (Tier.STANDARD,)),
        (InventoryRetrieval(), (), ()),
    ],
)
def test_the_tiers_that_may_be_paid_for(
    what: What, tiers: tuple[Tier, ...], effective: tuple[Tier, ...]
) -> None:
    assert Request("job", VAULT, what, tiers=tiers).effective_tiers == effective


@pytest.mark.parametrize(
    ("what", "type_", "archive_id", "byte_range"),
    [
        (ArchiveRetrieval(ARCHIVE_ID), JobType.ARCHIVE_RETRIEVAL, ARCHIVE_ID, None),
        (
            ArchiveRetrieval(ARCHIVE_ID, ByteRange(0, 9)),
            JobType.ARCHIVE_RETRIEVAL,
            ARCHIVE_ID,
            ByteRange(0, 9),
        ),
        (InventoryRetrieval(), JobType.INVENTORY_RETRIEVAL, None, None),
        (SELECT, JobType.SELECT, ARCHIVE_ID, None),
    ],
)
def test_a_request_tells_what_it_is_about(
    what: What, type_: JobType, archive_id: str | None, byte_range: ByteRange | None
) -> None:
    request = Request("job", VAULT, what)

    assert (request.type, request.archive_id, request.byte_range) == (type_, archive_id, byte_range)


@pytest.mark.parametrize(
    ("byte_range", "size", "whole"),
    [
        (ByteRange(0, 99), 100, True),
        (ByteRange(0, 1048575), 100, True),
        (ByteRange(0, 98), 100, False),
        (ByteRange(1, 99), 100, False),
    ],
)
def test_a_range_knows_whether_it_is_the_whole_archive(
    byte_range: ByteRange, size: int, *, whole: bool
) -> None:
    assert byte_range.covers(size) is whole
