"""From a manifest to started jobs, and a rerun that pays nothing."""

import re
import shutil
from collections.abc import Callable

import pytest

from glacier_manifest.sandbox import Sandbox
from tests.acceptance.manifests import ARCHIVE, DASHED, archive_ids, inventory, retrievals
from tests.acceptance.user import ACCOUNT, ROOT, User

MARKER = re.compile(r"\[gm1:[a-z2-7]{26}\.0\]\Z")
TOPIC = "arn:aws:sns:us-west-2:012345678901:my-topic"


def test_the_two_documents_of_the_aws_cli_reference_go_over_the_wire_with_nothing_but_a_marker_added(
    user: User,
) -> None:
    shutil.copy(ROOT / "manifests" / "quickstart.yaml", user.folder)

    applied = user.run("apply", "quickstart.yaml", "--yes")

    by_type = {body["Type"]: body for body in user.bodies()}
    inventory_body, archive_body = by_type["inventory-retrieval"], by_type["archive-retrieval"]
    assert applied.code == 0, applied.err
    assert MARKER.fullmatch(inventory_body["Description"])
    assert {**inventory_body, "Description": None} == {"Type": "inventory-retrieval", "Description": None}
    assert MARKER.sub("", archive_body["Description"]) == "Retrieve archive on 2015-07-17 "
    assert {**archive_body, "Description": None} == {
        "Type": "archive-retrieval",
        "ArchiveId": ARCHIVE,
        "Description": None,
        "SNSTopic": TOPIC,
    }
    assert {call.path for call in user.sandbox.calls("InitiateJob")} == {f"/{ACCOUNT}/vaults/my-vault/jobs"}


def test_a_thousand_retrievals_are_paid_for_once_and_one_more_id_is_one_more_call(user: User) -> None:
    ids = archive_ids(1000)
    user.manifest(retrievals(ids))

    first = user.run("apply", "jobs.yaml", "--yes")
    accepted = len(user.sandbox.accepted)
    user.sandbox.reset_calls()
    again = user.run("apply", "jobs.yaml", "--yes")
    calls_again = user.sandbox.counts()
    user.manifest(retrievals([*ids, ARCHIVE]))
    one_more = user.run("apply", "jobs.yaml", "--yes")

    assert (first.code, first.out) == (0, "Apply: 1000 started.\n"), first.err[-2000:]
    assert accepted == 1000
    assert (again.code, again.out) == (0, "Nothing to do: all 1000 requests were started before.\n")
    assert calls_again == {}
    assert (one_more.code, one_more.out) == (0, "Apply: 1 started, 1000 kept.\n")
    assert [body["ArchiveId"] for body in user.bodies()] == [ARCHIVE]
    assert len({record["job_id"] for record in user.records()}) == 1001


def renamed_manifest(user: User) -> list[str]:
    (user.folder / "jobs.yaml").rename(user.folder / "restores.yaml")
    return ["restores.yaml"]


def renamed_jobs(user: User) -> list[str]:
    user.manifest(retrievals([ARCHIVE, DASHED], job="holidays") + inventory(job="list"))
    return ["jobs.yaml"]


def two_files(user: User) -> list[str]:
    user.manifest(retrievals([ARCHIVE]), name="one.yaml")
    user.manifest(
        retrievals([DASHED], job="second") + inventory(),
        name="two.yaml",
        head="limits: {jobs: 5}\n",
    )
    text = (user.folder / "two.yaml").read_text().replace("pace:", "# pace:")
    user.write(text, "two.yaml")
    return ["one.yaml", "two.yaml"]


def a_folder(user: User) -> list[str]:
    (user.folder / "jobs.yaml").rename(user.folder / "jobs.glacier.yaml")
    return ["."]


def another_topic(user: User) -> list[str]:
    topic = f"    sns_topic: {TOPIC}\n"
    user.manifest(retrievals([ARCHIVE, DASHED], more=topic) + inventory(more=topic))
    return ["jobs.yaml"]


def another_description(user: User) -> list[str]:
    more = "    description: for the lawyers\n"
    user.manifest(retrievals([ARCHIVE, DASHED], more=more) + inventory(more=more))
    return ["jobs.yaml"]


def another_tier(user: User) -> list[str]:
    user.manifest(retrievals([ARCHIVE, DASHED], tier="Standard") + inventory())
    return ["jobs.yaml"]


def a_list_of_its_own(user: User) -> list[str]:
    user.write(f"# from the inventory of May\n{ARCHIVE}\n{DASHED}\n", "ids.txt")
    user.manifest(retrievals([], more="    archive_ids_from: ids.txt\n") + inventory())
    return ["jobs.yaml"]


@pytest.mark.parametrize(
    "change",
    [
        renamed_manifest,
        renamed_jobs,
        two_files,
        a_folder,
        another_topic,
        another_description,
        another_tier,
        a_list_of_its_own,
    ],
)
def test_what_is_written_otherwise_but_means_the_same_jobs_pays_for_nothing(
    user: User, change: Callable[[User], list[str]]
) -> None:
    user.manifest(retrievals([ARCHIVE, DASHED]) + inventory())
    assert user.run("apply", "jobs.yaml", "--yes").code == 0
    user.sandbox.reset_calls()

    paths = change(user)
    again = user.run("apply", *paths)

    assert (again.code, again.out) == (0, "Nothing to do: all 3 requests were started before.\n"), again.err
    assert user.sandbox.counts() == {}


