"""What is wrong with a text that a person wrote, and exactly where.

A diagnostic is data: a severity, a stable word, a message, a span of the text and what to do. All that
are found are told at once, in file order; views turn them into text, JSON or annotations.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from glacier_manifest.errors import Exit, GlacierManifestError


class Severity(StrEnum):
    """An error stops the command; a warning is shown and does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A piece of one line of a file: lines and columns count from 1, `end_column` is exclusive."""

    file: Path
    line: int
    column: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    Attributes:
        severity: Whether it stops the command.
        code: A stable word, such as ``unknown-key``; ``glacier-manifest explain`` knows it.
        message: What is wrong, lower case, without a full stop, the user's words in quotes.
        span: Where, or None where no single place is to blame.
        label: A few words set beside the caret, such as ``did you mean 'tier'?``.
        help: What to do about it.
        source_line: The text of the line at `span`, for the snippet.
    """

    severity: Severity
    code: str
    message: str
    span: Span | None = None
    label: str | None = None
    help: str | None = None
    source_line: str | None = None


def in_file_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort by file, line and column, drop repeats of one finding at one place, keep the rest."""
    unique = {(found.code, found.span, found.message): found for found in diagnostics}
    return tuple(sorted(unique.values(), key=_place))


def _place(found: Diagnostic) -> tuple[str, int, int]:
    if found.span is None:
        return ("", 0, 0)
    return (str(found.span.file), found.span.line, found.span.column)


class InvalidInput(GlacierManifestError):
    """A manifest, an inventory, a list or a plan file is wrong; carries every finding at once."""

    exit_code = Exit.INVALID

    def __init__(
        self,
        diagnostics: Iterable[Diagnostic],
        *,
        next_step: str = "correct the places shown above, then check with 'glacier-manifest validate'",
    ) -> None:
        self.diagnostics = in_file_order(diagnostics)
        errors = [found for found in self.diagnostics if found.severity is Severity.ERROR]
        first = errors[0] if errors else self.diagnostics[0]
        super().__init__(first.code, first.message, next_step=next_step)
