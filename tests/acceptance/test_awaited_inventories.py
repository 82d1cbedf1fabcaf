"""Archives of an inventory that another job brings: nothing starts before that is stored, all of it then."""

import pytest

from glacier_manifest.sandbox import Sandbox
from tests.acceptance.user import User

INVENTORY = """
  listed:
    type: inventory-retrieval
    vault: "photos-*"
    format: {form}
    save_to: {save_to}
"""
RESTORED = """
  restored:
    type: archive-retrieval
    vault: "photos-*"
    tier: Bulk
    archives: {{inventory: {{job: listed}}}}
    limits: {{jobs: {jobs}}}
"""
VAULTS = ("photos-eu", "photos-us")


@pytest.fixture
def filled(sandbox: Sandbox) -> dict[str, str]:
    """Three archives in each of two vaults: the vault of each, by ID."""
    found = {}
    for vault in VAULTS:
        sandbox.create_vault(vault)
        for name in ("a", "b", "c"):
            found[sandbox.upload(vault, f"{vault} {name}".encode(), description=name)] = vault
        sandbox.take_inventory(vault)
    return found


def manifest(user: User, *, jobs: int = 6, form: str = "JSON", save_to: str = "lists/{vault}.json") -> str:
    """Write it, and return the digest of its plan, which somebody has reviewed."""
    user.manifest(INVENTORY.format(form=form, save_to=save_to) + RESTORED.format(jobs=jobs))
    digest: str = user.run("plan", "jobs.yaml", "--format", "json").json["digest"]
    return digest


def bring_inventories(user: User, sandbox: Sandbox, digest: str) -> None:
    assert user.run("apply", "jobs.yaml", "--expect", digest).code == 75
    sandbox.clock.advance(10)
    assert user.run("fetch", "jobs.yaml").code == 0


def retrieved(user: User) -> dict[str, str]:
    """The vault of each archive that was retrieved, by ID."""
    return {
        call.json["ArchiveId"]: call.path.split("/")[3]
        for call in user.sandbox.calls("InitiateJob")
        if call.json["Type"] == "archive-retrieval"
    }


@pytest.mark.parametrize("form", ["JSON", "CSV"])
def test_each_vault_has_an_inventory_of_its_own(
    user: User, sandbox: Sandbox, filled: dict[str, str], form: str
) -> None:
    digest = manifest(user, form=form)
    bring_inventories(user, sandbox, digest)

    assert user.run("apply", "jobs.yaml", "--expect", digest).code == 0
    assert retrieved(user) == filled


@pytest.mark.usefixtures("filled")
def test_one_vault_goes_on_while_the_other_waits(user: User, sandbox: Sandbox) -> None:
    digest = manifest(user)
    assert user.run("apply", "jobs.yaml", "--expect", digest).code == 75
    sandbox.clock.advance(10)
    user.run("fetch", "jobs.yaml", "--target", "listed/photos-eu")

    assert user.run("apply", "jobs.yaml", "--expect", digest).code == 75
    assert set(retrieved(user).values()) == {"photos-eu"}


@pytest.mark.usefixtures("filled")
def test_what_the_limits_let_start_is_used_up_over_all_runs(user: User, sandbox: Sandbox) -> None:
    digest = manifest(user, jobs=5)
    bring_inventories(user, sandbox, digest)

    refused = user.run("apply", "jobs.yaml", "--expect", digest)
    assert "job 'restored' would start 6 jobs" in refused.refused_with(5, "over-limit").err
    assert user.run("apply", "jobs.yaml", "--expect", digest, "--max-jobs", 4).code == 75
    refused = user.run("apply", "jobs.yaml", "--expect", digest)
    assert "4 of them started earlier" in refused.refused_with(5, "over-limit").err
    assert len(retrieved(user)) == 4


def test_an_inventory_that_was_asked_for_and_never_saved_is_told(user: User, sandbox: Sandbox) -> None:
    sandbox.create_vault("photos-eu")
    text = INVENTORY.format(form="JSON", save_to="x").replace("    save_to: x\n", "")
    user.manifest(text + RESTORED.format(jobs=6))

    validated = user.run("validate", "jobs.yaml", "--format", "json")

    assert (validated.code, [one["code"] for one in validated.json["diagnostics"]]) == (
        0,
        ["inventory-not-saved"],
    )


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(("limit", "code"), [(12, 0), (11, 5)])
def test_what_may_be_bought_again_by_itself_is_so_within_the_same_limits(
    user: User, sandbox: Sandbox, limit: int, code: int
) -> None:
    head = "restarts: {failed: 1}\n"
    user.manifest(
        INVENTORY.format(form="JSON", save_to="lists/{vault}.json") + RESTORED.format(jobs=limit), head=head
    )
    digest = user.run("plan", "jobs.yaml", "--format", "json").json["digest"]
    bring_inventories(user, sandbox, digest)
    sandbox.faults.add("InitiateJob", "job-fails", count=6)
    assert user.run("apply", "jobs.yaml", "--expect", digest).code == 0
    sandbox.clock.advance(10)

    assert user.run("apply", "jobs.yaml", "--expect", digest).code == code
    assert len(user.bodies()) == 2 + (12 if code == 0 else 6)
