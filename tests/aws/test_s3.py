"""Objects of S3 over HTTP: moto's server where S3 behaves, scripted bytes where the network does not."""

import base64
import hashlib
from collections.abc import Callable, Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from glacier_manifest.aws.s3 import S3Address, S3Objects
from glacier_manifest.errors import Exit, ServiceError, UsageError
from tests.aws.conftest import Open, Play
from tests.aws.scripted import End, Step, http

BODY = bytes(range(256)) * 40
URL = "s3://inventories/photos.json"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=url, region_name="us-east-1")
    client.create_bucket(Bucket="inventories")
    client.put_object(Bucket="inventories", Key="photos.json", Body=BODY)
    client.put_object(Bucket="inventories", Key="a b/\u00fc+%.json", Body=b"odd")
    client.put_object(Bucket="inventories", Key="empty", Body=b"")
    client.put_object(Bucket="inventories", Key="deep", Body=b"x", StorageClass="DEEP_ARCHIVE")
    client.close()
    yield url
    server.stop()


@pytest.fixture
def at(door: Open, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], S3Objects]:
    """Reach an S3 in the way that users name one."""

    def reach(url: str) -> S3Objects:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        return S3Objects(door("http://127.0.0.1:1/a-glacier-that-is-no-s3"))

    return reach


def read(objects: S3Objects, url: str = URL, size: int = 1000) -> bytes:
    with objects.open(url) as opened:
        return b"".join(iter(lambda: opened.read(size), b""))


def refused(objects: S3Objects, url: str = URL) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        read(objects, url)
    assert caught.value.exit_code is Exit.ERROR
    return caught.value


@pytest.mark.parametrize(
    ("url", "body"),
    [(URL, BODY), ("s3://inventories/a b/\u00fc+%.json", b"odd"), ("s3://inventories/empty", b"")],
)
def test_an_object_is_read_whole(moto: str, at: Callable[[str], S3Objects], url: str, body: bytes) -> None:
    assert read(at(moto), url) == body


@pytest.mark.parametrize(
    ("url", "code", "advice"),
    [
        ("s3://inventories/phtos.json", "s3-object-not-found", "aws s3 ls s3://inventories/"),
        ("s3://no-such-bucket/photos.json", "s3-bucket-not-found", "aws s3 ls"),
        ("s3://inventories/deep", "s3-object-archived", "restore-object"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_address_and_what_to_do(
    moto: str, at: Callable[[str], S3Objects], url: str, code: str, advice: str
) -> None:
    refusal = refused(at(moto), url)

    assert refusal.code == code
    assert url.removeprefix("s3://").split("/")[0] in refusal.message
    assert advice in refusal.next_step


@pytest.mark.parametrize(
    "url", ["s3://", "s3://bucket", "s3://bucket/", "s3:///key", "s3://b?d/key", "s3:/b/k"]
)
def test_an_address_that_is_none_is_refused_before_anything_is_asked(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        S3Address.parse(url)

    assert (caught.value.code, caught.value.exit_code) == ("s3-address", Exit.USAGE)
    assert repr(url) in caught.value.message


def whole(body: bytes = BODY, **headers: str) -> bytes:
    return http(200, body, ETag='"v1"', **headers)


def rest(start: int) -> bytes:
    return http(206, BODY[start:], ETag='"v1"')


def cut(at: int) -> Step:
    head = whole().removesuffix(BODY)
    return Step(head + BODY[:at], End.CLOSE)


def test_a_broken_download_goes_on_where_it_broke(play: Play, at: Callable[[str], S3Objects]) -> None:
    server = play(cut(3000), Step(rest(3000)))

    assert read(at(server.url)) == BODY
    assert b"Range: bytes=3000-\r\n" in server.requests[1]
    assert b'If-Match: "v1"\r\n' in server.requests[1]


def test_a_download_that_breaks_again_and_again_is_never_a_shorter_object(
    play: Play, at: Callable[[str], S3Objects]
) -> None:
    nothing = Step(http(206, BODY[3000:], ETag='"v1"').removesuffix(BODY[3000:]), End.CLOSE)
    server = play(cut(3000), nothing)

    refusal = refused(at(server.url))

    assert refusal.code == "no-answer"
    assert "broke at 3,000 of 10,240 bytes" in refusal.message
    assert len(server.requests) == 6


def test_an_object_that_is_replaced_while_it_is_read_is_refused(
    play: Play, at: Callable[[str], S3Objects]
) -> None:
    replaced = b"<Error><Code>PreconditionFailed</Code><Message>x</Message></Error>"
    server = play(cut(3000), Step(http(412, replaced, Content_Type="application/xml")))

    assert refused(at(server.url)).code == "s3-object-changed"


def test_what_differs_from_the_checksum_that_s3_keeps_is_refused(
    play: Play, at: Callable[[str], S3Objects]
) -> None:
    other = base64.b64encode(hashlib.sha256(b"something else").digest()).decode()
    server = play(Step(whole(x_amz_checksum_sha256=other)))

    refusal = refused(at(server.url))

    assert refusal.code == "s3-checksum"
    assert len(server.requests) == 1


def test_a_refusal_names_the_permissions(play: Play, at: Callable[[str], S3Objects]) -> None:
    denied = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    server = play(Step(http(403, denied, Content_Type="application/xml")))

    refusal = refused(at(server.url))

    assert (refusal.code, refusal.message) == ("access-denied", f"{URL}: Access Denied")
    assert "s3:GetObject" in refusal.next_step


def test_an_s3_out_of_reach_is_told_with_its_own_variable(at: Callable[[str], S3Objects]) -> None:
    refusal = refused(at("http://127.0.0.1:1"))

    assert refusal.code == "unreachable"
    assert "AWS_ENDPOINT_URL_S3" in refusal.next_step


def test_an_inventory_in_a_page_of_a_proxy_is_refused(play: Play, at: Callable[[str], S3Objects]) -> None:
    server = play(Step(http(407, b"<html>who are you?</html>", Content_Type="text/html")))

    assert refused(at(server.url)).code in {"unexpected-answer", "unreachable"}
