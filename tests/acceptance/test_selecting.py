"""The results of selects: Glacier writes them to S3, and `fetch` copies them to where `save_to` says."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.evacuations import glacier_of
from tests.acceptance.user import VAULT, Ran, User, ended
from tests.fetching.buckets import MotoBucket, moto_server, new_bucket
from tests.fetching.places import files_in

JOB_SECONDS = 5 * 3600
DAY = 24 * 3600
QUERY = "{expression_type: SQL, expression: SELECT * FROM archive}"
PARTS = {"results/abc": b"500,/a\n" * 1000, "results/def": b"500,/b\n"}

moto = pytest.fixture(moto_server, scope="module")


@pytest.fixture
def bucket(moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MotoBucket]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto)
    yield from new_bucket(moto)


def select(bucket: MotoBucket, archive: str, more: str = "    save_to: found/{job}\n") -> str:
    return f"""\
  errors:
    type: select
    vault: {VAULT}
    archive_id: {archive}
    select_parameters: {QUERY}
    output_location: {{s3: {{bucket_name: {bucket.name}, prefix: q1}}}}
{more}"""


@dataclass(frozen=True)
class Selected:
    """A select that has succeeded, and the bucket that Glacier writes its results to."""

    user: User
    bucket: MotoBucket
    path: Path

    @property
    def job_id(self) -> str:
        (job,) = self.user.sandbox.accepted
        return job.job_id

    def writes(self, objects: dict[str, bytes]) -> None:
        """Let Glacier write objects below the job's own prefix."""
        for name, body in objects.items():
            self.bucket.put(f"q1/{self.job_id}/{name}", body)

    def finishes(self, parts: dict[str, bytes] = PARTS) -> dict[str, bytes]:
        """Let Glacier write all that it writes of a query that went well; return it."""
        manifest = "".join(f"s3://{self.bucket.name}/q1/{self.job_id}/{name}\n" for name in parts)
        written = {"job.txt": b"{}", **parts, "result_manifest.txt": manifest.encode()}
        self.writes(written)
        return written

    def fetch(self, *words: object) -> Ran:
        return self.user.run("fetch", self.path, *words)

    def outcome(self, *words: object) -> Any:  # noqa: ANN401 - JSON
        """Fetch, and return what became of the one select there is."""
        (one,) = json.loads(self.fetch("--format", "json", *words).out)["outputs"]
        return one

    def status(self) -> str:
        (record,) = self.user.records()
        return str(record["status"])


@pytest.fixture
def selected(user: User, bucket: MotoBucket) -> Selected:
    archive = user.sandbox.upload(VAULT, b"500,/a\n")
    path = user.manifest(select(bucket, archive))
    applied = user.run("apply", path, "--yes")
    assert applied.code == 0, applied.err
    user.sandbox.clock.advance(JOB_SECONDS)
    return Selected(user, bucket, path)


def test_results_are_stored_as_they_stand_in_s3_with_a_list_of_them(selected: Selected) -> None:
    written = selected.finishes()

    ran = selected.fetch()

    assert (ran.code, ran.errors) == (0, []), ran.err
    stored = files_in(selected.user.folder / "found" / "errors")
    listed = stored.pop("tree-hashes.txt").decode()
    assert stored == written
    assert listed.splitlines()[2:] == [
        f"{hashlib.sha256(body).hexdigest()} {len(body)} {name}" for name, body in PARTS.items()
    ]
    assert selected.status() == "fetched"


def test_a_query_that_failed_is_told_in_glaciers_words_and_stores_nothing(selected: Selected) -> None:
    selected.finishes()
    why = b"RecordBuilderException.CSVParsingExceptionContext(line=32, column=0, charIndex=7323)\n"
    selected.writes({"errors/a": why, "error_manifest.txt": b"errors/a\n"})

    ran = selected.fetch().left_undone(3)

    assert "select-failed" in ran.out
    assert "CSVParsingExceptionContext(line=32, column=0, charIndex=7323)" in ran.out
    assert files_in(selected.user.folder / "found") == {}
    assert selected.status() == "succeeded"


def test_results_that_are_still_being_written_are_left_for_the_next_run(selected: Selected) -> None:
    selected.writes({"job.txt": b"{}", **PARTS})

    selected.fetch().left_undone(75)

    assert selected.outcome()["error"]["code"] == "results-unfinished"
    selected.finishes()
    assert selected.outcome()["result"] == "fetched"


def test_a_manifest_that_a_day_has_not_brought_is_missing(selected: Selected) -> None:
    selected.writes({"job.txt": b"{}"})
    selected.fetch().left_undone(75)
    selected.user.sandbox.clock.advance(DAY)

    assert selected.outcome()["error"]["code"] == "results-missing"


def test_a_result_that_the_manifest_names_must_be_there(selected: Selected) -> None:
    selected.finishes()
    selected.bucket.client.delete_object(Bucket=selected.bucket.name, Key=f"q1/{selected.job_id}/results/def")

    outcome = selected.outcome()

    assert (outcome["result"], outcome["error"]["code"]) == ("failed", "results-missing")
    assert "'results/def'" in outcome["error"]["message"]


