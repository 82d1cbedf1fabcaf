"""`verify`: what was stored is read again, offline, and compared with what the state knows of it."""

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from glacier_manifest.units import MIB
from tests.acceptance.test_interruptions import until
from tests.acceptance.user import VAULT, Ran, User, ended
from tests.fetching.buckets import MotoBucket, moto_server, new_bucket

BODY = b"a wedding" * 1000
JOB_SECONDS = 5 * 3600

moto = pytest.fixture(moto_server, scope="module")


@pytest.fixture
def bucket(moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MotoBucket]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto)
    yield from new_bucket(moto)


def retrieval(archive: str, save_to: str, *, more: str = "") -> str:
    return f"""\
    type: archive-retrieval
    vault: {VAULT}
    archive_id: {archive}
    save_to: {save_to}
{more}"""


def stored(user: User, **bodies: bytes) -> None:
    """Store an archive for each job, under the job's name."""
    jobs = (
        f"  {name}:\n{retrieval(user.sandbox.upload(VAULT, body), 'kept/{job}')}"
        for name, body in bodies.items()
    )
    fetched(user, user.manifest("".join(jobs)))


def fetched(user: User, path: Path, code: int = 0) -> None:
    applied = user.run("apply", path, "--yes")
    assert applied.code == 0, applied.err
    user.sandbox.clock.advance(JOB_SECONDS)
    ran = user.run("fetch", path)
    assert ran.code == code, ran.err
    user.sandbox.reset_calls()


def results(ran: Ran) -> dict[str, str]:
    return {one["address"].partition("/")[0]: one["result"] for one in map(json.loads, ran.out.splitlines())}


def test_what_is_as_it_was_stored_is_verified_and_nobody_is_asked(user: User) -> None:
    stored(user, wedding=BODY, small=b"1", large=bytes(3 * MIB + 5))

    ran = user.run("verify")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "Verify: 3 verified, 3.0 MiB read.\n"
    assert user.sandbox.counts() == {}


def test_what_was_moved_is_found_where_it_is_now(user: User) -> None:
    stored(user, wedding=BODY, other=BODY)
    (user.folder / "kept").rename(user.folder / "moved")

    ran = user.run("verify", "--moved", "kept=moved", "--format", "ndjson")

    assert results(ran) == {"wedding": "verified", "other": "verified"}, ran.err
    assert json.loads(ran.out.splitlines()[0])["output"] == str(user.folder / "moved" / "other")
    assert user.run("verify").code == 3


def test_what_is_no_move_is_refused(user: User) -> None:
    user.run("verify", "--moved", "elsewhere").refused_with(64, "usage")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
def test_a_signal_ends_it_and_what_was_read_is_told(user: User, number: signal.Signals, code: int) -> None:
    stored(user, a=BODY, b=BODY)
    endless = user.folder / "kept" / "b"
    os.truncate(endless, 1 << 40)  # a file of a terabyte that needs no disk, and takes an hour to read
    with closing(sqlite3.connect(user.folder / ".glacier-manifest" / "state.db")) as state, state:
        state.execute("UPDATE requests SET output_size = ? WHERE output = ?", (1 << 40, str(endless)))
    process = user.start("verify", "--report", "report.json")
    until(lambda: is_open_in(process.pid, endless))

    process.send_signal(number)
    stopped = ended(process).refused_with(code, "interrupted")

    assert stopped.out.startswith("Verify: 1 verified, 1 not read, ")
    report = json.loads((user.folder / "report.json").read_text())
    assert (report["summary"]["verified"], report["summary"]["not_read"]) == (1, 1)
    assert [one["result"] for one in report["outputs"]] == ["verified"]


def is_open_in(process: int, file: Path) -> bool:
    with suppress(FileNotFoundError):  # it was closed while it was looked at
        return any(one.readlink() == file for one in Path(f"/proc/{process}/fd").iterdir())
    return False


def test_missing_changed_and_unreadable_are_told_apart(user: User) -> None:
    stored(user, gone=BODY, longer=BODY, other=BODY, folder=BODY, right=BODY)
    kept = user.folder / "kept"
    (kept / "gone").unlink()
    (kept / "longer").write_bytes(BODY + b"!")
    (kept / "other").write_bytes(BODY[:-1] + b"!")
    (kept / "folder").unlink()
    (kept / "folder").mkdir()

    ran = user.run("verify", "jobs.yaml").left_undone(3)

    assert f"Missing:\n  gone/{VAULT}/" in ran.out
    assert f"{kept / 'gone'}\n" in ran.out
    assert f"{kept / 'longer'}: it has 9,001 bytes, and had 9,000\n" in ran.out
    assert f"{kept / 'other'}: its tree hash is " in ran.out
    assert f"{kept / 'folder'}: it is no file any more\n" in ran.out
    assert ran.out.endswith("Verify: 1 verified, 1 missing, 3 changed, 17.6 KiB read.\n")
    assert "--restart" in ran.last


def test_a_single_bit_of_a_large_file_is_noticed(user: User) -> None:
    body = os.urandom(66 * MIB)
    stored(user, large=body)
    with (user.folder / "kept" / "large").open("r+b") as file:
        file.seek(65 * MIB)
        file.write(bytes([body[65 * MIB] ^ 1]))

    assert results(user.run("verify", "--format", "ndjson")) == {"large": "changed"}


