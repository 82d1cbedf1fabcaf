"""Somebody who types what a page says, in an empty folder, with a Glacier of their own."""

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from glacier_manifest.cli.console import Console
from glacier_manifest.cli.main import run
from glacier_manifest.sandbox import Sandbox
from tests.docs.pages import ROOT, Block
from tests.inventory.inventories import ARN, archive, json_of

#: The address that pages use for a sandbox, which is the sandbox's usual one.
USUAL = "http://127.0.0.1:9444"
#: The folder that pages take for the reader's own.
HOME = "/srv/glacier"
JOB_SECONDS = 4 * 3600.0

#: A terminal is shown no such lines; what is not a terminal gets a log.
_LOG_LINE = re.compile(r'^\{.*"level": ".*\}\n', re.MULTILINE)

_VOLATILE = (
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256:DIGEST"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "HASH"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "NAME"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z"), "MOMENT"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "DAY"),
    (re.compile(r"\b\d\d:\d\d:\d\d UTC\b"), "TIME"),
    (re.compile(r"(?<![\w-])[\w-]{92}(?![\w-])"), "JOB"),
    (re.compile(r"\bhost [^\s,]+, pid \d+"), "host HOST, pid PID"),
    (re.compile(r'"host": "[^"]+", "pid": \d+'), '"host": HOST, "pid": PID'),
    (re.compile(r"\b(\d+[dhms])( \d+[dhms])?(?= *$)", re.MULTILINE), "LEFT"),
    (re.compile(r"\[gm1:[a-z2-7]{26}\.\d+\]"), "[MARKER]"),
)


@dataclass
class Reader:
    """Types commands; the folder, the environment and the sandbox are the reader's."""

    folder: Path
    sandbox: Sandbox
    environment: pytest.MonkeyPatch

    def read(self, block: Block) -> None:
        """Do what a block says, and compare what comes of it with what is shown."""
        if block.note == "hours pass":
            self.sandbox.clock.advance(JOB_SECONDS)
        if block.note.startswith("somebody uploads "):
            self.sandbox.upload("my-vault", b"new" * 1000, block.note.removeprefix("somebody uploads "))
            self.sandbox.take_inventory("my-vault")
        if block.note.startswith("last week's inventory: "):
            path = self.folder / block.note.removeprefix("last week's inventory: ")
            arn = b"arn:aws:glacier:us-west-2:012345678901:vaults/my-vault"
            path.write_bytes(json_of([archive(1, "2012/wedding.zip")]).replace(ARN.encode(), arn))
        if block.note.startswith("change "):
            self._change(block.note.removeprefix("change "))
        if block.file is not None:
            (self.folder / block.file).write_text(block.body, encoding="utf-8")
        if block.language == "console":
            for command, shown in block.steps:
                self._compare(command, shown)

    def _change(self, what: str) -> None:
        name, _, words = what.partition(": ")
        before, _, after = words.partition(" => ")
        text = (self.folder / name).read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{name} has not exactly one {before!r}"
        (self.folder / name).write_text(text.replace(before, after), encoding="utf-8")

    def _compare(self, command: str, shown: str) -> None:
        printed = self.type_in(command)
        expected = re.compile(_expression(self._steady(shown)), re.DOTALL)
        assert expected.fullmatch(self._steady(printed).strip("\n")), (
            f"$ {command}\n{printed}\n--- shown:\n{shown}"
        )

    def _steady(self, text: str) -> str:
        """Replace what is another at every run."""
        text = text.replace(self.sandbox.url, USUAL).replace(str(self.folder), HOME)
        for pattern, steady in _VOLATILE:
            text = pattern.sub(steady, text)
        return "\n".join(line.rstrip() for line in text.splitlines())

    def type_in(self, command: str) -> str:
        """Run one command; return what it writes to both streams, in the order of writing."""
        typed, _, asked_for_code = command.replace(USUAL, self.sandbox.url).partition("; echo $?")
        del asked_for_code
        words = shlex.split(typed)
        code, output = self._run(words)
        told = f"{code}\n" if command.endswith("; echo $?") else ""
        assert code == 0 or told, f"{command} ended with {code}, which the page does not say:\n{output}"
        return _LOG_LINE.sub("", output) + told

    def _run(self, words: list[str]) -> tuple[int, str]:
        match words:
            case ["glacier-manifest", *patterns]:
                arguments = [name for word in patterns for name in _expanded(word)]
                both = io.StringIO()
                return run(arguments, Console(stdout=both, stderr=both)), both.getvalue()
            case ["export", *settings]:
                for setting in settings:
                    name, _, value = setting.partition("=")
                    self.environment.setenv(name, value)
                return 0, ""
            case ["cp", source, target]:
                shutil.copy(ROOT / source, self.folder / target)
                return 0, ""
            case ["ls", name]:
                return 0, "".join(f"{path.name}\n" for path in sorted((self.folder / name).iterdir()))
            case ["rm", *names]:
                for name in names:
                    (self.folder / name).unlink()
                return 0, ""
            case ["aws", *arguments]:
                return self._aws(arguments)
            case ["curl", *arguments]:
                return 0, _curl(arguments)
        raise AssertionError(f"a page may not use {words[0]!r} in a block that is run")

    def _aws(self, arguments: list[str]) -> tuple[int, str]:
        ran = subprocess.run(
            [sys.executable, "-m", "awscli", *arguments],
            cwd=self.folder,
            env={**os.environ, "AWS_PAGER": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return ran.returncode, ran.stdout


def _expanded(word: str) -> list[str]:
    """Return what a shell makes of a word: the files that it stands for, if it stands for any."""
    return [str(path) for path in sorted(Path().glob(word))] if word.endswith("/*.json") else [word]


def _curl(arguments: list[str]) -> str:
    """Do what curl does with the few options that pages use; a machine that tests may not have it."""
    method, body, url = None, None, ""
    words = iter(arguments)
    for word in words:
        match word:
            case "-s":
                continue
            case "-X":
                method = next(words)
            case "-d":
                body = next(words).encode()
            case _:
                assert word.startswith("http://127.0.0.1:"), word
                url = word
    asked = urllib.request.Request(url, data=body, method=method)  # noqa: S310 - loopback, as asserted
    with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 - the same
        text: str = answer.read().decode()
    return text


def _expression(shown: str) -> str:
    """Return the regular expression of an output in which `…` stands for anything."""
    text = re.escape(shown)
    text = re.sub(r"(?m)^…(?=\\?$)", lambda _: ".*", text)  # a line end is escaped
    return text.replace("…", r"[^\n]*")
