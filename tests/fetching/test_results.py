"""What a select has left in S3: where it is, and whether it is whole."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import md5

import pytest

from glacier_manifest.aws.output import RangeStream
from glacier_manifest.aws.s3 import S3Address
from glacier_manifest.aws.s3_reading import S3Entry
from glacier_manifest.errors import Failed, GlacierManifestError, NotYet, ServiceError
from glacier_manifest.fetching.results import place_of, results_of
from glacier_manifest.jobs.request import ByteRange, Wire
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.record import Record
from tests.planning.examples import NOON
from tests.state.examples import intended
from tests.tracking.jobs import job

PLACE = S3Address("found", "q1/job-1/")
RECORD: Record = replace(
    intended("errors"),
    address="errors/photos/x",
    type="select",
    status=Status.SUCCEEDED,
    job_id="job-1",
    completed_at=NOON - timedelta(hours=1),
)


class _Bytes:
    def __init__(self, body: bytes) -> None:
        self._rest = body

    def read(self, size: int, /) -> bytes:
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    def close(self) -> None:
        """Nothing is held."""


@dataclass
class Bucket:
    """Objects of a bucket by what stands behind the job's prefix, and which ranges were read."""

    objects: Mapping[str, bytes]
    broken: set[str] = field(default_factory=set)
    told: Mapping[str, str] = field(default_factory=dict)
    read: list[tuple[str, str]] = field(default_factory=list)

    def listed(self, folder: S3Address) -> Iterator[S3Entry]:
        for name, body in sorted(self.objects.items()):
            digits = self.told.get(name, md5(body, usedforsecurity=False).hexdigest())
            yield S3Entry(S3Address(folder.bucket, folder.key + name), len(body), f'"{digits}"')

    def text(self, entry: S3Entry, most: int) -> str:
        return self._body(entry)[:most].decode()

    def md5(self, entry: S3Entry) -> str | None:
        digits = entry.etag.strip('"')
        return digits if len(digits) == 32 else None

    @contextmanager
    def open(self, entry: S3Entry, wanted: ByteRange) -> Iterator[RangeStream]:
        name = entry.address.key.removeprefix(PLACE.key)
        self.read.append((name, str(wanted)))
        if name in self.broken:
            raise ServiceError("s3-object-not-found", "it is gone", next_step="look")
        yield RangeStream(_Bytes(self._body(entry)[wanted.start : wanted.end + 1]), wanted, None, name)

    def _body(self, entry: S3Entry) -> bytes:
        return self.objects[entry.address.key.removeprefix(PLACE.key)]


def output_at(bucket: str | None = "found", prefix: str | None = "q1") -> Wire:
    members = {"BucketName": bucket, "Prefix": prefix}
    return {"S3": {name: value for name, value in members.items() if value is not None}}


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ({"job_output_path": "q1/job-1/", "output_bucket": "found"}, None),
        ({"job_output_path": "q1/job-1/"}, output_at()),
        ({"job_output_path": "s3://found/q1/job-1"}, None),
        ({"job_output_path": "s3://found/q1/job-1/"}, output_at("other", "other")),
        ({"output_bucket": "found", "output_prefix": "q1"}, None),
        ({}, output_at()),
        ({}, output_at(prefix="q1/")),
        (None, output_at()),
    ],
)
def test_the_place_is_told_by_glacier_else_by_the_manifest(
    told: Mapping[str, str] | None, asked: Wire | None
) -> None:
    known = None if told is None else job("job-1", action="Select", **told)

    assert place_of(RECORD, known, asked) == PLACE


def test_an_empty_prefix_is_one() -> None:
    assert place_of(RECORD, None, output_at(prefix="")) == S3Address("found", "job-1/")


@pytest.mark.parametrize(
    "told", [None, {}, {"output_bucket": "found"}, {"job_output_path": "q1/job-1/"}], ids=str
)
def test_where_nobody_tells_the_place_it_is_said(told: Mapping[str, str] | None) -> None:
    known = None if told is None else job("job-1", action="Select", **told)

    with pytest.raises(Failed, match="nobody tells any more") as caught:
        place_of(RECORD, known, None)

    assert caught.value.code == "no-results-place"


def names(objects: Mapping[str, bytes]) -> list[str]:
    return [one.name for one in results_of(RECORD, PLACE, Bucket(objects), at=NOON)]


@pytest.mark.parametrize(
    "manifest",
    [
        "s3://found/q1/job-1/results/a b\ns3://found/q1/job-1/results/c\n".replace("a b", "a%20b"),
        '["q1/job-1/results/a%20b","q1/job-1/results/c"]',
        "found/q1/job-1/results/c,12\r\nfound/q1/job-1/results/a%20b,1",
        "<Key>q1/job-1/results/c</Key><Key>q1/job-1/results/a%20b</Key>",
    ],
)
def test_results_that_a_manifest_names_in_any_form_are_found(manifest: str) -> None:
    objects = {
        "job.txt": b"{}",
        "result_manifest.txt": manifest.encode(),
        "results/a b": b"1",
        "results/c": b"2",
        "results/not-named": b"3",
        "something-else": b"4",
    }

    assert names(objects) == ["job.txt", "result_manifest.txt", "results/a b", "results/c"]


def test_a_folders_own_object_is_no_result() -> None:
    assert names({"result_manifest.txt": b"", "results/": b"", "results/a": b"1"}) == [
        "result_manifest.txt",
        "results/a",
    ]


@pytest.mark.parametrize(
    ("objects", "code", "says"),
    [
        ({"error_manifest.txt": b"", "result_manifest.txt": b""}, "select-failed", "no reason is given"),
        ({"error_manifest.txt": b"look", "errors/a": b""}, "select-failed", "tells: look"),
        ({"error_manifest.txt": b"look", "errors/a": b"line\x1b[2J 3"}, "select-failed", "line?[2J 3"),
        ({"job.txt": b"{}"}, "results-unfinished", "not there yet"),
        ({}, "results-unfinished", "not there yet"),
        ({"result_manifest.txt": b"job-1/results/a\n"}, "results-missing", "'results/a'"),
    ],
)
def test_what_is_not_whole_is_told_apart(objects: Mapping[str, bytes], code: str, says: str) -> None:
    with pytest.raises(GlacierManifestError) as caught:
        names(objects)

    assert caught.value.code == code
    assert says in caught.value.message
    assert isinstance(caught.value, NotYet) is (code == "results-unfinished")


def test_a_manifest_is_waited_for_a_day() -> None:
    with pytest.raises(Failed) as caught:
        results_of(RECORD, PLACE, Bucket({}), at=NOON + timedelta(hours=23))

    assert caught.value.code == "results-missing"
