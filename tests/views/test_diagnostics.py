import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.diagnostics import Diagnostic, Severity, Span
from glacier_manifest.views.diagnostics import as_json, github, human, visible

FILE = Path("jobs.yaml")

MISSPELLED = Diagnostic(
    severity=Severity.ERROR,
    code="unknown-key",
    message="unknown key 'teir' in archive-retrieval job 'photos'",
    span=Span(FILE, 7, 5, 9),
    label="did you mean 'tier'?",
    help="allowed keys: archive_ids, tier",
    source_line="    teir: Bulk",
)
LEGACY = Diagnostic(
    severity=Severity.WARNING,
    code="legacy-select",
    message="select job 'q': AWS may refuse it",
    span=Span(FILE, 12, 11, 17),
    help="retrieve the archive: 100% sure, always",
    source_line="    type: select",
)
PLACELESS = Diagnostic(
    Severity.ERROR, "unreadable-file", "cannot read 'x.yaml': permission denied", help="look"
)


def test_a_diagnostic_for_people() -> None:
    assert human([MISSPELLED], color=False) == (
        "error[unknown-key]: unknown key 'teir' in archive-retrieval job 'photos'\n"
        " --> jobs.yaml:7:5\n"
        "  |\n"
        "7 |     teir: Bulk\n"
        "  |     ^^^^ did you mean 'tier'?\n"
        "  = help: allowed keys: archive_ids, tier\n"
        "\n"
        "Found 1 error and 0 warnings in jobs.yaml.\n"
    )


def test_several_diagnostics_stand_in_file_order_and_are_counted() -> None:
    assert human([LEGACY, MISSPELLED, PLACELESS], color=False) == (
        "error[unreadable-file]: cannot read 'x.yaml': permission denied\n"
        " = help: look\n"
        "\n"
        "error[unknown-key]: unknown key 'teir' in archive-retrieval job 'photos'\n"
        " --> jobs.yaml:7:5\n"
        "  |\n"
        "7 |     teir: Bulk\n"
        "  |     ^^^^ did you mean 'tier'?\n"
        "  = help: allowed keys: archive_ids, tier\n"
        "\n"
        "warning[legacy-select]: select job 'q': AWS may refuse it\n"
        "  --> jobs.yaml:12:11\n"
        "   |\n"
        "12 |     type: select\n"
        "   |           ^^^^^^\n"
        "   = help: retrieve the archive: 100% sure, always\n"
        "\n"
        "Found 2 errors and 1 warning in jobs.yaml.\n"
    )


@pytest.mark.parametrize(
    ("found", "last"),
    [
        ([], "Found 0 errors and 0 warnings."),
        ([PLACELESS], "Found 1 error and 0 warnings."),
        ([LEGACY], "Found 0 errors and 1 warning in jobs.yaml."),
        (
            [LEGACY, replace(LEGACY, span=Span(Path("b.yaml"), 1, 1, 2))],
            "Found 0 errors and 2 warnings in 2 files.",
        ),
    ],
)
def test_the_last_line_counts(found: list[Diagnostic], last: str) -> None:
    assert human(found, color=False).splitlines()[-1] == last


def test_colour_changes_nothing_but_the_colour() -> None:
    colored = human([MISSPELLED, LEGACY], color=True)

    assert "\x1b[1;31merror[unknown-key]\x1b[0m" in colored
    assert "\x1b[1;33mwarning[legacy-select]\x1b[0m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == human([MISSPELLED, LEGACY], color=False)


def snippet(line: str, column: int, end_column: int, *, width: int = 100) -> tuple[str, str]:
    """Return the shown line and the line of carets, without what stands before the bar."""
    found = replace(MISSPELLED, span=Span(FILE, 7, column, end_column), label=None, source_line=line)
    lines = human([found], color=False, width=width).splitlines()
    return lines[3].removeprefix("7 |").removeprefix(" "), lines[4].removeprefix("  | ")


@pytest.mark.parametrize(
    ("line", "column", "end", "shown", "carets"),
    [
        ("\ta: b", 5, 6, "    a: b", "       ^"),
        ("日本: x", 5, 6, "日本: x", "      ^"),
        ("a: 日本", 4, 6, "a: 日本", "   ^^^^"),
        ("e\u0301a: x", 5, 6, "e\u0301a: x", "   ^"),
        ("a: \x1b[31mred", 4, 5, "a: \\x1b[31mred", "   ^^^^"),
        ("a: \x1b[31mred", 12, 13, "a: \\x1b[31mred", "              ^"),
        ("a: \u202eb", 5, 6, "a: \\u202eb", "         ^"),
        ("a:", 3, 4, "a:", "  ^"),
        ("", 1, 2, "", "^"),
        ("short", 40, 45, "short", "     ^"),
    ],
)
def test_carets_stand_below_what_they_mean(line: str, column: int, end: int, shown: str, carets: str) -> None:
    assert snippet(line, column, end) == (shown, carets)


