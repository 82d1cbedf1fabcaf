"""Whatever is missing, wrong or full: one clear message, the right exit code, and nothing lost."""

import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from glacier_manifest.sandbox import Sandbox
from tests.acceptance.manifests import ARCHIVE, DASHED, archive_ids, inventory, retrievals
from tests.acceptance.user import ACCOUNT, AS_A_STRANGER, Ran, User

IDS = archive_ids(6)
CLOSED_PORT = "http://127.0.0.1:1"


def finishes(user: User, *, total: int = 6) -> None:
    """Assert that a rerun without the trouble completes, and that nothing was ever bought twice."""
    rerun = user.run("apply", "jobs.yaml", "--yes")
    assert rerun.code == 0, rerun.out + rerun.err
    assert {job.job_id for job in user.sandbox.accepted} == {record["job_id"] for record in user.records()}
    assert len(user.sandbox.accepted) == total


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("ExpiredTokenException", "expired-credentials"),
        ("AccessDeniedException", "access-denied"),
        ("InvalidSignatureException", "invalid-credentials"),
        ("UnrecognizedClientException", "invalid-credentials"),
        ("NoLongerSupportedException", "no-longer-supported"),
    ],
)
@pytest.mark.parametrize("after", [0, 3], ids=["from the first call", "in the middle of the run"])
def test_credentials_that_aws_refuses_stop_the_run(user: User, code: str, word: str, after: int) -> None:
    user.manifest(retrievals(IDS), head="pace: {requests_per_second: 1000, concurrency: 1}\n")
    user.sandbox.faults.add("InitiateJob", "error", code=code, status=403, after=after)

    applied = user.run("apply", "jobs.yaml", "--yes", "--format", "json").refused_with(1, word)

    assert applied.json["summary"]["started"] == after
    assert applied.json["summary"]["not_tried"] == 6 - after
    assert user.sent() == after + 1
    assert applied.last.endswith("run the same command again")
    user.sandbox.faults.clear()
    finishes(user)


@pytest.mark.parametrize("account", [ACCOUNT, "-"])
def test_no_credentials_at_all(user: User, account: str) -> None:
    path = user.manifest(retrievals(IDS))
    path.write_text(path.read_text().replace(ACCOUNT, account))

    applied = user.program(
        "apply", "jobs.yaml", "--yes", AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None
    ).refused_with(1, "no-credentials")

    assert "AWS_PROFILE" in applied.last
    assert user.sent() == 0
    finishes(user)


def test_without_a_network_nothing_is_begun(user: User) -> None:
    """What a vault's listing would show may make a start needless, so that it is asked first."""
    user.manifest(retrievals(IDS))

    applied = user.run("apply", "jobs.yaml", "--yes", "--endpoint-url", CLOSED_PORT)

    told = applied.refused_with(1, "unreachable")
    assert "ListJobs of vault 'my-vault' of account 012345678901 in us-west-2: Could not connect" in told.err
    assert (applied.out, user.records()) == ("", [])
    finishes(user)


def test_no_network_before_the_account_is_known_ends_the_command(user: User) -> None:
    path = user.manifest(retrievals(IDS))
    path.write_text(path.read_text().replace(ACCOUNT, "-"))

    applied = user.run("apply", "jobs.yaml", "--yes", "--endpoint-url", CLOSED_PORT)

    assert applied.refused_with(1, "unreachable").out == ""
    finishes(user)


@pytest.mark.parametrize("account", [ACCOUNT, "-"])
def test_an_unknown_vault_is_told_and_its_jobs_are_left_for_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, account: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with Sandbox() as sandbox:
        sandbox.upload("there", b"so that there is an inventory")
        user = User(tmp_path, sandbox)
        path = user.manifest(inventory(vault="not-there") + inventory(job="other", vault="there"))
        path.write_text(path.read_text().replace(ACCOUNT, account))

        applied = user.run("apply", "jobs.yaml", "--yes").left_undone(75)

        assert "inventory/not-there\n      ResourceNotFoundException: Vault not found" in applied.out
        assert applied.out.endswith("Apply: 1 started, 1 deferred.\n")
        sandbox.upload("not-there", b"so that there is an inventory")
        finishes(user, total=2)


