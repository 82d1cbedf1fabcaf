"""The locks: one holder at a time, named to whoever waits, and gone with its holder."""

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from glacier_manifest.errors import Exit, Locked, StateError
from glacier_manifest.state.lock import FileLock, Holder, Timing
from glacier_manifest.state.protocol import Lock
from tests.state.examples import NOON

ROOT = Path(__file__).parents[2]
NO_TIME = timedelta(0)
NEXT = Holder(user="bob", host="restore-2", pid=17)

HOLD_FOR_EVER = """
import sys
from pathlib import Path
from datetime import UTC, datetime, timedelta
from glacier_manifest.state.lock import FileLock, Holder, Timing
timing = Timing(lambda: datetime(2026, 11, 23, 12, tzinfo=UTC), lambda: 0.0, lambda seconds: None)
lock = FileLock(Path(sys.argv[1]), "start", holder=Holder("alice", "restore-1", 4242), timing=timing)
with lock.hold(command="apply jobs.yaml", timeout=timedelta(0)):
    print("held", flush=True)
    sys.stdin.read()
"""
HOLD_WITH_A_CHILD = HOLD_FOR_EVER.replace(
    "    print(",
    """    import subprocess
    subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], close_fds=False)
    print(""",
)


@dataclass
class Clock:
    """Time that passes only while somebody sleeps."""

    seconds: float = 0.0
    naps: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.seconds += seconds

    @property
    def timing(self) -> Timing:
        return Timing(now=self.now, monotonic=self.monotonic, sleep=self.sleep)


def lock(path: Path, clock: Clock | None = None, *, name: str = "start", holder: Holder = NEXT) -> Lock:
    return FileLock(path, name, holder=holder, timing=(clock or Clock()).timing)


def somebody_holds(path: Path, script: str = HOLD_FOR_EVER) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", script, str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def is_free(path: Path) -> bool:
    try:
        with lock(path).hold(command="apply", timeout=NO_TIME):
            return True
    except Locked:
        return False


def test_a_lock_that_another_process_holds_names_its_holder(path: Path) -> None:
    holder = somebody_holds(path)
    with pytest.raises(Locked) as refusal, lock(path).hold(command="apply", timeout=NO_TIME):
        pass
    holder.communicate()

    assert refusal.value.code == "locked"
    assert refusal.value.exit_code is Exit.LOCKED
    assert refusal.value.message == (
        f"the start lock {path}.start.lock is held by alice on host restore-1, pid 4242, "
        "since 2026-11-23T12:00:00.000Z: apply jobs.yaml"
    )
    assert "--lock-timeout" in refusal.value.next_step


def test_a_holder_that_is_killed_leaves_no_lock(path: Path) -> None:
    holder = somebody_holds(path)
    assert not is_free(path)

    holder.kill()
    holder.communicate()

    assert is_free(path)


def test_a_lock_is_free_when_the_block_ends_however_it_ends(path: Path) -> None:
    with pytest.raises(KeyError), lock(path).hold(command="apply", timeout=NO_TIME):
        raise KeyError

    assert is_free(path)


def test_two_locks_of_one_process_exclude_each_other(path: Path) -> None:
    with lock(path).hold(command="apply", timeout=NO_TIME):
        assert not is_free(path)


def test_starting_and_fetching_do_not_exclude_each_other(path: Path) -> None:
    with (
        lock(path).hold(command="apply", timeout=NO_TIME),
        lock(path, name="fetch").hold(command="fetch", timeout=NO_TIME),
    ):
        assert not is_free(path)


def test_a_child_that_outlives_a_killed_holder_does_not_keep_the_lock(path: Path) -> None:
    holder = somebody_holds(path, HOLD_WITH_A_CHILD)
    holder.kill()
    holder.wait()
    free = is_free(path)
    holder.communicate()

    assert free


def test_waiting_ends_with_the_timeout(path: Path) -> None:
    clock = Clock()
    with (
        lock(path).hold(command="apply", timeout=NO_TIME),
        pytest.raises(Locked),
        lock(path, clock).hold(command="apply", timeout=timedelta(seconds=1.2)),
    ):
        pass

    assert clock.naps == pytest.approx([0.5, 0.5, 0.2])


def test_waiting_ends_when_the_holder_lets_go(path: Path) -> None:
    holder = somebody_holds(path)

    def let_go(seconds: float) -> None:
        assert seconds > 0
        holder.communicate()

    patient = FileLock(path, "start", holder=NEXT, timing=Timing(lambda: NOON, lambda: 0.0, let_go))
    with patient.hold(command="apply", timeout=timedelta(minutes=1)):
        assert not is_free(path)


@pytest.mark.parametrize("left", [b"", b"{", b"[]", b"\xff\xfe", b'{"user": "eve"}'])
def test_a_holder_that_wrote_nothing_sensible_is_still_respected(path: Path, left: bytes) -> None:
    with lock(path).hold(command="apply", timeout=NO_TIME):
        path.with_name("state.db.start.lock").write_bytes(left)
        with pytest.raises(Locked, match="pid unknown"), lock(path).hold(command="apply", timeout=NO_TIME):
            pass


def test_what_a_dead_holder_wrote_keeps_nobody_out(path: Path) -> None:
    path.with_name("state.db.start.lock").write_text('{"user": "eve", "pid": 1}')

    assert is_free(path)


def test_a_folder_that_is_deleted_while_the_lock_is_held_does_no_harm(path: Path) -> None:
    with lock(path).hold(command="apply", timeout=NO_TIME):
        shutil.rmtree(path.parent)
    path.parent.mkdir()

    assert is_free(path)


def test_a_lock_in_a_folder_that_is_gone_says_where(path: Path) -> None:
    path.parent.rmdir()

    with pytest.raises(StateError) as refusal, lock(path).hold(command="apply", timeout=NO_TIME):
        pass
    assert refusal.value.code == "state-unlockable"
    assert str(path.parent) in refusal.value.message


def test_the_lock_file_is_nobody_elses_to_read(path: Path) -> None:
    with lock(path).hold(command="apply --expect sha256:a", timeout=NO_TIME):
        assert path.with_name("state.db.start.lock").stat().st_mode & 0o777 == 0o600
