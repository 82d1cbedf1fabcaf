"""`plan` over HTTP: everything that would fail when it is applied, in one pass."""

from collections.abc import Iterator

import pytest

from glacier_manifest.sandbox import Sandbox
from tests.acceptance.manifests import archive_ids, inventory, retrievals
from tests.acceptance.user import User

OWNER_UNKNOWN = 'version: 1\naccount_id: "-"\nregion: us-west-2\njobs:\n'


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A Glacier with one vault that has an inventory and one that has none, and that makes up nothing."""
    with Sandbox(inventory_delay=86400.0) as sandbox:
        sandbox.generate("photos", 3, size=1 << 20)
        sandbox.take_inventory("photos")
        sandbox.create_vault("uploads")
        yield sandbox


def codes(err: str, severity: str) -> list[str]:
    opening = f"{severity}["
    lines = [line for line in err.splitlines() if line.startswith(opening)]
    return [line.removeprefix(opening).partition("]")[0] for line in lines]


def test_every_missing_vault_is_told_with_its_place_and_the_plan_is_shown(user: User) -> None:
    user.manifest(inventory(vault="[gone, photos, gone-too]"))

    planned = user.run("plan", "jobs.yaml")

    assert planned.code == 1
    assert codes(planned.err, "error") == ["vault-not-found", "vault-not-found"]
    assert planned.err.count("--> jobs.yaml:6:3") == 2
    assert planned.last.startswith("next: ")
    assert planned.out.splitlines()[-2].startswith("Plan: 3 to start")


def test_a_vault_without_an_inventory_is_a_warning_that_changes_no_exit_code(user: User) -> None:
    user.manifest(inventory(vault="[photos, uploads]"))

    planned, detailed = user.run("plan", "jobs.yaml"), user.run("plan", "jobs.yaml", "--detailed-exitcode")

    assert (planned.code, detailed.code) == (0, 2)
    assert codes(planned.err, "warning") == ["no-inventory-yet"]
    assert "'uploads'" in planned.err


def test_programs_are_told_the_same(user: User) -> None:
    user.manifest(inventory(vault="[gone, uploads]"))

    planned = user.run("plan", "jobs.yaml", "--format", "json")

    found = planned.json["preflight"]
    assert [(one["severity"], one["code"], one["line"]) for one in found] == [
        ("error", "vault-not-found", 6),
        ("warning", "no-inventory-yet", 6),
    ]
    assert all(one["help"] for one in found)


def test_what_has_been_started_is_not_looked_at_again(user: User) -> None:
    user.manifest(inventory(vault="photos"))
    assert user.run("apply", "jobs.yaml", "--yes").code == 0
    user.sandbox.reset_calls()

    assert user.run("plan", "jobs.yaml").code == 0

    assert "DescribeVault" not in user.sandbox.counts()


def test_without_refresh_nothing_is_asked(user: User) -> None:
    user.manifest(inventory(vault="gone"))

    assert user.run("plan", "jobs.yaml", "--refresh=false").code == 0

    assert user.sandbox.counts() == {}


def test_listings_that_are_not_allowed_are_told_for_all_vaults_and_not_the_first_alone(user: User) -> None:
    user.manifest(inventory(vault="[uploads, photos, gone]"))
    user.sandbox.faults.add("ListJobs", "error", code="AccessDeniedException")

    planned = user.run("plan", "jobs.yaml")

    assert planned.code == 1
    assert "vault 'photos'" in planned.err
    assert "vault 'uploads'" in planned.err
    assert "vault-not-found" in codes(planned.err, "error")
    assert "glacier:ListJobs" in planned.last


def test_a_vault_that_hides_the_account_does_not_hide_what_is_wrong_with_the_others(user: User) -> None:
    user.write(OWNER_UNKNOWN + inventory(vault="[secret, gone, uploads]"))
    user.sandbox.create_vault("secret")
    user.sandbox.faults.add("DescribeVault", "error", code="AccessDeniedException", match="secret")

    planned = user.run("plan", "jobs.yaml")

    assert planned.code == 1
    assert codes(planned.err, "error") == ["vault-not-found", "access-denied"]
    assert codes(planned.err, "warning") == ["no-inventory-yet"]
    assert "glacier:DescribeVault" in planned.last


def test_what_else_is_wrong_stands_at_its_line_in_a_pull_request_too(user: User) -> None:
    user.manifest(inventory(vault="[uploads, photos, gone]"))
    user.sandbox.faults.add("ListJobs", "error", code="AccessDeniedException")

    planned = user.run("plan", "jobs.yaml", "--format", "github")

    assert planned.code == 1
    annotations = planned.out.splitlines()
    assert all(line.startswith(("::error ", "::warning ")) for line in annotations), annotations
    assert sum(",title=vault-not-found::" in line for line in annotations) == 1
    assert sum("title=access-denied::" in line for line in annotations) == 2


def test_a_policy_that_binds_standard_retrievals_is_told(user: User) -> None:
    user.manifest(retrievals(archive_ids(2), tier="Standard").replace("my-vault", "photos"))
    user.sandbox.faults.add("GetDataRetrievalPolicy", "error", code="AccessDeniedException")

    planned = user.run("plan", "jobs.yaml")

    assert planned.code == 0
    assert codes(planned.err, "warning") == ["access-denied"]
    assert "glacier:GetDataRetrievalPolicy" in planned.err


def test_a_pattern_means_vaults_that_are_there_and_they_are_looked_at(user: User) -> None:
    user.manifest(inventory(vault='"*"'))

    planned = user.run("plan", "jobs.yaml")

    assert planned.code == 0
    assert codes(planned.err, "warning") == ["no-inventory-yet"]
    assert "Plan: 2 to start" in planned.out


def test_the_vault_of_a_job_that_waits_for_an_inventory_is_looked_at_too(user: User) -> None:
    waiting = (
        "  later:\n    type: archive-retrieval\n    vault: gone\n    tier: Bulk\n"
        "    archives: {inventory: {job: inventory}}\n    limits: {jobs: 5}\n"
    )
    user.manifest(inventory(vault="[photos, gone]") + waiting)

    planned = user.run("plan", "jobs.yaml")

    assert planned.code == 1
    assert codes(planned.err, "error") == ["vault-not-found", "vault-not-found"]
