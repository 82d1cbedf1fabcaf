"""Objects below a prefix, listed and read range by range, against moto's S3."""

from collections.abc import Iterator

import pytest

from glacier_manifest.aws.s3 import S3Address
from glacier_manifest.aws.s3_reading import S3Entry, S3Reader
from glacier_manifest.aws.session import Clients, Connection
from glacier_manifest.errors import ServiceError
from glacier_manifest.jobs.request import ByteRange
from tests.fetching.buckets import MotoBucket, moto_server, new_bucket

moto = pytest.fixture(moto_server, scope="module")


@pytest.fixture
def bucket(moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MotoBucket]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto)
    yield from new_bucket(moto)


@pytest.fixture
def reader(bucket: MotoBucket) -> Iterator[S3Reader]:
    assert bucket.name
    with Clients(Connection(region="us-east-1", read_attempts=1)) as clients:
        yield S3Reader(clients)


def only(reader: S3Reader, bucket: MotoBucket, prefix: str = "") -> S3Entry:
    (entry,) = reader.listed(S3Address(bucket.name, prefix))
    return entry


def read(reader: S3Reader, entry: S3Entry, start: int, end: int) -> bytes:
    with reader.open(entry, ByteRange(start, end)) as stream:
        return b"".join(iter(lambda: stream.read(3), b""))


def test_all_pages_of_a_listing_are_read_and_nothing_beside_the_prefix(
    reader: S3Reader, bucket: MotoBucket
) -> None:
    for number in range(1001):
        bucket.put(f"q1/{number:04}", b"x")
    bucket.put("q2/other", b"x")

    found = list(reader.listed(S3Address(bucket.name, "q1/")))

    assert [one.address.key for one in found] == [f"q1/{number:04}" for number in range(1001)]


def test_a_range_is_read_and_the_rest_is_not(reader: S3Reader, bucket: MotoBucket) -> None:
    bucket.put("a/b c", b"0123456789")
    entry = only(reader, bucket)

    assert (entry.size, str(entry.address)) == (10, f"s3://{bucket.name}/a/b c")
    assert read(reader, entry, 2, 6) == b"23456"
    assert read(reader, entry, 0, 9) == b"0123456789"
    assert reader.text(entry, 4) == "0123"


def test_what_has_been_replaced_since_it_was_listed_is_not_read(reader: S3Reader, bucket: MotoBucket) -> None:
    bucket.put("a", b"0123456789")
    entry = only(reader, bucket)
    bucket.put("a", b"9876543210")

    with pytest.raises(ServiceError) as caught:
        read(reader, entry, 0, 9)

    assert caught.value.code == "s3-object-changed"


@pytest.mark.parametrize(
    ("how", "has_one"),
    [({}, True), ({"ServerSideEncryption": "AES256"}, True), ({"ServerSideEncryption": "aws:kms"}, False)],
)
def test_an_etag_is_an_md5_unless_keys_of_kms_were_used(
    reader: S3Reader, bucket: MotoBucket, how: dict[str, str], *, has_one: bool
) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key="a", Body=b"hello", **how)

    told = reader.md5(only(reader, bucket))

    assert told == ("5d41402abc4b2a76b9719d911017c592" if has_one else None)


def test_an_object_in_parts_has_no_md5(reader: S3Reader, bucket: MotoBucket) -> None:
    at = {"Bucket": bucket.name, "Key": "a"}
    upload = bucket.client.create_multipart_upload(**at)["UploadId"]
    part = bucket.client.upload_part(**at, UploadId=upload, PartNumber=1, Body=b"hello")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    bucket.client.complete_multipart_upload(**at, UploadId=upload, MultipartUpload=parts)

    assert reader.md5(only(reader, bucket)) is None


def test_a_bucket_that_is_not_there_is_named(reader: S3Reader) -> None:
    with pytest.raises(ServiceError) as caught:
        list(reader.listed(S3Address("no-such-bucket", "q1/")))

    assert caught.value.code == "s3-bucket-not-found"


def test_an_empty_object_has_an_empty_text(reader: S3Reader, bucket: MotoBucket) -> None:
    bucket.put("a", b"")

    assert reader.text(only(reader, bucket), 10) == ""
