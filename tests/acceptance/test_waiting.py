"""From started to ended: waiting for jobs, windows that close, and outputs that are gone."""

import pytest

from tests.acceptance.manifests import ARCHIVE, DASHED, inventory, retrievals
from tests.acceptance.user import User

HOUR = 3600


@pytest.fixture
def applied(user: User) -> User:
    """Two retrievals that were started, and a Glacier that takes five seconds for a job."""
    user.manifest(retrievals([ARCHIVE, DASHED]))
    assert user.run("apply", "jobs.yaml", "--yes").code == 0
    return user


class TestWait:
    def test_jobs_that_have_ended_are_waited_for_no_longer(self, applied: User) -> None:
        applied.sandbox.clock.advance(10)

        waited = applied.run("wait", "jobs.yaml")
        again = applied.run("wait", "jobs.yaml")

        assert (waited.code, waited.out) == (0, "Wait: all jobs have ended: 2 succeeded.\n"), waited.err
        assert again.out == "Wait: nothing is in progress (2 succeeded).\n"
        assert applied.sandbox.counts()["ListJobs"] == 2  # one by apply, which looks for lost jobs

    def test_it_goes_on_until_they_have(self, user: User) -> None:
        user.manifest(retrievals([ARCHIVE, DASHED]))
        user.run("apply", "jobs.yaml", "--yes")
        process = user.start("wait", "jobs.yaml", "--poll", "0.2s")

        assert process.stderr is not None
        told = process.stderr.readline()
        user.sandbox.clock.advance(10)
        out, _ = process.communicate(timeout=60)

        assert told.startswith("2 in progress, ended since the last look: none; looked at again at ")
        assert (process.returncode, out) == (0, "Wait: all jobs have ended: 2 succeeded.\n")

    def test_the_deadline_is_75_and_what_is_pending_is_told(self, applied: User) -> None:
        waited = applied.run("wait", "jobs.yaml", "--deadline", "0s", "--format", "json").left_undone(75)

        assert (waited.json["met"], waited.json["in_progress"], waited.json["for"]) == (False, 2, "all")

    def test_a_job_that_fails_is_an_end_and_no_success(self, user: User) -> None:
        user.manifest(retrievals([ARCHIVE, DASHED]))
        user.sandbox.faults.add("InitiateJob", "job-fails", match=DASHED, message="Archive is damaged")
        user.run("apply", "jobs.yaml", "--yes")
        user.sandbox.clock.advance(10)

        waited = user.run("wait", "jobs.yaml").left_undone(3)

        assert waited.out == "Wait: all jobs have ended: 1 succeeded, 1 failed.\n"

    def test_a_lost_reply_is_not_waited_for_and_it_is_said_what_settles_it(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))
        user.sandbox.faults.add("InitiateJob", "lost-after")
        user.run("apply", "jobs.yaml", "--yes", "--settle", "1h").left_undone(3)
        user.sandbox.faults.clear()

        waited = user.run("wait", "jobs.yaml").left_undone(3)

        assert "glacier-manifest apply" in waited.last

    def test_a_share_that_is_none_is_refused(self, user: User) -> None:
        user.run("wait", "--for", "101%").refused_with(64, "usage")

    def test_a_manifest_that_is_not_there_is_refused(self, user: User) -> None:
        user.run("wait", "jobs.yaml").refused_with(4, "unreadable-file")


class TestWindows:
    @pytest.fixture
    def ready(self, applied: User) -> User:
        """Both jobs have succeeded, and the state knows it."""
        applied.sandbox.clock.advance(10)
        assert applied.run("wait").code == 0
        return applied

    def test_an_alarm_sounds_for_what_is_gone_soon_and_not_for_what_is_pending(self, ready: User) -> None:
        ready.manifest(retrievals([ARCHIVE, DASHED]) + inventory())
        ready.run("apply", "jobs.yaml", "--yes")

        quiet = ready.run("status", "--check", "--expiring-within", "6h")
        loud = ready.run("status", "--check", "--expiring-within", "25h").left_undone(75)

        assert quiet.code == 0, quiet.err
        assert loud.out.startswith("2 outputs are gone within 1d 1h ")
        assert "'glacier-manifest fetch'" in loud.last

    def test_an_output_is_expired_once_its_day_is_over_and_glacier_knows_it_no_more(
        self, ready: User
    ) -> None:
        ready.manifest(retrievals([ARCHIVE, DASHED]) + inventory())
        ready.sandbox.clock.advance(25 * HOUR)
        ready.run("apply", "jobs.yaml", "--yes")

        told = ready.run("status")
        again = ready.run("status")

        assert (
            "2 expired (the output is gone; buy it again with 'glacier-manifest apply --restart expired')"
            in told.out
        )
        assert {record["status"] for record in ready.records(f"photos/my-vault/{DASHED}")} == {"expired"}
        assert ready.sandbox.counts()["DescribeJob"] == 2
        assert "2 expired" in again.out

    def test_what_has_expired_is_bought_again_only_where_somebody_says_so(self, ready: User) -> None:
        ready.manifest(retrievals([ARCHIVE, DASHED]) + inventory())
        ready.sandbox.clock.advance(25 * HOUR)
        ready.run("apply", "jobs.yaml", "--yes")
        ready.run("status")

        kept = ready.run("apply", "jobs.yaml", "--yes")
        restarted = ready.run("apply", "jobs.yaml", "--yes", "--restart", "expired")

        assert kept.code == 0, kept.err
        assert (ready.sent(), restarted.out) == (5, "Apply: 2 restarted, 1 kept.\n"), restarted.err

    def test_a_job_whose_end_nobody_saw_is_expired_as_well(self, applied: User) -> None:
        applied.sandbox.clock.advance(30 * HOUR)

        status = applied.run("status")

        assert "In all: 2 expired." in status.out, status.err


def test_status_tells_a_request_a_line(applied: User) -> None:
    told = applied.run("status", "--format", "ndjson")

    assert [line.startswith('{"address": "photos/my-vault/') for line in told.out.splitlines()] == [
        True,
        True,
    ]


class TestForget:
    ADDRESS = f"photos/my-vault/{DASHED}"

    def test_what_has_ended_is_forgotten_where_somebody_says_yes(self, applied: User) -> None:
        applied.sandbox.clock.advance(10)
        assert applied.run("wait").code == 0

        applied.run("state", "forget", self.ADDRESS).refused_with(5, "not-confirmed")
        forgotten = applied.run("state", "forget", self.ADDRESS, "--yes")

        assert (forgotten.code, forgotten.out) == (0, f"{self.ADDRESS}: forgotten\n"), forgotten.err
        assert [record["archive_id"] for record in applied.records()] == [ARCHIVE]

    def test_a_job_that_glacier_still_lists_is_taken_over_and_not_bought_again(self, applied: User) -> None:
        applied.sandbox.clock.advance(10)
        assert applied.run("wait").code == 0
        applied.run("state", "forget", self.ADDRESS, "--yes")

        again = applied.run("apply", "jobs.yaml", "--yes")

        assert (again.out, applied.sent()) == ("Apply: 1 adopted, 1 kept.\n", 2), again.err

    def test_what_is_in_progress_is_not_forgotten(self, applied: User) -> None:
        applied.run("state", "forget", self.ADDRESS, "--yes").refused_with(5, "not-forgettable")

        assert {record["status"] for record in applied.records()} == {"in_progress"}
