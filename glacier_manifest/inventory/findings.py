"""Findings of one kind: the first ones told one by one, the rest counted."""

from collections.abc import Callable
from dataclasses import dataclass, field

from glacier_manifest.diagnostics import Diagnostic

#: How many findings of a kind are told one by one before the rest is counted.
MOST_TOLD = 50


@dataclass(slots=True)
class Told:
    """The first findings of one kind, and a count of the rest.

    Attributes:
        summary: What to say of the rest; ``{}`` takes its number.
        tell_also: Called with each finding that is kept.
        found: Those that are told one by one, and at the end the summary.
        first_untold: The first one that is only counted.
        untold: How many are only counted.
    """

    summary: str
    tell_also: Callable[[Diagnostic], None] | None = None
    found: list[Diagnostic] = field(default_factory=list)
    first_untold: Diagnostic | None = None
    untold: int = 0

    def tell(self, finding: Diagnostic) -> None:
        """Keep a finding, or count it where there are many already."""
        if len(self.found) < MOST_TOLD:
            self._add(finding)
            return
        self.first_untold = self.first_untold or finding
        self.untold += 1

    def tell_rest(self) -> None:
        """Say at the end how many were only counted, at the place of the first of them."""
        first = self.first_untold
        if first is not None:
            message = self.summary.format(self.untold)
            self._add(Diagnostic(first.severity, first.code, message, first.span, help=first.help))

    def _add(self, finding: Diagnostic) -> None:
        self.found.append(finding)
        if self.tell_also is not None:
            self.tell_also(finding)
