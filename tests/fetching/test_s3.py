"""What a bucket does beside the contract of all places: lost replies, uploads that are gone, storage."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import shake_128
from pathlib import Path

import pytest

from glacier_manifest.aws.s3 import S3Address
from glacier_manifest.aws.s3_writing import S3Writer, StoredPart, Storing
from glacier_manifest.aws.session import Clients, Connection
from glacier_manifest.errors import Exit, Failed, ServiceError, UsageError
from glacier_manifest.fetching.destination import Destination
from glacier_manifest.fetching.parts import Division
from glacier_manifest.fetching.s3 import Bucket
from glacier_manifest.units import MIB
from tests.fetching.buckets import MotoBucket, moto_server, new_bucket
from tests.fetching.places import PART, keep, output_of, write

SMALL = b"a photograph"
LARGE = shake_128().digest(2 * PART + 17)
NAME = "photos/a.jpg"

moto = pytest.fixture(moto_server, scope="module")
Open = Callable[..., Bucket]


class ForgetfulNetwork(S3Writer):
    """Writes as ever; the reply gets lost, and the SDK has given up."""

    def put(
        self, address: S3Address, body: bytes, how: Storing, metadata: Mapping[str, str], *, overwrite: bool
    ) -> None:
        super().put(address, body, how, metadata, overwrite=overwrite)
        raise ServiceError("no-answer", "lost", next_step="wait")

    def complete(
        self, address: S3Address, upload: str, parts: Sequence[StoredPart], *, overwrite: bool
    ) -> None:
        super().complete(address, upload, parts, overwrite=overwrite)
        raise ServiceError("no-answer", "lost", next_step="wait")


@pytest.fixture
def there(moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MotoBucket]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto)
    with contextmanager(new_bucket)(moto) as made:
        yield made


@pytest.fixture
def bucket(there: MotoBucket, tmp_path: Path) -> Iterator[Open]:
    with Clients(Connection(read_attempts=1)) as clients:

        def opened(network: type[S3Writer] = S3Writer, storing: Storing | None = None) -> Bucket:
            return Bucket(network(clients), f"s3://{there.name}", tmp_path / "notes", storing=storing)

        yield opened


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_a_lost_reply_is_none_once_the_object_stands(bucket: Open, there: MotoBucket, body: bytes) -> None:
    assert keep(bucket(ForgetfulNetwork), output_of(body), body) == NAME

    assert there.contents() == {NAME: body}


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_an_output_that_stands_already_is_written_once_more_to_the_same_key(
    bucket: Open, there: MotoBucket, body: bytes
) -> None:
    keep(bucket(), output_of(body), body)

    assert keep(bucket(), output_of(body), body) == NAME
    assert there.contents() == {NAME: body}


def test_an_upload_that_is_gone_is_begun_anew(bucket: Open, there: MotoBucket) -> None:
    output = output_of(LARGE)
    with bucket().draft(output) as draft:
        write(draft, output, LARGE, (0,))
    (upload,) = there.uploads()
    there.client.abort_multipart_upload(Bucket=there.name, Key=NAME, UploadId=upload)

    with bucket().draft(output) as draft:
        held = draft.held()
        write(draft, output, LARGE)
        draft.finish()

    assert held == {}
    assert there.contents() == {NAME: LARGE}


def test_a_part_that_s3_does_not_have_is_not_held_whatever_the_note_says(
    bucket: Open, there: MotoBucket
) -> None:
    output = output_of(LARGE)
    with bucket().draft(output) as draft:
        write(draft, output, LARGE, (0, 1))
    (upload,) = there.uploads()
    there.client.upload_part(Bucket=there.name, Key=NAME, UploadId=upload, PartNumber=1, Body=b"shorter")

    with bucket().draft(output) as draft:
        assert set(draft.held()) == {1}


def test_no_upload_is_left_behind_by_what_was_discarded_or_never_held(
    bucket: Open, there: MotoBucket
) -> None:
    output = output_of(LARGE)
    with bucket().draft(output):
        pass
    with bucket().draft(output) as draft:
        write(draft, output, LARGE, (0,))
        draft.discard()

        assert len(there.uploads()) == 1


def test_a_key_that_is_taken_at_the_last_moment_is_left_alone_and_another_is_found(
    bucket: Open, there: MotoBucket
) -> None:
    output = output_of(LARGE)
    with bucket().draft(output) as draft:
        write(draft, output, LARGE)
        there.put(NAME, b"quicker")
        with pytest.raises(Failed) as refused:
            draft.finish()

    assert (refused.value.code, refused.value.exit_code) == ("name-taken", Exit.ERROR)
    assert keep(bucket(), output, LARGE) == "photos/a~o2jmhljvic5y.jpg"
    assert there.contents() == {NAME: b"quicker", "photos/a~o2jmhljvic5y.jpg": LARGE}


def test_objects_are_stored_as_asked(bucket: Open, there: MotoBucket) -> None:
    here = bucket(storing=Storing("STANDARD_IA", "AES256"))
    for name, body in (("small", SMALL), ("large", LARGE)):
        keep(here, output_of(body, name, name), body)

        head = there.client.head_object(Bucket=there.name, Key=name)
        assert (head["StorageClass"], head["ServerSideEncryption"]) == ("STANDARD_IA", "AES256")
        assert head["Metadata"]["glacier-manifest-identity"] == name


def test_parts_too_small_for_s3_are_gathered(bucket: Open, there: MotoBucket) -> None:
    output = replace(output_of(LARGE), division=Division(len(LARGE), MIB))

    assert keep(bucket(), output, LARGE) == NAME
    assert there.contents() == {NAME: LARGE}


def test_parts_too_small_for_s3_and_too_many_for_memory_are_refused(bucket: Open) -> None:
    output = replace(output_of(b""), division=Division(65 * MIB, 4 * MIB))
    with pytest.raises(Failed) as refused, bucket().draft(output):
        pass

    assert refused.value.code == "parts-too-small"


def test_a_bucket_that_is_not_there_is_told(bucket: Open, there: MotoBucket) -> None:
    there.client.delete_bucket(Bucket=there.name)

    with pytest.raises(ServiceError) as refused:
        keep(bucket(), output_of(LARGE), LARGE)

    assert refused.value.code == "s3-bucket-not-found"


def test_a_prefix_that_leaves_no_room_for_names_is_refused(tmp_path: Path) -> None:
    with Clients(Connection()) as clients, pytest.raises(UsageError) as refused:
        Bucket(S3Writer(clients), f"s3://restored/{'x' * 800}", tmp_path)

    assert (refused.value.code, refused.value.exit_code) == ("prefix-too-long", Exit.USAGE)


def test_nothing_is_left_behind_once_the_state_knows(bucket: Open, there: MotoBucket, tmp_path: Path) -> None:
    here = bucket()
    for body in (SMALL, LARGE):
        keep(here, output_of(body), body)
        here.forget(output_of(body))

    assert [*(tmp_path / "notes").iterdir()] == []
    assert there.uploads() == []


def test_a_bucket_is_never_full(bucket: Open) -> None:
    here: Destination = bucket()

    assert here.free() is None