def test_a_plan_shows_what_runs_otherwise_than_the_manifest_says_now(user: User) -> None:
    user.manifest(retrievals([DASHED]))
    assert user.run("apply", "jobs.yaml", "--yes").code == 0
    user.manifest(retrievals([DASHED], tier="Standard", more=f"    sns_topic: {TOPIC}\n"))

    plan = user.run("plan", "jobs.yaml")

    assert plan.code == 0
    assert "Different from the manifest, and cannot be changed any more:" in plan.out
    assert f"photos/my-vault/{DASHED}: tier is 'Bulk', not 'Standard'" in plan.out
    assert f"sns_topic is none, not '{TOPIC}'" in plan.out
    assert "Plan: 0 to start, 0 to adopt, 0 to restart, 1 unchanged." in plan.out


def test_the_account_behind_a_hyphen_is_the_callers_own(user: User) -> None:
    path = user.manifest(retrievals([DASHED]))
    path.write_text(path.read_text().replace(f'"{ACCOUNT}"', '"-"'))

    applied = user.run("apply", "jobs.yaml", "--yes")
    user.sandbox.reset_calls()
    path.write_text(path.read_text().replace('"-"', ACCOUNT))
    again = user.run("apply", "jobs.yaml")

    assert applied.code == 0, applied.err
    assert {record["account_id"] for record in user.records()} == {ACCOUNT}
    assert (again.code, user.sandbox.counts()) == (0, {})


def test_ids_that_begin_with_a_hyphen_work_wherever_an_address_is_written(user: User) -> None:
    user.write(f"{DASHED}\n", "ids.txt")
    user.manifest(
        retrievals([ARCHIVE]) + retrievals([], job="listed", more="    archive_ids_from: ids.txt\n")
    )
    address = f"listed/my-vault/{DASHED}"

    planned = user.run("plan", "jobs.yaml", "--target", address, "--format", "json")
    applied = user.run("apply", "jobs.yaml", "--yes", "--target", "listed/my-vault/-lHz")
    shown = user.run("state", "show", address, "--format", "json")
    listed = user.run("state", "list", "listed/my-vault/-lHz")

    assert [action["archive_id"] for action in planned.json["actions"]] == [DASHED]
    assert (applied.code, [body["ArchiveId"] for body in user.bodies()]) == (0, [DASHED]), applied.err
    assert shown.json["request"]["archive_id"] == DASHED
    assert listed.out.count("\n") == 1


def test_two_manifests_in_one_folder_share_the_state_and_leave_each_others_requests_alone(
    user: User,
) -> None:
    user.manifest(retrievals([ARCHIVE]), name="wedding.yaml")
    user.manifest(retrievals([DASHED], job="audit") + inventory(), name="audit.yaml")
    user.sandbox.faults.add("InitiateJob", "job-fails", match=DASHED)

    assert user.run("apply", "wedding.yaml", "--yes").code == 0
    of_the_wedding = user.records()
    assert user.run("apply", "audit.yaml", "--yes").code == 0
    after_the_audit = user.records("photos/my-vault")
    user.sandbox.clock.advance(10)
    assert user.run("status").code == 0
    failed = user.run("apply", "audit.yaml", "--restart", "failed", "--yes")
    wedding = user.run("apply", "wedding.yaml", "--restart", "failed")

    assert after_the_audit == of_the_wedding
    assert failed.out == "Apply: 1 restarted, 1 kept.\n"
    assert (wedding.code, wedding.out) == (0, "Nothing to do: the only request was started before.\n")
    assert user.sent() == 4


def test_the_same_request_in_two_manifests_is_one_job(user: User) -> None:
    user.manifest(retrievals([ARCHIVE]), name="wedding.yaml")
    user.manifest(retrievals([ARCHIVE, DASHED], job="audit"), name="audit.yaml")

    assert user.run("apply", "wedding.yaml", "--yes").code == 0
    audit = user.run("apply", "audit.yaml", "--yes")

    assert audit.out == "Apply: 1 started, 1 kept.\n"
    assert len(user.sandbox.accepted) == 2


def test_a_rerun_from_another_folder_finds_the_state_beside_the_manifest(
    user: User, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = user.manifest(retrievals([ARCHIVE]))
    assert user.run("apply", "jobs.yaml", "--yes").code == 0
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))

    again = user.run("apply", path)

    assert again.out == "Nothing to do: the only request was started before.\n"


def test_the_state_is_nobody_elses_and_hides_from_git(user: User, sandbox: Sandbox) -> None:
    user.manifest(retrievals([ARCHIVE]))
    applied = user.run("apply", "jobs.yaml", "--yes")

    folder = user.folder / ".glacier-manifest"
    assert f"Created the state {folder / 'state.db'}; keep it: it knows what was paid for." in applied.err
    assert (folder / "state.db").stat().st_mode & 0o777 == 0o600
    assert (folder / ".gitignore").read_text() == "*\n"
    assert sandbox.counts() == {"ListJobs": 1, "InitiateJob": 1}
