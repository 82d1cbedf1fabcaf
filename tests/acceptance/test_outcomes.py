"""What Glacier answers, and what the next run makes of it."""

import json
import re
from collections import Counter
from typing import Any

import pytest

from glacier_manifest.sandbox.faults import RuleOptions
from tests.acceptance.manifests import ARCHIVE, DASHED, archive_ids, inventory, retrievals
from tests.acceptance.user import User

IDS = archive_ids(6)
ONE_AT_A_TIME = "pace: {requests_per_second: 1000, concurrency: 1}\n"


def endings(document: Any) -> dict[str, int]:  # noqa: ANN401 - JSON
    """Return the counts that are not zero."""
    return {name: number for name, number in document["summary"].items() if number}


#: Longer than a run lasts: what is unknown stays so.
NOT_IN_THIS_RUN = ("--settle", "1h")


class TestUnknown:
    @pytest.fixture
    def lost(self, user: User) -> str:
        """A retrieval whose reply was lost after Glacier accepted it, and not settled; return its address."""
        user.manifest(retrievals([ARCHIVE, DASHED]))
        user.sandbox.faults.add("InitiateJob", "lost-after", match=DASHED)
        applied = user.run("apply", "jobs.yaml", "--yes", "--format", "json", *NOT_IN_THIS_RUN)
        user.sandbox.faults.clear()
        assert endings(applied.left_undone(3).json) == {"started": 1, "unknown": 1}
        return f"photos/my-vault/{DASHED}"

    def test_plan_and_status_show_it_with_what_settles_it(self, user: User, lost: str) -> None:
        planned = user.run("plan", "jobs.yaml")
        checked = user.run("status", "--check").left_undone(3)

        assert "Outcome unknown (the reply was lost; apply finds out by listing" in planned.out
        assert f"  ? {lost}" in planned.out
        assert "Plan: 0 to start, 0 to adopt, 0 to restart, 1 unchanged, 1 unknown." in planned.out
        assert "1 unknown (the reply was lost; the next apply finds out by listing" in checked.out

    def test_plan_tells_programs_that_it_is_to_be_resolved(self, user: User, lost: str) -> None:
        planned = user.run("plan", "jobs.yaml", "--format", "json").json

        assert planned["summary"]["resolve"] == 1
        assert [
            (action["action"], action["reason"]) for action in planned["actions"] if action["address"] == lost
        ] == [("resolve", "unknown")]

    def test_the_next_run_finds_its_job_and_needs_no_approval_for_that(self, user: User, lost: str) -> None:
        found = user.run("apply", "jobs.yaml", "--format", "json")
        again = user.run("apply", "jobs.yaml")

        assert (found.code, endings(found.json)) == (0, {"adopted": 1, "kept": 1}), found.err
        assert found.json["requests"][0]["job_id"] == jobs_of(user)[DASHED]
        assert again.out == "Nothing to do: all 2 requests were started before.\n"
        assert (user.sent(), user.records(lost)[0]["job_id"]) == (2, jobs_of(user)[DASHED])

    def test_naming_its_job_makes_it_ours(self, user: User, lost: str) -> None:
        job_id = jobs_of(user)[DASHED]

        resolved = user.run("state", "resolve", lost, "--job-id", job_id)
        again = user.run("apply", "jobs.yaml")

        assert (resolved.code, resolved.out) == (0, f"{lost}: job {job_id}\n"), resolved.err
        assert again.out == "Nothing to do: all 2 requests were started before.\n"
        assert {record["archive_id"]: record["job_id"] for record in user.records()} == jobs_of(user)

    @pytest.mark.parametrize("form", [["--job-id", "-abc_123"], ["--job-id=-abc_123"]], ids=["two", "one"])
    def test_a_job_id_that_begins_with_a_hyphen_is_taken_as_it_is_written(
        self, user: User, lost: str, form: list[str]
    ) -> None:
        resolved = user.run("state", "resolve", lost, *form)

        assert (resolved.code, resolved.out) == (0, f"{lost}: job -abc_123\n"), resolved.err

    def test_what_was_wrongly_assumed_lost_is_adopted_rather_than_bought_again(
        self, user: User, lost: str
    ) -> None:
        resolved = user.run("state", "resolve", lost, "--assume-lost")
        again = user.run("apply", "jobs.yaml")

        assert resolved.code == 0, resolved.err
        assert (again.code, again.out) == (0, "Apply: 1 adopted, 1 kept.\n"), again.err
        assert user.sent() == 2

    def test_one_of_both_must_be_said(self, user: User, lost: str) -> None:
        user.run("state", "resolve", lost).refused_with(64, "resolve-how")
        user.run("state", "resolve", lost, "--assume-lost", "--job-id", "x").refused_with(64, "resolve-how")

    def test_what_is_known_is_not_resolved(self, user: User, lost: str) -> None:
        started = f"photos/my-vault/{ARCHIVE}"

        user.run("state", "resolve", started, "--assume-lost").refused_with(5, "not-unknown")

        assert {record["address"] for record in user.records("--status", "unknown")} == {lost}

    def test_a_job_that_another_request_has_is_not_taken(self, user: User, lost: str) -> None:
        taken = user.records(f"photos/my-vault/{ARCHIVE}")[0]["job_id"]

        user.run("state", "resolve", lost, "--job-id", taken).refused_with(1, "state-conflict")

        assert user.records(lost)[0]["status"] == "unknown"


