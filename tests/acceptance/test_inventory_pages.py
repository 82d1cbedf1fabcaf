"""An inventory that is asked for with a limit: each page a job of its own, and in the end one file."""

from contextlib import contextmanager
from pathlib import Path

import pytest

from glacier_manifest.inventory.origin import Origin
from glacier_manifest.inventory.reading import Inventory
from glacier_manifest.sandbox import Sandbox
from tests.acceptance.user import VAULT, Ran, User
from tests.fetching.buckets import moto_server, new_bucket

moto = pytest.fixture(moto_server, scope="module")

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

    codes, waiting = [], []
    for _ in range(4):
        applied, fetched = turn(user, sandbox, "--expect", expected)
        codes.append((applied.code, fetched.code))
        waiting.append(fetched.json["summary"]["incomplete"])

    whole = user.folder / f"inventories/my-vault.{form.lower()}"
    inventory = Inventory(Origin(str(whole), whole), lambda: whole.open("rb"))
    assert [archive.archive_id for archive in inventory] == filled
    assert codes == [(0, 75), (0, 75), (0, 0), (0, 0)]
    assert waiting == [1, 1, 0, 0]
    assert [body["InventoryRetrievalParameters"].get("Limit") for body in user.bodies()] == ["3"] * 3
    assert stored_in(user.folder / "inventories") == [whole.name]
    assert [(one["address"], one["status"], one["output"]) for one in user.records()] == [
        ("paged/my-vault", "fetched", str(whole)),
        ("paged/my-vault:page-2", "fetched", str(whole)),
        ("paged/my-vault:page-3", "fetched", str(whole)),
    ]


def test_pages_that_were_stored_without_the_manifest_are_put_together_with_it(
    user: User, sandbox: Sandbox, filled: list[str]
) -> None:
    user.manifest(PAGED.format(format="JSON", suffix="json"))
    for _ in range(3):
        assert user.run("apply", "jobs.yaml", "--yes").code == 0
        sandbox.clock.advance(10)
        assert user.run("fetch", "--to", "pages").code == 0
    assert "puts them together" in user.run("fetch", "--to", "pages").err

    together = user.run("fetch", "jobs.yaml")

    assert (together.code, together.err) == (0, "")
    whole = user.folder / "inventories/my-vault.json"
    inventory = Inventory(Origin(str(whole), whole), lambda: whole.open("rb"))
    assert [archive.archive_id for archive in inventory] == filled
    assert "puts them together" not in user.run("fetch", "--to", "pages").err


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


@pytest.mark.usefixtures("filled")
def test_a_saved_plan_of_the_first_page_starts_all_of_them(user: User, sandbox: Sandbox) -> None:
    user.manifest(PAGED.format(format="JSON", suffix="json"))
    assert user.run("plan", "jobs.yaml", "--out", "jobs.plan").code == 0

    for _ in range(4):
        applied = user.run("apply", "jobs.plan")
        assert applied.code == 0, applied.err
        sandbox.clock.advance(10)
        user.run("fetch", "jobs.yaml")

    assert user.sent() == 3
    assert stored_in(user.folder / "inventories") == ["my-vault.json"]


def test_pages_in_a_bucket_are_joined_there_and_stay(
    user: User, sandbox: Sandbox, filled: list[str], moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto)
    with contextmanager(new_bucket)(moto) as bucket:
        paged = PAGED.format(format="CSV", suffix="csv").replace("inventories/", f"s3://{bucket.name}/")
        user.manifest(paged + RETRIEVED)
        for _ in range(3):
            assert retrieved(user) == []
            turn(user, sandbox, "--yes")
        user.run("apply", "jobs.yaml", "--yes")

        contents = bucket.contents()
        assert sorted(contents) == ["my-vault.csv", *(f"my-vault.csv.page-{number}" for number in (1, 2, 3))]
        assert sorted(retrieved(user)) == sorted(filled)


def test_what_was_joined_is_verified_and_what_was_changed_is_not(
    user: User, sandbox: Sandbox, filled: list[str]
) -> None:
    user.manifest(PAGED.format(format="JSON", suffix="json"))
    for _ in range(3):
        turn(user, sandbox, "--yes")
    whole = user.folder / "inventories/my-vault.json"

    assert user.run("verify", "jobs.yaml").code == 0
    whole.write_bytes(whole.read_bytes().replace(filled[0].encode(), filled[1].encode()))
    assert user.run("verify", "jobs.yaml").code == 3


def test_a_target_means_all_pages_and_a_page_that_fails_is_bought_again_alone(
    user: User, sandbox: Sandbox, filled: list[str]
) -> None:
    user.manifest(PAGED.format(format="JSON", suffix="json"), head="restarts: {failed: 1}\n")
    turn(user, sandbox, "--yes", "--target", "paged")
    sandbox.faults.add("InitiateJob", "job-fails", count=1)
    turn(user, sandbox, "--yes", "--target", "paged/my-vault")
    user.run("apply", "jobs.yaml", "--yes", "--target", "paged/my-vault")

    assert [(one["address"], one["generation"]) for one in user.records()] == [
        ("paged/my-vault", 0),
        ("paged/my-vault:page-2", 0),
        ("paged/my-vault:page-2", 1),
    ]
    assert len(filled) == len(DESCRIPTIONS)


def retrieved(user: User) -> list[str]:
    return [body["ArchiveId"] for body in user.bodies() if body["Type"] == "archive-retrieval"]
