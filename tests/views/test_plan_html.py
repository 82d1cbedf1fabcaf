"""A plan as HTML shows what its Markdown shows, and nothing in it is more than text in its place."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from glacier_manifest.diagnostics import Diagnostic, Severity, Span
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.errors import OverLimit
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Pace
from glacier_manifest.planning.plan import Blocked, Verb
from glacier_manifest.planning.prices import PriceTable
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.units import GIB
from glacier_manifest.views.circumstances import Circumstances
from glacier_manifest.views.html import Html
from glacier_manifest.views.markdown import seen
from glacier_manifest.views.plan_html import html
from glacier_manifest.views.plan_markdown import LEAST, markdown
from tests.planning.consultations import consulted
from tests.planning.examples import INVENTORY, PHOTOS, action, archive, plan_of, request
from tests.views.hostile import HOSTILE, HOSTILE_TEXT, PIECES
from tests.views.rendered import rendered
from tests.views.rendered_html import rendered_html
from tests.views.test_plan_markdown import HOSTILE_TABLE, TABLE, hostile_plans, many, sized

ALL = 10_000_000


def circumstances_of(word: str) -> Circumstances:
    return Circumstances(
        [consulted(word, None)],
        Pace(),
        [Diagnostic(Severity.WARNING, "odd", word, Span(Path("x" + word.replace("\0", "")), 1, 1, 2))],
        OverLimit("over-limit", word, next_step=word),
    )


def test_the_page_shows_all_that_the_markdown_shows() -> None:
    plan = plan_of(
        action(sized("start", None)),
        action(request(INVENTORY, job="list")),
        action(request(archive("found")), Verb.ADOPT),
        action(sized("lost", None), Verb.RESOLVE),
        action(sized("dear", 9 * GIB)),
        action(sized("fast", 1, Tier.EXPEDITED)),
        action(sized("again", 1), Verb.RESTART, 1),
        action(sized("kept", 1), Verb.KEEP),
    )
    plan.draft.blocked.append(Blocked("later", PHOTOS, (Tier.BULK,), "weekly", "0" * 64))
    circumstances = circumstances_of("odd")

    page = rendered_html(html(plan, TABLE, circumstances, most=ALL))

    assert page == rendered(markdown(plan, TABLE, circumstances, most=ALL))
    assert page.lines[0] == "Plan: 4 to start, 1 to adopt, 1 to restart, 1 unchanged, 1 unknown"


@settings(
    deadline=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=[HealthCheck.too_slow]
)
@given(hostile_plans(), HOSTILE_TABLE, st.integers(LEAST, 20_000), HOSTILE_TEXT)
def test_whatever_the_names_are_they_are_shown_as_the_markdown_shows_them(
    plan: Drafted, prices: PriceTable, most: int, word: str
) -> None:
    circumstances = circumstances_of(word)

    whole = rendered_html(html(plan, prices, circumstances, most=ALL))
    bounded = html(plan, prices, circumstances, most=most)

    assert whole == rendered(markdown(plan, prices, circumstances, most=ALL))
    assert len(bounded.encode()) <= most
    assert any(line.startswith("Digest: sha256:") for line in rendered_html(bounded).lines)


@pytest.mark.parametrize("most", [LEAST, 60_000])
def test_a_page_of_very_many_keeps_within_its_size_and_counts_the_others(most: int) -> None:
    with Scratch() as scratch:
        text = html(many(scratch, 20_000), TABLE, most=most)

    page = rendered_html(text)
    shown = len(page.table("address", "tier", "bytes", "cost"))
    assert len(text.encode()) <= most
    assert 0 < shown < 20_000
    assert page.lines[-1].startswith("Left out, for want of room: ")


def lines_with(value: str) -> list[str]:
    return rendered_html(f"<p>{Html().code(value, longest=ALL)}</p>").lines


@pytest.mark.parametrize("value", PIECES)
def test_a_value_is_text_and_nothing_else(value: str) -> None:
    assert lines_with(value) == [seen(value, longest=ALL)]


@given(HOSTILE)
def test_whatever_a_value_is_it_is_text_and_nothing_else(value: str) -> None:
    assert lines_with(value) == [seen(value, longest=ALL) or "(empty)"]


def test_a_browser_is_told_to_load_and_run_nothing() -> None:
    text = html(plan_of(action(sized("a", 1))), TABLE)

    assert """<meta http-equiv="Content-Security-Policy" content="default-src 'none';""" in text
    assert "http" not in text.replace("http-equiv", "")
