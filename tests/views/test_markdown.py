"""No value leaves its place, as a renderer of Markdown sees it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.views.markdown import CLOSED, Page, cell, code, opened, row, seen, table_head
from tests.views.hostile import HOSTILE, PIECES
from tests.views.rendered import rendered

ALL = 10_000


def beside(value: str) -> str:
    """Return a table in which the value stands between two cells."""
    return table_head(["before", "value", "after"]) + row(["b", cell(value, longest=ALL), "a"]) * 2


@pytest.mark.parametrize("value", PIECES)
def test_a_value_stays_in_its_cell(value: str) -> None:
    line = ["b", seen(value, longest=ALL), "a"]

    assert rendered(beside(value)).tables == [[["before", "value", "after"], line, line]]


@given(HOSTILE)
def test_whatever_a_value_is_it_stays_in_its_cell(value: str) -> None:
    page = rendered(f"{opened('title')}{beside(value)}{CLOSED}after\n")

    line = ["b", seen(value, longest=ALL) or "(empty)", "a"]
    assert page.tables == [[["before", "value", "after"], line, line]]
    assert (page.lines, page.summaries) == (["after"], ["title"])


@given(HOSTILE)
def test_whatever_a_value_is_it_stays_in_its_place_in_a_line(value: str) -> None:
    page = rendered(f"- before {code(value, longest=ALL)} after\n\nnext\n")

    assert page.lines == [f"before {seen(value, longest=ALL) or '(empty)'} after", "next"]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=50))
def test_what_can_be_typed_is_shown_as_it_is(value: str) -> None:
    assert seen(value, longest=ALL) == value


@given(HOSTILE)
def test_nothing_that_is_seen_is_hidden_or_turns_the_writing_round(value: str) -> None:
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    shown = seen(value, longest=ALL)

    assert [one for one in shown if unicodedata.category(one) in hidden] == []
    assert [one for one in shown if one.isspace() and one != " "] == []


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\u202egpj.exe", "a\\u202egpj.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("two\nlines", "two\\nlines"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("no\u00a0break", "no\\xa0break"),
        ("filler\u3164", "filler\\u3164"),
        ("Blumen für Zoë", "Blumen für Zoë"),
        ("écrit à la main".replace("é", "e\u0301"), "e\u0301crit à la main"),
        ("z" + "\u0335" * 5, "z" + "\u0335" * 3 + "\\u0335" * 2),
        ("写真/2015.jpg", "写真/2015.jpg"),
    ],
)
def test_only_what_has_no_shape_of_its_own_is_written_out(value: str, shown: str) -> None:
    assert seen(value, longest=ALL) == shown


def test_a_long_value_is_cut_and_says_so() -> None:
    assert seen("x" * 20, longest=10) == "xxxxxxxxx…"
    assert seen("x" * 10, longest=10) == "x" * 10


def test_mentions_and_references_stand_in_code_where_github_does_not_look_for_them() -> None:
    assert code("@octocat closes #123") == "`@octocat closes #123`"


@given(st.lists(HOSTILE, max_size=20), st.integers(0, 2_000))
def test_a_page_never_takes_more_bytes_than_it_may(values: list[str], most: int) -> None:
    page = Page(most)
    rows = [row([cell(value)]) for value in values]

    shown = page.add_rows(table_head(["value"]), rows, "\n")

    assert len(str(page).encode()) == most - page.left <= most
    assert rendered(str(page)).table("value") == [
        [seen(one, longest=300) or "(empty)"] for one in values[:shown]
    ]


def test_rows_are_taken_no_further_than_they_fit() -> None:
    endless = (row([str(number)]) for number in range(10**12))

    assert Page(1_000).add_rows(table_head(["n"]), endless, "\n") == 136
