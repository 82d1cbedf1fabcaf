"""GetJobOutput of archives: whole, in parts, and not at all."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glacier_manifest.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Speaker

TreeHash = Callable[[bytes], str]
MIB = 1 << 20
BODY = b"".join(bytes([number]) * MIB for number in range(6)) + b"the rest"


@pytest.fixture
def archive_id(sandbox: Sandbox) -> str:
    return sandbox.upload("photos", BODY, "beach.jpg")


def test_a_whole_archive_comes_with_its_hash_and_description(
    sandbox: Sandbox, speak: "Speaker", archive_id: str, tree_hash: TreeHash
) -> None:
    job_id = speak.retrieve("photos", archive_id)
    sandbox.clock.advance(5)

    reply = speak.output("photos", job_id)

    assert (reply.status, reply.body) == (200, BODY)
    assert reply.headers["Content-Type"] == "application/octet-stream"
    assert reply.headers["Accept-Ranges"] == "bytes"
    assert reply.headers["x-amz-archive-description"] == "beach.jpg"
    assert reply.headers["x-amz-sha256-tree-hash"] == tree_hash(BODY)
    assert reply.headers["Content-Range"] is None


def test_a_range_is_relative_to_the_jobs_own_range(
    sandbox: Sandbox, speak: "Speaker", archive_id: str, tree_hash: TreeHash
) -> None:
    job_id = speak.retrieve("photos", archive_id, RetrievalByteRange=f"{4 * MIB}-{6 * MIB - 1}")
    sandbox.clock.advance(5)

    whole = speak.output("photos", job_id)
    part = speak.output("photos", job_id, f"bytes={MIB}-{2 * MIB - 1}")
    beyond = speak.output("photos", job_id, f"bytes={2 * MIB}-{3 * MIB}")

    assert whole.body == BODY[4 * MIB : 6 * MIB]
    assert whole.headers["x-amz-sha256-tree-hash"] == tree_hash(BODY[4 * MIB : 6 * MIB])
    assert (part.status, part.body) == (206, BODY[5 * MIB : 6 * MIB])
    assert part.headers["Content-Range"] == f"bytes {MIB}-{2 * MIB - 1}/{2 * MIB}"
    assert part.headers["x-amz-sha256-tree-hash"] == tree_hash(BODY[5 * MIB : 6 * MIB])
    assert beyond.error == (400, "InvalidParameterValueException")
    assert beyond.json["message"] == (
        f"The start of the range is larger than size of retrieved data: bytes={2 * MIB}-{3 * MIB}"
    )


def test_there_is_a_hash_only_where_both_ranges_are_aligned(
    sandbox: Sandbox, speak: "Speaker", archive_id: str
) -> None:
    unaligned = speak.retrieve("photos", archive_id, RetrievalByteRange=f"{MIB}-{3 * MIB - 1}")
    aligned = speak.retrieve("photos", archive_id)
    sandbox.clock.advance(5)

    within_unaligned = speak.output("photos", unaligned, f"bytes=0-{MIB - 1}")
    unaligned_part = speak.output("photos", aligned, f"bytes=1-{MIB}")

    assert within_unaligned.body == BODY[MIB : 2 * MIB]
    assert within_unaligned.headers["x-amz-sha256-tree-hash"] is None
    assert unaligned_part.body == BODY[1 : MIB + 1]
    assert unaligned_part.headers["x-amz-sha256-tree-hash"] is None


@pytest.mark.parametrize("asked", ["bytes=5-1", "bytes=-5", "0-5", "bytes=a-b", "bytes=0-1,3-4"])
def test_a_range_that_is_none_is_refused(
    sandbox: Sandbox, speak: "Speaker", archive_id: str, asked: str
) -> None:
    job_id = speak.retrieve("photos", archive_id)
    sandbox.clock.advance(5)

    assert speak.output("photos", job_id, asked).error == (400, "InvalidParameterValueException")


def test_a_range_without_an_end_goes_to_the_end(sandbox: Sandbox, speak: "Speaker", archive_id: str) -> None:
    job_id = speak.retrieve("photos", archive_id)
    sandbox.clock.advance(5)

    assert speak.output("photos", job_id, f"bytes={6 * MIB}-").body == b"the rest"
    assert speak.output("photos", job_id, f"bytes={6 * MIB}-{9 * MIB}").body == b"the rest"


def test_there_is_no_output_before_completion_and_none_of_a_failed_job(
    sandbox: Sandbox, speak: "Speaker", archive_id: str
) -> None:
    sandbox.faults.add("InitiateJob", "job-fails", message="The archive is damaged.")
    job_id = speak.retrieve("photos", archive_id)

    early = speak.output("photos", job_id)
    sandbox.clock.advance(5)
    failed = speak.output("photos", job_id)

    assert early.error == (400, "InvalidParameterValueException")
    assert early.json["message"] == f"The job is not currently available for download: {job_id}"
    assert failed.error == (400, "InvalidParameterValueException")
    described = speak.describe("photos", job_id)
    assert described["Completed"] is True
    assert (described["StatusCode"], described["StatusMessage"]) == ("Failed", "The archive is damaged.")


def test_the_results_of_a_select_are_elsewhere(sandbox: Sandbox, speak: "Speaker", archive_id: str) -> None:
    reply = speak.initiate(
        "photos",
        Type="select",
        ArchiveId=archive_id,
        SelectParameters={"ExpressionType": "SQL", "Expression": "SELECT * FROM archive"},
        OutputLocation={"S3": {"BucketName": "b", "Prefix": "p"}},
    )
    job_id = reply.headers["x-amz-job-id"]
    sandbox.clock.advance(5)

    described = speak.describe("photos", job_id)

    assert reply.headers["x-amz-job-output-path"] == described["JobOutputPath"] == f"s3://b/p/{job_id}"
    assert described["StatusCode"] == "Succeeded"
    assert described["SelectParameters"]["Expression"] == "SELECT * FROM archive"
    assert described["OutputLocation"] == {"S3": {"BucketName": "b", "Prefix": "p"}}
    assert (described["RetrievalByteRange"], described["SHA256TreeHash"]) == (None, None)
    assert speak.output("photos", job_id).error == (400, "InvalidParameterValueException")


@settings(max_examples=30)
@given(drawn=st.data())
def test_every_range_of_a_job_is_the_same_bytes_of_the_archive(
    speak_to: "type[Speaker]", tree_hash: TreeHash, drawn: st.DataObject
) -> None:
    first = drawn.draw(st.integers(0, 6))
    behind = drawn.draw(st.integers(first + 1, 7))
    end = min(behind * MIB, len(BODY))
    asked = sorted(drawn.draw(st.tuples(*[st.integers(0, end - first * MIB - 1)] * 2)))
    with Sandbox(job_time=0) as sandbox:
        speak = speak_to(sandbox.url)
        job_id = speak.retrieve(
            "photos", sandbox.upload("photos", BODY), RetrievalByteRange=f"{first * MIB}-{end - 1}"
        )
        reply = speak.output("photos", job_id, f"bytes={asked[0]}-{asked[1]}")
        speak.close()

    sent = BODY[first * MIB + asked[0] : first * MIB + asked[1] + 1]
    assert reply.body == sent
    assert reply.headers["x-amz-sha256-tree-hash"] in (None, tree_hash(sent))
