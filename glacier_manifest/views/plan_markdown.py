"""A plan as Markdown for a pull request."""

from glacier_manifest.planning.plan import Plan
from glacier_manifest.planning.prices import PriceTable
from glacier_manifest.views import plans
from glacier_manifest.views.circumstances import Circumstances
from glacier_manifest.views.markdown import Markdown
from glacier_manifest.views.plan_page import LEAST, USUAL, plan_page

__all__ = ["LEAST", "USUAL", "markdown", "notice"]


def markdown(
    plan: Plan, prices: PriceTable, circumstances: Circumstances = plans.ALONE, *, most: int = USUAL
) -> str:
    """Return the plan as Markdown.

    Args:
        plan: The plan; no more of it is read than fits, but for its sums and its dearest starts.
        prices: What Glacier charges.
        circumstances: What is known beside it.
        most: The bytes that it may take, in UTF-8; at least `LEAST`.
    """
    return plan_page(plan, prices, circumstances, markup=Markdown(), most=most)


def notice(plan: Plan) -> str:
    """Return a workflow command that shows the counts and the digest beside the checks of a pull request."""
    counts, digest = plans.last_lines(plan)
    return f"::notice title=plan::{counts} {digest}\n"
