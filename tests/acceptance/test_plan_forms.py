"""`plan` for pull requests: Markdown, and what GitHub reads; what it says of inventories and of times."""

import json
from pathlib import Path

import pytest

from glacier_manifest.inventory.archive import Archive
from glacier_manifest.sandbox import Sandbox
from tests.acceptance.manifests import archive_ids, inventory, retrievals
from tests.acceptance.user import User
from tests.inventory.inventories import archive, json_of
from tests.views.rendered import rendered
from tests.views.rendered_html import rendered_html

STARTS = ("address", "tier", "bytes", "cost")
FROM_INVENTORY = """\
  photos:
    type: archive-retrieval
    vault: my-vault
    tier: Bulk
    archives:
      inventory: old.json
      where: {size: {min: 10}}
"""


def stocked(user: User, archives: list[Archive]) -> None:
    """Write an old inventory of the vault into the folder."""
    inventory_of_vault = json_of(archives).replace(b"vaults/examplevault", b"vaults/my-vault")
    (user.folder / "old.json").write_bytes(inventory_of_vault)


@pytest.fixture
def summary(user: User, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which a step of a workflow tells what came of it."""
    path = user.folder / "summary.md"
    path.write_text("what an earlier step said\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def test_a_plan_in_markdown_is_all_that_is_printed(user: User) -> None:
    user.manifest(retrievals(archive_ids(30)))

    ran = user.run("plan", "jobs.yaml", "--format", "markdown", "--quiet")

    assert (ran.code, ran.err) == (0, "")
    page = rendered(ran.out)
    assert page.lines[0] == "Plan: 30 to start, 0 to adopt, 0 to restart, 0 unchanged"
    assert {row[0] for row in page.table(*STARTS)} == {f"photos/my-vault/{one}" for one in archive_ids(30)}


def test_the_most_bytes_are_those_of_the_flag(user: User) -> None:
    user.manifest(retrievals(archive_ids(100)))

    ran = user.run("plan", "jobs.yaml", "--format", "markdown", "--max-bytes", 9000)

    assert 6000 < len(ran.out.encode()) <= 9000
    assert "Left out, for want of room:" in ran.out
    user.run("plan", "jobs.yaml", "--format", "markdown", "--max-bytes", 100).refused_with(64, "usage")


def test_github_gets_the_plan_in_the_summary_and_one_notice_on_stdout(user: User, summary: Path) -> None:
    user.manifest(retrievals(archive_ids(3)))

    ran = user.run("plan", "jobs.yaml", "--format", "github")

    digest = user.run("plan", "jobs.yaml", "--format", "json").json["digest"]
    counts = "Plan: 3 to start, 0 to adopt, 0 to restart, 0 unchanged."
    assert (ran.code, ran.out) == (0, f"::notice title=plan::{counts} Digest: {digest}\n")
    before, _, added = summary.read_text(encoding="utf-8").partition("\n")
    assert before == "what an earlier step said"
    assert len(rendered(added).table(*STARTS)) == 3


def test_without_a_summary_github_gets_the_notice_and_somebody_is_told(user: User) -> None:
    user.manifest(retrievals(archive_ids(3)))

    ran = user.run("plan", "jobs.yaml", "--format", "github")

    assert ran.code == 0
    assert len(ran.out.splitlines()) == 1
    assert "--format markdown prints it" in ran.err


def test_a_limit_is_an_annotation_and_the_plan_is_shown_all_the_same(user: User, summary: Path) -> None:
    user.manifest(retrievals(archive_ids(3)), head="limits: {jobs: 2}\n")

    ran = user.run("plan", "jobs.yaml", "--format", "github").refused_with(5, "over-limit")

    notice, error = ran.out.splitlines()
    assert notice.startswith("::notice title=plan::Plan: 3 to start")
    assert error.startswith(
        "::error title=over-limit::this would start 3 jobs, and the limit is 2; start fewer"
    )
    assert "**This would be refused:** `this would start 3 jobs, and the limit is 2`" in summary.read_text(
        encoding="utf-8"
    )


def test_a_plan_in_html_is_one_page_of_the_size_that_is_asked_for(user: User) -> None:
    user.manifest(inventory())

    ran = user.run("plan", "jobs.yaml", "--format", "html", "--max-bytes", 9000)

    page = rendered_html(ran.out)
    assert ran.code == 0
    assert len(ran.out.encode()) <= 9000
    assert page.lines[0] == "Plan: 1 to start, 0 to adopt, 0 to restart, 0 unchanged"
    assert page.summaries == ["To start, the dearest first: 1"]


@pytest.mark.usefixtures("summary")
def test_what_is_wrong_in_a_manifest_stands_at_its_line(user: User) -> None:
    user.manifest(retrievals(archive_ids(1), more="    teir: Bulk\n"))

    ran = user.run("plan", "jobs.yaml", "--format", "github")

    assert ran.code == 4
    assert ran.out.startswith("::error file=jobs.yaml,line=")
    assert ",title=unknown-key::unknown key 'teir'" in ran.out
    assert "error[unknown-key]" in ran.err


@pytest.mark.usefixtures("summary")
def test_what_would_fail_at_a_vault_stands_at_the_line_of_its_job(user: User) -> None:
    with Sandbox() as bare:
        user.manifest(inventory(vault="gone"))
        ran = user.run("plan", "jobs.yaml", "--format", "github", "--endpoint-url", bare.url)

    assert ran.code == 1
    assert "::error file=jobs.yaml,line=6," in ran.out
    assert ",title=vault-not-found::" in ran.out


def test_a_plan_tells_the_inventory_it_was_made_from(user: User) -> None:
    rows = [archive(1), archive(2), archive(3)._replace(size=1)]
    stocked(user, rows)
    user.manifest(FROM_INVENTORY)

    for_people = user.run("plan", "jobs.yaml")
    document = user.run("plan", "jobs.yaml", "--format", "json").json
    first = json.loads(user.run("plan", "jobs.yaml", "--format", "ndjson").out.splitlines()[0])
    page = rendered(user.run("plan", "jobs.yaml", "--format", "markdown").out)

    assert "Inventory old.json of " in for_people.out
    assert " days old: 3 archives, 2 picked by 'photos'\n" in for_people.out
    (told,) = document["inventories"]
    assert (told["name"], told["archives"], told["picked"]) == ("old.json", 3, 2)
    assert first["inventories"] == [told]
    assert [
        row[3:] for row in page.table("inventory", "of", "for job", "archives", "picked", "bad rows")
    ] == [["3", "2", "0"]]


@pytest.mark.parametrize(("order", "picked"), [("inventory", 1), ("size", 1)])
def test_what_a_limit_leaves_out_was_not_picked(user: User, order: str, picked: int) -> None:
    stocked(user, [archive(number) for number in range(5)])
    user.manifest(f"{FROM_INVENTORY}      order: {order}\n      limit: {picked}\n")

    (told,) = user.run("plan", "jobs.yaml", "--format", "json").json["inventories"]

    assert (told["archives"], told["picked"]) == (5, picked)


def test_an_inventory_that_only_tells_sizes_says_so(user: User) -> None:
    rows = [archive(number) for number in range(2)]
    stocked(user, rows)
    sizes = "    sizes_from: old.json\n"
    user.manifest(retrievals([rows[0].archive_id], more=sizes))

    document = user.run("plan", "jobs.yaml", "--format", "json").json

    assert [(one["archives"], one["picked"]) for one in document["inventories"]] == [(2, None)]
    assert document["totals"]["bytes_known"]


def test_times_are_told_where_something_starts(user: User) -> None:
    user.manifest(inventory())

    assert "Ready, if Glacier is as fast as usual: inventories from " in user.run("plan", "jobs.yaml").out
    assert user.run("apply", "jobs.yaml", "--yes").code == 0
    assert "Ready, if" not in user.run("plan", "jobs.yaml").out
