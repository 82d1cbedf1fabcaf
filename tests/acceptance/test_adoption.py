"""Jobs that Glacier lists and the state does not know: nothing is bought for what they serve."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Unpack

import boto3
import pytest

from tests.acceptance.manifests import ARCHIVE, DASHED, archive_ids, inventory, retrievals
from tests.acceptance.user import ACCOUNT, VAULT, User, ended, told

if TYPE_CHECKING:
    from mypy_boto3_glacier.type_defs import JobParametersTypeDef

TOPIC = "arn:aws:sns:us-west-2:012345678901:my-topic"
OTHERS = "arn:aws:sns:us-west-2:012345678901:others"
ADDRESS = f"photos/my-vault/{DASHED}"

Start = Callable[..., str]


@pytest.fixture
def somebody_else(user: User) -> Start:
    """Start a job as people do who do not use this program; return its ID."""
    client = boto3.client("glacier", endpoint_url=user.sandbox.url)
    user.sandbox.create_vault(VAULT)

    def start(**parameters: Unpack["JobParametersTypeDef"]) -> str:
        job = client.initiate_job(accountId=ACCOUNT, vaultName=VAULT, jobParameters=parameters)
        user.sandbox.reset_calls()
        return job["jobId"]

    return start


@pytest.fixture
def theirs(somebody_else: Start) -> str:
    """A retrieval of somebody else, with a topic of theirs."""
    return somebody_else(Type="archive-retrieval", ArchiveId=DASHED, Tier="Bulk", SNSTopic=OTHERS)


class TestOurs:
    @pytest.fixture
    def lost(self, user: User) -> User:
        """Somebody whose state is gone."""
        user.manifest(retrievals([ARCHIVE, DASHED]) + inventory())
        assert user.run("apply", "jobs.yaml", "--yes").code == 0
        (user.folder / ".glacier-manifest" / "state.db").unlink()
        user.sandbox.reset_calls()
        return user

    def test_the_plan_shows_what_would_be_adopted(self, lost: User) -> None:
        planned = lost.run("plan", "jobs.yaml")
        as_json = lost.run("plan", "jobs.yaml", "--format", "json", "--detailed-exitcode")

        assert "To adopt (Glacier lists a job that serves; nothing is bought):" in planned.out
        assert f"  = {ADDRESS}  (in progress, ours, started 20" in planned.out
        assert "Plan: 0 to start, 3 to adopt, 0 to restart, 0 unchanged." in planned.out
        assert "cannot be cancelled" not in planned.out
        assert as_json.code == 0
        assert as_json.json["summary"] == {
            "start": 0,
            "restart": 0,
            "adopt": 3,
            "resolve": 0,
            "wait": 0,
            "keep": 0,
            "blocked": 0,
        }
        assert {(one["action"], one["reason"]) for one in as_json.json["actions"]} == {
            ("adopt", "found_in_glacier")
        }
        assert lost.sent() == 0

    def test_adopting_needs_no_approval(self, lost: User) -> None:
        applied = lost.run("apply", "jobs.yaml", "--format", "json")

        assert applied.code == 0, applied.err
        assert applied.json["summary"]["adopted"] == 3
        assert {one["result"] for one in applied.json["requests"]} == {"adopted"}
        assert {record["job_id"] for record in lost.records()} == {
            job.job_id for job in lost.sandbox.accepted
        }
        assert lost.run("apply", "jobs.yaml").out == "Nothing to do: all 3 requests were started before.\n"
        assert lost.sent() == 0

    @pytest.mark.parametrize("words", [(), ("--no-adopt",)], ids=["", "--no-adopt"])
    def test_whatever_became_of_the_job_it_is_ours_even_where_nobody_elses_is_taken(
        self, lost: User, words: tuple[str, ...]
    ) -> None:
        lost.sandbox.clock.advance(20 * 3600)

        applied = lost.run("apply", "jobs.yaml", *words)

        assert (applied.code, applied.out) == (0, "Apply: 3 adopted.\n"), applied.err
        assert {record["status"] for record in lost.records()} == {"succeeded"}

    def test_what_is_missing_still_needs_approval(self, lost: User) -> None:
        path = lost.folder / "jobs.yaml"
        path.write_text(path.read_text() + retrievals(archive_ids(1), job="more"))

        lost.run("apply", "jobs.yaml").refused_with(5, "not-approved")
        applied = lost.run("apply", "jobs.yaml", "--yes")

        assert (applied.code, applied.out) == (0, "Apply: 1 started, 3 kept.\n"), applied.err
        assert lost.sent() == 1

    def test_where_the_deadline_comes_before_the_listing_can_be_trusted_nothing_is_started(
        self, lost: User
    ) -> None:
        applied = lost.run("apply", "jobs.yaml", "--yes", "--settle", "10m", "--deadline", "5m")

        assert "a vault must be listed again, at 20" in applied.refused_with(75, "settling").err
        assert "--deadline that is longer than --settle" in applied.last
        assert "listed again at" not in applied.err  # nobody waits for it
        assert lost.sent() == 0

    def test_sigterm_while_it_waits_to_list_again_leaves_at_once(self, lost: User) -> None:
        process = lost.start("apply", "jobs.yaml", "--yes", "--settle", "10m", "--log-format", "json")
        before = told(process, '"event": "settling"')
        process.terminate()
        left = ended(process, before)

        assert "1 vault shows jobs of a state that was lost: listed again at " in left.err
        assert (left.code, left.last) == (
            143,
            "next: nothing was being started; run the same command again",
        )
        assert lost.run("apply", "jobs.yaml").out == "Apply: 3 adopted.\n"

    def test_a_second_job_with_the_same_marker_is_told_of(self, lost: User, somebody_else: Start) -> None:
        body = next(job for job in lost.sandbox.accepted if job.archive_id == DASHED)
        twin = somebody_else(
            Type="archive-retrieval", ArchiveId=DASHED, Tier="Bulk", Description=body.description
        )

        applied = lost.run("apply", "jobs.yaml", "--log-format", "json")

        assert applied.code == 0, applied.err
        assert (
            "Paid for more than once: further jobs bear the same marker (the earliest was adopted):\n"
            f"  {ADDRESS}\n      {twin}\n"
        ) in applied.out
        assert lost.records(ADDRESS)[0]["job_id"] == body.job_id
        assert '"event": "duplicates"' in applied.err
        assert twin in lost.run("state", "show", ADDRESS).out


class TestSomebodyElses:
    def test_the_plan_shows_it_with_its_topic(self, user: User, theirs: str) -> None:
        user.manifest(retrievals([ARCHIVE, DASHED], more=f"    sns_topic: {TOPIC}\n"))

        planned = user.run("plan", "jobs.yaml")

        assert theirs
        assert f"  = {ADDRESS}  (in progress, somebody else's, started 20" in planned.out
        assert f"    {ADDRESS}: sns_topic is '{OTHERS}', not '{TOPIC}'\n" in planned.out
        assert "Plan: 1 to start, 1 to adopt, 0 to restart, 0 unchanged." in planned.out

    def test_it_is_taken_over_and_its_topic_told(self, user: User, theirs: str) -> None:
        user.manifest(retrievals([DASHED]))

        applied = user.run("apply", "jobs.yaml")
        again = user.run("apply", "jobs.yaml")

        assert applied.code == 0, applied.err
        assert (
            applied.out
            == f"""\
