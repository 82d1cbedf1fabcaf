"""At a terminal: a real one (a pty), a real process, and a person who answers."""

import os
import pty
import select
import signal
import struct
import subprocess
import termios
from dataclasses import dataclass
from fcntl import ioctl
from typing import Any

import pytest

from tests.acceptance.manifests import ARCHIVE, DASHED, archive_ids, retrievals
from tests.acceptance.user import User

#: A shell's background jobs, and the tests with them, may have been started with Ctrl-C ignored.
_TAKE_THE_TERMINAL = """
import fcntl, signal, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
_NO_SIGNAL_WAKES_THE_MAIN_THREAD = """
import signal, threading
threading.Thread(target=signal.sigwait, args=[[signal.SIGUSR2]], daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
"""
QUESTION = "Only 'yes' starts them: "
ADDRESS = f"photos/my-vault/{DASHED}"


@dataclass
class Terminal:
    """A terminal with a process in it, whose stdout may be a file instead."""

    screen: int
    process: "subprocess.Popen[bytes]"
    shown: str = ""

    def until(self, text: str) -> str:
        """Read until the text is on the screen, and return all that was shown."""
        while text not in self.shown:
            assert self._read(), self.shown
        return self.shown

    def type(self, text: str) -> None:
        os.write(self.screen, text.encode())

    def end(self) -> int:
        """Read to the end and return the exit code."""
        while self._read():
            pass
        os.close(self.screen)
        return self.process.wait(timeout=60)

    def _read(self) -> bool:
        ready, _, _ = select.select([self.screen], [], [], 60)
        assert ready, self.shown
        try:
            found = os.read(self.screen, 65536)
        except OSError:  # so Linux says that nobody holds the other side any more
            return False
        self.shown += found.decode().replace("\r\n", "\n")
        return bool(found)


def at_a_terminal(
    user: User, *words: str, columns: int = 80, first: str = "", **variables: str | None
) -> Terminal:
    screen, keyboard = pty.openpty()
    ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        user.command(*words, first=f"{_TAKE_THE_TERMINAL}\n{first}"),
        cwd=user.folder,
        env=user.environment(TERM="xterm-256color", COLUMNS=None, **variables),
        stdin=keyboard,
        stdout=keyboard,
        stderr=keyboard,
        start_new_session=True,
    )
    os.close(keyboard)
    return Terminal(screen, process)


def test_yes_starts_what_the_plan_shows(user: User) -> None:
    user.manifest(retrievals([DASHED]))

    terminal = at_a_terminal(user, "apply", "jobs.yaml")
    asked = terminal.until(QUESTION)
    terminal.type("yes\n")
    code = terminal.end()

    assert code == 0, terminal.shown
    assert asked.count("Plan: 1 to start, 0 to adopt, 0 to restart, 0 unchanged.") == 1
    assert f"+ {ADDRESS}" in asked
    assert asked.endswith(f"\nStart 1 job? Started jobs cannot be cancelled. {QUESTION}")
    assert "Apply: 1 started." in terminal.shown
    assert user.sent() == 1


@pytest.mark.parametrize("answer", ["no\n", "y\n", "YES\n", "\n", "\x04"], ids=repr)
def test_anything_else_starts_nothing(user: User, answer: str) -> None:
    user.manifest(retrievals([DASHED]))

    terminal = at_a_terminal(user, "apply", "jobs.yaml")
    terminal.until(QUESTION)
    terminal.type(answer)
    code = terminal.end()

    assert code == 5, terminal.shown
    assert "error[not-approved]: the answer was not 'yes', so nothing was started" in terminal.shown
    assert terminal.shown.splitlines()[-1].startswith("next: ")
    assert user.sent() == 0


def test_ctrl_c_at_the_question_leaves_quietly(user: User) -> None:
    user.manifest(retrievals([DASHED]))

    terminal = at_a_terminal(user, "apply", "jobs.yaml")
    terminal.until(QUESTION)
    terminal.type("\x03")
    code = terminal.end()

    assert code == 130, terminal.shown
    assert "Traceback" not in terminal.shown
    assert terminal.shown.splitlines()[-1] == "next: nothing was being started; run the same command again"
    assert user.sent() == 0


def test_ctrl_c_is_answered_though_it_does_not_interrupt_the_read(user: User) -> None:
    """A signal that comes right before the read, or to another thread, wakes no system call."""
    user.manifest(retrievals([DASHED]))

    terminal = at_a_terminal(user, "apply", "jobs.yaml", first=_NO_SIGNAL_WAKES_THE_MAIN_THREAD)
    terminal.until(QUESTION)
    terminal.type("\x03")

    assert terminal.end() == 130, terminal.shown


def test_sigterm_at_the_question_leaves_with_143_and_frees_the_lock(user: User) -> None:
    user.manifest(retrievals([DASHED]))

    terminal = at_a_terminal(user, "apply", "jobs.yaml")
    terminal.until(QUESTION)
    terminal.process.send_signal(signal.SIGTERM)
    code = terminal.end()

    assert code == 143, terminal.shown
    assert "Traceback" not in terminal.shown
    assert terminal.shown.splitlines()[-1].startswith("next: ")
    assert user.run("apply", "jobs.yaml", "--yes").code == 0


def test_nothing_to_do_asks_nothing(user: User) -> None:
    user.manifest(retrievals([DASHED]))
    assert user.run("apply", "jobs.yaml", "--yes").code == 0

    terminal = at_a_terminal(user, "apply", "jobs.yaml")

    assert terminal.end() == 0
    assert terminal.shown == "Nothing to do: the only request was started before.\n"


def test_ctrl_c_in_the_middle_drains_and_tells(user: User) -> None:
    user.manifest(retrievals(archive_ids(60)), head="pace: {requests_per_second: 1000, concurrency: 2}\n")
    user.sandbox.faults.add("InitiateJob", "latency", seconds=0.1)

    terminal = at_a_terminal(user, "apply", "jobs.yaml", "--yes", "--color", "never")
    terminal.until(" started")
    terminal.type("\x03")
    code = terminal.end()

    started = len(user.sandbox.accepted)
    assert code == 130, terminal.shown
    assert f"Apply: {started} started, {60 - started} not tried." in terminal.shown
    assert terminal.shown.splitlines()[-1] == "next: run the same command again to go on where it stopped"


def test_the_progress_bar_is_gone_when_the_result_is_printed(user: User) -> None:
    user.manifest(retrievals(archive_ids(20)))

    terminal = at_a_terminal(user, "apply", "jobs.yaml", "--yes", "--color", "never")
    code = terminal.end()

    last = terminal.shown.splitlines()[-1]
    assert code == 0
    assert last.rpartition("\x1b[2K")[2] == "Apply: 20 started."
    assert "run_began" not in terminal.shown


def test_quiet_shows_no_progress(user: User) -> None:
    user.manifest(retrievals(archive_ids(20)))

    terminal = at_a_terminal(user, "apply", "jobs.yaml", "--yes", "-q")

    assert terminal.end() == 0
    assert terminal.shown == "Apply: 20 started.\n"


def test_a_rejection_is_red_nowhere_but_readable_everywhere(user: User) -> None:
    user.manifest(retrievals([DASHED]))
    user.sandbox.faults.add("InitiateJob", "error", code="InvalidParameterValueException", status=400)

    terminal = at_a_terminal(user, "apply", "jobs.yaml", "--yes", NO_COLOR="1")

    assert terminal.end() == 3
    assert "\x1b[3" not in terminal.shown
    assert "InvalidParameterValueException: Invalid parameter value" in terminal.shown
    assert terminal.shown.splitlines()[-1].startswith("next: ")


@pytest.mark.parametrize("columns", [40, 20])
def test_a_narrow_terminal_loses_no_address(user: User, columns: int) -> None:
    user.manifest(retrievals([ARCHIVE, DASHED]))
    user.sandbox.faults.add("InitiateJob", "lost-after", match=DASHED)
    user.run("apply", "jobs.yaml", "--yes", "--settle", "1h").left_undone(3)

    for words in (("plan", "jobs.yaml"), ("status",), ("state", "list")):
        terminal = at_a_terminal(user, *words, columns=columns)
        assert terminal.end() == 0, terminal.shown
        assert ADDRESS in terminal.shown
        assert "Traceback" not in terminal.shown


@pytest.mark.parametrize(
    ("words", "variables", "is_colored"),
    [
        ((), {}, True),
        ((), {"NO_COLOR": "1"}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {}, False),
        ((), {"GLACIER_MANIFEST_COLOR": "never"}, False),
    ],
    ids=["terminal", "NO_COLOR", "always beats NO_COLOR", "never", "environment"],
)
def test_colors(user: User, words: tuple[str, ...], variables: dict[str, Any], is_colored: bool) -> None:  # noqa: FBT001 - a case of the table
    user.write("version: 1\njobs: {a: {type: nothing}}\n")

    terminal = at_a_terminal(user, "validate", "jobs.yaml", *words, **variables)

    assert terminal.end() == 4
    assert ("\x1b[" in terminal.shown) == is_colored
