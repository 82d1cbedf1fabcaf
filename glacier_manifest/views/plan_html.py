"""A plan as a page of HTML that needs nothing beside it: to keep, to attach, to open in a browser."""

from glacier_manifest.planning.plan import Plan
from glacier_manifest.planning.prices import PriceTable
from glacier_manifest.views import plans
from glacier_manifest.views.circumstances import Circumstances
from glacier_manifest.views.html import BEGIN, END, Html
from glacier_manifest.views.plan_page import USUAL, plan_page


def html(
    plan: Plan, prices: PriceTable, circumstances: Circumstances = plans.ALONE, *, most: int = USUAL
) -> str:
    """Return the plan as HTML.

    Args:
        plan: The plan; no more of it is read than fits, but for its sums and its dearest starts.
        prices: What Glacier charges.
        circumstances: What is known beside it.
        most: The bytes that it may take, in UTF-8; at least `plan_page.LEAST`.
    """
    room = most - len(BEGIN) - len(END)
    return f"{BEGIN}{plan_page(plan, prices, circumstances, markup=Html(), most=room)}{END}"
