"""An inventory that is asked for with a limit: each page a job of its own, and in the end one file."""

from pathlib import Path

import pytest

from glacier_manifest.inventory.origin import Origin
from glacier_manifest.inventory.reading import Inventory
from glacier_manifest.sandbox import Sandbox
from tests.acceptance.user import VAULT, Ran, User

PAGED = """
  paged:
    type: inventory-retrieval
    vault: my-vault
    format: {format}
    inventory_retrieval_parameters: {{limit: 3}}
    save_to: inventories/{{vault}}.{suffix}
"""
RETRIEVED = """
  restored:
    type: archive-retrieval
    vault: my-vault
    tier: Bulk
    archives: {inventory: {job: paged}}
    limits: {jobs: 8}
"""
DESCRIPTIONS = ("plain", "with, comma", 'with "quotes"', "back\\slash", "", "six", "seven", "eight")


@pytest.fixture
def filled(sandbox: Sandbox) -> list[str]:
    """Eight archives; their IDs."""
    ids = [sandbox.upload(VAULT, f"body of {text}".encode(), description=text) for text in DESCRIPTIONS]
    sandbox.take_inventory(VAULT)
    return ids


def turn(user: User, sandbox: Sandbox, *approval: str) -> tuple[Ran, Ran]:
    """Apply, let all jobs end, fetch."""
    applied = user.run("apply", "jobs.yaml", *approval)
    sandbox.clock.advance(10)
    return applied, user.run("fetch", "jobs.yaml", "--format", "json")


@pytest.mark.parametrize("form", ["JSON", "CSV"])
def test_three_pages_become_one_inventory(user: User, sandbox: Sandbox, filled: list[str], form: str) -> None:
    user.manifest(PAGED.format(format=form, suffix=form.lower()))
    expected = user.run("plan", "jobs.yaml", "--format", "json").json["digest"]

    codes = []
    for _ in range(4):
        applied, fetched = turn(user, sandbox, "--expect", expected)
        codes.append((applied.code, fetched.code))

    whole = user.folder / f"inventories/my-vault.{form.lower()}"
    inventory = Inventory(Origin(str(whole), whole), lambda: whole.open("rb"))
    assert [archive.archive_id for archive in inventory] == filled
    assert codes == [(0, 75), (0, 75), (0, 0), (0, 0)]
    assert [body["InventoryRetrievalParameters"].get("Limit") for body in user.bodies()] == ["3"] * 3
    assert stored_in(user.folder / "inventories") == [whole.name]
    assert [(one["address"], one["status"], one["output"]) for one in user.records()] == [
        ("paged/my-vault", "fetched", str(whole)),
        ("paged/my-vault:page-2", "fetched", str(whole)),
        ("paged/my-vault:page-3", "fetched", str(whole)),
    ]


def stored_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_what_waits_for_an_inventory_in_pages_waits_for_all_of_them(
    user: User, sandbox: Sandbox, filled: list[str]
) -> None:
    user.manifest(PAGED.format(format="JSON", suffix="json") + RETRIEVED)
    expected = user.run("plan", "jobs.yaml", "--format", "json").json["digest"]

    for _ in range(3):
        assert retrieved(user) == []
        turn(user, sandbox, "--expect", expected)
    assert user.run("apply", "jobs.yaml", "--expect", expected).code == 0

    assert sorted(retrieved(user)) == sorted(filled)


def retrieved(user: User) -> list[str]:
    return [body["ArchiveId"] for body in user.bodies() if body["Type"] == "archive-retrieval"]
