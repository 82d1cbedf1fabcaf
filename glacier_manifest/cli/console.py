"""The two streams: results to stdout, everything else to stderr."""

import json
import os
import select
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from glacier_manifest.errors import Failed

#: Seconds between two looks for a signal while a person thinks.
_LOOK_FOR_SIGNALS = 0.1


def _nowhere() -> TextIO:
    """Return what is written to where a stream was closed before the program began (``>&-``)."""
    return Path(os.devnull).open("w", encoding="utf-8")


@dataclass(slots=True)
class Console:
    """Where a command writes, and how much.

    Attributes:
        stdout: Takes the result, and nothing else.
        stderr: Takes diagnostics, questions, progress and logs.
        color: ``auto``, ``always`` or ``never``.
        verbosity: 0 as it comes, less with `-q`, more with each `-v`.
        log_format: ``auto``, ``console`` or ``json``.
        environment: The environment variables.
    """

    stdout: TextIO = field(default_factory=lambda: sys.stdout or _nowhere())
    stderr: TextIO = field(default_factory=lambda: sys.stderr or _nowhere())
    color: str = "auto"
    verbosity: int = 0
    log_format: str = "auto"
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def out(self, text: str) -> None:
        """Write a result; a reader who has gone (``| head``) changes nothing of what the command does.

        Raises:
            Failed: It cannot be written.
        """
        self.lines([text])

    def lines(self, texts: Iterable[str]) -> None:
        """Write a result piece by piece, as it comes, and no further than somebody reads it.

        Raises:
            Failed: It cannot be written.
        """
        for text in texts:
            if not self._done(partial(self.stdout.write, text)):
                return
        self._done(self.stdout.flush)

    def err(self, text: str) -> None:
        """Write something that is not a result; where nobody can read it, the command goes on."""
        with suppress(OSError):
            self.stderr.write(text)
            self.stderr.flush()

    def note(self, text: str) -> None:
        """Write a remark of one line, unless `-q`."""
        if self.verbosity >= 0:
            self.err(f"{text}\n")

    def json(self, document: Mapping[str, Any]) -> None:
        """Write one JSON document."""
        self.out(json.dumps(document, indent=2) + "\n")

    def json_lines(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Write a JSON document a line, as they come."""
        self.lines(json.dumps(document) + "\n" for document in documents)

    def _done(self, write: Callable[[], object]) -> bool:
        """Write to stdout; say whether somebody still reads it."""
        try:
            write()
        except BrokenPipeError:
            self.let_go()
            return False
        except OSError as error:
            self.let_go()
            raise Failed(
                "output-unwritable",
                f"the result cannot be written to stdout: {error.strerror or error}",
                next_step="make room where the output goes; what was done is kept in the state: "
                "'glacier-manifest status' shows it",
            ) from error
        return True

    def let_go(self) -> None:
        """Write to nowhere from now on: Python would complain of unwritten text at its exit."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.stdout.fileno())
        os.close(nowhere)

    def is_colored(self, stream: TextIO) -> bool:
        """Say whether to color what goes to a stream (https://no-color.org)."""
        if self.color != "auto":
            return self.color == "always"
        return stream.isatty() and not self.environment.get("NO_COLOR")

    @property
    def asks(self) -> bool:
        """Whether there is a person at a terminal to ask."""
        return sys.stdin is not None and sys.stdin.isatty() and self.stderr.isatty()

    def confirm(self, question: str, read: Callable[[], str] | None = None) -> bool:
        """Ask for the word ``yes``; anything else is no."""
        self.err(question)
        answer = (read or _typed_line)()
        return answer.strip() == "yes"


def _typed_line() -> str:
    """Wait for a line without ever blocking for long.

    A signal that comes right before a blocking read would not be answered before the next key.
    """
    while not select.select([sys.stdin], [], [], _LOOK_FOR_SIGNALS)[0]:
        pass
    return sys.stdin.readline()