def test_a_pipe_in_a_files_place_is_not_waited_for(user: User) -> None:
    stored(user, wedding=BODY)
    (user.folder / "kept" / "wedding").unlink()
    os.mkfifo(user.folder / "kept" / "wedding")

    assert results(user.run("verify", "--format", "ndjson").left_undone(3)) == {"wedding": "changed"}


def test_json_tells_what_is_not_verified_and_the_report_tells_all(user: User) -> None:
    stored(user, gone=BODY, right=BODY)
    (user.folder / "kept" / "gone").unlink()

    ran = user.run("verify", "--format", "json", "--report", "report.json")

    assert ran.code == 3
    assert ran.json["summary"]["verified"] == 1
    assert ran.json["summary"]["missing"] == 1
    assert ran.json["summary"]["bytes_read"] == len(BODY)
    (gone,) = ran.json["outputs"]
    record = next(one for one in user.records() if one["address"] == gone["address"])
    assert gone == {
        "result": "missing",
        "address": record["address"],
        "key": record["key"],
        "generation": 0,
        "output": str(user.folder / "kept" / "gone"),
        "verified_by": "tree-hash",
        "expected": {"size": len(BODY), "tree_hash": gone["expected"]["tree_hash"]},
        "found": {"size": None, "tree_hash": None},
        "error": None,
    }
    report = json.loads((user.folder / "report.json").read_text())
    assert report["summary"] == ran.json["summary"]
    assert [one["result"] for one in report["outputs"]] == ["missing", "verified"]


def test_only_what_is_targeted_is_read(user: User) -> None:
    stored(user, gone=BODY, right=BODY)
    (user.folder / "kept" / "gone").unlink()

    assert results(user.run("verify", "--format", "ndjson", "--target", "right")) == {"right": "verified"}
    assert results(user.run("verify", "--format", "ndjson", "--exclude", "gone")) == {"right": "verified"}
    user.run("verify", "--target", "nothing").refused_with(64, "no-such-address")


def test_an_inventory_is_compared_with_what_was_read_twice(user: User) -> None:
    user.sandbox.generate(VAULT, 100)
    inventory = f"  all:\n    type: inventory-retrieval\n    vault: {VAULT}\n    save_to: all.json\n"
    fetched(user, user.manifest(inventory))

    assert user.run("verify").out.startswith("Verify: 1 verified, ")
    (user.folder / "all.json").write_text("{}")
    assert results(user.run("verify", "--format", "ndjson")) == {"all": "changed"}


def test_what_was_never_verified_is_told_as_such_and_is_no_failure(user: User) -> None:
    archive = user.sandbox.upload(VAULT, bytes(5 * MIB))
    piece = retrieval(archive, "piece", more=f"    retrieval_byte_range: {MIB}-{4 * MIB - 1}\n")
    fetched(user, user.manifest(f"  piece:\n{piece}"))

    ran = user.run("verify")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("As it was stored, and verified by nothing but its length")
    assert ran.out.endswith("Verify: 1 unverified, 3.0 MiB read.\n")


def test_pieces_that_became_one_file_are_verified_with_it(user: User) -> None:
    archive = user.sandbox.upload(VAULT, bytes(5 * MIB))
    inventory = f"  all:\n    type: inventory-retrieval\n    vault: {VAULT}\n    save_to: all.json\n"
    fetched(user, user.manifest(inventory))
    split = retrieval(archive, "whole", more="    split: 2 MiB\n    sizes_from: all.json\n")
    fetched(user, user.manifest(f"  whole:\n{split}"))

    ran = user.run("verify", "--target", "whole")

    assert (ran.code, ran.out) == (0, "Verify: 3 verified, 5.0 MiB read.\n")


def test_what_was_overwritten_by_what_was_stored_later_is_no_failure(user: User) -> None:
    user.sandbox.generate(VAULT, 10)
    path = user.manifest(
        f"  daily:\n    type: inventory-retrieval\n    vault: {VAULT}\n    save_to: all.json\n"
    )
    fetched(user, path)
    user.sandbox.generate(VAULT, 10)
    restarted = user.run("apply", path, "--yes", "--restart", "daily")
    assert restarted.code == 0, restarted.err
    user.sandbox.clock.advance(JOB_SECONDS)
    assert user.run("fetch", path, "--overwrite").code == 0

    ran = user.run("verify", "--format", "json")

    assert ran.code == 0
    assert (ran.json["summary"]["verified"], ran.json["summary"]["replaced"]) == (1, 1)


def test_what_is_in_s3_is_read_only_where_that_is_asked(user: User, bucket: MotoBucket) -> None:
    archive = user.sandbox.upload(VAULT, BODY)
    fetched(user, user.manifest(f"  wedding:\n{retrieval(archive, f's3://{bucket.name}/kept/{{job}}')}"))

    offline = user.run("verify")
    assert offline.code == 0
    assert offline.out.startswith("In S3, and not checked: 1 (--s3 ")
    online = user.run("verify", "--s3")
    assert (online.code, online.out) == (0, "Verify: 1 verified, 8.8 KiB read.\n")
    bucket.put("kept/wedding", b"something else")
    assert results(user.run("verify", "--s3", "--format", "ndjson")) == {"wedding": "changed"}
    bucket.client.delete_object(Bucket=bucket.name, Key="kept/wedding")
    assert results(user.run("verify", "--s3", "--format", "ndjson")) == {"wedding": "missing"}


def test_nothing_stored_is_nothing_to_verify(user: User) -> None:
    ran = user.run("verify")
    assert (ran.code, ran.out) == (0, "Verify: nothing was stored.\n")
