"""What is bought again: what somebody asks for, and what the manifest allows, over any number of reruns."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from glacier_manifest.cli.wiring import state_to_update
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Observe
from tests.acceptance.manifests import archive_ids, inventory, retrievals
from tests.acceptance.user import Ran, User

IDS = archive_ids(4)
ONCE = "restarts: {failed: 1}\n"
MARKER = re.compile(r"\[gm1:[a-z2-7]{26}\.([0-9]+)\]$")


def digest_of(planned: Ran) -> str:
    return planned.out.splitlines()[-1].removeprefix("Digest: ")


def generations(user: User) -> Mapping[str, list[int]]:
    """Return the generations that were sent for each archive, as their markers tell, in order."""
    sent: dict[str, list[int]] = {}
    for body in user.bodies():
        marker = MARKER.search(body["Description"])
        assert marker is not None
        sent.setdefault(body["ArchiveId"], []).append(int(marker[1]))
    return sent


def end_jobs(user: User) -> None:
    """Let all jobs end, by the service's clock."""
    user.sandbox.clock.advance(3600)


def expire(user: User, *, every: int = 1) -> None:
    """Write down that the output of each n-th job is gone, as its day went by."""
    with state_to_update(None, [user.folder / "jobs.yaml"]) as state:
        for record in list(state.records(statuses=[Status.IN_PROGRESS, Status.SUCCEEDED]))[::every]:
            state.write(Observe(record.key, record.generation, datetime.now(UTC), Status.EXPIRED))


class TestLeftAlone:
    def test_a_hundred_reruns_buy_nothing_that_has_failed_or_expired(self, user: User) -> None:
        user.manifest(retrievals(IDS) + inventory())
        user.sandbox.faults.add("InitiateJob", "job-fails", every=2)
        user.run("apply", "jobs.yaml", "--yes")
        end_jobs(user)
        user.run("status", "jobs.yaml")
        expire(user)
        user.sandbox.faults.clear()
        stood = {record["status"] for record in user.records()}
        listed = user.sandbox.counts()["ListJobs"]

        codes = {user.run("apply", "jobs.yaml", "--yes").code for _ in range(100)}

        assert stood == {"failed", "expired"}
        assert (codes, user.sent()) == ({3}, 5)
        assert user.sandbox.counts()["ListJobs"] == listed, "and nothing is listed for it"

    def test_neither_is_what_succeeded(self, user: User) -> None:
        user.manifest(retrievals(IDS), head="restarts: {expired: 9, failed: 9}\n")
        user.run("apply", "jobs.yaml", "--yes")
        end_jobs(user)

        codes = [user.run("apply", "jobs.yaml", "--yes").code for _ in range(3)]

        assert (codes, user.sent()) == ([0, 0, 0], 4)


class TestByItself:
    def test_a_failed_job_is_bought_again_once_and_then_left_alone(self, user: User) -> None:
        user.manifest(retrievals(IDS), head=ONCE)
        user.sandbox.faults.add("InitiateJob", "job-fails")

        for _ in range(5):
            user.run("apply", "jobs.yaml", "--yes")
            end_jobs(user)
        user.run("status", "jobs.yaml")
        last = user.run("apply", "jobs.yaml", "--yes", "--format", "json").left_undone(3)

        assert generations(user) == {archive_id: [0, 1] for archive_id in IDS}
        assert last.json["summary"]["failed"] == 4
        stood = {(record["generation"], record["status"]) for record in user.records()}
        assert stood == {(0, "failed"), (1, "failed")}

    def test_a_restart_that_goes_well_ends_it(self, user: User) -> None:
        user.manifest(retrievals(IDS), head="restarts: {failed: 9}\n")
        user.sandbox.faults.add("InitiateJob", "job-fails", count=2)

        summaries = []
        for _ in range(4):
            summaries.append(user.run("apply", "jobs.yaml", "--yes", "--format", "json").json["summary"])
            end_jobs(user)

        assert [one["restarted"] for one in summaries] == [0, 2, 0, 0]
        assert sorted(map(len, generations(user).values())) == [1, 1, 2, 2]

    @pytest.mark.parametrize("allowed", [0, 1, 3])
    def test_what_has_expired_is_bought_again_so_many_times(self, user: User, allowed: int) -> None:
        user.manifest(retrievals(IDS), head=f"restarts: {{expired: {allowed}}}\n")

        for _ in range(allowed + 3):
            user.run("apply", "jobs.yaml", "--yes")
            expire(user)

        assert generations(user) == {archive_id: list(range(allowed + 1)) for archive_id in IDS}


