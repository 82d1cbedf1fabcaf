"""What becomes of a row that cannot be read: the whole inventory is refused, or the row is left out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity
from glacier_manifest.inventory.findings import Told

_CORRECT = (
    "get the inventory again ('aws glacier get-job-output'), or leave the rows out that cannot be read: "
    "--skip-bad-rows"
)


class BadRows(Protocol):
    """Is told of each row that cannot be read."""

    @property
    def count(self) -> int:
        """How many there were."""

    @property
    def refused(self) -> bool:
        """Whether no further row is worth anything, and only more findings are."""

    def tell(self, finding: Diagnostic) -> None:
        """Take a row that cannot be read."""

    def end(self) -> None:
        """Sum up, where the inventory has ended.

        Raises:
            InvalidInput: It is refused for its bad rows.
        """


@dataclass(slots=True)
class RefuseBadRows:
    """One row that cannot be read is one archive that a plan would lack: nothing is planned."""

    count: int = 0
    _told: Told = field(default_factory=lambda: Told("{:,} more rows cannot be read"))

    @property
    def refused(self) -> bool:
        """Whether there was a bad row."""
        return self.count > 0

    def tell(self, finding: Diagnostic) -> None:
        """Keep the finding."""
        self.count += 1
        self._told.tell(finding)

    def end(self) -> None:
        """Raise all findings at once, if there are any."""
        self._told.tell_rest()
        if self._told.found:
            raise InvalidInput(self._told.found, next_step=_CORRECT)


@dataclass(slots=True)
class SkipBadRows:
    """Rows that cannot be read are left out, and counted.

    Attributes:
        warn: Called once at the end, with their number and the first of them.
    """

    warn: Callable[[Diagnostic], None]
    count: int = 0
    _first: Diagnostic | None = None

    @property
    def refused(self) -> bool:
        """Nothing is refused."""
        return False

    def tell(self, finding: Diagnostic) -> None:
        """Count the row."""
        self.count += 1
        self._first = self._first or finding

    def end(self) -> None:
        """Warn of what was left out."""
        first = self._first
        if first is not None:
            rows = "1 row" if self.count == 1 else f"{self.count:,} rows"
            message = f"{rows} left out, the first: {first.message}"
            self.warn(Diagnostic(Severity.WARNING, "skipped-rows", message, first.span, help=first.help))
