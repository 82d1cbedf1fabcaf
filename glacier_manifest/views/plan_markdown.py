"""A plan as Markdown for a pull request: totals first, then addresses, the worst first, within a size."""

from collections.abc import Iterable, Iterator, Sequence

from glacier_manifest.diagnostics import Diagnostic, in_file_order
from glacier_manifest.planning.consulted import Consulted
from glacier_manifest.planning.cost import Tally
from glacier_manifest.planning.forecast import forecast, starting_time
from glacier_manifest.planning.plan import Plan
from glacier_manifest.planning.prices import PriceTable
from glacier_manifest.units import format_duration
from glacier_manifest.views import circumstances as beside
from glacier_manifest.views import costs, plans
from glacier_manifest.views.circumstances import Circumstances
from glacier_manifest.views.markdown import CLOSED, Page, cell, code, opened, row, table_head
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
    page = Page(most - _TAIL)
    _add_head(page, plan)
    _add_totals(page, plan, prices, circumstances)
    _add_inventories(page, circumstances.inventories, plan)
    _add_findings(page, circumstances.findings)
    left_out = list(_add_sections(page, plan, prices))
    page.left += _TAIL
    _add_unchanged(page, plan)
    if left_out:
        page.add(f"**Left out, for want of room:** {', '.join(left_out)}. `plan --format ndjson` has all.\n")
    return str(page)


def notice(plan: Plan) -> str:
    """Return a workflow command that shows the counts and the digest beside the checks of a pull request."""
    counts, digest = plans.last_lines(plan)
    return f"::notice title=plan::{counts} {digest}\n"


def _add_head(page: Page, plan: Plan) -> None:
    counts, _digest = plans.last_lines(plan)
    page.add(f"### {counts.removesuffix('.')}\n\n`Digest: {plan.digest}`\n\n")
    places = sorted({(vault.account_id, vault.region) for vault in plan.vaults})
    for account_id, region in places[:_PLACES]:
        page.add(f"Account {code(account_id, longest=40)}, region {code(region, longest=40)}\\\n")
    if len(places) > _PLACES:
        page.add(f"and {len(places) - _PLACES} places more\\\n")
    page.add(f"as of {moment(plan.made_at.replace(microsecond=0))}\n\n")


def _add_totals(page: Page, plan: Plan, prices: PriceTable, circumstances: Circumstances) -> None:
    if circumstances.refusal is not None:
        reason = code(circumstances.refusal.message, longest=500)
        page.add_first(f"**This would be refused:** {reason}\n\n", "**This would be refused.**\n\n")
    if not plan.start_count:
        return
    for line in plans.only_next(plan):
        page.add(f"{line}\n\n")
    _add_table(page, plan, prices)
    page.add("**Started jobs cannot be cancelled.**\n\n")
    for line in costs.footnotes(plan.tallies, prices, written=code):
        page.add_first(f"{line}\n\n", "Of the prices, `plan --format json` tells the days.\n\n")
    for line in plans.restarts(plan):
        page.add(f"{line}\n\n")
    _add_timing(page, plan, circumstances)


def _add_table(page: Page, plan: Plan, prices: PriceTable) -> None:
    """Add the totals; of the rows there may be too many, but the last one is always there."""
    tallies = plan.tallies
    last = _bold(costs.total_cells(tallies, prices))
    begin, end = table_head(costs.HEAD, numbers=_NUMBERS), f"{last}\n" if len(tallies) > 1 else "\n"
    shown = page.add_rows(begin, (_total(one, prices) for one in tallies), end, most=page.left // 2)
    if not shown:
        page.add(f"{begin}{last}\n")
    if shown < len(tallies):
        page.add(
            f"The total counts {len(tallies) - shown:,} rows more, which `plan --format json` shows.\n\n"
        )


def _total(tally: Tally, prices: PriceTable) -> str:
    job, vault, *others = costs.cells(tally, prices)
    return row([cell(job), cell(vault), *others])


def _bold(cells: Iterable[str]) -> str:
    return row(f"**{one}**" if one else "" for one in cells)


def _add_timing(page: Page, plan: Plan, circumstances: Circumstances) -> None:
    pace = circumstances.pace
    if pace is None:
        return
    lasts = format_duration(starting_time(plan.tallies, pace))
    page.add(f"Starting takes {lasts} or more, {beside.pace_words(pace)}.\n\n")
    rows = (
        row([beside.kind(one), f"{one.jobs:,}", moment(one.earliest) or "", moment(one.latest) or ""])
        for one in forecast(plan.tallies, pace, plan.made_at.replace(microsecond=0))
    )
    begin = "Ready, if Glacier is as fast as usual:\n\n"
    page.add_rows(begin + table_head(("tier", "jobs", "first", "last")), rows, "\n", most=page.left // 4)


def _add_inventories(page: Page, inventories: Sequence[Consulted], plan: Plan) -> None:
    rows = (
        row([cell(one.name), beside.age(one, plan.made_at), cell(one.job), *map(str, _counts(one))])
        for one in inventories
    )
    begin = table_head(("inventory", "of", "for job", "archives", "picked", "bad rows"), numbers=_NUMBERS)
    shown = page.add_rows(begin, rows, "\n", most=page.left // 4)
    if shown < len(inventories):
        page.add(f"And {len(inventories) - shown:,} inventories more.\n\n")


def _counts(one: Consulted) -> tuple[int, int | str, int]:
    return one.walked.archives, "" if one.picked is None else one.picked, one.walked.skipped


def _add_findings(page: Page, findings: Sequence[Diagnostic]) -> None:
    rows = (
        row([f"{one.severity}", cell(one.code), cell(_place(one)), cell(one.message, longest=600)])
        for one in in_file_order(findings)
    )
    begin = table_head(("", "code", "place", "finding"))
    shown = page.add_rows(begin, rows, "\n", most=page.left // 4)
    if shown < len(findings):
        page.add(f"And {len(findings) - shown:,} findings more.\n\n")


def _place(finding: Diagnostic) -> str:
    span = finding.span
    return "-" if span is None else f"{span.file}:{span.line}"


def _add_sections(page: Page, plan: Plan, prices: PriceTable) -> Iterator[str]:
    """Add rows section by section until one has no room any more; yield what is left out."""
    is_full = False
    for section in sections(plan, prices, most=page.left // SHORTEST_ROW):
        shown = 0 if is_full else _add_section(page, section)
        if shown < section.count:
            is_full = True
            yield f"{section.count - shown:,} {section.short}"


def _add_section(page: Page, section: Section) -> int:
    head = table_head(section.columns, numbers=section.numbers)
    return page.add_rows(opened(f"{section.title}: {section.count:,}") + head, section.rows, CLOSED)


def _add_unchanged(page: Page, plan: Plan) -> None:
    """Every reason is a word of ours and every hint is short, so that the tail has room for all of them."""
    reasons = {reason: number for reason, number in plan.unchanged.items() if number}
    lines = (
        f"- {number:,} {words(reason)}{_hint(plans.HINTS.get(reason))}\n"
        for reason, number in sorted(reasons.items())
    )
    page.add_rows("Unchanged:\n\n", lines, "\n")


def _hint(advice: str | None) -> str:
    return "" if advice is None else f" ({advice})"
