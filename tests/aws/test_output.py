"""Ranges of an output over HTTP: the bytes that were asked for, all of them, or an error that says so."""

import pytest

from glacier_manifest.aws.causes import Cause
from glacier_manifest.aws.output import PASSING, GlacierOutput
from glacier_manifest.errors import Exit, ServiceError
from glacier_manifest.jobs.request import ByteRange, Vault
from tests.aws.conftest import Open, Play
from tests.aws.scripted import HTML, JOB_ID, End, Step, http, refused

VAULT = Vault("012345678901", "us-west-2", "photos")
BODY = bytes(range(100))
WANTED = ByteRange(100, 199)
HASH = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"


def partial(body: bytes = BODY, content_range: str = "bytes 100-199/1000", **headers: str) -> bytes:
    return http(206, body, Content_Range=content_range, **headers)


def read(output: GlacierOutput, wanted: ByteRange = WANTED, length: int = 1000) -> bytes:
    with output.open(VAULT, JOB_ID, wanted, length) as stream:
        return b"".join(iter(lambda: stream.read(33), b""))


def failure(output: GlacierOutput) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        read(output)
    assert caught.value.exit_code is Exit.ERROR
    assert JOB_ID in caught.value.message
    return caught.value


def test_a_range_is_asked_for_and_read_to_its_last_byte(play: Play, door: Open) -> None:
    server = play(Step(partial()))

    assert read(GlacierOutput(door(server.url))) == BODY
    (request,) = server.requests
    assert f"GET /012345678901/vaults/photos/jobs/{JOB_ID}/output".encode() in request
    assert b"\r\nRange: bytes=100-199\r\n" in request


def test_one_connection_serves_range_after_range(play: Play, door: Open) -> None:
    server = play(Step(partial()))
    output = GlacierOutput(door(server.url))

    assert [read(output), read(output)] == [BODY, BODY]
    assert len(server._open) == 1


def test_a_whole_output_may_come_without_a_range(play: Play, door: Open) -> None:
    server = play(Step(http(200, BODY)))

    assert read(GlacierOutput(door(server.url)), ByteRange(0, 99), 100) == BODY


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (partial(x_amz_sha256_tree_hash=HASH), HASH),
        (partial(), None),
        (partial(x_amz_sha256_tree_hash="odd"), None),
    ],
    ids=["told", "not-told", "no-hash"],
)
def test_the_tree_hash_is_told_where_glacier_tells_it(
    play: Play, door: Open, reply: bytes, told: str | None
) -> None:
    server = play(Step(reply))

    with GlacierOutput(door(server.url)).open(VAULT, JOB_ID, WANTED, 1000) as stream:
        assert stream.tree_hash == told


@pytest.mark.parametrize(
    "reply",
    [
        http(200, BODY),
        http(200, HTML, Content_Type="text/html"),
        partial(content_range="bytes 0-99/1000"),
        partial(content_range="bytes 100-199/1001"),
        partial(content_range="bytes 100-199/*"),
        partial(BODY[:50]),
        http(206, BODY),
    ],
    ids=["all-of-it", "a-page", "other-bytes", "other-length", "no-length", "fewer-bytes", "untold"],
)
def test_what_is_another_range_is_not_taken_for_the_one_wanted(play: Play, door: Open, reply: bytes) -> None:
    error = failure(GlacierOutput(door(play(Step(reply)).url)))

    assert error.code == "output-range"
    assert error.code in PASSING


@pytest.mark.parametrize("end", [End.CLOSE, End.RESET])
def test_an_output_that_breaks_off_is_told_as_cut(play: Play, door: Open, end: End) -> None:
    server = play(Step(partial()[:-40], end))

    error = failure(GlacierOutput(door(server.url)))

    assert error.code == "output-cut"
    assert error.code in PASSING


def test_an_output_that_stands_still_is_told_as_cut(play: Play, door: Open) -> None:
    server = play(Step(partial()[:-40], End.HANG))

    assert failure(GlacierOutput(door(server.url, read_timeout=0.2))).code == "output-cut"


@pytest.mark.parametrize(
    ("reply", "code", "passes"),
    [
        (refused(404, "ResourceNotFoundException", f"The job ID was not found: {JOB_ID}"),
         Cause.JOB_NOT_FOUND, False),
        (refused(400, "InvalidParameterValueException", f"The job is not currently available: {JOB_ID}"),
         Cause.INVALID_REQUEST, False),
        (refused(403, "AccessDeniedException"), Cause.ACCESS_DENIED, False),
        (refused(403, "ExpiredTokenException"), Cause.EXPIRED_CREDENTIALS, False),
        (refused(400, "ThrottlingException", "Rate exceeded"), Cause.THROTTLED, True),
        (refused(500, "ServiceUnavailableException"), Cause.SERVICE_FAILED, True),
        (http(502, HTML), Cause.SERVICE_FAILED, True),
    ],
)  # fmt: skip
def test_a_refusal_is_told_by_its_cause(
    play: Play, door: Open, reply: bytes, code: Cause, *, passes: bool
) -> None:
    error = failure(GlacierOutput(door(play(Step(reply)).url)))

    assert error.code == code
    assert (error.code in PASSING) is passes


def test_a_glacier_that_is_not_reached_may_be_reached_later(door: Open) -> None:
    error = failure(GlacierOutput(door("http://127.0.0.1:1")))

    assert error.code == Cause.UNREACHABLE
    assert error.code in PASSING


def test_a_reader_who_leaves_early_leaves_no_bytes_for_the_next(play: Play, door: Open) -> None:
    server = play(Step(partial()))
    output = GlacierOutput(door(server.url))

    with output.open(VAULT, JOB_ID, WANTED, 1000) as stream:
        stream.read(10)

    assert read(output) == BODY
