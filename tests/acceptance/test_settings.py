"""Flags over environment over manifest, how much is said, and in which form."""

import json
import subprocess

import pytest

from tests.acceptance.manifests import ARCHIVE, DASHED, archive_ids, inventory, retrievals
from tests.acceptance.user import User

RECORD_KEYS = [
    "address",
    "key",
    "generation",
    "account_id",
    "region",
    "vault",
    "type",
    "archive_id",
    "retrieval_byte_range",
    "slot",
    "tier",
    "status",
    "job_id",
    "description",
    "size",
    "attempts",
    "intended_at",
    "accepted_at",
    "completed_at",
    "expires_at",
    "output",
    "error",
]
SUMMARY_KEYS = [
    "started",
    "adopted",
    "restarted",
    "kept",
    "failed",
    "rejected",
    "unknown",
    "deferred",
    "not_tried",
]
ACTION_KEYS = [
    "action",
    "reason",
    "address",
    "key",
    "generation",
    "vault",
    "type",
    "archive_id",
    "tier",
    "bytes",
    "cost_usd",
]


@pytest.fixture
def applied(user: User) -> User:
    """Somebody who has applied a retrieval of each sort, one of which was lost."""
    user.manifest(retrievals([ARCHIVE, DASHED]) + inventory(more="    every: daily\n"))
    user.sandbox.faults.add("InitiateJob", "lost-after", match=DASHED)
    user.run("apply", "jobs.yaml", "--yes", "--settle", "1h").left_undone(3)
    user.sandbox.faults.clear()
    return user


class TestJson:
    """`Ran.json` reads stdout as one document and nothing else."""

    def test_plan(self, applied: User) -> None:
        document = applied.run("plan", "jobs.yaml", "--format", "json").json

        assert set(document) >= {"format_version", "digest", "summary", "totals", "actions"}
        assert list(document["summary"]) == [
            "start",
            "restart",
            "adopt",
            "resolve",
            "wait",
            "keep",
            "blocked",
        ]
        assert list(document["totals"])[:3] == ["bytes", "bytes_known", "cost_usd"]
        assert [list(action) for action in document["actions"]] == [ACTION_KEYS] * 3
        assert document["format_version"] == "1.0"

    def test_apply(self, applied: User) -> None:
        document = applied.run("apply", "jobs.yaml", "--format", "json").json

        assert list(document) == ["format_version", "summary", "requests"]
        assert list(document["summary"]) == SUMMARY_KEYS
        assert document["summary"]["adopted"] == 1
        assert [one["result"] for one in document["requests"]] == ["adopted"]

    def test_state_list(self, applied: User) -> None:
        document = applied.run("state", "list", "--format", "json").json

        assert list(document) == ["format_version", "requests"]
        assert [list(record) for record in document["requests"]] == [RECORD_KEYS] * 3

    def test_status(self, applied: User) -> None:
        document = applied.run("status", "--format", "json").json

        assert list(document) == [
            "format_version",
            "as_of",
            "refreshed",
            "summary",
            "ending",
            "groups",
            "requests",
        ]
        assert document["summary"]["unknown"] == 1
        assert [list(record) for record in document["requests"]] == [RECORD_KEYS] * 3

    def test_state_show(self, applied: User) -> None:
        document = applied.run("state", "show", f"photos/my-vault/{DASHED}", "--format", "json").json

        assert list(document) == ["format_version", "request", "events"]
        assert [event["event"] for event in document["events"]] == ["intended", "lost-track"]

    def test_validate(self, user: User) -> None:
        user.write("version: 1\njobs:\n  photos: {type: archive-retrieval, vault: v, teir: Bulk}\n")

        invalid = user.run("validate", "jobs.yaml", "--format", "json")
        valid = user.run("validate", user.manifest(inventory()), "--format", "json")

        assert (invalid.code, invalid.last.startswith("next: ")) == (4, True)
        assert list(invalid.json) == ["format_version", "valid", "diagnostics"]
        assert invalid.json["valid"] is False
        assert list(invalid.json["diagnostics"][0]) == [
            "severity",
            "code",
            "message",
            "file",
            "line",
            "column",
            "end_column",
            "help",
        ]
        assert valid.json == {"format_version": "1.0", "valid": True, "diagnostics": []}

    def test_ndjson_has_a_document_a_line(self, applied: User) -> None:
        listed = applied.run("state", "list", "--format", "ndjson")
        planned = applied.run("plan", "jobs.yaml", "--format", "ndjson")

        assert [list(json.loads(line)) for line in listed.out.splitlines()] == [RECORD_KEYS] * 3
        header, *actions = map(json.loads, planned.out.splitlines())
        assert header["digest"].startswith("sha256:")
        assert [list(action) for action in actions] == [ACTION_KEYS] * 3

    def test_the_export_is_a_document_a_line(self, applied: User) -> None:
        exported = applied.run("state", "export")

        assert exported.code == 0
        assert all(isinstance(json.loads(line), dict) for line in exported.out.splitlines())

    def test_a_strange_file_name_is_no_trouble(self, user: User) -> None:
        name = "f\udcff \u2026 \U0001f4f7.yaml"
        user.write("version: 1\njobs: {a: {type: nothing}}\n", name)

        invalid = user.program("validate", name, "--format", "json", PYTHONIOENCODING="ascii")

        assert invalid.code == 4, invalid.err
        assert {found["file"] for found in invalid.json["diagnostics"]} == {name}
        assert user.program("validate", name, PYTHONIOENCODING="ascii").code == 4


