"""Results on their way from S3: what a run leaves, the next goes on with; nothing damaged is stored."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from glacier_manifest.aws.descriptions import StatusCode
from glacier_manifest.fetching.described import Described
from glacier_manifest.fetching.fetch import fetch
from glacier_manifest.fetching.folder import Folder
from glacier_manifest.fetching.places import Places
from glacier_manifest.fetching.pool import Bounds
from glacier_manifest.fetching.reading import Patience
from glacier_manifest.fetching.report import Report, Result
from glacier_manifest.fetching.selecting import LIST, Listed, list_of, read_list
from glacier_manifest.fetching.terms import Service, Surroundings, Terms
from glacier_manifest.fetching.wants import Anywhere, OfState
from glacier_manifest.jobs.status import Status
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.changes import Accept, Intend, Observe
from glacier_manifest.state.sqlite import SqliteState
from tests.fetching.fetches import Outputs
from tests.fetching.places import files_in
from tests.fetching.test_results import Bucket
from tests.planning.examples import NOON, archive, record, request
from tests.tracking.jobs import job
from tests.tracking.states import Glacier, state_in, statuses

RESULTS = {
    "job.txt": b"{}",
    "results/abc": b"1\n",
    "results/def": b"2\n",
    "result_manifest.txt": b"q1/job-1/results/abc\nq1/job-1/results/def\n",
}


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqliteState]:
    with closing(state_in(tmp_path)) as state:
        meant = replace(record(request(archive("a")), Status.INTENDED), type="select", job_id="job-1")
        state.write(Intend(meant, NOON, NOON))
        state.write(Accept(meant.key, 0, NOON, "job-1", NOON))
        state.write(Observe(meant.key, 0, NOON, Status.SUCCEEDED, completed_at=NOON))
        yield state


def fetched(state: SqliteState, folder: Path, bucket: Bucket) -> Report:
    """Fetch once, one part at a time."""
    told = job(
        "job-1",
        action="Select",
        completed=True,
        status_code=StatusCode.SUCCEEDED,
        job_output_path="q1/job-1/",
        output_bucket="found",
    )
    scratch = Scratch()
    patience = Patience(Random(1), lambda _seconds: None, attempts=2)  # noqa: S311 - jitter
    return fetch(
        state,
        OfState(Anywhere.parse("{job}", folder), lambda _archive: {}),
        service=Service(
            Described(Glacier({}, {"job-1": told}), scratch.mapping()), Outputs({}), results=bucket
        ),
        places=Places(lambda base: Folder(Path(base)), scratch.mapping(), lambda: ()),
        terms=Terms(bounds=Bounds(threads=1)),
        surroundings=Surroundings(lambda: NOON, lambda: NOON, patience, lambda: False),
        scratch=scratch,
        tell=lambda _event: None,
    )


def test_what_one_run_has_stored_the_next_one_does_not_read_again(state: SqliteState, tmp_path: Path) -> None:
    first, second = Bucket(RESULTS, broken={"results/def"}), Bucket(RESULTS)

    cut = fetched(state, tmp_path / "out", first)
    whole = fetched(state, tmp_path / "out", second)

    assert (cut.counts[Result.FAILED], whole.counts[Result.FETCHED]) == (1, 1)
    assert [name for name, _range in second.read] == ["results/def"]
    stored = {name.partition("/")[2] for name in files_in(tmp_path / "out")}
    assert stored == RESULTS.keys() | {LIST}
    assert statuses(state) == {"job-1": Status.FETCHED}


def test_bytes_that_have_another_md5_than_s3_tells_are_not_stored(state: SqliteState, tmp_path: Path) -> None:
    bucket = Bucket(RESULTS, told={"results/abc": "0" * 32})

    report = fetched(state, tmp_path / "out", bucket)

    (outcome,) = report.outcomes.values()
    assert (outcome.result, outcome.mishap and outcome.mishap.code) == (Result.FAILED, "output-damaged")
    assert [name for name, _range in bucket.read].count("results/abc") == 2
    assert "results/abc" not in {name.partition("/")[2] for name in files_in(tmp_path / "out")}
    assert statuses(state) == {"job-1": Status.SUCCEEDED}


def test_an_object_in_parts_is_read_twice(state: SqliteState, tmp_path: Path) -> None:
    bucket = Bucket(RESULTS, told={"results/abc": "0" * 32 + "-2"})

    report = fetched(state, tmp_path / "out", bucket)

    (outcome,) = report.outcomes.values()
    assert (outcome.result, outcome.verified_by) == (Result.FETCHED, "s3-read-twice")
    assert [name for name, _range in bucket.read].count("results/abc") == 2


def test_a_list_names_files_as_they_are_seen_from_its_folder() -> None:
    files = [Listed("a" * 64, 3, "found/errors/results/x y"), Listed("b" * 64, 0, "found/errors/job.txt")]

    text = list_of(files, "found/errors")

    assert text == f"{'b' * 64} 0 job.txt\n{'a' * 64} 3 results/x y\n"
    assert read_list(text) == [Listed("b" * 64, 0, "job.txt"), Listed("a" * 64, 3, "results/x y")]
