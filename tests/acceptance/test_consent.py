"""Only what was approved starts: prompts are in test_terminal.py, the rest is here."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.drafting.known import Known
from glacier_manifest.drafting.saved import read_saved
from glacier_manifest.scratch.scratch import Scratch
from tests.acceptance.manifests import ARCHIVE, DASHED, archive_ids, inventory, retrievals
from tests.acceptance.user import ACCOUNT, User

IDS = archive_ids(6)


def digest(user: User, *words: str) -> str:
    planned = user.run("plan", "jobs.yaml", "--format", "json", *words)
    assert planned.code == 0, planned.err
    return str(planned.json["digest"])


def save(user: User, *words: str) -> None:
    planned = user.run("plan", "jobs.yaml", "--out", "saved.plan", *words)
    assert planned.code == 0, planned.err


def test_without_consent_nothing_starts_and_the_message_says_how_to_give_it(user: User) -> None:
    user.manifest(retrievals(IDS))

    refused = user.run("apply", "jobs.yaml").refused_with(5, "not-approved")

    assert "6 jobs would start, and nobody has approved them" in refused.err
    assert f"--expect {digest(user)}, or --yes" in refused.last
    assert user.sent() == 0


def test_nothing_to_start_needs_no_consent(user: User) -> None:
    user.manifest(retrievals(IDS))
    assert user.run("apply", "jobs.yaml", "--yes").code == 0

    assert user.run("apply", "jobs.yaml").code == 0
    assert user.run("apply", "jobs.yaml", "--expect", f"sha256:{'0' * 64}").code == 0


class TestSavedPlan:
    def test_what_was_reviewed_is_what_starts(self, user: User) -> None:
        user.manifest(retrievals(IDS))
        save(user)
        user.manifest(retrievals([ARCHIVE]))  # what the manifest says by now is no matter

        applied = user.run("apply", "saved.plan")

        assert (applied.code, applied.out) == (0, "Apply: 6 started.\n"), applied.err
        assert {body["ArchiveId"] for body in user.bodies()} == set(IDS)

    def test_a_rerun_after_a_partial_failure_asks_nobody(self, user: User) -> None:
        user.manifest(retrievals(IDS), head="pace: {requests_per_second: 1000, concurrency: 1}\n")
        save(user)
        user.sandbox.faults.add("InitiateJob", "error", code="ExpiredTokenException", after=2)
        user.run("apply", "saved.plan").refused_with(1, "expired-credentials")
        user.sandbox.faults.clear()

        again = user.run("apply", "saved.plan")

        assert (again.code, again.out) == (0, "Apply: 4 started, 2 kept.\n"), again.err

    def test_a_part_of_it_may_start_first(self, user: User) -> None:
        user.manifest(retrievals(IDS))
        save(user)

        part = user.run("apply", "saved.plan", "--target", f"photos/my-vault/{IDS[0]}")
        rest = user.run("apply", "saved.plan", "--exclude", f"photos/my-vault/{IDS[5]}")

        assert part.out == "Apply: 1 started.\n"
        assert rest.out == "Apply: 4 started, 1 kept.\n"

    def test_it_is_applied_alone(self, user: User) -> None:
        user.manifest(retrievals(IDS))
        save(user)

        user.run("apply", "saved.plan", "jobs.yaml").refused_with(64, "plan-with-others")

    def test_an_edited_plan_is_no_plan(self, user: User) -> None:
        user.manifest(retrievals(IDS))
        save(user)
        text = (user.folder / "saved.plan").read_text()
        user.write(text.replace("Bulk", "Expedited"), "dearer.plan")
        user.write(text[: len(text) // 2], "cut.plan")

        user.run("apply", "dearer.plan").refused_with(4, "plan-file-damaged")
        user.run("apply", "cut.plan").refused_with(4, "plan-file-damaged")

        assert user.sent() == 0

    def test_another_state_than_its_own_is_refused_unless_it_is_meant(self, user: User) -> None:
        user.manifest(retrievals([ARCHIVE]))
        assert user.run("apply", "jobs.yaml", "--yes").code == 0
        user.manifest(retrievals([ARCHIVE, DASHED]))
        save(user)

        refused = user.run("apply", "saved.plan", "--state", "other.db").refused_with(5, "other-state")
        left_alone = user.records("--state", "other.db")
        meant = user.run("apply", "saved.plan", "--state", "other.db", "--new-state")

        assert "--new-state" in refused.last
        assert left_alone == []
        assert meant.out == "Apply: 1 started, 1 adopted.\n"

    def test_a_plan_made_before_there_was_a_state_is_applied_in_one_that_adopts_first(
        self, user: User
    ) -> None:
        user.manifest(retrievals([ARCHIVE]))
        assert user.run("apply", "jobs.yaml", "--yes", "--state", "lost.db").code == 0
        user.manifest(retrievals([ARCHIVE, DASHED]))
        save(user)

        applied = user.run("apply", "saved.plan")

        assert (applied.code, applied.out) == (0, "Apply: 1 started, 1 adopted.\n"), applied.err

    def test_a_plan_made_before_there_was_a_state_goes_on_in_the_one_that_it_made(self, user: User) -> None:
        user.manifest(retrievals(IDS))
        save(user)

        first = user.run("apply", "saved.plan", "--target", f"photos/my-vault/{IDS[0]}")
        second = user.run("apply", "saved.plan")

        assert [first.code, second.code] == [0, 0], second.err
        assert len(user.sandbox.accepted) == 6

    def test_a_reviewed_restart_is_done_once(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))
        assert user.run("apply", "jobs.yaml", "--yes").code == 0
        user.sandbox.clock.advance(10)
        assert user.run("status").code == 0
        save(user, "--restart", f"photos/my-vault/{DASHED}")

        first = user.run("apply", "saved.plan")
        user.sandbox.clock.advance(10)
        assert user.run("status").code == 0
        second = user.run("apply", "saved.plan")

        assert (first.out, second.code) == ("Apply: 1 restarted.\n", 0)
        assert user.sent() == 2

    def test_a_schedule_that_was_approved_last_week_goes_on_this_week(self, user: User) -> None:
        """The command line takes no clock, so the functions that it calls are given this week's moment."""
        user.manifest(inventory(more="    every: weekly\n"))
        save(user)
        file = user.folder / "saved.plan"
        with Scratch() as scratch:
            saved = read_saved(file, lambda: file.open(encoding="utf-8"), scratch)
            draft = Draft(scratch)
            saved.add_to(draft, datetime.now(UTC) + timedelta(days=7), lambda first: [first])
            draft.merge()
            draft.decide(Known(lambda _keys: {}))

            (later,) = Drafted(draft, lambda _keys: {}, datetime.now(UTC)).starts()

            assert later.entry in saved.entries
        assert later.request.slot is not None
        assert later.request.slot > json.loads(file.read_text(encoding="utf-8").splitlines()[1])["slot"]