def jobs_of(user: User) -> dict[str | None, str]:
    """Return the IDs of the accepted jobs by archive; each archive was bought once."""
    assert max(Counter(job.archive_id for job in user.sandbox.accepted).values()) == 1
    return {job.archive_id: job.job_id for job in user.sandbox.accepted}


@pytest.mark.parametrize(
    "fault", ["lost-after", "reset-after", "error-after", "html-after", "cut-headers", "no-job-id"]
)
def test_whatever_happened_to_the_reply_the_run_finds_the_job_and_buys_none_again(
    user: User, fault: str
) -> None:
    user.manifest(retrievals(IDS))
    user.sandbox.faults.add("InitiateJob", fault, every=2)

    applied = user.run("apply", "jobs.yaml", "--yes")

    assert (applied.code, applied.out) == (0, "Apply: 6 started.\n"), applied.err
    assert {record["archive_id"]: record["job_id"] for record in user.records()} == jobs_of(user)
    assert user.sandbox.counts() == {"InitiateJob": 6, "ListJobs": 2}


@pytest.mark.parametrize("fault", ["lost-before", "reset", "error", "html-before"])
def test_whatever_kept_a_call_from_glacier_the_run_finds_no_job_and_sends_it_once_more(
    user: User, fault: str
) -> None:
    user.manifest(retrievals(IDS))
    user.sandbox.faults.add("InitiateJob", fault, every=2, count=3)

    applied = user.run("apply", "jobs.yaml", "--yes")

    assert (applied.code, applied.out) == (0, "Apply: 6 started.\n"), applied.err
    assert {record["archive_id"]: record["job_id"] for record in user.records()} == jobs_of(user)
    assert user.sandbox.counts() == {"InitiateJob": 9, "ListJobs": 2}


def test_an_unknown_older_than_a_day_is_for_a_person_to_settle(user: User) -> None:
    """Glacier may have stopped listing the job, so that its absence proves nothing."""
    user.manifest(retrievals([ARCHIVE, DASHED]))
    user.sandbox.faults.add("InitiateJob", "lost-before", match=DASHED)
    user.run("apply", "jobs.yaml", "--yes", *NOT_IN_THIS_RUN).left_undone(3)
    user.sandbox.faults.clear()
    user.sandbox.clock.advance(25 * 3600)

    asked = user.run("apply", "jobs.yaml", "--yes").left_undone(3)
    resolved = user.run("state", "resolve", f"photos/my-vault/{DASHED}", "--assume-lost")
    again = user.run("apply", "jobs.yaml", "--yes")

    assert asked.out.endswith("Apply: 1 kept, 1 unknown.\n")
    assert "state resolve" in asked.last
    assert "--assume-lost" in asked.last
    assert (resolved.code, again.out) == (0, "Apply: 1 started, 1 kept.\n")
    assert len(user.sandbox.accepted) == 2


