"""`fetch`: what has succeeded is stored, verified, and known as such."""

import json
import signal
from hashlib import sha256
from pathlib import Path

import pytest

from glacier_manifest.inventory.names import mt2
from glacier_manifest.units import MIB
from tests.acceptance.evacuations import MODIFIED
from tests.acceptance.test_interruptions import until
from tests.acceptance.user import VAULT, User, ended

BODY = b"a wedding" * 1000
JOB_SECONDS = 5 * 3600
DAY = 24 * 3600


def wedding(user: User, more: str = "", save_to: str = "restored/{job}") -> Path:
    """Write a manifest that asks for one archive."""
    archive = user.sandbox.upload(VAULT, BODY)
    return user.manifest(f"""\
  wedding:
    type: archive-retrieval
    vault: {VAULT}
    archive_id: {archive}
    save_to: {save_to}
{more}""")


def succeeded(user: User, path: Path) -> None:
    """Start what a manifest asks for, and let it end."""
    applied = user.run("apply", path, "--yes")
    assert applied.code == 0, applied.err
    user.sandbox.clock.advance(JOB_SECONDS)


def test_what_has_succeeded_is_stored_where_save_to_says(user: User) -> None:
    path = wedding(user)
    succeeded(user, path)
    ran = user.run("fetch", path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "Fetch: 1 fetched, 8.8 KiB stored.\n"
    assert (user.folder / "restored" / "wedding").read_bytes() == BODY
    (record,) = user.records()
    assert record["status"] == "fetched"
    assert record["output"] == str(user.folder / "restored" / "wedding")


def test_what_is_stored_is_not_read_again(user: User) -> None:
    path = wedding(user)
    succeeded(user, path)
    user.run("fetch", path)
    user.sandbox.reset_calls()
    ran = user.run("fetch", path)
    assert (ran.code, ran.out, ran.err) == (0, "Fetch: nothing to fetch.\n", "")
    assert user.sandbox.counts() == {}


def test_nothing_of_its_own_is_left_in_the_folder(user: User) -> None:
    path = wedding(user)
    succeeded(user, path)
    user.run("fetch", path)
    assert [one.name for one in (user.folder / "restored").iterdir()] == ["wedding"]


def test_a_job_in_progress_is_pending(user: User) -> None:
    path = wedding(user)
    user.run("apply", path, "--yes")
    ran = user.run("fetch", path).left_undone(75)
    assert ran.out == "Fetch: 1 not finished yet.\n"


def test_a_state_that_is_not_there_has_nothing_to_fetch(user: User) -> None:
    ran = user.run("fetch", wedding(user))
    assert (ran.code, ran.out) == (0, "Fetch: nothing to fetch.\n")


def test_without_manifests_all_outputs_go_to_one_place(user: User) -> None:
    succeeded(user, wedding(user))
    ran = user.run("fetch", "--to", "elsewhere")
    assert ran.code == 0, ran.err
    (stored,) = [path for path in (user.folder / "elsewhere").rglob("*") if path.is_file()]
    assert stored.read_bytes() == BODY
    assert stored.parent.name == VAULT


def test_the_command_lines_place_counts_before_the_manifests(user: User) -> None:
    path = wedding(user)
    succeeded(user, path)
    assert user.run("fetch", path, "--to", "elsewhere/{job}.tar").code == 0
    assert (user.folder / "elsewhere" / "wedding.tar").read_bytes() == BODY
    assert not (user.folder / "restored").exists()


def test_without_any_place_nothing_is_fetched(user: User) -> None:
    user.run("fetch").refused_with(64, "no-place")


def test_outputs_that_nobody_saves_are_told_of(user: User) -> None:
    archive = user.sandbox.upload(VAULT, BODY)
    path = user.manifest(f"  one: {{type: archive-retrieval, vault: {VAULT}, archive_id: {archive}}}\n")
    succeeded(user, path)
    ran = user.run("fetch", path)
    assert (ran.code, ran.out) == (0, "Fetch: 1 that no manifest saves (--to PLACE does).\n")


def test_what_is_gone_is_told_as_expired(user: User) -> None:
    path = wedding(user)
    succeeded(user, path)
    user.run("wait", path)
    user.sandbox.clock.advance(2 * DAY)
    ran = user.run("fetch", path)
    assert ran.code in {0, 3}, ran.err
    (record,) = user.records()
    assert record["status"] == "expired"


def test_a_file_that_stands_there_is_not_replaced(user: User) -> None:
    path = wedding(user)
    succeeded(user, path)
    (user.folder / "restored").mkdir()
    (user.folder / "restored" / "wedding").write_text("mine")
    ran = user.run("fetch", path, "--format", "json")
    assert ran.code == 0, ran.err
    (output,) = ran.json["outputs"]
    assert output["renamed"] == ["same-name"]
    assert Path(output["output"]).read_bytes() == BODY
    assert (user.folder / "restored" / "wedding").read_text() == "mine"


def test_overwrite_replaces_it(user: User) -> None:
    path = wedding(user)
    succeeded(user, path)
    (user.folder / "restored").mkdir()
    (user.folder / "restored" / "wedding").write_text("mine")
    assert user.run("fetch", path, "--overwrite").code == 0
    assert (user.folder / "restored" / "wedding").read_bytes() == BODY


def test_a_range_without_a_tree_hash_is_unverified(user: User) -> None:
    body = bytes(range(256)) * 4 * 1024 * 5
    archive = user.sandbox.upload(VAULT, body)
    path = user.manifest(f"""\
  piece:
    type: archive-retrieval
    vault: {VAULT}
    archive_id: {archive}
    retrieval_byte_range: {MIB}-{4 * MIB - 1}
    save_to: restored/{{job}}
""")
    succeeded(user, path)
    ran = user.run("fetch", path, "--format", "json")
    assert ran.code == 0, ran.err
    (output,) = ran.json["outputs"]
    assert (output["result"], output["verified_by"]) == ("unverified", "length")
    assert Path(output["output"]).name == f"piece.{MIB}-{4 * MIB - 1}"
    assert Path(output["output"]).read_bytes() == body[MIB : 4 * MIB]


def inventory_of(user: User, archive: str, body: bytes, tree_hash: str | None = None) -> None:
    """Write an inventory that lists one archive."""
    held = user.sandbox.archive(VAULT, archive)
    document = {
        "VaultARN": f"arn:aws:glacier:us-west-2:012345678901:vaults/{VAULT}",
        "InventoryDate": "2026-11-01T00:00:00Z",
        "ArchiveList": [
            {
                "ArchiveId": archive,
                "ArchiveDescription": mt2.encode("2015/wedding.mov", MODIFIED),
                "CreationDate": "2015-07-17T12:00:00Z",
                "Size": len(body),
                "SHA256TreeHash": tree_hash or held.tree_hash,
            }
        ],
    }
    user.write(json.dumps(document), "inventory.json")


SPLIT = f"""\
  films:
    type: archive-retrieval
    vault: {VAULT}
    archives: {{inventory: inventory.json}}
    split: 1 MiB
    save_to: restored/{{path}}
"""


def test_the_pieces_of_an_archive_become_one_file(user: User) -> None:
    body = bytes(range(256)) * 4 * 1024 * 3 + b"the end"
    inventory_of(user, user.sandbox.upload(VAULT, body), body)
    path = user.manifest(SPLIT)
    succeeded(user, path)
    ran = user.run("fetch", path)
    assert (ran.code, ran.err) == (0, "")
    stored = user.folder / "restored" / "2015" / "wedding.mov"
    assert stored.read_bytes() == body
    assert stored.stat().st_mtime == MODIFIED.timestamp()
    assert {record["output"] for record in user.records()} == {str(stored)}


def test_pieces_become_one_file_without_the_manifest_as_well(user: User) -> None:
    body = bytes(range(256)) * 4 * 1024 * 3 + b"the end"
    inventory_of(user, user.sandbox.upload(VAULT, body), body)
    succeeded(user, user.manifest(SPLIT))
    assert user.run("fetch", "--to", "elsewhere").code == 0
    (stored,) = [path for path in (user.folder / "elsewhere").rglob("*") if path.is_file()]
    assert stored.read_bytes() == body


def test_pieces_are_held_until_the_others_are_there(user: User) -> None:
    body = bytes(range(256)) * 4 * 1024 * 3 + b"the end"
    inventory_of(user, user.sandbox.upload(VAULT, body), body)
    path = user.manifest(SPLIT)
    user.run("apply", path, "--yes", "--max-jobs", 2)
    user.sandbox.clock.advance(JOB_SECONDS)
    first = user.run("fetch", path).left_undone(75)
    assert "2 held" in first.out
    assert not (user.folder / "restored" / "2015" / "wedding.mov").exists()
    user.sandbox.clock.advance(3 * DAY)
    assert user.run("apply", path, "--yes").code == 0
    user.sandbox.clock.advance(JOB_SECONDS)
    user.sandbox.reset_calls()
    assert user.run("fetch", path).code == 0
    assert user.sandbox.counts()["GetJobOutput"] == 2
    stored = user.folder / "restored" / "2015" / "wedding.mov"
    assert stored.read_bytes() == body
    records = user.records()
    assert {record["output"] for record in records} == {str(stored)}
    assert {record["status"] for record in records} == {"fetched"}


@pytest.fixture
def held(user: User) -> User:
    """Two of four pieces of an archive are held; the others were never started."""
    body = bytes(range(256)) * 4 * 1024 * 3 + b"the end"
    inventory_of(user, user.sandbox.upload(VAULT, body), body)
    path = user.manifest(SPLIT)
    user.run("apply", path, "--yes", "--max-jobs", 2)
    user.sandbox.clock.advance(JOB_SECONDS)
    user.run("fetch", path).left_undone(75)
    return user


def test_pieces_that_were_never_started_are_told_of_each_time(held: User) -> None:
    ran = held.run("fetch", "jobs.yaml").left_undone(75)
    assert ran.out.splitlines()[-1] == "Fetch: 2 held, 2 left."
    assert "2 of 4 pieces of its archive are held, and this one was never started" in ran.out
    assert "'glacier-manifest apply'" in ran.last


def test_a_state_alone_tells_that_pieces_are_held(held: User) -> None:
    ran = held.run("fetch", "--to", "elsewhere").left_undone(75)
    assert ran.out.splitlines()[-1] == "Fetch: 2 held."
    assert "'glacier-manifest apply'" in ran.last


def test_a_piece_that_failed_while_others_are_held_needs_somebody(held: User) -> None:
    held.sandbox.faults.add("InitiateJob", "job-fails", count=1, message="Archive is damaged")
    assert held.run("apply", "jobs.yaml", "--yes").code == 0
    held.sandbox.clock.advance(JOB_SECONDS)
    first = held.run("fetch", "jobs.yaml").left_undone(3)
    assert first.out.splitlines()[-1] == "Fetch: 3 held, 1 failed."
    again = held.run("fetch", "jobs.yaml", "--format", "json").left_undone(3)
    (failed,) = [one for one in again.json["outputs"] if one["result"] == "failed"]
    assert failed["error"]["code"] == "piece-failed"
    command = failed["error"]["message"].split("'")[1].split()[1:]
    assert held.run(command[0], "jobs.yaml", "--yes", *command[1:]).code == 0
    held.sandbox.clock.advance(JOB_SECONDS)
    whole = held.run("fetch", "jobs.yaml")
    assert (whole.code, whole.out) == (0, "Fetch: 4 fetched, 3.0 MiB stored.\n"), whole.err


def test_a_piece_that_is_gone_while_others_are_held_needs_somebody(held: User) -> None:
    assert held.run("apply", "jobs.yaml", "--yes").code == 0
    held.sandbox.clock.advance(2 * DAY)
    ran = held.run("fetch", "jobs.yaml").left_undone(3)
    assert ran.out.splitlines()[-1] == "Fetch: 2 held, 2 expired."
    again = held.run("fetch", "jobs.yaml").left_undone(3)
    assert again.out.splitlines()[-1] == "Fetch: 2 held, 2 expired."
    assert "--restart expired" in again.last


def test_an_archive_that_is_another_than_its_inventory_tells_is_not_stored(user: User) -> None:
    inventory_of(user, user.sandbox.upload(VAULT, BODY), BODY, tree_hash="0" * 64)
    path = user.manifest(SPLIT)
    succeeded(user, path)
    ran = user.run("fetch", path, "--format", "json").left_undone(3)
    (output,) = ran.json["outputs"]
    assert (output["result"], output["error"]["code"]) == ("failed", "inventory-disagrees")
    assert user.records()[0]["status"] == "succeeded"


def test_an_inventory_is_named_by_its_slot(user: User) -> None:
    path = user.manifest(f"""\
  daily:
    type: inventory-retrieval
    vault: {VAULT}
    every: daily
    save_to: inventories/{{slot}}.json
""")
    user.run("apply", path, "--yes")
    (record,) = user.records()
    user.sandbox.clock.advance(JOB_SECONDS)
    ran = user.run("fetch", path, "--target", "daily")
    assert ran.code == 0, ran.err
    assert [one.name for one in (user.folder / "inventories").iterdir()] == [f"{record['slot']}.json"]


def test_what_a_run_that_was_killed_left_behind_is_cleared_away(user: User) -> None:
    path = wedding(user)
    succeeded(user, path)
    user.run("fetch", path)
    (record,) = user.records()
    parts = user.folder / "restored" / ".glacier-manifest-parts"
    parts.mkdir()
    stem = sha256(f"{record['key']}.0".encode()).hexdigest()[:32]
    (parts / f"{stem}.parts").write_text("a journal")
    more = user.sandbox.upload(VAULT, BODY)
    asked = f"{{type: archive-retrieval, vault: {VAULT}, archive_id: {more}, save_to: 'restored/{{job}}'}}"
    succeeded(user, wedding(user, f"  more: {asked}\n"))
    user.run("fetch", path)
    assert not parts.exists()


@pytest.mark.parametrize("place", ["--part-size=3MiB", "--concurrency=0", "--sse=rot13"])
def test_what_is_no_way_to_fetch_is_refused(user: User, place: str) -> None:
    assert user.run("fetch", "--to", "x", place).code == 64


def test_the_report_has_every_output(user: User) -> None:
    path = wedding(user)
    succeeded(user, path)
    user.run("fetch", path, "--report", "report.json")
    report = json.loads((user.folder / "report.json").read_text())
    assert report["summary"]["fetched"] == 1
    assert report["outputs"][0]["size"] == len(BODY)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
def test_a_signal_ends_it_in_order_and_the_next_run_goes_on(
    user: User, number: signal.Signals, code: int
) -> None:
    path = wedding(user)
    succeeded(user, path)
    user.run("wait", path)
    user.sandbox.faults.add("GetJobOutput", "latency", seconds=2)
    process = user.start("fetch", path)
    until(lambda: user.sandbox.counts().get("GetJobOutput", 0) > 0)
    user.run("fetch", path).refused_with(6, "locked")
    process.send_signal(number)
    stopped = ended(process).refused_with(code, "interrupted")
    assert stopped.out == "Fetch: 1 left.\n"
    user.sandbox.faults.clear()
    assert user.run("fetch", path).out == "Fetch: 1 fetched, 8.8 KiB stored.\n"


def test_credentials_that_are_refused_end_it_with_an_error(user: User) -> None:
    path = wedding(user)
    succeeded(user, path)
    user.run("wait", path)
    user.sandbox.faults.add("GetJobOutput", "error", code="ExpiredTokenException", status=403)
    ran = user.run("fetch", path).refused_with(1, "expired-credentials")
    assert ran.out == "Fetch: 1 left.\n"
    user.sandbox.faults.clear()
    assert user.run("fetch", path).code == 0


def test_a_deadline_leaves_the_rest_for_the_next_run(user: User) -> None:
    path = wedding(user)
    succeeded(user, path)
    ran = user.run("fetch", path, "--deadline", "0s", "--report", "report.json").left_undone(75)
    assert ran.out == "Fetch: 1 left.\n"
    (output,) = json.loads((user.folder / "report.json").read_text())["outputs"]
    assert (output["result"], output["error"]["code"]) == ("left", "left-off")