def test_a_long_line_is_cut_around_the_caret() -> None:
    line = f"{'a' * 300}HERE{'b' * 300}"

    shown, carets = snippet(line, 301, 305, width=60)

    assert len(shown) <= 60 - 4
    assert shown.startswith("…a")
    assert shown.endswith("b…")
    assert shown[carets.index("^") : carets.rindex("^") + 1] == "HERE"


@pytest.mark.parametrize(("column", "end"), [(1, 5), (597, 601), (1, 601), (600, 601), (300, 301)])
def test_the_caret_is_never_cut_off(column: int, end: int) -> None:
    shown, carets = snippet("x" * 600, column, end, width=60)

    assert len(shown) <= 60
    assert 0 <= carets.index("^") < len(shown)


@given(
    st.text(st.characters(exclude_characters="\n\r\x85\u2028\u2029\x0b\x0c\x1c\x1d\x1e"), max_size=300),
    st.integers(1, 310),
    st.integers(1, 310),
    st.integers(1, 200),
)
def test_no_line_of_a_file_reaches_the_terminal_raw(line: str, column: int, length: int, width: int) -> None:
    found = replace(MISSPELLED, span=Span(FILE, 7, column, column + length), message=line, source_line=line)

    text = human([found], color=False, width=width)

    assert "^" in text
    assert all(one == "\n" or one.isprintable() or one == "\u3000" or one.isspace() for one in text)
    assert not re.search(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text
    )


def test_a_file_name_is_made_visible_too() -> None:
    found = replace(MISSPELLED, span=Span(Path("a\x1b]0;x\x07\udcff.yaml"), 7, 5, 9))

    assert "--> a\\x1b]0;x\\x07\\udcff.yaml:7:5" in human([found], color=False)
    assert "\x1b" not in github([found])
    assert "\x1b" not in json.dumps(as_json([found]))


def test_plain_text_is_left_alone() -> None:
    assert visible("Fotos für später, 日本 ✓") == "Fotos für später, 日本 ✓"


def test_diagnostics_for_programs() -> None:
    assert as_json([LEGACY, MISSPELLED, PLACELESS]) == {
        "format_version": "1.0",
        "valid": False,
        "diagnostics": [
            {
                "severity": "error",
                "code": "unreadable-file",
                "message": "cannot read 'x.yaml': permission denied",
                "file": None,
                "line": None,
                "column": None,
                "end_column": None,
                "help": "look",
            },
            {
                "severity": "error",
                "code": "unknown-key",
                "message": "unknown key 'teir' in archive-retrieval job 'photos'",
                "file": "jobs.yaml",
                "line": 7,
                "column": 5,
                "end_column": 9,
                "help": "allowed keys: archive_ids, tier",
            },
            {
                "severity": "warning",
                "code": "legacy-select",
                "message": "select job 'q': AWS may refuse it",
                "file": "jobs.yaml",
                "line": 12,
                "column": 11,
                "end_column": 17,
                "help": "retrieve the archive: 100% sure, always",
            },
        ],
    }


@pytest.mark.parametrize(("found", "is_valid"), [([], True), ([LEGACY], True), ([LEGACY, MISSPELLED], False)])
def test_warnings_leave_a_manifest_valid(found: list[Diagnostic], *, is_valid: bool) -> None:
    assert as_json(found)["valid"] is is_valid


def test_annotations_for_github() -> None:
    assert github([LEGACY, MISSPELLED, PLACELESS]) == (
        "::error title=unreadable-file::cannot read 'x.yaml': permission denied; look\n"
        "::error file=jobs.yaml,line=7,col=5,endColumn=9,title=unknown-key::"
        "unknown key 'teir' in archive-retrieval job 'photos'; did you mean 'tier'?; "
        "allowed keys: archive_ids, tier\n"
        "::warning file=jobs.yaml,line=12,col=11,endColumn=17,title=legacy-select::"
        "select job 'q': AWS may refuse it; retrieve the archive: 100%25 sure, always\n"
    )


def test_no_value_can_end_an_annotation_and_begin_another() -> None:
    found = replace(
        MISSPELLED, message="a\r\n::error::b", span=Span(Path("a,b:c%\n.yaml"), 7, 5, 9), label=None
    )

    text = github([found])

    assert text.count("\n") == 1
    assert "file=a%2Cb%3Ac%25%0A.yaml," in text
    assert "a%0D%0A::error::b" in text


def test_a_line_as_long_as_a_file_takes_no_time_to_cut() -> None:
    line = f"{'a' * 10_000_000}HERE{'b' * 10_000_000}"

    shown, carets = snippet(line, 10_000_001, 10_000_005, width=60)

    assert shown[carets.index("^") : carets.rindex("^") + 1] == "HERE"