REFUSAL: RuleOptions = {
    "code": "InvalidParameterValueException",
    "status": 400,
    "message": "Invalid tier for it",
}


class TestRejected:
    def test_it_is_final_while_the_request_is_unchanged(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))
        user.sandbox.faults.add("InitiateJob", "error", **REFUSAL)
        user.run("apply", "jobs.yaml", "--yes").left_undone(3)
        user.sandbox.faults.clear()

        again = user.run("apply", "jobs.yaml", "--yes").left_undone(3)

        assert user.sent() == 1
        assert "Rejected by Glacier (nothing was bought):" in again.out
        assert "InvalidParameterValueException: Invalid tier for it" in again.out

    def test_it_is_sent_again_when_the_manifest_changes(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))
        user.sandbox.faults.add("InitiateJob", "error", **REFUSAL)
        user.run("apply", "jobs.yaml", "--yes").left_undone(3)
        user.sandbox.faults.clear()
        user.manifest(retrievals([DASHED], tier="Standard"))

        again = user.run("apply", "jobs.yaml", "--yes")

        assert (again.code, again.out) == (0, "Apply: 1 started.\n")
        assert user.bodies()[-1]["Tier"] == "Standard"

    def test_it_is_sent_again_as_it_is_where_somebody_asks_for_it(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))
        user.sandbox.faults.add("InitiateJob", "error", **REFUSAL)
        user.run("apply", "jobs.yaml", "--yes").left_undone(3)
        user.sandbox.faults.clear()

        again = user.run("apply", "jobs.yaml", "--yes", "--restart", f"photos/my-vault/{DASHED}")

        assert (again.code, again.out) == (0, "Apply: 1 started.\n")

    def test_ten_in_a_row_end_the_run(self, user: User) -> None:
        user.manifest(retrievals(archive_ids(30)), head=ONE_AT_A_TIME)
        user.sandbox.faults.add("InitiateJob", "error", **REFUSAL)

        applied = user.run("apply", "jobs.yaml", "--yes", "--format", "json").left_undone(3)

        assert endings(applied.json) == {"rejected": 10, "not_tried": 20}
        assert "ended at InvalidParameterValueException" in applied.last
        assert "--max-errors" in applied.last

    @pytest.mark.parametrize(
        ("words", "sent"), [(("--max-errors", "3"), 3), (("--fail-fast",), 1), (("--max-errors", "99"), 30)]
    )
    def test_how_many_end_it_is_for_the_user_to_say(
        self, user: User, words: tuple[str, ...], sent: int
    ) -> None:
        user.manifest(retrievals(archive_ids(30)), head=ONE_AT_A_TIME)
        user.sandbox.faults.add("InitiateJob", "error", **REFUSAL)

        user.run("apply", "jobs.yaml", "--yes", *words).left_undone(3)

        assert user.sent() == sent

    def test_a_success_in_between_begins_the_count_anew(self, user: User) -> None:
        user.manifest(retrievals(archive_ids(30)), head=ONE_AT_A_TIME)
        every_second: RuleOptions = {**REFUSAL, "every": 2}
        user.sandbox.faults.add("InitiateJob", "error", **every_second)

        applied = user.run("apply", "jobs.yaml", "--yes", "--max-errors", "2", "--format", "json")

        assert endings(applied.left_undone(3).json) == {"started": 15, "rejected": 15}


