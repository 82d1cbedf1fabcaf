"""A run that is stopped, killed or locked out, and the next one that goes on where it stopped."""

import re
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from threading import Event

import pytest

from tests.acceptance.manifests import ARCHIVE, archive_ids, retrievals
from tests.acceptance.user import Ran, User, ended, told

IDS = archive_ids(60)
STARTED = '"event": "started"'
SLOWLY = "pace: {requests_per_second: 1000, concurrency: 2}\n"


def applying(user: User, *words: str, seconds: float = 0.05, after: int = 0) -> "subprocess.Popen[str]":
    """Start an apply whose calls take so long that it can be met in the middle."""
    user.manifest(retrievals(IDS), head=SLOWLY)
    user.sandbox.faults.add("InitiateJob", "latency", seconds=seconds, after=after)
    return user.start("apply", "jobs.yaml", "--yes", "-v", "--log-format", "json", *words)


def until(happened: Callable[[], bool]) -> None:
    """Wait for what the sandbox sees before the program can tell of it."""
    moment = Event()
    while not happened():
        moment.wait(0.005)


def statuses(user: User) -> Counter[str]:
    return Counter(record["status"] for record in user.records())


def sent(user: User) -> Counter[str]:
    return Counter(body["ArchiveId"] for body in user.bodies())


def found_again(rerun: Ran, *, started: int) -> tuple[int, int]:
    """How many jobs of the killed run the rerun knew by their markers (adopted) and by their IDs (kept)."""
    said = re.fullmatch(rf"Apply: {started} started(?:, (\d) adopted)?(?:, (\d) kept)?\.\n", rerun.out)
    assert said, rerun.out + rerun.err
    return int(said[1] or 0), int(said[2] or 0)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
def test_a_signal_drains_what_is_under_way_and_the_rerun_goes_on(
    user: User, number: signal.Signals, code: int
) -> None:
    process = applying(user, "--format", "json")
    before = told(process, STARTED, 5)
    process.send_signal(number)
    stopped = ended(process, before).refused_with(code, "interrupted")

    accepted = len(user.sandbox.accepted)
    summary = stopped.json["summary"]
    assert 5 <= accepted < len(IDS)
    assert (summary["started"], summary["not_tried"]) == (accepted, len(IDS) - accepted)
    left = statuses(user)
    assert left.pop("in_progress") == accepted
    assert set(left) <= {"ready"}, "what was intended ahead is taken back"
    assert "Stopping: waiting for the calls under way" in stopped.err

    user.sandbox.faults.clear()
    rerun = user.run("apply", "jobs.yaml", "--yes")
    assert (rerun.code, rerun.out) == (0, f"Apply: {len(IDS) - accepted} started, {accepted} kept.\n")
    assert len(user.sandbox.accepted) == len(IDS)


def test_a_second_signal_leaves_at_once_and_loses_nothing(user: User) -> None:
    process = applying(user, seconds=20)
    before = told(process, "run_began")
    until(lambda: user.sent() == 2)
    process.send_signal(signal.SIGINT)
    before += told(process, "once more to leave at once")
    process.send_signal(signal.SIGINT)
    left = ended(process, before)

    user.sandbox.faults.clear()
    rerun = user.run("apply", "jobs.yaml", "--yes")

    assert (left.code, left.out) == (130, "")
    assert left.last.startswith("next: "), left.err
    assert (rerun.code, rerun.out) == (0, f"Apply: {len(IDS) - 2} started, 2 adopted.\n"), rerun.err
    assert sent(user) == dict.fromkeys(IDS, 1)


def test_after_kill_9_the_next_run_finds_what_was_started_and_sends_nothing_twice(user: User) -> None:
    process = applying(user, seconds=20, after=5)
    until(lambda: user.sent() == 7)
    process.kill()
    killed = ended(process)
    lost = statuses(user)["intended"]
    user.sandbox.faults.clear()

    rerun = user.run("apply", "jobs.yaml", "--yes")
    again = user.run("apply", "jobs.yaml", "--yes")

    assert killed.code == -signal.SIGKILL
    assert 2 <= lost <= 2 + 16 + 5, "under way, eight ahead for each worker, answers not yet kept"
    assert rerun.code == 0, rerun.err
    adopted, kept = found_again(rerun, started=len(IDS) - 7)
    assert adopted + kept == 7
    assert adopted >= 2, "the two that were under way"
    assert again.out == f"Nothing to do: all {len(IDS)} requests were started before.\n"
    assert sent(user) == dict.fromkeys(IDS, 1)


