"""A failure ends with what to do, and what a code means can be looked up."""

import pytest

from glacier_manifest.errors import Exit, NotApproved
from glacier_manifest.views import failures
from glacier_manifest.views.explain import explanations


def test_an_error_is_its_code_and_its_message() -> None:
    error = NotApproved("not-approved", "nobody has approved it", next_step="say --yes")

    assert failures.human(error) == "error[not-approved]: nobody has approved it\n"
    assert failures.next_line(error.next_step) == "next: say --yes\n"


@pytest.mark.parametrize("code", [Exit.SOMETHING_TO_START, Exit.REQUESTS_FAILED, Exit.PENDING])
def test_an_exit_that_is_no_error_by_itself_says_what_to_do_too(code: Exit) -> None:
    assert failures.next_step(code)


def test_explanations_come_in_order_and_none_is_empty() -> None:
    found = explanations()

    assert list(found) == sorted(found)
    assert len(found) > 50
    assert all(len(text) > 40 for text in found.values())