class TestFailed:
    @pytest.fixture
    def failed(self, user: User) -> User:
        """Two retrievals and an inventory that Glacier accepted; one of them ended as Failed."""
        user.manifest(retrievals([ARCHIVE, DASHED]) + inventory())
        user.sandbox.faults.add("InitiateJob", "job-fails", match=DASHED, message="Archive is damaged")
        assert user.run("apply", "jobs.yaml", "--yes").code == 0
        user.sandbox.faults.clear()
        user.sandbox.clock.advance(10)
        user.run("status", "--check").left_undone(3)
        return user

    def test_it_is_kept_told_and_not_bought_again(self, failed: User) -> None:
        again = failed.run("apply", "jobs.yaml", "--yes").left_undone(3)
        planned = failed.run("plan", "jobs.yaml")

        assert failed.sent() == 3
        assert "job-failed: Archive is damaged" in again.out
        assert "1 failed (buy them again with --restart failed, or --restart ADDRESS)" in planned.out

    @pytest.mark.parametrize("word", ["failed", f"photos/my-vault/{DASHED}", "photos/my-vault/-*"])
    def test_it_is_bought_again_where_somebody_asks_with_the_next_marker(
        self, failed: User, word: str
    ) -> None:
        planned = failed.run("plan", "jobs.yaml", "--restart", word)
        restarted = failed.run("apply", "jobs.yaml", "--restart", word, "--yes")
        again = failed.run("apply", "jobs.yaml", "--restart", "failed")

        assert f"  ~ photos/my-vault/{DASHED}  (Bulk, 1.0 MiB, failed, purchase 2)" in planned.out
        assert (restarted.code, restarted.out) == (0, "Apply: 1 restarted, 2 kept.\n"), restarted.err
        sent = [body["Description"] for body in failed.bodies() if body.get("ArchiveId") == DASHED]
        assert sent[1] == sent[0].replace(".0]", ".1]")
        assert [record["generation"] for record in failed.records(f"photos/my-vault/{DASHED}")] == [0, 1]
        assert again.out == "Nothing to do: all 3 requests were started before.\n"

    @pytest.mark.parametrize("how", ["words", "saved plan", "digest"])
    def test_what_a_plan_shows_to_restart_is_restarted_by_apply_without_a_status_in_between(
        self, user: User, how: str
    ) -> None:
        user.manifest(retrievals([ARCHIVE, DASHED]))
        user.sandbox.faults.add("InitiateJob", "job-fails", match=DASHED)
        assert user.run("apply", "jobs.yaml", "--yes").code == 0
        user.sandbox.faults.clear()
        user.sandbox.clock.advance(10)
        words = ("jobs.yaml", "--restart", "failed")
        planned = user.run("plan", *words, "--out", "saved.plan", "--format", "json")
        ways = {
            "words": (*words, "--yes"),
            "saved plan": ("saved.plan",),
            "digest": (*words, "--expect", planned.json["digest"]),
        }

        applied = user.run("apply", *ways[how])
        again = user.run("apply", *ways[how])

        assert planned.json["summary"]["restart"] == 1
        assert (applied.code, applied.out) == (0, "Apply: 1 restarted, 1 kept.\n"), applied.err
        assert (again.code, user.sent()) == (0, 3)

    def test_a_restart_needs_approval_like_a_start(self, failed: User) -> None:
        failed.run("apply", "jobs.yaml", "--restart", "failed").refused_with(5, "not-approved")

        assert failed.sent() == 3

    def test_a_restart_that_names_nothing_is_a_slip(self, failed: User) -> None:
        failed.run("apply", "jobs.yaml", "--restart", "nope", "--yes").refused_with(64, "no-such-address")


def test_throttling_is_waited_out(user: User) -> None:
    user.manifest(retrievals(IDS))
    user.sandbox.faults.add("InitiateJob", "throttle", count=3)

    applied = user.run("apply", "jobs.yaml", "--yes")

    assert (applied.code, applied.out) == (0, "Apply: 6 started.\n")
    assert (user.sent(), len(user.sandbox.accepted)) == (9, 6)


def test_the_next_tier_is_tried_where_capacity_is_out_and_the_tier_that_was_bought_is_told(
    user: User,
) -> None:
    user.manifest(retrievals([DASHED], tier="[Expedited, Standard]"))
    user.sandbox.faults.add("InitiateJob", "error", code="InsufficientCapacityException", status=503, count=1)

    applied = user.run("apply", "jobs.yaml", "--yes", "--format", "json")

    assert applied.code == 0
    assert [body["Tier"] for body in user.bodies()] == ["Expedited", "Standard"]
    assert applied.json["requests"][0]["tier"] == "Standard"
    assert user.records()[0]["tier"] == "Standard"


