"""A plan in a pull request: what it says, in which order, and that it never grows beyond its size."""

import re
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from glacier_manifest.diagnostics import Diagnostic, Severity, Span
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.drafting.known import Known
from glacier_manifest.errors import OverLimit
from glacier_manifest.jobs.request import ArchiveRetrieval, Request
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Pace
from glacier_manifest.planning.lot import Lot, Piece
from glacier_manifest.planning.plan import Blocked, Drift, Plan, Reason, Verb
from glacier_manifest.planning.price_table import SHIPPED
from glacier_manifest.planning.prices import PriceTable, RegionPrices
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.units import GIB
from glacier_manifest.views.circumstances import Circumstances
from glacier_manifest.views.markdown import seen
from glacier_manifest.views.plan_markdown import LEAST, USUAL, markdown, notice
from tests.planning.consultations import consulted
from tests.planning.examples import (
    INVENTORY,
    NOON,
    PHOTOS,
    action,
    archive,
    plan_of,
    planned,
    record,
    request,
)
from tests.views.hostile import HOSTILE_TEXT
from tests.views.rendered import Rendered, rendered

TABLE = PriceTable(
    "a table", {"us-west-2": RegionPrices(SHIPPED.regions["us-east-1"].tiers, date(2026, 11, 1))}
)
STARTS = ("address", "tier", "bytes", "cost")
TOTALS = ("job", "vault", "tier", "to start", "bytes", "cost")


def shown(plan: Plan, circumstances: Circumstances | None = None, *, most: int = USUAL) -> Rendered:
    return rendered(markdown(plan, TABLE, circumstances or Circumstances(), most=most))


def sized(name: str, size: int | None, tier: Tier = Tier.BULK, *, job: str = "wedding") -> Request:
    return replace(request(archive(name), tiers=(tier,), job=job), size=size)


def address(name: str, job: str = "wedding") -> str:
    return f"{job}/photos/{name.ljust(138, '_')}"


def many(scratch: Scratch, count: int, *, job: str = "wedding") -> Drafted:
    """Return a plan that starts so many, of a GiB each."""
    lot = Lot(
        job, PHOTOS, ArchiveRetrieval, Span(Path("jobs.yaml"), 1, 1, 2), Path("jobs.yaml"), (Tier.BULK,)
    )
    draft = Draft(scratch)
    draft.add(lot, (Piece(f"{number:0138d}", size=GIB) for number in range(count)))
    draft.merge()
    draft.decide(Known(lambda _keys: {}))
    return Drafted(draft, lambda _keys: {}, NOON)


def test_totals_come_first_with_the_day_of_the_prices_and_what_cannot_be_undone() -> None:
    page = shown(planned([sized("a", 4 * GIB), sized("b", 2 * GIB), request(INVENTORY, job="list")]))

    assert page.table(*TOTALS) == [
        ["wedding", "photos", "Bulk", "2", "6.0 GiB", "$0.02"],
        ["list", "photos", "-", "1", "-", "$0.00"],
        ["total", "", "", "3", "6.0 GiB", "$0.02"],
    ]
    assert page.lines[0] == "Plan: 3 to start, 0 to adopt, 0 to restart, 0 unchanged"
    assert re.fullmatch("Digest: sha256:[0-9a-f]{64}", page.lines[1])
    text = "\n".join(page.lines)
    assert "Estimated with prices of 2026-11-01 for us-west-2, from a table" in text
    assert "Not in it: data transfer out of AWS" in text
    assert "Started jobs cannot be cancelled." in page.lines


def test_the_worst_comes_first_and_no_request_stands_twice() -> None:
    plan = plan_of(
        action(sized("start", None)),
        action(request(archive("found")), Verb.ADOPT),
        action(sized("lost", None), Verb.RESOLVE),
        action(sized("dear", 9 * GIB)),
        action(sized("fast", 1, Tier.EXPEDITED)),
        action(sized("again", 1), Verb.RESTART, 1),
    )
    plan.draft.blocked.append(Blocked("later", PHOTOS, (Tier.BULK,), "weekly", "0" * 64))

    page = shown(plan)

    assert page.summaries == [
        "To restart: 1",
        "To start at Expedited: 1",
        "To start, the dearest first: 2",
        "To start later, within the limits of each job, once an inventory is there: 1",
        "Outcome unknown; apply finds out by listing before it sends again: 1",
        "To adopt; Glacier lists a job that serves, and nothing is bought: 1",
    ]
    assert page.table(*STARTS) == [
        [address("fast"), "Expedited", "1 B", "$0.01"],
        [address("dear"), "Bulk", "9.0 GiB", "$0.02"],
        [address("start"), "Bulk", "unknown", "unknown"],
    ]
    assert page.table("address", "reason", "purchase", "tier", "bytes", "cost") == [
        [address("again"), "requested", "2", "Bulk", "1 B", "under 1 cent"]
    ]
    assert page.table("address", "tier", "waits for") == [["later/photos", "Bulk", "weekly"]]


