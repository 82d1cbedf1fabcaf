"""What selects write: run over the archive, and read as from S3."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from glacier_manifest.sandbox import Sandbox, SandboxClock
from tests.fetching.buckets import MotoBucket
from tests.sandbox.conftest import NOON

CSV = b'id,name\n1,"a, b"\n2,c\n'


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock=SandboxClock(lambda: NOON), seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def found(sandbox: Sandbox) -> Iterator[MotoBucket]:
    client = boto3.client("s3", endpoint_url=f"{sandbox.url}/_sandbox/s3", region_name="us-west-2")
    yield MotoBucket(client, "found")
    client.close()


def selected(sandbox: Sandbox, expression: str, body: bytes = CSV, **forms: dict[str, Any]) -> str:
    """Start a select over an archive, let it end, and return what its keys begin with."""
    asked: dict[str, Any] = {"Expression": expression, "ExpressionType": "SQL"}
    asked |= {name: {"csv": form} for name, form in forms.items()}
    glacier: Any = boto3.client("glacier", endpoint_url=sandbox.url, region_name="us-west-2")
    started = glacier.initiate_job(
        vaultName="logs",
        jobParameters={
            "Type": "select",
            "ArchiveId": sandbox.upload("logs", body),
            "SelectParameters": asked,
            "OutputLocation": {"S3": {"BucketName": "found", "Prefix": "q1"}},
        },
    )
    glacier.close()
    sandbox.clock.advance(60)
    return f"q1/{started['jobId']}/"


def contents(found: MotoBucket, prefix: str) -> dict[str, bytes]:
    return {key.removeprefix(prefix): body for key, body in found.contents().items()}


@pytest.mark.parametrize(
    ("expression", "forms", "rows"),
    [
        ("SELECT * FROM archive", {}, b'id,name\n1,"a, b"\n2,c\n'),
        ("SELECT * FROM archive", {"InputSerialization": {"FileHeaderInfo": "IGNORE"}}, b'1,"a, b"\n2,c\n'),
        ("SELECT s._2 FROM archive s WHERE s._1 = '2'", {}, b"c\n"),
        (
            "SELECT name FROM archive WHERE id = '2'",
            {"InputSerialization": {"FileHeaderInfo": "USE"}},
            b"c\n",
        ),
        (
            "SELECT _1 FROM archive",
            {"OutputSerialization": {"QuoteFields": "ALWAYS", "RecordDelimiter": ";"}},
            b'"id";"1";"2";',
        ),
    ],
)
def test_a_query_is_run_over_the_archive(
    sandbox: Sandbox, found: MotoBucket, expression: str, forms: dict[str, Any], rows: bytes
) -> None:
    written = contents(found, selected(sandbox, expression, **forms))

    (result,) = [name for name in written if name.startswith("results/")]
    assert written[result] == rows
    assert written["result_manifest.txt"].decode().endswith(f"/{result}\n")
    assert "error_manifest.txt" not in written


def test_a_long_result_comes_in_parts(sandbox: Sandbox, found: MotoBucket) -> None:
    body = b"".join(b"%d\n" % number for number in range(2500))

    written = contents(found, selected(sandbox, "SELECT * FROM archive", body))

    assert len(written["result_manifest.txt"].splitlines()) == 3
    parts = {name: part for name, part in written.items() if name.startswith("results/")}
    assert sorted(b"".join(parts.values()).split()) == sorted(body.split())


@pytest.mark.parametrize(
    ("expression", "body", "why"),
    [
        ("SELECT missing FROM archive", CSV, b"no such column: missing"),
        ("ATTACH DATABASE 'elsewhere' AS other", CSV, b"not authorized"),
        ("SELECT * FROM archive", b"\xff\xfe", b"codec can't decode"),
    ],
)
def test_a_query_that_fails_is_told_beside_no_result(
    sandbox: Sandbox, found: MotoBucket, expression: str, body: bytes, why: bytes
) -> None:
    written = contents(found, selected(sandbox, expression, body))

    assert written.keys() == {"job.txt", "errors/0", "error_manifest.txt"}
    assert why in written["errors/0"]


def test_ranges_are_read_and_what_is_not_there_is_said_as_s3_says_it(
    sandbox: Sandbox, found: MotoBucket
) -> None:
    prefix = selected(sandbox, "SELECT * FROM archive")
    key = next(iter(found.client.list_objects_v2(Bucket="found", Prefix=f"{prefix}results/")["Contents"]))[
        "Key"
    ]

    assert found.client.get_object(Bucket="found", Key=key, Range="bytes=3-6")["Body"].read() == b"name"
    assert found.client.head_object(Bucket="found", Key=key)["ContentLength"] == len(CSV)
    with pytest.raises(ClientError, match="NoSuchBucket"):
        found.client.list_objects_v2(Bucket="other")
    with pytest.raises(ClientError, match="NoSuchKey"):
        found.client.get_object(Bucket="found", Key="other")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        found.client.get_object(Bucket="found", Key=key, IfMatch='"0"')
    with pytest.raises(ClientError, match="InvalidRange"):
        found.client.get_object(Bucket="found", Key=key, Range="bytes=99-")
    with pytest.raises(ClientError, match="MethodNotAllowed"):
        found.client.put_object(Bucket="found", Key=key, Body=b"x")