def test_what_policy_refuses_beyond_the_deadline_is_put_off_and_sent_by_the_next_run(user: User) -> None:
    user.manifest(retrievals(IDS))
    user.sandbox.faults.add("InitiateJob", "error", code="PolicyEnforcedException", status=400)

    words = ("apply", "jobs.yaml", "--yes", "--format", "json", "--deadline", "2m")
    put_off = user.run(*words).left_undone(75)
    user.sandbox.faults.clear()
    again = user.run("apply", "jobs.yaml", "--yes")

    assert endings(put_off.json) == {"deferred": 6}
    assert re.search(r"run the same command again from 20\d\d-\d\d-\d\d \d\d:\d\d UTC on", put_off.last)
    assert again.out == "Apply: 6 started.\n"


def test_the_deadline_ends_a_run_with_work_left_over(user: User) -> None:
    user.manifest(retrievals(IDS), head="pace: {requests_per_second: 1, concurrency: 1}\n")

    applied = user.run("apply", "jobs.yaml", "--yes", "--deadline", "1s", "--format", "json").left_undone(75)
    user.manifest(retrievals(IDS))
    again = user.run("apply", "jobs.yaml", "--yes")

    started = applied.json["summary"]["started"]
    assert 1 <= started <= 2
    assert endings(applied.json) == {"started": started, "not_tried": 6 - started}
    assert again.out == f"Apply: {6 - started} started, {started} kept.\n"


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        ([("lost-after", {"match": IDS[0]}), ("error", {"code": "PolicyEnforcedException"})], 3),
        ([("lost-after", {"match": IDS[0]}), ("error", {"code": "ExpiredTokenException"})], 1),
        ([("error", {"code": "InvalidParameterValueException", "match": IDS[0]})], 3),
    ],
    ids=["unknown before pending", "error before unknown", "rejected before done"],
)
def test_where_several_exit_codes_hold_the_worse_one_wins(
    user: User, faults: list[tuple[str, Any]], code: int
) -> None:
    user.manifest(retrievals(IDS), head=ONE_AT_A_TIME)
    for fault, options in faults:
        after = 0 if "match" in options else 1
        user.sandbox.faults.add("InitiateJob", fault, after=after, **options)

    applied = user.run("apply", "jobs.yaml", "--yes", *NOT_IN_THIS_RUN)

    assert applied.code == code
    assert applied.last.startswith("next: ")


def test_the_report_has_every_request_and_stdout_those_that_changed(user: User) -> None:
    user.manifest(retrievals([ARCHIVE]))
    assert user.run("apply", "jobs.yaml", "--yes").code == 0
    user.manifest(retrievals([ARCHIVE, DASHED]))

    applied = user.run("apply", "jobs.yaml", "--yes", "--format", "json", "--report", "report.json")

    report = json.loads((user.folder / "report.json").read_text())
    assert [one["archive_id"] for one in applied.json["requests"]] == [DASHED]
    assert [(one["archive_id"], one["result"]) for one in report["requests"]] == [
        (ARCHIVE, "kept"),
        (DASHED, "started"),
    ]
    assert report["summary"] == applied.json["summary"]
    assert all(one["job_id"] for one in report["requests"])


def test_a_read_timeout_sends_exactly_one_request_and_finds_its_job(user: User) -> None:
    """The wait of 120 s for an answer is proven over HTTP in tests/aws, where it can be given shorter.

    Here the service hangs and then closes: what the command line makes of no answer.
    """
    user.manifest(retrievals([DASHED]))
    user.sandbox.faults.add("InitiateJob", "hang-after", seconds=0.3)

    applied = user.run("apply", "jobs.yaml", "--yes")

    assert (applied.code, applied.out) == (0, "Apply: 1 started.\n"), applied.err
    assert user.sent() == 1
    assert user.records()[0]["job_id"] == jobs_of(user)[DASHED]