class TestApproval:
    def test_cron_restarts_under_the_digest_that_was_reviewed_once(self, user: User) -> None:
        user.manifest(retrievals(IDS), head="restarts: {expired: 1, failed: 2}\n")
        user.sandbox.faults.add("InitiateJob", "job-fails")
        planned = user.run("plan", "jobs.yaml")
        digest = digest_of(planned)

        codes = []
        for _ in range(5):
            codes.append(user.run("apply", "jobs.yaml", "--expect", digest).code)
            end_jobs(user)
        user.run("status", "jobs.yaml")
        codes.append(user.run("apply", "jobs.yaml", "--expect", digest).code)

        assert "up to once when its output has expired and 2 times when its job has failed." in planned.out
        assert generations(user) == {archive_id: [0, 1, 2] for archive_id in IDS}
        assert codes == [0, 0, 0, 0, 0, 3]
        assert digest_of(user.run("plan", "jobs.yaml")) == digest

    def test_a_saved_plan_restarts_too(self, user: User) -> None:
        user.manifest(retrievals(IDS), head=ONCE)
        user.sandbox.faults.add("InitiateJob", "job-fails")
        user.run("plan", "jobs.yaml", "--out", "plan.ndjson")

        for _ in range(4):
            user.run("apply", "plan.ndjson")
            end_jobs(user)

        assert generations(user) == {archive_id: [0, 1] for archive_id in IDS}

    @pytest.mark.parametrize("changed", ["restarts: {failed: 2}\n", "restarts: {failed: 1, expired: 1}\n"])
    def test_other_numbers_need_a_new_review(self, user: User, changed: str) -> None:
        user.manifest(retrievals(IDS), head=ONCE)
        user.sandbox.faults.add("InitiateJob", "job-fails")
        digest = digest_of(user.run("plan", "jobs.yaml"))
        user.run("apply", "jobs.yaml", "--expect", digest)
        end_jobs(user)

        user.manifest(retrievals(IDS), head=changed)
        refused = user.run("apply", "jobs.yaml", "--expect", digest).refused_with(5, "not-approved")

        assert "(restart: failed)" in refused.err
        assert user.sent() == 4

    def test_a_limit_of_jobs_counts_restarts(self, user: User) -> None:
        user.manifest(retrievals(IDS), head=f"{ONCE}limits: {{jobs: 6}}\n")
        user.sandbox.faults.add("InitiateJob", "job-fails")
        digest = digest_of(user.run("plan", "jobs.yaml"))
        user.run("apply", "jobs.yaml", "--expect", digest)
        end_jobs(user)

        refused = user.run("apply", "jobs.yaml", "--expect", digest).refused_with(5, "over-limit")

        assert "this would start 8 jobs, 4 of them started earlier" in refused.err
        assert user.sent() == 4

    def test_what_somebody_asks_for_beyond_them_needs_its_own_approval(self, user: User) -> None:
        user.manifest(retrievals(IDS), head=ONCE)
        digest = digest_of(user.run("plan", "jobs.yaml"))
        user.run("apply", "jobs.yaml", "--expect", digest)
        end_jobs(user)

        again = ["apply", "jobs.yaml", "--restart", f"photos/my-vault/{IDS[0]}"]
        user.run("status", "jobs.yaml")
        user.run(*again, "--expect", digest).refused_with(5, "not-approved")
        asked_for = user.run(*again, "--yes", "--format", "json")

        assert asked_for.json["summary"]["restarted"] == 1
        assert generations(user)[IDS[0]] == [0, 1]