class TestExpect:
    def test_a_digest_stands_for_the_plan_that_was_reviewed(self, user: User) -> None:
        user.manifest(retrievals(IDS) + inventory(more="    every: daily\n"))

        applied = user.run("apply", "jobs.yaml", "--expect", digest(user))

        assert (applied.code, applied.out) == (0, "Apply: 7 started.\n"), applied.err

    def test_it_stays_the_same_when_part_was_started_and_a_rerun_goes_on(self, user: User) -> None:
        user.manifest(retrievals(IDS), head="pace: {requests_per_second: 1000, concurrency: 1}\n")
        reviewed = digest(user)
        user.sandbox.faults.add("InitiateJob", "error", code="ExpiredTokenException", after=2)
        user.run("apply", "jobs.yaml", "--expect", reviewed).refused_with(1, "expired-credentials")
        user.sandbox.faults.clear()

        again = user.run("apply", "jobs.yaml", "--expect", reviewed)

        assert digest(user) == reviewed
        assert again.out == "Apply: 4 started, 2 kept.\n"

    def test_one_archive_more_is_refused_by_its_address(self, user: User) -> None:
        user.manifest(retrievals(IDS))
        reviewed = digest(user)
        assert user.run("apply", "jobs.yaml", "--expect", reviewed).code == 0
        user.manifest(retrievals([*IDS, DASHED]))

        refused = user.run("apply", "jobs.yaml", "--expect", reviewed).refused_with(5, "not-approved")

        assert "1 of 1 to start are not in what was approved:" in refused.err
        assert f"  photos/my-vault/{DASHED} (start: not_started)" in refused.err
        assert user.sent() == 6

    def test_another_tier_is_refused(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))
        reviewed = digest(user)
        user.manifest(retrievals([DASHED], tier="Expedited"))

        user.run("apply", "jobs.yaml", "--expect", reviewed).refused_with(5, "not-approved")

        assert user.sent() == 0

    def test_a_restart_is_not_covered_by_the_review_of_the_first_purchase(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))
        reviewed = digest(user)
        assert user.run("apply", "jobs.yaml", "--expect", reviewed).code == 0
        user.sandbox.clock.advance(10)
        assert user.run("status").code == 0

        words = ("--restart", f"photos/my-vault/{DASHED}", "--expect", reviewed)
        user.run("apply", "jobs.yaml", *words).refused_with(5, "not-approved")

        assert user.sent() == 1


