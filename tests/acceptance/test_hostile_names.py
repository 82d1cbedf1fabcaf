"""Names that strangers wrote, through the whole command: all stay inside, none is lost, changes are told."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.acceptance.evacuations import files_below
from tests.acceptance.user import User

JOB_SECONDS = 10
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
SAME = 1000


def restored(user: User, save_to: str, descriptions: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Upload archives whose bodies tell their number, and fetch them; return what came, and what was told."""
    for number, description in enumerate(descriptions):
        user.sandbox.upload("photos", f"body {number}".encode(), description)
    user.sandbox.take_inventory("photos")
    for jobs in (INVENTORY, INVENTORY + RETRIEVAL % save_to):
        user.manifest(jobs)
        applied = user.run("apply", "jobs.yaml", "--yes")
        assert applied.code == 0, applied.err
        user.sandbox.clock.advance(JOB_SECONDS)
        assert user.run("wait").code == 0
        fetched = user.run("fetch", "jobs.yaml", "--format", "json", "--report", "report.json")
        assert fetched.code == 0, fetched.err
    report = json.loads((user.folder / "report.json").read_text(encoding="utf-8"))
    return {record["output"]: record["status"] for record in user.records()}, report


def bodies_in(folder: Path) -> list[str]:
    return sorted(path.read_text() for path in files_below(folder).values())


def everything_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("save_to", ["out/{path}", "out/{vault}/{path}", "out/x{path}y"])
def test_no_name_leaves_the_folder_and_none_is_lost(user: User, save_to: str) -> None:
    before = {path.name for path in user.folder.parent.iterdir()}

    outputs, _ = restored(user, save_to, HOSTILE)

    folder = user.folder / "out"
    assert bodies_in(folder) == sorted(f"body {number}" for number in range(len(HOSTILE)))
    assert {path.name for path in user.folder.parent.iterdir()} == before
    beside = {path.relative_to(user.folder).parts[0] for path in everything_below(user.folder)}
    assert beside <= {"out", "jobs.yaml", "inventory.json", "report.json", ".glacier-manifest"}
    assert set(outputs.values()) == {"fetched"}
    assert all(Path(output).is_relative_to(user.folder) and Path(output).is_file() for output in outputs)