def test_after_kill_9_what_never_reached_glacier_is_sent_by_the_next_run(user: User) -> None:
    user.manifest(retrievals(IDS), head=SLOWLY)
    user.sandbox.faults.add("InitiateJob", "hang-before", seconds=20, after=5)
    process = user.start("apply", "jobs.yaml", "--yes")
    until(lambda: user.sent() == 7)
    process.kill()
    ended(process)
    user.sandbox.faults.clear()

    rerun = user.run("apply", "jobs.yaml", "--yes")

    assert rerun.code == 0, rerun.err
    assert sum(found_again(rerun, started=len(IDS) - 5)) == 5, "by their IDs or by their markers"
    assert Counter(job.archive_id for job in user.sandbox.accepted) == dict.fromkeys(IDS, 1)


def test_a_second_run_is_locked_out_while_looking_is_free(user: User) -> None:
    process = applying(user)
    before = told(process, STARTED)
    locked = user.run("apply", "jobs.yaml", "--yes").refused_with(6, "locked")
    user.run("state", "resolve", f"photos/my-vault/{IDS[0]}", "--assume-lost").refused_with(6, "locked")
    planned = user.run("plan", "jobs.yaml", "--format", "json")
    listed = user.run("state", "list", "--format", "json")
    checked = user.run("status", "--check")
    first = ended(process, before)

    assert f"pid {process.pid}" in locked.err
    assert "glacier-manifest apply jobs.yaml" in locked.err
    assert "--lock-timeout" in locked.last
    assert [planned.code, listed.code, checked.code] == [0, 0, 75]
    assert first.code == 0
    assert len(user.sandbox.accepted) == len(IDS)


def test_a_second_run_waits_for_the_first_where_it_may(user: User) -> None:
    process = applying(user, seconds=0.01)
    before = told(process, STARTED)
    second = user.run("apply", "jobs.yaml", "--yes", "--lock-timeout", "1m")
    first = ended(process, before)

    assert first.code == 0
    assert (second.code, second.out) == (0, f"Nothing to do: all {len(IDS)} requests were started before.\n")
    assert user.sent() == len(IDS)


def test_sigterm_while_waiting_for_the_lock_leaves_with_143_and_says_what_to_do(user: User) -> None:
    holder = applying(user, seconds=0.2)
    told(holder, "run_began")
    waiting = user.start("apply", "jobs.yaml", "--yes", "--lock-timeout", "1h", "--region", "us-west-2")
    answered = user.run("apply", "jobs.yaml", "--yes").refused_with(6, "locked")
    waiting.terminate()
    left = ended(waiting)
    holder.kill()
    ended(holder)

    assert answered.code == 6
    # It may have been met while Python itself was still starting, before anybody could listen.
    assert left.code in {143, -signal.SIGTERM}
    assert "Traceback" not in left.err


def test_a_reader_who_leaves_changes_neither_the_work_nor_the_exit_code(user: User) -> None:
    user.manifest(retrievals([*IDS, ARCHIVE]))
    user.sandbox.faults.add("InitiateJob", "error", code="InvalidParameterValueException", match=ARCHIVE)
    process = subprocess.Popen(
        user.command("apply", "jobs.yaml", "--yes"),
        cwd=user.folder,
        env=user.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stderr.close()
    code = process.wait(timeout=60)

    assert code == 3
    assert len(user.sandbox.accepted) == len(IDS)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("plan", "jobs.yaml", "--detailed-exitcode", "--out", "saved.plan"), 2),
        (("state", "list"), 0),
        (("state", "export"), 0),
        (("state", "list", "--format", "ndjson"), 0),
        (("schema",), 0),
        (("explain",), 0),
        (("--help",), 0),
        (("plan", "--help"), 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_output_through_head_ends_without_a_complaint(user: User, words: tuple[str, ...], code: int) -> None:
    user.manifest(retrievals(IDS))
    assert user.run("apply", "jobs.yaml", "--yes", "--target", f"photos/my-vault/{IDS[0]}").code == 0
    process = user.start(*words)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()

    left = Ran(process.wait(timeout=60), "", err)

    assert left.code == code, err
    assert "Traceback" not in err
    assert "BrokenPipe" not in err
    assert ("--out" in words) == (user.folder / "saved.plan").exists()
