"""Every code is explained, and nothing is explained that cannot happen."""

import re
from pathlib import Path

import pytest

from glacier_manifest.views.explain import explanations
from tests.docs.codes import raised_codes

ROOT = Path(__file__).parents[2]
EXPLAINED = explanations()


@pytest.mark.parametrize("code", sorted(raised_codes()))
def test_a_code_that_can_be_met_is_explained(code: str) -> None:
    assert code in EXPLAINED


def test_no_explanation_is_stale() -> None:
    assert set(EXPLAINED) - raised_codes() == set()


def test_codes_are_found_where_each_kind_of_them_is_written() -> None:
    known = {
        "locked",  # an error's first argument
        "archive-id-length",  # a diagnostic's, through a function of its own
        "unknown-key",  # a finding's, by keyword
        "vault-name",  # a rule's
        "run-died",  # a mishap's
        "throttled",  # a cause
        "interrupted",  # handed to the base class
        "internal",  # written out by the entry point
    }

    assert known <= raised_codes()


@pytest.mark.parametrize("code", sorted(EXPLAINED))
def test_an_explanation_says_something_and_keeps_its_blocks_closed(code: str) -> None:
    text = EXPLAINED[code]

    assert len(text.split()) >= 10
    assert text.count("```") % 2 == 0


def test_the_page_is_what_explain_prints() -> None:
    page = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
    source = (ROOT / "glacier_manifest/views/explanations.md").read_text(encoding="utf-8")

    assert page == source


def test_explanations_stand_in_alphabetical_order() -> None:
    page = (ROOT / "glacier_manifest/views/explanations.md").read_text(encoding="utf-8")
    codes = re.findall(r"^## (\S+)$", page, re.MULTILINE)

    assert codes == sorted(codes)
