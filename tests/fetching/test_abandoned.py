"""Uploads to a bucket of moto's server that no run goes on with, and those that one does."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import shake_128
from pathlib import Path

import pytest

from glacier_manifest.aws.s3_writing import S3Writer
from glacier_manifest.aws.session import Clients, Connection
from glacier_manifest.fetching.abandoned import abort_abandoned
from glacier_manifest.fetching.destination import Output
from glacier_manifest.fetching.parts import divided
from glacier_manifest.fetching.pieces import archive_identity
from glacier_manifest.fetching.s3 import Bucket
from glacier_manifest.jobs.request import ArchiveRetrieval, ByteRange
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Adopt, Fetch, Intend, Observe
from glacier_manifest.state.record import Record
from glacier_manifest.state.sqlite import SqliteState
from tests.fetching.buckets import MotoBucket, moto_server, new_bucket
from tests.fetching.places import PART, write
from tests.planning.examples import NOON, archive, record, request
from tests.tracking.states import HOUR, state_in, succeeded

LARGE = shake_128().digest(2 * PART + 17)

moto = pytest.fixture(moto_server, scope="module")
Change = Callable[[SqliteState, Record], object]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqliteState]:
    with closing(state_in(tmp_path)) as state:
        yield state


@pytest.fixture
def there(moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MotoBucket]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto)
    with contextmanager(new_bucket)(moto) as made:
        yield made


@pytest.fixture
def writer() -> Iterator[S3Writer]:
    with Clients(Connection(read_attempts=1)) as clients:
        yield S3Writer(clients)


def begin(writer: S3Writer, there: MotoBucket, notes: Path, identity: str) -> None:
    """Upload the first part of an output."""
    output = Output(identity, "photos/a.jpg", divided(len(LARGE), PART))
    with Bucket(writer, f"s3://{there.name}", notes).draft(output) as draft:
        write(draft, output, LARGE, (0,))


def expire(state: SqliteState, one: Record) -> None:
    state.write(Observe(one.key, 0, NOON, Status.EXPIRED))


def buy_again(state: SqliteState, one: Record) -> None:
    expire(state, one)
    state.write(Intend(record(request(archive("a")), Status.INTENDED, generation=1), NOON))


@pytest.mark.parametrize(
    ("change", "uploads"),
    [
        (lambda _state, _one: None, 1),
        (lambda state, one: state.write(Fetch(one.key, 0, NOON, "a.jpg")), 1),
        (expire, 0),
        (buy_again, 0),
        (lambda state, one: state.forget(one.key), 0),
    ],
    ids=["to come", "stored", "expired", "bought again", "forgotten"],
)
def test_an_upload_is_aborted_whose_output_is_not_to_come(
    state: SqliteState, there: MotoBucket, writer: S3Writer, tmp_path: Path, change: Change, uploads: int
) -> None:
    one = succeeded(state, "a", ago=HOUR)
    begin(writer, there, tmp_path / "notes", f"{one.key}.0")
    change(state, one)

    aborted = [*abort_abandoned(state, writer, tmp_path / "notes")]

    assert len(there.uploads()) == uploads
    assert [one.location for one in aborted if one.is_gone] == [f"s3://{there.name}/photos/a.jpg"] * (
        1 - uploads
    )
    assert [*abort_abandoned(state, writer, tmp_path / "notes")] == []


@pytest.mark.parametrize(("status", "uploads"), [(Status.IN_PROGRESS, 1), (Status.EXPIRED, 0)])
def test_an_archive_in_pieces_is_waited_for_while_a_piece_is_to_come(
    state: SqliteState, there: MotoBucket, writer: S3Writer, tmp_path: Path, status: Status, uploads: int
) -> None:
    piece = record(
        request(ArchiveRetrieval(archive("a").archive_id, ByteRange(0, PART - 1))), status, job_id="job-a"
    )
    state.write(Adopt(piece, NOON))
    begin(writer, there, tmp_path / "notes", archive_identity(piece))

    assert len([*abort_abandoned(state, writer, tmp_path / "notes")]) == 1 - uploads
    assert len(there.uploads()) == uploads


def test_what_s3_does_not_let_be_aborted_is_tried_again(
    state: SqliteState, there: MotoBucket, writer: S3Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = succeeded(state, "a", ago=HOUR)
    begin(writer, there, tmp_path / "notes", f"{one.key}.0")
    expire(state, one)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with Clients(Connection(read_attempts=1)) as nowhere:
        (failed,) = abort_abandoned(state, S3Writer(nowhere), tmp_path / "notes")

    (aborted,) = abort_abandoned(state, writer, tmp_path / "notes")

    assert (failed.is_gone, aborted.is_gone, there.uploads()) == (False, True, [])


def test_a_note_of_an_older_program_is_left_alone(
    state: SqliteState, there: MotoBucket, writer: S3Writer, tmp_path: Path
) -> None:
    (tmp_path / "one.note").write_text('{"key": "a.jpg", "upload": "old"}', encoding="utf-8")

    assert [*abort_abandoned(state, writer, tmp_path)] == []
    assert (tmp_path / "one.note").exists()
    assert there.uploads() == []
