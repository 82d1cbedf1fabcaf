"""The two streams: results to stdout, everything else to stderr."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO


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

    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    color: str = "auto"
    verbosity: int = 0
    log_format: str = "auto"
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def out(self, text: str) -> None:
        """Write a result."""
        self.stdout.write(text)
        self.stdout.flush()

    def err(self, text: str) -> None:
        """Write something that is not a result."""
        self.stderr.write(text)
        self.stderr.flush()

    def note(self, text: str) -> None:
        """Write a remark of one line, unless `-q`."""
        if self.verbosity >= 0:
            self.err(f"{text}\n")

    def json(self, document: Mapping[str, Any]) -> None:
        """Write one JSON document."""
        self.out(json.dumps(document, indent=2, ensure_ascii=False) + "\n")

    def json_lines(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Write a JSON document a line, as they come."""
        for document in documents:
            self.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
        self.stdout.flush()

    def is_colored(self, stream: TextIO) -> bool:
        """Say whether to color what goes to a stream (https://no-color.org)."""
        if self.color != "auto":
            return self.color == "always"
        return stream.isatty() and not self.environment.get("NO_COLOR")

    @property
    def asks(self) -> bool:
        """Whether there is a person at a terminal to ask."""
        return sys.stdin.isatty() and self.stderr.isatty()

    def confirm(self, question: str, read: Callable[[], str] | None = None) -> bool:
        """Ask for the word ``yes``; anything else is no."""
        self.err(question)
        answer = (read or sys.stdin.readline)()
        return answer.strip() == "yes"
