"""A plan as a page for a reviewer: totals first, then addresses, the worst first, within a size."""

from collections.abc import Iterable, Iterator, Sequence

from glacier_manifest.diagnostics import Diagnostic, in_file_order
from glacier_manifest.planning.consulted import Consulted
from glacier_manifest.planning.cost import Tally
from glacier_manifest.planning.plan import Plan
from glacier_manifest.planning.prices import PriceTable
from glacier_manifest.views import circumstances as beside
from glacier_manifest.views import costs, plans
from glacier_manifest.views.circumstances import Circumstances
from glacier_manifest.views.markdown import Page
from glacier_manifest.views.markup import Cell, Markup, Value
from glacier_manifest.views.plan_sections import SHORTEST_ROW, Section, sections
from glacier_manifest.views.records import moment, words

#: Bytes below which not even the totals of a plan would have room.
LEAST = 8_192
#: Bytes that a comment on a pull request takes for sure, on GitHub and elsewhere.
USUAL = 60_000
#: Kept for what is left out and for what stays as it is.
_TAIL = 1_800
_PLACES = 5
_NUMBERS = 3


def plan_page(
    plan: Plan, prices: PriceTable, circumstances: Circumstances, *, markup: Markup, most: int
) -> str:
    """Return the plan as a page.

    Args:
        plan: The plan; no more of it is read than fits, but for its sums and its dearest starts.
        prices: What Glacier charges.
        circumstances: What is known beside it.
        markup: What the page is written with.
        most: The bytes that it may take, in UTF-8.
    """
    page = Page(most - _TAIL)
    _add_head(page, markup, plan)
    _add_totals(page, markup, plan, prices, circumstances=circumstances)
    _add_inventories(page, markup, circumstances.inventories, plan)
    _add_findings(page, markup, circumstances.findings)
    left_out = list(_add_sections(page, markup, plan, prices))
    page.left += _TAIL
    _add_unchanged(page, markup, plan)
    if left_out:
        title, rest = markup.bold("Left out, for want of room:"), markup.code("plan --format ndjson")
        page.add(markup.paragraph(f"{title} {', '.join(left_out)}. {rest} has all."))
    return str(page)


def _add_head(page: Page, markup: Markup, plan: Plan) -> None:
    counts, _digest = plans.last_lines(plan)
    page.add(markup.heading(counts.removesuffix(".")))
    page.add(markup.paragraph(markup.code(f"Digest: {plan.digest}")))
    places = sorted({(vault.account_id, vault.region) for vault in plan.vaults})
    lines = [
        f"Account {markup.code(account_id, longest=40)}, region {markup.code(region, longest=40)}"
        for account_id, region in places[:_PLACES]
    ]
    if len(places) > _PLACES:
        lines.append(f"and {len(places) - _PLACES} places more")
    lines.append(f"as of {moment(plan.made_at.replace(microsecond=0))}")
    page.add(markup.paragraph(markup.line_break.join(lines)))


def _add_totals(
    page: Page, markup: Markup, plan: Plan, prices: PriceTable, *, circumstances: Circumstances
) -> None:
    if circumstances.refusal is not None:
        reason = markup.code(circumstances.refusal.message, longest=500)
        told = f"{markup.bold('This would be refused:')} {reason}", markup.bold("This would be refused.")
        page.add_first(*map(markup.paragraph, told))
    if not plan.start_count:
        return
    for line in plans.only_next(plan):
        page.add(markup.paragraph(line))
    _add_table(page, markup, plan, prices)
    page.add(markup.paragraph(markup.bold("Started jobs cannot be cancelled.")))
    elsewhere = f"Of the prices, {markup.code('plan --format json')} tells the days."
    for line in costs.footnotes(plan.tallies, prices, written=markup.code):
        page.add_first(markup.paragraph(line), markup.paragraph(elsewhere))
    for line in plans.restarts(plan):
        page.add(markup.paragraph(line))
    _add_timing(page, markup, plan, circumstances)


