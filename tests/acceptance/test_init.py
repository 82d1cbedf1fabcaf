"""`init` over HTTP: what Glacier lists becomes a manifest that is ready to apply."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from glacier_manifest.manifest import read_manifest
from glacier_manifest.sandbox import Sandbox
from tests.acceptance.user import ACCOUNT, SETTLE, User

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
#: Names that a careless writer of YAML would turn into a number, a truth, a list or a merge.
ODD_NAMES = ("-x", "007", "1e3", "2015-01-01", "_", "a.b-c", "no", "null", "true", "...")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A Glacier that makes a vault's first inventory after a day, as the true one does."""
    with Sandbox(inventory_delay=86400.0) as sandbox:
        sandbox.clock.set(NOON)
        yield sandbox


def stocked(sandbox: Sandbox, *names: str) -> None:
    for name in names:
        sandbox.generate(name, 3, size=1 << 30)
        sandbox.take_inventory(name)


def test_what_it_writes_is_valid_and_planned_and_applied_as_it_is(user: User) -> None:
    stocked(user.sandbox, "photos", "documents")

    made = user.run("init", "--endpoint-url", user.sandbox.url)

    assert made.code == 0, made.err
    assert user.run("validate", "jobs.yaml").out == "The configuration is valid.\n"
    planned = user.run("plan", "jobs.yaml")
    assert "Plan: 2 to start, 0 to adopt, 0 to restart, 0 unchanged." in planned.out
    assert user.run("apply", "jobs.yaml", "--yes", "--settle", SETTLE).code == 0
    assert [job["vault"] for job in user.records()] == ["documents", "photos"]
    assert [body["Format"] for body in user.bodies()] == ["JSON", "JSON"]


def test_the_vaults_are_shown_with_what_their_last_inventories_told(user: User) -> None:
    stocked(user.sandbox, "photos")
    user.sandbox.generate("uploads", 7, size=1 << 20)

    made = user.run("init", "--endpoint-url", user.sandbox.url)

    assert made.out.splitlines() == [
        f"Account {ACCOUNT}, region us-west-2",
        "",
        "  vault    archives    bytes  last inventory",
        "  photos          3  3.0 GiB  2026-11-23T12:00:00Z",
        "  uploads         -        -  none yet",
        "",
        "2 vaults: 3 archives, 3.0 GiB, as the last inventories told.",
    ]


def test_every_page_of_vaults_is_listed(user: User) -> None:
    names = [f"vault-{number:02}" for number in range(25)]
    stocked(user.sandbox, *names)

    assert user.run("init", "--endpoint-url", user.sandbox.url).code == 0

    assert read_manifest([Path("jobs.yaml")]).jobs[0].vaults == tuple(names)
    assert user.sandbox.counts() == {"ListVaults": 3}


def test_every_vaults_name_is_read_back_as_it_is(user: User) -> None:
    stocked(user.sandbox, *ODD_NAMES)

    assert user.run("init", "--endpoint-url", user.sandbox.url).code == 0

    (job,) = read_manifest([Path("jobs.yaml")]).jobs
    assert sorted(job.vaults) == sorted(ODD_NAMES)
    assert job.account_id == ACCOUNT


def test_a_vault_without_an_inventory_is_a_comment_and_said(user: User) -> None:
    stocked(user.sandbox, "photos")
    user.sandbox.create_vault("uploads")

    made = user.run("init", "--endpoint-url", user.sandbox.url)

    assert "a weekly inventory of 1 vault; 1 vault without an inventory yet is a comment." in made.err
    assert read_manifest([Path("jobs.yaml")]).jobs[0].vaults == ("photos",)
    assert "      # - uploads  # no inventory yet" in Path("jobs.yaml").read_text(encoding="utf-8")


def test_where_no_vault_has_an_inventory_the_job_waits_as_a_comment_to_be_uncovered(user: User) -> None:
    user.sandbox.create_vault("uploads")
    user.sandbox.create_vault("more")

    made = user.run("init", "--endpoint-url", user.sandbox.url)

    text = Path("jobs.yaml").read_text(encoding="utf-8")
    assert read_manifest([Path("jobs.yaml")]).jobs == ()
    assert "glacier-manifest apply" not in made.err
    head, _, body = text.partition("jobs:\n")
    uncovered = [line.removeprefix("# ") for line in body.splitlines()]
    Path("jobs.yaml").write_text(f"{head}jobs:\n" + "\n".join(uncovered) + "\n", encoding="utf-8")
    assert read_manifest([Path("jobs.yaml")]).jobs[0].vaults == ("more", "uploads")


@pytest.mark.parametrize("words", [[], ["jobs.yaml"], ["--out", "jobs.yaml"]])
def test_no_file_is_overwritten_and_nothing_is_asked(user: User, words: list[str]) -> None:
    stocked(user.sandbox, "photos")
    user.write("mine")

    ran = user.run("init", *words, "--endpoint-url", user.sandbox.url)

    ran.refused_with(64, "file-exists")
    assert Path("jobs.yaml").read_text(encoding="utf-8") == "mine"
    assert user.sandbox.counts() == {}


def test_a_link_to_nowhere_is_not_written_through(user: User) -> None:
    stocked(user.sandbox, "photos")
    Path("jobs.yaml").symlink_to("elsewhere.yaml")

    user.run("init", "--endpoint-url", user.sandbox.url).refused_with(64, "file-exists")

    assert not Path("elsewhere.yaml").exists()


def test_an_account_without_vaults_there_is_told_what_to_check(user: User) -> None:
    stocked(user.sandbox, "photos")

    ran = user.run("init", "--region", "eu-west-1", "--endpoint-url", user.sandbox.url)

    ran.refused_with(1, "no-vaults")
    assert "eu-west-1" in ran.err
    assert "--region" in ran.last
    assert "--profile" in ran.last
    assert not Path("jobs.yaml").exists()


def test_one_file_is_named_and_not_two(user: User) -> None:
    user.run("init", "a.yaml", "--out", "b.yaml").refused_with(64, "usage")


def test_the_next_commands_repeat_what_stands_in_no_manifest(user: User) -> None:
    stocked(user.sandbox, "photos")

    made = user.run("init", "my jobs.yaml", "--endpoint-url", user.sandbox.url)

    assert f"  glacier-manifest plan 'my jobs.yaml' --endpoint-url {user.sandbox.url} " in made.err
    assert f"  glacier-manifest apply 'my jobs.yaml' --endpoint-url {user.sandbox.url} " in made.err


def test_a_region_that_was_named_stands_in_the_manifest(user: User) -> None:
    user.sandbox.create_vault("photos", region="eu-west-1")
    user.sandbox.stock("photos", region="eu-west-1").take_inventory()

    assert user.run("init", "--region", "eu-west-1", "--endpoint-url", user.sandbox.url).code == 0

    assert read_manifest([Path("jobs.yaml")]).jobs[0].region == "eu-west-1"


def test_a_refused_listing_ends_it_and_writes_nothing(user: User) -> None:
    user.sandbox.faults.add("ListVaults", "error", code="AccessDeniedException")

    user.run("init", "--endpoint-url", user.sandbox.url).refused_with(1, "access-denied")

    assert not Path("jobs.yaml").exists()
