"""Outputs from Glacier to a bucket, over HTTP on both sides."""

from contextlib import contextmanager
from hashlib import shake_128
from pathlib import Path

import pytest

from glacier_manifest.aws.s3_writing import S3Writer
from glacier_manifest.fetching.destination import Output
from glacier_manifest.fetching.download import Errand
from glacier_manifest.fetching.output import Fetched, Whole, alone, put_together
from glacier_manifest.fetching.room import Room
from glacier_manifest.fetching.s3 import Bucket
from glacier_manifest.units import MIB
from tests.fetching.buckets import moto_server, new_bucket
from tests.fetching.outputs import Glacier, Run, reader_of
from tests.fetching.places import PART

BODY = shake_128().digest(2 * PART + 3 * MIB + 5)

moto = pytest.fixture(moto_server, scope="module")


def test_archives_whole_and_in_ranges_become_objects(
    moto: str, glacier: Glacier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto)
    archive_id = glacier.sandbox.upload("photos", BODY)
    ranges = (f"0-{PART - 1}", f"{PART}-{2 * PART - 1}", f"{2 * PART}-{len(BODY) - 1}")
    wholes = {
        "whole": alone(glacier.retrieved(archive_id)),
        "together": put_together(tuple(glacier.retrieved(archive_id, one) for one in ranges)),
        "small": alone(glacier.archive(b"a photograph")),
    }

    with contextmanager(new_bucket)(moto) as bucket:
        place = Bucket(S3Writer(glacier.clients), f"s3://{bucket.name}/v", tmp_path)
        errands = [errand_to(place, name, whole) for name, whole in wholes.items()]
        endings = [*Run(reader_of(glacier)).fetch(errands)]

        assert [type(one) for one in endings] == [Fetched] * 3
        assert bucket.contents() == {"v/whole": BODY, "v/together": BODY, "v/small": b"a photograph"}
        assert bucket.uploads() == []


def errand_to(place: Bucket, name: str, whole: Whole) -> Errand:
    return Errand(whole, Output(name, name, whole.divided(PART)), place, Room(place.free))
