"""Names that strangers wrote, through the whole command: all stay inside, none is lost, changes are told."""

import json
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.evacuations import files_below
from tests.acceptance.user import User
from tests.fetching.buckets import moto_server, new_bucket

JOB_SECONDS = 10

moto = pytest.fixture(moto_server, scope="module")

INVENTORY = """
  inventory:
    type: inventory-retrieval
    vault: photos
    save_to: inventory.json
"""
RETRIEVAL = """
  evil:
    type: archive-retrieval
    vault: photos
    tier: Bulk
    archives: {inventory: inventory.json}
    save_to: %s
"""
LONG = "x" * 5000
HOSTILE = [
    "../../etc/passwd",
    "../../../../../../../../tmp/owned",
    "/etc/shadow",
    "C:\\Windows\\System32\\x",
    "C:\\x",
    "C:x",
    "\\\\server\\share\\x",
    "CON",
    "con.txt",
    "photos/AUX/lpt1.jpg",
    "a\x00b",
    "a\nb\x1b[31m",
    "..",
    ".",
    "",
    "/",
    "   ",
    "a/../../b",
    "./././c",
    "trailing. ",
    LONG,
    "d" * 300 + "/" + "e" * 300 + ".jpg",
    "/".join("f" * 100 for _ in range(60)),
    ".glacier-manifest/state.db",
    ".glacier-manifest-parts/x",
    "inventory.json",
    "folder",
    "folder/file",
    "folder/file/deeper",
    "Case",
    "case",
    "CASE",
    "\u00e9",
    "e\u0301",
    "\u202egnp.exe",
    "{path}",
    "{vault}",
    "%2e%2e/%2e%2e/x",
    "-rf",
    "~root",
    "$(id)",
    '{"Path":"..\\\\..\\\\x","UTCDateModified":"20130313T040002Z"}',
    "mt2 eyJmaWxlbmFtZSI6Ii4uLy4uL2V0Yy9wYXNzd2QiLCJtdGltZSI6IjIwMTUwNzE3VDEyMDAwMFoifQ",
]


RENAMED = {
    "../../etc/passwd": "etc/passwd",
    "/etc/shadow": "etc/shadow",
    "C:\\x": "C/x",
    "CON": "%43ON",
    "a\x00b": "a%00b",
    ".glacier-manifest/state.db": "%2Eglacier-manifest/state.db",
}


def upload(user: User, descriptions: Sequence[str]) -> list[str]:
    """Upload archives, each with a body that tells its ID's owner apart; return their bodies."""
    bodies = [f"{number} {description[:20]}" for number, description in enumerate(descriptions)]
    for body, description in zip(bodies, descriptions, strict=True):
        user.sandbox.upload("photos", body.encode(), description)
    user.sandbox.take_inventory("photos")
    return sorted(bodies)


def succeeded(user: User, jobs: str) -> None:
    """Start what is asked for, and let it succeed."""
    user.manifest(jobs)
    applied = user.run("apply", "jobs.yaml", "--yes")
    assert applied.code == 0, applied.err
    user.sandbox.clock.advance(JOB_SECONDS)
    assert user.run("wait").code == 0


def fetched(user: User, *words: str) -> list[Any]:
    """Fetch all, and return what is reported of each output."""
    ran = user.run("fetch", "jobs.yaml", "--report", "report.json", *words)
    assert ran.code == 0, ran.err
    told: list[Any] = json.loads((user.folder / "report.json").read_text(encoding="utf-8"))["outputs"]
    return told


def restored(user: User, save_to: str) -> list[Any]:
    """Fetch the inventory, then all that it tells of; return what is reported of each archive."""
    succeeded(user, INVENTORY)
    fetched(user)
    succeeded(user, INVENTORY + RETRIEVAL % save_to)
    return fetched(user)


def bodies_in(folder: Path) -> list[str]:
    return sorted(path.read_text() for path in files_below(folder).values())


