from pathlib import Path

import pytest

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, Span, in_file_order
from glacier_manifest.errors import Exit

JOBS = Path("jobs.yaml")


def finding(
    code: str, line: int, column: int = 1, *, file: Path = JOBS, severity: Severity = Severity.ERROR
) -> Diagnostic:
    return Diagnostic(severity, code, f"{code} here", Span(file, line, column, column + 1))


def test_findings_are_told_in_file_order() -> None:
    nowhere = Diagnostic(Severity.ERROR, "nothing-selected", "no job is left")
    late, early, right = finding("late", 10), finding("early", 9, 2), finding("right", 9, 10)
    other = finding("other", 1, file=Path("more.yaml"))

    assert in_file_order([late, other, right, nowhere, early]) == (nowhere, early, right, late, other)


def test_one_finding_at_one_place_is_told_once() -> None:
    found = finding("unknown-key", 3)

    assert in_file_order([found, finding("unknown-key", 3), finding("unknown-key", 4)]) == (
        found,
        finding("unknown-key", 4),
    )


def test_two_findings_at_one_place_are_both_told() -> None:
    assert len(in_file_order([finding("unknown-key", 3), finding("wrong-type", 3)])) == 2


def test_invalid_input_carries_all_and_speaks_for_the_first_error() -> None:
    warning = finding("select-is-legacy", 1, severity=Severity.WARNING)
    error, later = finding("unknown-key", 2), finding("wrong-type", 3)

    invalid = InvalidInput([later, error, warning])

    assert invalid.diagnostics == (warning, error, later)
    assert (invalid.code, str(invalid)) == ("unknown-key", "unknown-key here")
    assert invalid.exit_code is Exit.INVALID
    assert "validate" in invalid.next_step


def test_warnings_alone_still_have_a_message() -> None:
    assert InvalidInput([finding("odd", 1, severity=Severity.WARNING)]).code == "odd"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Span(JOBS, 1, 9, 10), Span(JOBS, 2, 1, 2)),
        (Span(JOBS, 2, 1, 2), Span(JOBS, 2, 3, 4)),
    ],
)
def test_spans_order_as_they_stand_in_the_text(left: Span, right: Span) -> None:
    assert left < right