class TestSettings:
    def test_the_environment_sets_what_a_flag_sets(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))

        applied = user.program(
            "apply",
            "jobs.yaml",
            GLACIER_MANIFEST_YES="1",
            GLACIER_MANIFEST_STATE="elsewhere.db",
            GLACIER_MANIFEST_FORMAT="json",
            GLACIER_MANIFEST_DEADLINE="5m",
        )

        assert applied.code == 0, applied.err
        assert applied.json["summary"]["started"] == 1
        assert (user.folder / "elsewhere.db").exists()
        assert not (user.folder / ".glacier-manifest").exists()

    def test_a_flag_beats_the_environment(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))

        applied = user.program(
            "apply",
            "jobs.yaml",
            "--yes",
            "--state",
            "flag.db",
            "--format",
            "human",
            GLACIER_MANIFEST_STATE="environment.db",
            GLACIER_MANIFEST_FORMAT="json",
        )

        assert applied.out == "Apply: 1 started.\n", applied.err
        assert (user.folder / "flag.db").exists()
        assert not (user.folder / "environment.db").exists()

    def test_an_empty_variable_is_as_good_as_none(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))

        applied = user.program(
            "apply", "jobs.yaml", "--yes", GLACIER_MANIFEST_STATE="", GLACIER_MANIFEST_TARGET=""
        )

        assert applied.code == 0, applied.err
        assert (user.folder / ".glacier-manifest" / "state.db").exists()

    def test_a_wrong_value_in_the_environment_is_told_by_the_variables_option(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))

        refused = user.program("apply", "jobs.yaml", "--yes", GLACIER_MANIFEST_DEADLINE="soon")

        assert "'--deadline'" in refused.refused_with(64, "usage").err

    def test_the_region_of_the_aws_configuration_counts_where_nobody_names_one(self, user: User) -> None:
        path = user.manifest(retrievals([DASHED]))
        path.write_text(path.read_text().replace("region: us-west-2\n", ""))

        planned = user.program("plan", "jobs.yaml", AWS_DEFAULT_REGION="eu-west-1")
        flagged = user.program("plan", "jobs.yaml", "--region", "eu-north-1", AWS_DEFAULT_REGION="eu-west-1")
        nowhere = user.program("plan", "jobs.yaml", AWS_DEFAULT_REGION=None)

        assert "region eu-west-1" in planned.out
        assert "region eu-north-1" in flagged.out
        nowhere.refused_with(64, "no-region")

    def test_the_endpoint_of_the_aws_configuration_counts_where_nobody_names_one(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))
        command = [*user.command("apply", "jobs.yaml", "--yes")]
        command = command[: command.index("--endpoint-url")]

        applied = subprocess.run(
            command,
            cwd=user.folder,
            env=user.environment(AWS_ENDPOINT_URL_GLACIER=user.sandbox.url),
            capture_output=True,
            text=True,
            check=False,
        )

        assert applied.returncode == 0, applied.stderr
        assert user.sent() == 1

    def test_a_profile_that_does_not_exist_is_told(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))

        user.run("apply", "jobs.yaml", "--yes", "--profile", "nobody").refused_with(64, "unknown-profile")


class TestHowMuch:
    def test_quiet_says_nothing_but_the_result(self, user: User) -> None:
        user.manifest(retrievals(archive_ids(3)))

        applied = user.run("apply", "jobs.yaml", "--yes", "-q", "--log-format", "json")

        assert (applied.out, applied.err) == ("Apply: 3 started.\n", "")

    def test_quiet_still_says_what_went_wrong_and_what_to_do(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))
        user.sandbox.faults.add("InitiateJob", "error", code="InvalidParameterValueException", status=400)
        user.run("apply", "jobs.yaml", "--yes").left_undone(3)

        again = user.run("apply", "jobs.yaml", "-q").left_undone(3)

        assert again.err.count("\n") == 1

    def test_verbose_logs_every_start(self, user: User) -> None:
        user.manifest(retrievals(archive_ids(3)))

        applied = user.run("apply", "jobs.yaml", "--yes", "-v", "--log-format", "json", "--format", "json")

        events = [json.loads(line) for line in applied.err.splitlines() if line.startswith("{")]
        started = [event for event in events if event["event"] == "started"]
        assert {event["job_id"] for event in started} == {job.job_id for job in user.sandbox.accepted}
        assert all(event["level"] and event["timestamp"] and event["address"] for event in started)

    def test_a_log_for_people_has_no_json(self, user: User) -> None:
        user.manifest(retrievals(archive_ids(3)))

        applied = user.run("apply", "jobs.yaml", "--yes", "--log-format", "console")

        assert "run_began" in applied.err
        assert "{" not in applied.err

    def test_no_secret_is_printed_or_stored(self, user: User) -> None:
        user.manifest(retrievals(archive_ids(3)))
        secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

        ran = user.program("apply", "jobs.yaml", "--yes", "-vv", AWS_SECRET_ACCESS_KEY=secret)

        assert ran.code == 0
        assert secret not in ran.out + ran.err
        assert secret not in user.run("state", "export").out


