"""Objects written to S3: how they are stored, and what S3 must say for them to count."""

import base64
import hashlib
from collections.abc import Callable

import pytest

from glacier_manifest.aws.s3 import S3Address
from glacier_manifest.aws.s3_writing import S3Writer, StoredPart, Storing
from glacier_manifest.errors import Exit, Failed, ServiceError
from tests.aws.conftest import Open, Play
from tests.aws.scripted import Step, http

BODY = b"a photograph"
ADDRESS = S3Address("restored", "photos/a.jpg")
SHA256 = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
MD5 = hashlib.md5(BODY, usedforsecurity=False).hexdigest()

Reach = Callable[[str], S3Writer]


@pytest.fixture
def at(door: Open, monkeypatch: pytest.MonkeyPatch) -> Reach:
    def reach(url: str) -> S3Writer:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        return S3Writer(door("http://127.0.0.1:1/a-glacier-that-is-no-s3"))

    return reach


def put(writer: S3Writer, how: Storing | None = None, *, overwrite: bool = False) -> None:
    writer.put(ADDRESS, BODY, how or Storing(), {"identity": "one"}, overwrite=overwrite)


def refusal(status: int, code: str) -> Step:
    body = f"<Error><Code>{code}</Code><Message>the words of S3</Message></Error>".encode()
    return Step(http(status, body, Content_Type="application/xml"))


def test_an_object_is_sent_with_its_checksum_and_never_over_another(play: Play, at: Reach) -> None:
    server = play(Step(http(200, ETag=f'"{MD5}"', x_amz_checksum_sha256=SHA256)))

    put(at(server.url), Storing("STANDARD_IA", "aws:kms", "arn:aws:kms:us-west-2:111122223333:key/k"))

    (sent,) = server.requests
    for header in (
        f"x-amz-checksum-sha256: {SHA256}",
        "If-None-Match: *",
        "x-amz-storage-class: STANDARD_IA",
        "x-amz-server-side-encryption: aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id: arn:aws:kms:us-west-2:111122223333:key/k",
        "x-amz-meta-identity: one",
    ):
        assert header.encode().lower() in sent.lower()


def test_overwriting_sends_no_condition(play: Play, at: Reach) -> None:
    server = play(Step(http(200, ETag=f'"{MD5}"', x_amz_checksum_sha256=SHA256)))

    put(at(server.url), overwrite=True)

    assert b"if-none-match" not in server.requests[0].lower()


def test_the_etag_confirms_where_no_checksum_is_kept(play: Play, at: Reach) -> None:
    server = play(Step(http(200, ETag=f'"{MD5}"')))

    put(at(server.url))

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        http(200, ETag='"0123456789abcdef0123456789abcdef"'),
        http(200),
        http(200, ETag=f'"{MD5}"', x_amz_checksum_sha256=base64.b64encode(bytes(32)).decode()),
    ],
    ids=["another ETag", "nothing", "another checksum"],
)
def test_what_is_not_confirmed_does_not_count(play: Play, at: Reach, answer: bytes) -> None:
    with pytest.raises(ServiceError) as refused:
        put(at(play(Step(answer)).url))

    assert (refused.value.code, refused.value.exit_code) == ("s3-unconfirmed", Exit.ERROR)
    assert str(ADDRESS) in refused.value.message


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refusal(412, "PreconditionFailed"), "name-taken"),
        (refusal(409, "ConditionalRequestConflict"), "name-taken"),
        (refusal(404, "NoSuchBucket"), "s3-bucket-not-found"),
        (refusal(403, "AccessDenied"), "access-denied"),
        (refusal(503, "SlowDown"), "throttled"),
    ],
)
def test_a_refusal_is_told_by_its_code(play: Play, at: Reach, answer: Step, code: str) -> None:
    with pytest.raises(Failed) as refused:
        put(at(play(answer).url))

    assert refused.value.code == code
    assert ADDRESS.bucket in refused.value.message


def test_a_refusal_names_the_permissions_of_writing(play: Play, at: Reach) -> None:
    with pytest.raises(Failed) as refused:
        put(at(play(refusal(403, "AccessDenied")).url))

    assert "s3:PutObject" in refused.value.next_step


@pytest.mark.parametrize("status", [403, 404])
def test_what_cannot_be_seen_counts_as_not_there(play: Play, at: Reach, status: int) -> None:
    assert at(play(Step(http(status))).url).head(ADDRESS) is None


def test_an_s3_that_fails_is_not_an_object_that_is_missing(play: Play, at: Reach) -> None:
    with pytest.raises(ServiceError):
        at(play(Step(http(500))).url).head(ADDRESS)


def test_an_upload_that_s3_does_not_know_is_told_from_one_without_parts(play: Play, at: Reach) -> None:
    empty = b"<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>"

    assert at(play(refusal(404, "NoSuchUpload")).url).parts(ADDRESS, "u") is None
    assert at(play(Step(http(200, empty))).url).parts(ADDRESS, "u") == {}


def test_parts_are_listed_to_the_last_page(play: Play, at: Reach) -> None:
    def page(number: int, *, more: bool) -> Step:
        part = f"<Part><PartNumber>{number}</PartNumber><ETag>e</ETag><Size>{number * 10}</Size></Part>"
        end = f"<NextPartNumberMarker>{number}</NextPartNumberMarker>" if more else ""
        truncated = str(more).lower()
        body = f"<ListPartsResult><IsTruncated>{truncated}</IsTruncated>{part}{end}</ListPartsResult>"
        return Step(http(200, body.encode()))

    server = play(page(1, more=True), page(2, more=False))

    assert at(server.url).parts(ADDRESS, "u") == {
        1: StoredPart(1, "e", 10, None),
        2: StoredPart(2, "e", 20, None),
    }
    assert b"part-number-marker=1" in server.requests[1]


def test_an_object_made_of_other_parts_than_were_sent_does_not_count(play: Play, at: Reach) -> None:
    body = (
        b"<CompleteMultipartUploadResult><ETag>e</ETag><ChecksumSHA256>AAAA-1</ChecksumSHA256>"
        b"</CompleteMultipartUploadResult>"
    )
    part = StoredPart(1, "e", len(BODY), hashlib.sha256(BODY).digest())

    with pytest.raises(ServiceError) as refused:
        at(play(Step(http(200, body))).url).complete(ADDRESS, "u", [part], overwrite=False)

    assert refused.value.code == "s3-unconfirmed"


def test_an_upload_that_cannot_be_aborted_is_no_reason_to_stop(play: Play, at: Reach) -> None:
    server = play(refusal(403, "AccessDenied"))

    at(server.url).abort(ADDRESS, "u")

    assert server.requests[0].startswith(b"DELETE ")