def test_the_dearest_are_those_that_cost_most_whatever_their_size() -> None:
    requests = [sized(f"b{number}", 3 * GIB, job="slow") for number in range(30)]
    requests += [sized(f"s{number}", 2 * GIB, Tier.STANDARD, job="quick") for number in range(5)]

    page = shown(planned(requests))

    rows = page.table(*STARTS)
    assert [row[0] for row in rows[:5]] == [address(f"s{number}", "quick") for number in range(5)]
    assert len(rows) == 35
    assert page.summaries == ["To start, the dearest first: 20", "To start, the others: 15"]


def test_what_runs_differently_is_shown_beside_what_the_manifest_says_now() -> None:
    wanted = sized("a", 1)
    drift = (
        Drift("sns_topic", "arn:aws:sns:eu-west-1:012345678901:x|y", None),
        Drift("tier", "Bulk", "Standard"),
    )
    waiting = replace(action(wanted, Verb.WAIT, record=record(wanted, Status.IN_PROGRESS)), drift=drift)

    page = shown(plan_of(replace(waiting, reason=Reason.IN_PROGRESS)))

    assert page.table("address", "what", "as it runs", "as the manifest says now") == [
        [address("a"), "sns_topic", "arn:aws:sns:eu-west-1:012345678901:x|y", "none"],
        [address("a"), "tier", "Bulk", "Standard"],
    ]
    assert page.lines[-1] == "1 in progress"


def test_inventories_findings_and_times_stand_before_the_addresses() -> None:
    findings = [
        Diagnostic(Severity.WARNING, "vault-not-told", "the inventory 'a|b' does not tell", None),
        Diagnostic(Severity.ERROR, "vault-not-found", "no such vault", Span(Path("jobs.yaml"), 7, 5, 9)),
    ]
    circumstances = Circumstances(
        [consulted("a|b.json", NOON - timedelta(days=11), archives=1000, picked=127, skipped=2)],
        Pace(requests_per_second=0.01),
        findings,
        OverLimit("over-limit", "this would start 2 jobs, and the limit is `1`", next_step="start fewer"),
    )

    page = shown(planned([sized("a", 4 * GIB)]), circumstances)

    assert page.table("inventory", "of", "for job", "archives", "picked", "bad rows") == [
        ["a|b.json", "2026-11-12, 11 days old", "photos-2015", "1000", "127", "2"]
    ]
    assert page.table("", "code", "place", "finding") == [
        ["warning", "vault-not-told", "-", "the inventory 'a|b' does not tell"],
        ["error", "vault-not-found", "jobs.yaml:7", "no such vault"],
    ]
    assert page.table("tier", "jobs", "first", "last") == [
        ["Bulk", "1", "2026-11-23T17:00:00Z", "2026-11-24T00:01:40Z"]
    ]
    assert "This would be refused: this would start 2 jobs, and the limit is `1`" in page.lines
    assert "Starting takes 1m 40s or more, at 0.01 calls a second." in page.lines


def test_nothing_to_do_is_said_in_few_words() -> None:
    done = sized("a", 1)
    kept = replace(action(done, Verb.KEEP, record=record(done, Status.FAILED)), reason=Reason.FAILED)

    page = shown(plan_of(kept))

    assert page.tables == []
    assert page.summaries == []
    assert page.lines[-1] == "1 failed (buy them again with --restart failed, or --restart ADDRESS)"


def test_the_next_few_of_many_are_said_to_be_few() -> None:
    with Scratch() as scratch:
        page = shown(many(scratch, 30).next_ones(10))

    assert "Only the next 10 of these 30 start now (--max-jobs):" in page.lines
    assert page.table(*TOTALS) == [["wedding", "photos", "Bulk", "10", "10.0 GiB", "$0.03"]]


JOB = "<script>|`\u202e\x1b[2J@octocat</details>"


@pytest.fixture(scope="module")
def crowd() -> Iterator[Drafted]:
    with Scratch() as scratch:
        yield many(scratch, 100_000, job=JOB)


@pytest.mark.parametrize("most", [LEAST, USUAL, 300_000])
def test_a_hundred_thousand_hostile_actions_stay_below_the_cap_and_in_their_cells(
    crowd: Drafted, most: int
) -> None:
    text = markdown(crowd, TABLE, most=most)
    page = rendered(text)

    assert most * 0.7 < len(text.encode()) <= most
    job = seen(JOB, longest=300)
    assert page.table(*TOTALS) == [[job, "photos", "Bulk", "100000", "97.7 TiB", "$252.50"]]
    rows = page.table(*STARTS)
    assert {row[0][: len(job)] for row in rows} == {job}
    assert {len(row[0]) for row in rows} == {len(job) + len("/photos/") + 138}
    assert left_out(page) == 100_000 - len(rows)