def _add_table(page: Page, markup: Markup, plan: Plan, prices: PriceTable) -> None:
    """Add the totals; of the rows there may be too many, but the last one is always there."""
    tallies = plan.tallies
    last = _bold(costs.total_cells(tallies, prices), markup)
    begin = markup.table_head(costs.HEAD, numbers=_NUMBERS)
    end = f"{last}{markup.table_end}" if len(tallies) > 1 else markup.table_end
    rows = (_total(one, prices, markup) for one in tallies)
    shown = page.add_rows(begin, rows, end, most=page.left // 2)
    if not shown:
        page.add(f"{begin}{last}{markup.table_end}")
    if shown < len(tallies):
        rest = f"{len(tallies) - shown:,} rows more, which {markup.code('plan --format json')} shows."
        page.add(markup.paragraph(f"The total counts {rest}"))


def _total(tally: Tally, prices: PriceTable, markup: Markup) -> str:
    job, vault, *others = costs.cells(tally, prices)
    return markup.row([Value(job), Value(vault), *others])


def _bold(cells: Iterable[str], markup: Markup) -> str:
    return markup.row(markup.bold(one) if one else "" for one in cells)


def _add_timing(page: Page, markup: Markup, plan: Plan, circumstances: Circumstances) -> None:
    pace = circumstances.pace
    if pace is None:
        return
    for line in beside.starting(plan, pace):
        page.add(markup.paragraph(line))
    rows = (
        markup.row([beside.kind(one), f"{one.jobs:,}", moment(one.earliest) or "", moment(one.latest) or ""])
        for one in beside.forecast_of(plan, pace)
    )
    title = markup.paragraph("Ready, if Glacier is as fast as usual:")
    begin = title + markup.table_head(("tier", "jobs", "first", "last"))
    page.add_rows(begin, rows, markup.table_end, most=page.left // 4)


def _add_inventories(page: Page, markup: Markup, inventories: Sequence[Consulted], plan: Plan) -> None:
    rows = (markup.row(_inventory(one, plan)) for one in inventories)
    head = ("inventory", "of", "for job", "archives", "picked", "bad rows")
    begin = markup.table_head(head, numbers=_NUMBERS)
    shown = page.add_rows(begin, rows, markup.table_end, most=page.left // 4)
    if shown < len(inventories):
        page.add(markup.paragraph(f"And {len(inventories) - shown:,} inventories more."))


def _inventory(one: Consulted, plan: Plan) -> list[Cell]:
    counts = one.walked.archives, "" if one.picked is None else one.picked, one.walked.skipped
    return [Value(one.name), beside.age(one, plan.made_at), Value(one.job), *map(str, counts)]


def _add_findings(page: Page, markup: Markup, findings: Sequence[Diagnostic]) -> None:
    rows = (
        markup.row([f"{one.severity}", Value(one.code), Value(_place(one)), Value(one.message, longest=600)])
        for one in in_file_order(findings)
    )
    begin = markup.table_head(("", "code", "place", "finding"))
    shown = page.add_rows(begin, rows, markup.table_end, most=page.left // 4)
    if shown < len(findings):
        page.add(markup.paragraph(f"And {len(findings) - shown:,} findings more."))


def _place(finding: Diagnostic) -> str:
    span = finding.span
    return "-" if span is None else f"{span.file}:{span.line}"


def _add_sections(page: Page, markup: Markup, plan: Plan, prices: PriceTable) -> Iterator[str]:
    """Add rows section by section until one has no room any more; yield what is left out."""
    is_full = False
    for section in sections(plan, prices, most=page.left // SHORTEST_ROW):
        shown = 0 if is_full else _add_section(page, markup, section)
        if shown < section.count:
            is_full = True
            yield f"{section.count - shown:,} {section.short}"


def _add_section(page: Page, markup: Markup, section: Section) -> int:
    title = markup.opened(f"{section.title}: {section.count:,}")
    begin = title + markup.table_head(section.columns, numbers=section.numbers)
    rows = ("".join(map(markup.row, together)) for together in section.rows)
    return page.add_rows(begin, rows, markup.table_end + markup.closed)


def _add_unchanged(page: Page, markup: Markup, plan: Plan) -> None:
    """Every reason is a word of ours and every hint is short, so that the tail has room for all of them."""
    reasons = {reason: number for reason, number in plan.unchanged.items() if number}
    items = (
        markup.item(f"{number:,} {words(reason)}{_hint(plans.HINTS.get(reason))}")
        for reason, number in sorted(reasons.items())
    )
    page.add_rows(markup.paragraph("Unchanged:") + markup.items_begin, items, markup.items_end)


def _hint(advice: str | None) -> str:
    return "" if advice is None else f" ({advice})"