def everything_below(folder: Path) -> set[str]:
    """Return what stands directly in a folder, hidden or not."""
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("save_to", ["out/{path}", "out/{vault}/{path}", "out/x{path}y"])
def test_no_name_leaves_the_folder_and_none_is_lost(user: User, save_to: str) -> None:
    before = everything_below(user.folder.parent)
    bodies = upload(user, HOSTILE)

    told = restored(user, save_to)

    assert bodies_in(user.folder / "out") == bodies
    assert everything_below(user.folder.parent) == before
    ours = {"out", "jobs.yaml", "inventory.json", "report.json", ".glacier-manifest"}
    assert everything_below(user.folder) == ours
    assert {record["status"] for record in user.records()} == {"fetched"}
    outputs = [Path(one["output"]) for one in told]
    assert len(set(outputs)) == len(HOSTILE)
    assert all(output.is_relative_to(user.folder / "out") and output.is_file() for output in outputs)


def test_what_was_renamed_is_reported_with_its_reason(user: User) -> None:
    upload(user, [*RENAMED, "clean.jpg", "2015/clean.jpg"])

    told = restored(user, "out/{path}")

    names = {Path(one["output"]).relative_to(user.folder / "out").as_posix(): one["renamed"] for one in told}
    assert set(names) == {*RENAMED.values(), "clean.jpg", "2015/clean.jpg"}
    assert {name for name, reasons in names.items() if not reasons} == {"2015/clean.jpg", "clean.jpg"}


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.soak)])
def test_archives_of_one_name_are_as_many_files_and_a_later_one_takes_no_ones_name(
    user: User, count: int
) -> None:
    bodies = upload(user, ["same.jpg"] * count)
    told = restored(user, "out/{path}")
    assert bodies_in(user.folder / "out") == bodies
    assert sum(not one["renamed"] for one in told) == 1

    user.sandbox.upload("photos", b"later", "same.jpg")
    user.sandbox.take_inventory("photos")
    (user.folder / "inventory.json").unlink()
    (later,) = restored_again(user)

    assert bodies_in(user.folder / "out") == sorted([*bodies, "later"])
    assert later["renamed"] == ["same-name"]


def restored_again(user: User) -> list[Any]:
    """Buy the inventory once more, and fetch what it tells that was not there before."""
    user.manifest(INVENTORY)
    restarted = user.run("apply", "jobs.yaml", "--yes", "--restart", "inventory/*")
    assert restarted.code == 0, restarted.err
    user.sandbox.clock.advance(JOB_SECONDS)
    assert user.run("wait").code == 0
    fetched(user)
    succeeded(user, INVENTORY + RETRIEVAL % "out/{path}")
    return fetched(user)


def test_a_file_that_stands_there_is_left_alone_unless_somebody_says_overwrite(user: User) -> None:
    upload(user, ["mine.txt", "yours.txt"])
    mine = user.folder / "out/mine.txt"
    mine.parent.mkdir()
    mine.write_text("what I wrote")

    told = restored(user, "out/{path}")

    assert mine.read_text() == "what I wrote"
    names = {Path(one["output"]).name: one["renamed"] for one in told}
    assert sorted(names.values()) == [[], ["same-name"]]


def test_overwrite_replaces_what_stands_there(user: User) -> None:
    upload(user, ["mine.txt"])
    mine = user.folder / "out/mine.txt"
    mine.parent.mkdir()
    mine.write_text("what I wrote")
    succeeded(user, INVENTORY)
    fetched(user)
    succeeded(user, INVENTORY + RETRIEVAL % "out/{path}")

    fetched(user, "--overwrite")

    assert mine.read_text() == "0 mine.txt"


def test_a_symbolic_link_leads_no_output_out_of_the_folder(user: User) -> None:
    outside = user.folder / "outside"
    outside.mkdir()
    (user.folder / "out").mkdir()
    (user.folder / "out/link").symlink_to(outside)
    upload(user, ["link/owned", "link"])
    succeeded(user, INVENTORY)
    fetched(user)
    succeeded(user, INVENTORY + RETRIEVAL % "out/{path}")

    user.run("fetch", "jobs.yaml")

    assert list(outside.iterdir()) == []


def test_no_name_leaves_the_prefix_of_a_bucket_and_none_is_lost(
    user: User, moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto)
    bodies = upload(user, HOSTILE)
    with contextmanager(new_bucket)(moto) as bucket:
        told = restored(user, f"s3://{bucket.name}/below/{{path}}")

        contents = bucket.contents()

    assert sorted(body.decode() for body in contents.values()) == bodies
    assert all(key.startswith("below/") for key in contents)
    assert {one["output"] for one in told} == {f"s3://{bucket.name}/{key}" for key in contents}