Adopted as it runs, which cannot be changed any more:
  {ADDRESS}
      sns_topic is '{OTHERS}', not none

Apply: 1 adopted.
"""
        )
        assert user.records()[0]["job_id"] == theirs
        assert again.out == "Nothing to do: the only request was started before.\n"
        assert user.sent() == 0

    def test_it_is_left_alone_with_no_adopt(self, user: User, theirs: str) -> None:
        user.manifest(retrievals([DASHED]))

        planned = user.run("plan", "jobs.yaml", "--no-adopt")
        applied = user.run("apply", "jobs.yaml", "--yes", "--no-adopt")

        assert "Plan: 1 to start, 0 to adopt" in planned.out
        assert applied.out == "Apply: 1 started.\n"
        assert user.records()[0]["job_id"] != theirs

    def test_one_that_is_slower_or_soon_gone_does_not_serve(self, user: User, theirs: str) -> None:
        user.manifest(retrievals([DASHED], tier="Standard"))
        assert "Plan: 1 to start, 0 to adopt" in user.run("plan", "jobs.yaml").out

        user.manifest(retrievals([DASHED]))
        user.sandbox.clock.advance(19 * 3600)
        planned = user.run("plan", "jobs.yaml")

        assert theirs
        assert "Plan: 1 to start, 0 to adopt" in planned.out

    def test_an_inventory_of_theirs_is_never_taken(self, user: User, somebody_else: Start) -> None:
        somebody_else(Type="inventory-retrieval", Format="JSON")
        user.manifest(inventory())

        assert "Plan: 1 to start, 0 to adopt" in user.run("plan", "jobs.yaml").out