def test_what_the_manifest_does_not_name_is_left_in_s3(selected: Selected) -> None:
    selected.finishes()
    selected.writes({"results/left-by-an-attempt": b"500,/a\n", "errors/": b""})

    assert selected.outcome()["result"] == "fetched"

    stored = files_in(selected.user.folder / "found" / "errors" / "results")
    assert sorted(stored) == ["abc", "def"]


@pytest.mark.parametrize("manifest", [b"", b"\x00\x01 a form that nobody has seen"])
def test_where_the_manifest_cannot_be_read_all_results_are_stored(
    selected: Selected, manifest: bytes
) -> None:
    selected.writes({**PARTS, "result_manifest.txt": manifest})

    assert selected.outcome()["result"] == "fetched"

    assert sorted(files_in(selected.user.folder / "found" / "errors" / "results")) == ["abc", "def"]


def test_a_query_that_found_nothing_is_stored_as_such(selected: Selected) -> None:
    selected.finishes({})

    assert selected.outcome()["result"] == "fetched"

    stored = files_in(selected.user.folder / "found" / "errors")
    assert sorted(stored) == ["job.txt", "result_manifest.txt", "tree-hashes.txt"]


def test_without_save_to_a_select_is_done_when_it_has_succeeded(user: User, bucket: MotoBucket) -> None:
    path = user.manifest(select(bucket, user.sandbox.upload(VAULT, b"500,/a\n"), more=""))
    user.run("apply", path, "--yes")
    user.sandbox.clock.advance(JOB_SECONDS)

    ran = user.run("fetch", path)

    assert (ran.code, ran.out) == (0, "Fetch: nothing to fetch.\n")
    assert user.run("status", path, "--check").code == 0


def test_a_place_for_all_outputs_takes_the_results_of_selects_too(selected: Selected) -> None:
    selected.finishes()

    ran = selected.user.run("fetch", "--to", "elsewhere")

    assert ran.code == 0, ran.err
    folders = [path.name for path in (selected.user.folder / "elsewhere" / VAULT).iterdir()]
    assert [name.partition("-")[0] for name in folders] == ["errors"]


def test_a_bucket_that_is_gone_is_named(selected: Selected) -> None:
    selected.bucket.client.delete_bucket(Bucket=selected.bucket.name)

    ran = selected.fetch().refused_with(1, "s3-bucket-not-found")

    assert selected.bucket.name in ran.err
    assert selected.status() == "succeeded"


def test_results_do_not_expire_with_their_job(selected: Selected) -> None:
    selected.finishes()
    assert selected.user.run("status", selected.path).code == 0
    selected.user.sandbox.clock.advance(30 * DAY)

    shown = selected.user.run("status", selected.path, "--expiring-within", "6h")

    assert "gone within" not in shown.out
    assert selected.status() == "succeeded"
    assert selected.outcome()["result"] == "fetched"
    assert selected.status() == "fetched"


def test_where_glacier_has_forgotten_the_job_only_the_manifest_tells_the_place(selected: Selected) -> None:
    selected.finishes()
    selected.user.run("status", selected.path)
    selected.user.sandbox.clock.advance(30 * DAY)

    ran = selected.user.run("fetch", "--to", "elsewhere")

    ran.left_undone(3)
    assert "no-results-place" in ran.out


def test_a_rerun_has_nothing_to_do(selected: Selected) -> None:
    selected.finishes()
    selected.fetch()
    selected.user.sandbox.reset_calls()

    ran = selected.fetch()

    assert (ran.code, ran.out) == (0, "Fetch: nothing to fetch.\n")
    assert selected.user.sandbox.counts() == {}


def test_results_go_from_bucket_to_bucket(selected: Selected, moto: str) -> None:
    written = selected.finishes()
    (target,) = new_bucket(moto)

    outcome = selected.outcome("--to", f"s3://{target.name}/kept/{{job}}")

    stored = target.contents()
    assert stored.pop("kept/errors/tree-hashes.txt").count(b"\n") == len(written)
    assert stored == {f"kept/errors/{name}": body for name, body in written.items()}
    assert outcome["output"] == f"s3://{target.name}/kept/errors/tree-hashes.txt"
    assert (
        selected.user.run("verify").out
        == "In S3, and not checked: 1 (--s3 reads what has a tree hash there).\n\n"
        "Verify: 1 not checked.\n"
    )
    assert selected.user.run("verify", "--s3").out.startswith("Verify: 1 verified")
    target.put("kept/errors/results/abc", b"other")
    assert "results/abc is not what was stored" in selected.user.run("verify", "--s3").left_undone(3).out


def test_what_s3_tells_no_md5_of_is_read_twice(selected: Selected) -> None:
    selected.finishes()
    key = f"q1/{selected.job_id}/results/abc"
    selected.bucket.client.put_object(
        Bucket=selected.bucket.name, Key=key, Body=PARTS["results/abc"], ServerSideEncryption="aws:kms"
    )

    outcome = selected.outcome()

    assert (outcome["result"], outcome["verified_by"]) == ("fetched", "s3-read-twice")


