"""Where an inventory comes from, for messages, and what is wrong with one as a whole."""

from dataclasses import dataclass
from pathlib import Path

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, Span

_AGAIN = "get it again ('aws glacier get-job-output' while the job's output lasts), then run this again"
_LONGEST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Origin:
    """What an inventory is called.

    Attributes:
        name: The path, or the address in S3, as the user wrote it.
        file: The same for a file that an editor can open; None for an object in S3.
    """

    name: str
    file: Path | None = None

    def row_finding(self, number: int, reason: str) -> Diagnostic:
        """Return what is wrong with a row that has no line of its own; rows count from 1."""
        message = f"row {number:,} of '{self.name}' cannot be read: {reason}"
        return Diagnostic(Severity.ERROR, "bad-inventory-row", message)

    def line_finding(self, line: int, reason: str, text: str) -> Diagnostic:
        """Return what is wrong with a line; lines count from 1."""
        message = f"line {line:,} of '{self.name}' cannot be read: {reason}"
        shown = text[:_LONGEST_SHOWN].rstrip("\r\n")
        span = None if self.file is None else Span(self.file, line, 1, 1 + max(1, len(shown)))
        return Diagnostic(Severity.ERROR, "bad-inventory-row", message, span, source_line=shown)

    def truncated(self, where: str) -> InvalidInput:
        """Return the refusal of an inventory that is cut; `where` ends its sentence."""
        return _refusal("truncated-inventory", f"the inventory '{self.name}' is cut: it ends {where}", _AGAIN)

    def invalid(self, reason: str) -> InvalidInput:
        """Return the refusal of an inventory that breaks the rules of its format."""
        return _refusal("invalid-inventory", f"the inventory '{self.name}' is damaged: {reason}", _AGAIN)

    def not_an_inventory(self, reason: str, advice: str) -> InvalidInput:
        """Return the refusal of something else than an inventory."""
        return _refusal("not-an-inventory", f"'{self.name}' is no inventory: {reason}", advice)


def _refusal(code: str, message: str, advice: str) -> InvalidInput:
    found = Diagnostic(Severity.ERROR, code, message)
    return InvalidInput([found], next_step=advice)