class TestLimits:
    def test_a_limit_refuses_the_whole_run_and_names_the_flag_that_lifts_it(self, user: User) -> None:
        user.manifest(retrievals(IDS), head="limits: {jobs: 5}\n")

        refused = user.run("apply", "jobs.yaml", "--yes").refused_with(5, "over-limit")
        planned = user.run("plan", "jobs.yaml").refused_with(5, "over-limit")
        lifted = user.run("apply", "jobs.yaml", "--yes", "--allow", "jobs=6")

        assert "this would start 6 jobs, and the limit is 5" in refused.err
        assert refused.last.endswith("--allow jobs=6")
        assert "Plan: 6 to start" in planned.out
        assert (lifted.code, user.sent()) == (0, 6)

    def test_five_expedited_jobs_are_the_most_unless_somebody_says_more(self, user: User) -> None:
        user.manifest(retrievals(IDS, tier="[Bulk, Expedited]"))

        refused = user.run("apply", "jobs.yaml", "--yes").refused_with(5, "over-limit")
        lifted = user.run("apply", "jobs.yaml", "--yes", "--allow", "expedited_jobs=6")

        assert "6 expedited jobs, and the limit is 5" in refused.err
        assert lifted.code == 0

    def test_reruns_count_towards_the_limit_of_their_approval(self, user: User) -> None:
        user.manifest(retrievals(IDS), head="limits: {jobs: 5}\n")
        first, second = (f"photos/my-vault/{archive_id}" for archive_id in IDS[:2])
        save(user, "--allow", "jobs=6")
        assert user.run("apply", "saved.plan", "--target", first).code == 0

        rest = user.run("apply", "saved.plan", "--exclude", second)
        over = user.run("apply", "saved.plan", "--allow", "jobs=5").refused_with(5, "over-limit")

        assert rest.out == "Apply: 4 started, 1 kept.\n"
        assert "this would start 6 jobs, 5 of them started earlier under the same approval" in over.err

    @pytest.mark.parametrize("word", ["jobs", "jobs=", "jobs=x", "jobs=-1", "cost=x", "bytes=x", "=5", ""])
    def test_an_allowance_that_is_none_is_a_slip_before_anything_else(self, user: User, word: str) -> None:
        user.manifest(retrievals(IDS))

        user.run("apply", "jobs.yaml", "--yes", "--allow", word).refused_with(64, "bad-allowance")

        assert not (user.folder / ".glacier-manifest").exists()


class TestSelection:
    def test_targets_and_exclusions_choose_by_address(self, user: User) -> None:
        user.manifest(retrievals(IDS) + inventory())

        words = ("--target", "photos", "--exclude", f"photos/my-vault/{IDS[0]}", "--format", "json")
        planned = user.run("plan", "jobs.yaml", *words)

        assert [action["archive_id"] for action in planned.json["actions"]] == IDS[1:]

    @pytest.mark.parametrize("flag", ["--target", "--exclude"])
    def test_one_that_names_nothing_is_a_slip(self, user: User, flag: str) -> None:
        user.manifest(retrievals(IDS))

        user.run("apply", "jobs.yaml", "--yes", flag, "photso").refused_with(64, "no-such-address")

        assert user.sent() == 0