def test_a_large_result_is_read_range_by_range(selected: Selected) -> None:
    large = bytes(range(256)) * 4096 * 3 + b"the end"
    selected.finishes({"results/large": large})

    outcome = selected.outcome("--part-size", "1MiB")

    assert outcome["result"] == "fetched"
    stored = selected.user.folder / "found" / "errors" / "results" / "large"
    assert stored.read_bytes() == large
    assert selected.user.run("verify").out.startswith("Verify: 1 verified")


def test_no_key_leaves_the_folder(selected: Selected) -> None:
    selected.finishes({"results/../../../../etc/passwd": b"1", "results/CON": b"2", "results/a/b": b"3"})

    assert selected.outcome()["result"] == "fetched"

    stored = files_in(selected.user.folder)
    inside = {name: body for name, body in stored.items() if body in {b"1", b"2", b"3"}}
    assert inside == {
        "found/errors/results/etc/passwd": b"1",
        "found/errors/results/%43ON": b"2",
        "found/errors/results/a/b": b"3",
    }


def test_what_stands_in_the_folder_already_is_not_written_over(selected: Selected) -> None:
    selected.finishes()
    folder = selected.user.folder / "found" / "errors"
    (folder / "results").mkdir(parents=True)
    for name in ("tree-hashes.txt", "results/abc"):
        (folder / name).write_text("mine")

    outcome = selected.outcome()

    assert outcome["renamed"] == ["same-name"]
    assert [(folder / name).read_text() for name in ("tree-hashes.txt", "results/abc")] == ["mine", "mine"]
    assert selected.user.run("verify").out.startswith("Verify: 1 verified")


def test_verify_says_which_file_is_not_as_it_was_stored(selected: Selected) -> None:
    selected.finishes()
    selected.fetch()
    folder = selected.user.folder / "found" / "errors"
    assert selected.user.run("verify").out.startswith("Verify: 1 verified")

    (folder / "results" / "abc").write_bytes(PARTS["results/abc"][:-1] + b"!")
    changed = selected.user.run("verify").left_undone(3)
    (folder / "results" / "abc").unlink()
    missing = selected.user.run("verify").left_undone(3)
    (folder / "tree-hashes.txt").write_text("")
    emptied = selected.user.run("verify").left_undone(3)
    (folder / "tree-hashes.txt").unlink()
    gone = selected.user.run("verify").left_undone(3)

    assert "results/abc is not what was stored" in changed.out
    assert "results/abc is not there" in missing.out
    assert "Changed since it was stored:" in emptied.out
    assert "Missing:" in gone.out


def test_run_stores_what_a_select_has_found(user: User, bucket: MotoBucket) -> None:
    with glacier_of(user, job_time=0.5) as quick:
        path = quick.manifest(select(bucket, quick.sandbox.upload(VAULT, b"500,/a\n")))
        process = quick.start("run", path, "--yes", "--poll", "1s")
        while not quick.sandbox.accepted:
            assert process.poll() is None
        Selected(quick, bucket, path).finishes()

        ran = ended(process)

    assert ran.code == 0, ran.err
    assert sorted(files_in(user.folder / "found" / "errors" / "results")) == ["abc", "def"]


CSV = b'id,status,path\n1,200,/a\n2,500,"/b,c"\n3,500,/d\n'
ERRORS = (
    "{expression_type: SQL, expression: \"SELECT s.id, s.path FROM archive s WHERE s.status = '500'\", "
    "input_serialization: {csv: {file_header_info: USE}}}"
)


def at_the_sandboxs_s3(user: User, monkeypatch: pytest.MonkeyPatch, query: str) -> Ran:
    """Let the sandbox play a select from its start to its results, and fetch them."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"{user.sandbox.url}/_sandbox/s3")
    path = user.manifest(f"""\
  errors:
    type: select
    vault: {VAULT}
    archive_id: {user.sandbox.upload(VAULT, CSV)}
    select_parameters: {query}
    output_location: {{s3: {{bucket_name: results, prefix: q1}}}}
    save_to: found/{{job}}
""")
    user.run("apply", path, "--yes")
    user.sandbox.clock.advance(JOB_SECONDS)
    return user.run("fetch", path)


def test_the_sandbox_plays_a_select_to_its_end(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = at_the_sandboxs_s3(user, monkeypatch, ERRORS)

    assert ran.code == 0, ran.err
    (found,) = files_in(user.folder / "found" / "errors" / "results").values()
    assert found == b'2,"/b,c"\n3,/d\n'


def test_the_sandbox_plays_a_query_that_fails(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = at_the_sandboxs_s3(
        user, monkeypatch, "{expression_type: SQL, expression: SELECT wrong FROM archive}"
    )

    assert "select-failed" in ran.left_undone(3).out
    assert "no such column: wrong" in ran.out