class TestExitCodes:
    def test_a_plan_with_something_to_start_is_2_where_it_is_asked_for(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))

        to_start = user.run("plan", "jobs.yaml", "--detailed-exitcode").left_undone(2)
        plain = user.run("plan", "jobs.yaml")
        assert user.run("apply", "jobs.yaml", "--yes").code == 0
        nothing = user.run("plan", "jobs.yaml", "--detailed-exitcode")

        assert "glacier-manifest apply" in to_start.last
        assert [plain.code, nothing.code] == [0, 0]

    def test_status_check_is_75_while_jobs_are_pending_and_0_when_all_are_done(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))
        assert user.run("apply", "jobs.yaml", "--yes").code == 0

        user.run("status", "--check").left_undone(75)
        plain = user.run("status")
        user.sandbox.clock.advance(10)
        unasked = user.run("status", "--check", "--refresh=false").left_undone(75)
        done = user.run("status", "--check")

        assert (plain.code, done.code) == (0, 0)
        assert "1 in progress" in unasked.out
        assert "1 succeeded" in done.out

    def test_status_check_of_a_manifest_is_75_until_what_it_saves_is_stored(self, user: User) -> None:
        user.manifest(retrievals([DASHED]) + "    save_to: restored/{archive_id}\n")
        assert user.run("apply", "jobs.yaml", "--yes").code == 0
        user.sandbox.clock.advance(10)

        without = user.run("status", "--check")
        user.run("status", "jobs.yaml", "--check").left_undone(75)
        assert user.run("fetch", "jobs.yaml").code == 0
        stored = user.run("status", "jobs.yaml", "--check")

        assert (without.code, stored.code) == (0, 0)

    def test_status_lists_each_vault_once_whatever_the_number_of_jobs(self, user: User) -> None:
        user.manifest(retrievals(archive_ids(120)))
        assert user.run("apply", "jobs.yaml", "--yes").code == 0
        user.sandbox.clock.advance(10)
        user.sandbox.reset_calls()

        done = user.run("status", "--check")
        again = user.run("status", "--check")

        assert (done.code, again.code) == (0, 0)
        assert user.sandbox.counts() == {"ListJobs": 3}  # 120 jobs are three pages of fifty

    def test_no_aws_is_asked_where_nothing_may_have_changed(self, user: User) -> None:
        user.manifest(retrievals([DASHED]))
        assert user.run("apply", "jobs.yaml", "--yes").code == 0
        user.sandbox.reset_calls()

        planned = user.run("plan", "jobs.yaml", "--refresh=false")
        status = user.run("status", "--refresh=false")

        assert (planned.code, status.code) == (0, 0)
        assert user.sandbox.counts() == {}

    @pytest.mark.parametrize(
        "words",
        [
            ("aply", "jobs.yaml"),
            ("apply",),
            ("apply", "jobs.yaml", "--yess"),
            ("apply", "jobs.yaml", "--format", "xml"),
            ("apply", "jobs.yaml", "--max-errors", "0"),
            ("plan", "jobs.yaml", "--refresh=perhaps"),
            ("state", "lsit"),
            ("state", "list", "--status", "nope"),
            ("explain", "--nope"),
        ],
        ids=" ".join,
    )
    def test_a_wrong_command_line_is_64(self, user: User, words: tuple[str, ...]) -> None:
        refused = user.run(*words).refused_with(64, "usage")

        assert refused.out == ""
        assert "--help" in refused.last

    def test_a_wrong_manifest_is_4(self, user: User) -> None:
        user.write("version: 1\njobs: {a: {type: nothing}}\n")

        for command in ("plan", "apply"):
            refused = user.run(command, "jobs.yaml", "--format", "json")
            assert (refused.code, refused.out) == (4, "")
            assert refused.last.startswith("next: ")


def test_the_way_in_which_it_was_approved_is_kept(applied: User) -> None:
    exported = map(json.loads, applied.run("state", "export").out.splitlines())

    assert {line["how"] for line in exported if "how" in line} == {"yes"}
