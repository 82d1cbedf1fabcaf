"""Somebody in a folder of manifests who runs the program against a sandbox and reads what it prints."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glacier_manifest.cli.console import Console
from glacier_manifest.cli.main import run
from glacier_manifest.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
ACCOUNT = "012345678901"
VAULT = "my-vault"
#: The sandbox lists a job at once, unless told to lag.
SETTLE = "1s"

AS_A_STRANGER = """
import os
import pkgutil
from importlib import import_module
from glacier_manifest import cli, views
for room in (cli, views):
    for module in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
        import_module(module.name)  # a stranger may not be able to read this Python's library
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
"""
_AND_RUN = """
from glacier_manifest.cli.main import main
main()
"""


@dataclass(frozen=True)
class Ran:
    """What one command left: its exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - a test knows what it asked for
        """The one JSON document that stdout holds."""
        return json.loads(self.out)

    @property
    def last(self) -> str:
        """The last line of stderr."""
        return self.err.splitlines()[-1] if self.err else ""

    @property
    def errors(self) -> list[str]:
        """The lines of stderr that name an error."""
        return [line for line in self.err.splitlines() if line.startswith("error[")]

    def refused_with(self, code: int, word: str) -> "Ran":
        """Assert that it ended as every failure must, and return it.

        One message with a stable word, the right exit code, a last line that says what to do, no traceback,
        and a stdout that a program can still read.
        """
        assert "Traceback" not in self.out + self.err
        assert (self.code, [line.partition("]")[0] for line in self.errors]) == (code, [f"error[{word}"]), (
            self.err
        )
        assert self.last.startswith("next: "), self.err
        return self

    def left_undone(self, code: int) -> "Ran":
        """Assert that it ended with requests that failed or are left over, and says what to do next."""
        assert "Traceback" not in self.out + self.err
        assert (self.code, self.errors) == (code, []), self.err
        assert self.last.startswith("next: "), self.err
        return self


class User:
    """Somebody with a folder, credentials and a Glacier.

    Args:
        folder: Where the manifests and the state are; the current folder of every command.
        sandbox: The Glacier.
    """

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.sandbox = sandbox

    def write(self, text: str, name: str = "jobs.yaml") -> Path:
        """Write a file into the folder."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def manifest(self, jobs: str, *, name: str = "jobs.yaml", head: str = "") -> Path:
        """Write a manifest of the sandbox's account that sends as fast as it can.

        Args:
            jobs: What stands below ``jobs:``, indented by two.
            name: The file.
            head: Further keys of the top.
        """
        pace = "" if "pace:" in head else "pace: {requests_per_second: 100000, concurrency: 4}\n"
        top = f'version: 1\naccount_id: "{ACCOUNT}"\nregion: us-west-2\n'
        return self.write(f"{top}{pace}{head}jobs:\n{jobs}", name)

    def run(self, *words: object) -> Ran:
        """Run a command in this process, without a terminal, against the sandbox."""
        out, err = io.StringIO(), io.StringIO()
        arguments = [*map(str, words), *self._besides(words)]
        code = run(arguments, Console(stdout=out, stderr=err))
        return Ran(code, out.getvalue(), err.getvalue())

    def _besides(self, words: tuple[object, ...]) -> list[str]:
        """What every command of this user says: where Glacier is, and how long its listings may lag."""
        besides: list[str] = []
        if words[0] in {"plan", "apply", "status", "wait", "fetch", "run"} and "--endpoint-url" not in words:
            besides += ["--endpoint-url", self.sandbox.url]
        if words[0] in {"apply", "run"} and "--settle" not in words:
            besides += ["--settle", SETTLE]
        return besides

    def command(self, *words: object, first: str = "") -> list[str]:
        """Return the command line of a process of its own, which may do something first (as Python)."""
        program = ["-c", first + _AND_RUN] if first else ["-m", "glacier_manifest"]
        return [sys.executable, *program, *map(str, words), *self._besides(words)]

    def environment(self, **variables: str | None) -> Mapping[str, str]:
        """Return the environment of such a process, with variables set, or taken away by None."""
        merged = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDEVMODE": "", **variables}
        return {name: value for name, value in merged.items() if value is not None}

    def start(self, *words: object, first: str = "", **variables: str | None) -> "subprocess.Popen[str]":
        """Start a process that runs a command."""
        return subprocess.Popen(
            self.command(*words, first=first),
            cwd=self.folder,
            env=self.environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def program(self, *words: object, first: str = "", **variables: str | None) -> Ran:
        """Run a command in a process of its own."""
        return ended(self.start(*words, first=first, **variables))

    def records(self, *words: object) -> list[Any]:
        """Return the requests that the state lists."""
        listed = self.run("state", "list", "--format", "json", *words)
        assert listed.code == 0, listed.err
        found: list[Any] = listed.json["requests"]
        return found

    def sent(self) -> int:
        """Return how many InitiateJob calls reached the sandbox."""
        return self.sandbox.counts().get("InitiateJob", 0)

    def bodies(self) -> list[Any]:
        """Return the bodies of all InitiateJob calls."""
        return [call.json for call in self.sandbox.calls("InitiateJob")]


def ended(process: "subprocess.Popen[str]", told: str = "") -> Ran:
    """Wait for a process and return what it left, with what was read of its stderr before."""
    out, err = process.communicate(timeout=120)
    return Ran(process.returncode, out, told + err)


def told(process: "subprocess.Popen[str]", word: str, times: int = 1) -> str:
    """Read a process's stderr up to the line that has the word so many times; return what was read."""
    assert process.stderr is not None
    read = ""
    while read.count(word) < times:
        line = process.stderr.readline()
        assert line, read
        read += line
    return read