@pytest.mark.parametrize(
    "command",
    [
        ("plan", "jobs.yaml"),
        ("apply", "jobs.yaml", "--yes"),
        ("status",),
        ("state", "list", "--format", "json"),
        ("state", "show", "photos"),
        ("state", "resolve", "photos", "--assume-lost"),
        ("state", "export"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("content", [b"not a database " * 1000, b""], ids=["garbage", "empty"])
def test_a_corrupt_state_is_told_by_every_command_and_never_replaced(
    user: User, command: tuple[str, ...], content: bytes
) -> None:
    user.manifest(retrievals(IDS))
    state = user.folder / ".glacier-manifest" / "state.db"
    state.parent.mkdir()
    state.write_bytes(content)

    ran = user.run(*command).refused_with(1, "state-corrupt")

    assert str(state) in ran.err
    assert (ran.out, state.read_bytes(), user.sent()) == ("", content, 0)


@pytest.fixture
def public_user(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[User]:
    """Stand in a folder that every user may enter (pytest's own are for their user alone)."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        monkeypatch.chdir(folder)
        yield User(Path(folder), sandbox)


@pytest.fixture
def read_only_state(public_user: User) -> Iterator[Path]:
    """A state with one request in it, which nobody may write."""
    public_user.manifest(retrievals(IDS)).chmod(0o644)
    assert public_user.run("apply", "jobs.yaml", "--yes", "--target", f"photos/my-vault/{IDS[0]}").code == 0
    folder = public_user.folder / ".glacier-manifest"
    for part in folder.iterdir():
        part.chmod(0o444)
    folder.chmod(0o555)
    yield folder / "state.db"
    folder.chmod(0o755)


def test_a_read_only_state_can_be_looked_at(public_user: User, read_only_state: Path) -> None:
    listed = public_user.program("state", "list", "--format", "json", first=AS_A_STRANGER)
    planned = public_user.program(
        "plan", "jobs.yaml", "--refresh=false", "--format", "json", first=AS_A_STRANGER
    )

    assert read_only_state.exists()
    assert (listed.code, len(listed.json["requests"])) == (0, 1), listed.err
    assert (planned.code, planned.json["summary"]["start"]) == (0, 5), planned.err


def test_a_read_only_state_stops_an_apply_before_anything_is_bought(
    public_user: User, read_only_state: Path
) -> None:
    applied = public_user.program("apply", "jobs.yaml", "--yes", first=AS_A_STRANGER).refused_with(
        1, "state-unusable"
    )

    assert applied.out == ""
    assert str(read_only_state.parent) in applied.err
    assert public_user.sent() == 1
    read_only_state.parent.chmod(0o755)
    for part in read_only_state.parent.iterdir():
        part.chmod(0o644)
    finishes(public_user)


#: No file of such a process grows over 200 kB: room for a state of a few requests, and no further.
FULL_DISK = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
"""


def test_a_disk_that_fills_up_stops_the_run_and_what_it_could_not_record_is_rescued(user: User) -> None:
    user.manifest(retrievals(archive_ids(200)))

    applied = user.program("apply", "jobs.yaml", "--yes", "--format", "json", first=FULL_DISK)

    applied.refused_with(1, "state-unusable")
    (rescued,) = (user.folder / ".glacier-manifest").glob("state.db.rescue-*.jsonl")
    command = shlex.split(next(line for line in applied.err.splitlines() if "state import" in line))
    accepted = {job.job_id for job in user.sandbox.accepted}
    assert f"what the state could not take is in {rescued}\n" in applied.err
    assert applied.json["summary"]["not_tried"] > 100
    assert {record["job_id"] for record in user.records()} - {None} < accepted

    imported = user.run(*command[1:])  # exactly as the message says
    assert imported.code == 0, imported.err
    assert {record["job_id"] for record in user.records()} - {None} == accepted
    assert {record["status"] for record in user.records()} <= {"in_progress", "ready"}
    finishes(user, total=200)


@pytest.mark.parametrize("report", ["missing/report.json", "jobs.yaml/report.json"])
def test_a_report_that_cannot_be_written_is_told_before_anything_is_bought(user: User, report: str) -> None:
    user.manifest(retrievals(IDS))

    applied = user.run("apply", "jobs.yaml", "--yes", "--report", report).refused_with(1, "file")

    assert report in applied.err
    assert (applied.out, user.sent()) == ("", 0)
    finishes(user)


def test_a_report_on_a_full_device_loses_no_result(user: User) -> None:
    user.manifest(retrievals(IDS))

    applied = user.run("apply", "jobs.yaml", "--yes", "--report", "/dev/full").refused_with(1, "file")

    assert applied.out == "Apply: 6 started.\n"
    finishes(user)


@pytest.mark.parametrize(
    "words",
    [("plan", "jobs.yaml", "--out"), ("apply", "jobs.yaml", "--yes", "--report")],
    ids=["out", "report"],
)
def test_no_result_is_written_over_a_manifest(user: User, words: tuple[str, ...]) -> None:
    manifest = user.manifest(retrievals(IDS))
    before = manifest.read_text()

    user.run(*words, "./jobs.yaml").refused_with(64, "output-over-input")

    assert (manifest.read_text(), user.sent()) == (before, 0)


def test_a_plan_that_cannot_be_saved_is_told(user: User) -> None:
    user.manifest(retrievals(IDS))

    planned = user.run("plan", "jobs.yaml", "--out", "missing/plan", "--format", "json")

    assert planned.refused_with(1, "file").json["summary"]["start"] == 6
    assert "missing/plan" in planned.err


def test_a_result_that_cannot_be_written_is_told_and_what_was_done_is_kept(user: User) -> None:
    user.manifest(retrievals(IDS))
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen(
            user.command("apply", "jobs.yaml", "--yes"),
            cwd=user.folder,
            env=user.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    _, err = process.communicate(timeout=60)

    Ran(process.returncode, "", err).refused_with(1, "output-unwritable")
    finishes(user)


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "status"])
def test_a_manifest_that_is_not_there(user: User, command: str) -> None:
    ran = user.run(command, "nope.yaml")

    assert ran.code == 4
    assert "cannot read 'nope.yaml': no such file or directory" in ran.out + ran.err
    assert ran.last.startswith("next: ")
    assert not (user.folder / ".glacier-manifest").exists()


def test_a_list_of_archive_ids_that_is_not_there(user: User) -> None:
    user.manifest("  photos:\n    type: archive-retrieval\n    vault: v\n    archive_ids_from: nope.txt\n")

    applied = user.run("apply", "jobs.yaml", "--yes").refused_with(4, "unreadable-file")

    assert "--> jobs.yaml:9:" in applied.err
    assert user.sent() == 0


def test_a_look_where_there_is_no_state_says_where_it_looked_and_makes_none(user: User) -> None:
    for command in (("state", "list"), ("status",), ("state", "export")):
        looked = user.run(*command)
        assert looked.code == 0
        assert looked.err == f"There is no state at {user.folder / '.glacier-manifest' / 'state.db'} yet.\n"

    user.run("state", "resolve", "photos", "--assume-lost").refused_with(64, "no-such-address")

    assert list(user.folder.iterdir()) == []


def test_a_network_file_system_is_no_place_for_a_state_and_a_folder_is_none(user: User) -> None:
    user.manifest(retrievals([ARCHIVE, DASHED]))

    user.run("apply", "jobs.yaml", "--yes", "--state", ".").refused_with(1, "state-is-folder")
    user.run("apply", "jobs.yaml", "--yes", "--state", "gone/s.db").refused_with(1, "state-folder-missing")

    assert user.sent() == 0


def test_manifests_in_two_folders_need_a_state_named(user: User) -> None:
    (user.folder / "a").mkdir()
    (user.folder / "b").mkdir()
    user.manifest(retrievals([ARCHIVE]), name="a/jobs.yaml")
    user.write(
        (user.folder / "a" / "jobs.yaml").read_text().replace("photos", "b").replace("pace", "# "), "b/b.yaml"
    )

    refused = user.run("apply", "a/jobs.yaml", "b/b.yaml", "--yes").refused_with(64, "several-folders")
    applied = user.run("apply", "a/jobs.yaml", "b/b.yaml", "--yes", "--state", "shared.db")

    assert "--state" in refused.last
    assert (applied.code, (user.folder / "shared.db").exists()) == (0, True), applied.err