class TestElsewhere:
    def test_another_account_behind_a_hyphen_is_refused_unless_it_is_meant(self, user: User) -> None:
        path = user.manifest(retrievals([DASHED]))
        path.write_text(path.read_text().replace(ACCOUNT, "-"))
        assert user.run("apply", "jobs.yaml", "--yes").code == 0
        other = {"AWS_ACCESS_KEY_ID": "AKIAOTHER"}

        refused = user.program("apply", "jobs.yaml", "--yes", **other).refused_with(5, "new-account")
        meant = user.program("apply", "jobs.yaml", "--yes", "--new-account", **other)

        assert "999999999999" in refused.err
        assert ACCOUNT in refused.err
        assert (meant.code, meant.out) == (0, "Apply: 1 started.\n"), meant.err
        assert {record["account_id"] for record in user.records()} == {ACCOUNT, "999999999999"}

    @pytest.mark.parametrize("account", [ACCOUNT, "-"])
    @pytest.mark.parametrize("command", [("plan",), ("apply", "--yes")], ids=["plan", "apply"])
    def test_a_state_made_against_a_sandbox_is_never_used_against_aws(
        self, user: User, command: tuple[str, ...], account: str
    ) -> None:
        path = user.manifest(retrievals([DASHED]))
        assert user.run("apply", "jobs.yaml", "--yes").code == 0
        path.write_text(path.read_text().replace(ACCOUNT, account) + f"      - {ARCHIVE}\n")

        aws = "https://glacier.us-west-2.amazonaws.com"
        refused = user.run(*command, "jobs.yaml", "--endpoint-url", aws).refused_with(5, "other-endpoint")

        assert f"made against {user.sandbox.url} and cannot be used against AWS" in refused.err

    def test_a_state_made_against_aws_is_never_used_against_a_sandbox(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))
        assert user.run("apply", "jobs.yaml", "--yes").code == 0
        exported = user.run("state", "export").out.replace(user.sandbox.url, "aws")
        made_at_aws = ("--state", "aws.db")
        assert user.run("state", "import", user.write(exported, "export.jsonl"), *made_at_aws).code == 0
        user.sandbox.reset_calls()

        refused = user.run("apply", "jobs.yaml", "--yes", *made_at_aws).refused_with(5, "other-endpoint")

        assert "made against AWS" in refused.err
        assert user.sandbox.counts() == {}

    def test_a_state_that_only_adopted_belongs_where_it_adopted(self, user: User) -> None:
        path = user.manifest(retrievals([DASHED]))
        assert user.run("apply", "jobs.yaml", "--yes").code == 0
        assert user.run("apply", "jobs.yaml", "--state", "other.db").out == "Apply: 1 adopted.\n"
        path.write_text(path.read_text().replace(ACCOUNT, "-") + f"      - {ARCHIVE}\n")

        aws = ("--endpoint-url", "https://glacier.us-west-2.amazonaws.com")
        user.run("apply", "jobs.yaml", "--yes", "--state", "other.db", *aws).refused_with(5, "other-endpoint")
        more = user.run("apply", "jobs.yaml", "--yes", "--state", "other.db")

        assert (more.code, more.out) == (0, "Apply: 1 started, 1 kept.\n"), more.err

    def test_a_region_that_contradicts_the_manifest_is_an_error(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))

        refused = user.run("apply", "jobs.yaml", "--yes", "--region", "eu-west-1")

        assert "is in us-west-2" in refused.refused_with(64, "region-contradicts").err


def test_the_header_of_a_saved_plan_tells_what_it_is(user: User) -> None:
    user.manifest(retrievals(IDS))
    save(user)

    header = json.loads((user.folder / "saved.plan").read_text().splitlines()[0])

    assert header["kind"] == "glacier-manifest-plan"
    assert header["digest"] == digest(user)
    assert header["actions"] == 6