def left_out(page: Rendered) -> int:
    """Return how many rows a page says that it leaves out."""
    (line,) = (line for line in page.lines if line.startswith("Left out, for want of room: "))
    assert line.endswith(". plan --format ndjson has all.")
    return sum(int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d(?= )", line))


def test_a_hundred_thousand_actions_are_never_held_at_once(crowd: Drafted) -> None:
    markdown(crowd, TABLE)
    tracemalloc.start()
    markdown(crowd, TABLE)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 4 << 20


def test_what_is_left_out_is_told_for_each_kind() -> None:
    plan = plan_of(
        *(action(sized(f"r{number}", 1), Verb.RESTART, 1) for number in range(60)),
        *(action(sized(f"s{number}", 1)) for number in range(30)),
        action(request(archive("found")), Verb.ADOPT),
    )

    page = shown(plan, most=LEAST)

    restarts = len(page.table("address", "reason", "purchase", "tier", "bytes", "cost"))
    assert 0 < restarts < 60
    assert page.lines[-1] == (
        f"Left out, for want of room: {60 - restarts} to restart, 20 of the dearest to start, "
        "10 others to start, 1 to adopt. plan --format ndjson has all."
    )


def test_totals_of_more_jobs_than_fit_are_still_summed_up() -> None:
    plan = planned([sized(f"{number}", GIB, job=f"job-{number}-{'x' * 80}") for number in range(400)])

    page = shown(plan, most=LEAST)

    rows = page.table(*TOTALS)
    assert rows[-1] == ["total", "", "", "400", "400.0 GiB", "$1.01"]
    assert f"The total counts {401 - len(rows)} rows more, which plan --format json shows." in page.lines


HOSTILE_TABLE = st.builds(lambda source: replace(TABLE, source=source), HOSTILE_TEXT)


#: A vault's name is a part of the key of a request, where control characters have no place.
VISIBLE = HOSTILE_TEXT.map(lambda text: re.sub(r"[\x00-\x1f\x7f]", "", text))


def hostile_plans() -> st.SearchStrategy[Drafted]:
    """Plans whose every name was written by somebody else."""
    requests = st.lists(
        st.builds(
            lambda job, vault, region, name, verb: (
                replace(
                    request(ArchiveRetrieval(name), job=job, tiers=(Tier.BULK,)),
                    vault=replace(PHOTOS, name=vault, region=region),
                ),
                verb,
            ),
            HOSTILE_TEXT,
            VISIBLE,
            VISIBLE,
            st.from_regex("[A-Za-z0-9_-]{138}", fullmatch=True),  # others are refused where they are read
            st.sampled_from([Verb.START, Verb.ADOPT, Verb.RESOLVE, Verb.RESTART]),
        ),
        max_size=12,
        unique_by=lambda made: (made[0].vault, made[0].archive_id),
    )
    drifts = st.lists(
        st.builds(Drift, st.just("description"), HOSTILE_TEXT, st.none() | HOSTILE_TEXT), max_size=2
    )
    return st.builds(_plan, requests, st.lists(drifts, min_size=12, max_size=12))


def _plan(requests: Iterable[tuple[Request, Verb]], drifts: Iterable[list[Drift]]) -> Drafted:
    actions = (
        replace(action(wanted, verb, int(verb is Verb.RESTART)), drift=tuple(drift))
        for (wanted, verb), drift in zip(requests, drifts, strict=False)
    )
    return plan_of(*actions)


@settings(
    deadline=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=[HealthCheck.too_slow]
)
@given(hostile_plans(), HOSTILE_TABLE, st.integers(LEAST, 20_000), HOSTILE_TEXT)
def test_whatever_the_names_are_every_value_stays_in_its_cell(
    plan: Drafted, prices: PriceTable, most: int, word: str
) -> None:
    circumstances = Circumstances(
        [consulted(word, None)],
        Pace(),
        [Diagnostic(Severity.WARNING, "odd", word, Span(Path("x" + word.replace("\0", "")), 1, 1, 2))],
        OverLimit("over-limit", word, next_step=word),
    )

    text = markdown(plan, prices, circumstances, most=most)

    page = rendered(text)
    assert len(text.encode()) <= most
    known = {seen(one.address, longest=2000) for one in plan.actions()}
    addresses = {row[0] for table in page.tables if table[0][0] == "address" for row in table[1:]}
    assert addresses <= known
    assert any(line.startswith("Digest: sha256:") for line in page.lines)
    assert any(line.startswith("This would be refused") for line in page.lines)


def test_the_notice_for_github_is_one_line_with_the_counts_and_the_digest() -> None:
    plan = planned([sized("a", 1)])

    counts = "Plan: 1 to start, 0 to adopt, 0 to restart, 0 unchanged."
    assert notice(plan) == f"::notice title=plan::{counts} Digest: {plan.digest}\n"
