"""How much one approval may start."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest

from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.errors import OverLimit
from glacier_manifest.jobs.request import JobType
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Limits, Price
from glacier_manifest.planning.allowances import Allowances
from glacier_manifest.planning.cost import Tally, cost_of
from glacier_manifest.planning.limits import Bounds, check_totals, started_before
from glacier_manifest.planning.prices import PriceTable, RegionPrices
from glacier_manifest.state.protocol import StartedGroup
from glacier_manifest.units import GIB, MIB, TIB
from tests.planning.examples import INVENTORY, archive, bounds, latest_of, planned, record, request

NOTHING_LIFTED = Allowances({})


def plan(jobs: int, expedited: int = 0, running: int = 0) -> Drafted:
    """Plan so many starts, of which so many may be expedited, beside jobs that run already."""
    new = [
        request(archive(f"a{n}"), tiers=(Tier.STANDARD, Tier.EXPEDITED) if n < expedited else ())
        for n in range(jobs)
    ]
    old = [request(archive(f"old{n}"), tiers=(Tier.EXPEDITED,)) for n in range(running)]
    known = latest_of(record(one, Status.IN_PROGRESS) for one in old)
    return planned([*new, *old], known)


def retrievals(
    job: str = "photos",
    *,
    count: int = 1,
    size: int = 0,
    unknown_sizes: int = 0,
    tiers: tuple[Tier, ...] = (Tier.STANDARD,),
    region: str = "us-east-1",
    kind: JobType = JobType.ARCHIVE_RETRIEVAL,
) -> Tally:
    return Tally(job, "012345678901", region, "my-vault", kind, tiers, count, size, unknown_sizes)


def check(
    now: Drafted, limits: Limits, *, started: Sequence[Tally] = (), allow: Allowances = NOTHING_LIFTED
) -> None:
    check_totals(now.tallies, before=started, bounds=bounds(limits, allow.values))


def before(jobs: int, expedited: int = 0) -> Sequence[Tally]:
    """Return what was started earlier under the same approval."""
    plain = retrievals(count=jobs - expedited)
    return (plain, retrievals(count=expedited, tiers=(Tier.EXPEDITED,))) if expedited else (plain,)


@pytest.mark.parametrize(
    ("jobs", "expedited", "started"),
    [(10, 0, before(0, 0)), (4, 0, before(6, 0)), (5, 5, before(0, 0)), (5, 2, before(5, 3))],
)
def test_up_to_its_limits_an_approval_may_start(jobs: int, expedited: int, started: Sequence[Tally]) -> None:
    check(plan(jobs, expedited), Limits(jobs=10, expedited_jobs=5), started=started)


@pytest.mark.parametrize(
    ("jobs", "expedited", "started", "told"),
    [
        (11, 0, before(0, 0), "this would start 11 jobs, and the limit is 10"),
        (5, 0, before(6, 0), "11 jobs, 6 of them started earlier under the same approval"),
        (6, 6, before(0, 0), "6 expedited jobs, and the limit is 5"),
        (3, 3, before(3, 3), "6 expedited jobs, 3 of them started earlier"),
    ],
)
def test_one_over_a_limit_nothing_may_start(
    jobs: int, expedited: int, started: Sequence[Tally], told: str
) -> None:
    with pytest.raises(OverLimit, match=told) as caught:
        check(plan(jobs, expedited), Limits(jobs=10, expedited_jobs=5), started=started)

    assert caught.value.code == "over-limit"


def test_five_expedited_jobs_are_the_limit_where_the_manifest_says_nothing() -> None:
    check(plan(2000, 5), Limits())
    with pytest.raises(OverLimit, match="6 expedited jobs"):
        check(plan(2000, 6), Limits())


def test_a_refusal_names_the_flag_that_lifts_exactly_that_limit() -> None:
    with pytest.raises(OverLimit) as caught:
        check(plan(7), Limits(jobs=3))

    assert "--allow jobs=7" in caught.value.next_step
    check(plan(7), Limits(jobs=3), allow=Allowances.parse(("jobs=7",)))


def test_lifting_one_limit_does_not_lift_another() -> None:
    lifted = Allowances.parse(("jobs=1000",))

    with pytest.raises(OverLimit, match="expedited"):
        check(plan(6, 6), Limits(jobs=3), allow=lifted)
    with pytest.raises(OverLimit, match="start 6 jobs"):
        check(plan(6, 6), Limits(jobs=3), allow=Allowances.parse(("expedited_jobs=1000",)))
    check(plan(6, 6), Limits(jobs=3), allow=Allowances.parse(("jobs=6", "expedited_jobs=6")))


def test_a_lifted_limit_is_still_one() -> None:
    with pytest.raises(OverLimit, match="limit is 6"):
        check(plan(7), Limits(jobs=3), allow=Allowances.parse(("jobs=6",)))


def test_nothing_to_start_is_over_no_limit() -> None:
    check(plan(0, running=9), Limits(jobs=0, expedited_jobs=0), started=before(50, 50))


def test_what_runs_already_is_not_counted_twice() -> None:
    check(plan(1, running=9), Limits(jobs=1, expedited_jobs=0))


def test_no_limit_at_all() -> None:
    check(plan(300), Limits(jobs=None), started=before(10**6, 0))


WEEKLY = retrievals("weekly", kind=JobType.INVENTORY_RETRIEVAL, tiers=(), count=3)
NO_LIMITS = Limits(expedited_jobs=None)
PRICES = PriceTable(
    "a table made by hand",
    {
        "us-east-1": RegionPrices(
            {
                Tier.EXPEDITED: Price(Decimal("0.03"), Decimal(10)),
                Tier.STANDARD: Price(Decimal("0.01"), Decimal("0.05")),
            },
            date(2026, 11, 1),
        )
    },
)


def check_sums(
    now: Sequence[Tally],
    *allow: str,
    limits: Limits = NO_LIMITS,
    of_job: Limits | None = None,
    before: Sequence[Tally] = (),
) -> None:
    check_totals(
        now,
        before=before,
        bounds=Bounds(limits, {} if of_job is None else {"photos": of_job}, PRICES, Allowances.parse(allow)),
    )


def refusal(
    now: Sequence[Tally],
    *allow: str,
    limits: Limits = NO_LIMITS,
    of_job: Limits | None = None,
    before: Sequence[Tally] = (),
) -> OverLimit:
    with pytest.raises(OverLimit) as caught:
        check_sums(now, *allow, limits=limits, of_job=of_job, before=before)
    assert caught.value.exit_code == 5
    return caught.value


TWO_TIB = retrievals(count=4, size=2 * TIB)
#: 2,000 requests at 0.05 a thousand, and 10 GiB at 0.01: exactly 0.20.
TWENTY_CENTS = retrievals(count=2000, size=10 * GIB)
EXPEDITED = retrievals(count=6, tiers=(Tier.STANDARD, Tier.EXPEDITED))


@dataclass(frozen=True)
class Case:
    """Rows, a limit that they fill to the brim, one that is less by the least, and what lifts that one."""

    now: Tally
    brim: Limits
    less: Limits
    lift: str

    @property
    def name(self) -> str:
        return self.lift.partition("=")[0]


EVERY_LIMIT = [
    Case(TWENTY_CENTS, Limits(2000, None), Limits(1999, None), "jobs=2000"),
    Case(EXPEDITED, Limits(None, 6), Limits(None, 5), "expedited_jobs=6"),
    Case(TWO_TIB, Limits(bytes=2 * TIB), Limits(bytes=2 * TIB - 1), "bytes=2048GiB"),
    Case(TWENTY_CENTS, Limits(cost=Decimal("0.2")), Limits(cost=Decimal("0.199999")), "cost=0.20USD"),
]


@pytest.mark.parametrize("case", EVERY_LIMIT, ids=lambda case: case.name)
class TestEveryLimit:
    def test_may_be_filled_to_the_brim(self, case: Case) -> None:
        check_sums([case.now], limits=case.brim)
        check_sums([case.now], of_job=case.brim)

    def test_refuses_one_more_and_is_lifted_by_the_flag_that_it_names(self, case: Case) -> None:
        error = refusal([case.now], limits=case.less)

        assert error.code == "over-limit"
        assert error.next_step.endswith(f"with --allow {case.lift}")
        assert f"raise limits.{case.name} in the manifest" in error.next_step
        check_sums([case.now], case.lift, limits=case.less)

    def test_of_a_job_is_lifted_by_the_flag_with_its_name(self, case: Case) -> None:
        error = refusal([case.now], case.lift, limits=case.brim, of_job=case.less)

        assert error.message.startswith("job 'photos' would ")
        assert error.next_step.endswith(f"with --allow photos.{case.lift}")
        assert f"raise jobs.photos.limits.{case.name} in the manifest" in error.next_step
        check_sums([case.now], f"photos.{case.lift}", limits=case.brim, of_job=case.less)

    def test_of_a_job_lifts_nothing_over_all(self, case: Case) -> None:
        error = refusal([case.now], f"photos.{case.lift}", limits=case.less, of_job=case.brim)

        assert error.message.startswith("this would ")

    def test_of_a_job_does_not_hold_for_another(self, case: Case) -> None:
        of_another = replace(case.now, job="mail")

        check_sums([of_another], limits=case.brim, of_job=case.less)

    def test_counts_what_was_started_before(self, case: Case) -> None:
        one_more = replace(case.now, count=1, bytes=1)

        error = refusal([one_more], limits=case.brim, before=[case.now])

        assert "of them started earlier under the same approval" in error.message

    def test_refuses_nothing_where_nothing_starts(self, case: Case) -> None:
        check_sums([], limits=case.less, of_job=case.less, before=[case.now, case.now])

    def test_is_not_lifted_by_the_flags_of_the_others(self, case: Case) -> None:
        flags = ("jobs=9999999", "expedited_jobs=9999999", "bytes=999TiB", "cost=9999999")
        others = [flag for flag in flags if not flag.startswith(f"{case.name}=")]

        assert refusal([case.now], *others, limits=case.less).code == "over-limit"


@pytest.mark.parametrize(
    ("now", "limits", "told"),
    [
        (TWO_TIB, Limits(bytes=TIB), "this would retrieve 2.0 TiB, and the limit is 1.0 TiB"),
        (
            TWO_TIB,
            Limits(bytes=2 * TIB - 1),
            "this would retrieve 2199023255552 bytes, and the limit is 2199023255551 bytes",
        ),
        (TWENTY_CENTS, Limits(cost=Decimal("0.1")), "this would cost $0.20, and the limit is $0.10"),
        (TWENTY_CENTS, Limits(cost=Decimal("0.199")), "this would cost $0.2, and the limit is $0.199"),
    ],
)
def test_what_is_over_a_limit_never_looks_like_the_limit(now: Tally, limits: Limits, told: str) -> None:
    assert refusal([now], limits=limits).message == told


def test_what_was_started_before_is_told_with_its_amount() -> None:
    error = refusal([TWO_TIB], limits=Limits(bytes=3 * TIB), before=[TWO_TIB])

    assert error.message == (
        "this would retrieve 4.0 TiB, 2.0 TiB of them started earlier under the same approval, "
        "and the limit is 3.0 TiB"
    )


@pytest.mark.parametrize(
    ("size", "lift"), [(TIB + 1, "bytes=1025GiB"), (20 * MIB, "bytes=20MiB"), (4097, "bytes=4097B")]
)
def test_the_flag_for_bytes_is_short_and_enough(size: int, lift: str) -> None:
    now = [retrievals(size=size)]

    assert refusal(now, limits=Limits(bytes=1)).next_step.endswith(f"--allow {lift}")
    check_sums(now, lift, limits=Limits(bytes=1))


UNSIZED = retrievals(count=5, size=GIB, unknown_sizes=3)
ELSEWHERE = retrievals(region="mars-north-1", size=1)


@pytest.mark.parametrize("limits", [Limits(bytes=TIB), Limits(cost=Decimal(1000))])
def test_an_unknown_size_is_refused_where_bytes_or_cost_are_limited(limits: Limits) -> None:
    name = "bytes" if limits.bytes else "cost"

    over_all, of_job = refusal([UNSIZED], limits=limits), refusal([UNSIZED], of_job=limits)

    assert over_all.code == of_job.code == "unknown-size"
    assert over_all.message == (
        f"limits.{name} is set, and nobody knows the size of 3 archives (of job 'photos' in vault my-vault): "
        "it never counts as zero"
    )
    assert f"jobs.photos.limits.{name} is set" in of_job.message
    assert over_all.next_step.endswith("--allow unknown-size")
    check_sums([UNSIZED], "unknown-size", limits=limits, of_job=limits)


def test_what_is_known_counts_although_unknown_sizes_are_allowed() -> None:
    error = refusal([UNSIZED], "unknown-size", limits=Limits(bytes=GIB // 2))

    assert error.message == "this would retrieve at least 1.0 GiB, and the limit is 512.0 MiB"


def test_an_unknown_size_of_what_was_started_before_counts_as_well() -> None:
    error = refusal([TWO_TIB], limits=Limits(bytes=99 * TIB), before=[UNSIZED])

    assert error.code == "unknown-size"
    assert "3 archives that the same approval started earlier" in error.message


def test_an_unknown_price_is_refused_where_the_cost_is_limited() -> None:
    limits = Limits(cost=Decimal(1000))

    error = refusal([ELSEWHERE], limits=limits)

    assert error.code == "unknown-price"
    assert error.message == (
        "limits.cost is set, and nobody knows the whole price of Standard in mars-north-1 "
        "(looked up in a table made by hand): it never counts as zero"
    )
    assert error.next_step.endswith("--allow unknown-price")
    check_sums([ELSEWHERE], "unknown-price", limits=limits)
    assert refusal([ELSEWHERE], "unknown-size", limits=limits).code == "unknown-price"


@pytest.mark.parametrize("flag", ["unknown-size", "unknown-price"])
def test_what_lets_one_unknown_start_lets_no_other(flag: str) -> None:
    neither = retrievals(region="mars-north-1", unknown_sizes=1)
    other = {"unknown-size": "unknown-price", "unknown-price": "unknown-size"}[flag]

    assert refusal([neither], flag, limits=Limits(cost=Decimal(1))).code == other
    check_sums([neither], flag, other, limits=Limits(cost=Decimal(1)))


def test_a_select_has_a_price_that_nobody_knows() -> None:
    query = retrievals(kind=JobType.SELECT, size=GIB)

    assert "what a select costs (job 'photos')" in refusal([query], limits=Limits(cost=Decimal(9))).message


def test_an_unknown_price_of_what_was_started_before_counts_as_well() -> None:
    error = refusal([TWO_TIB], limits=Limits(cost=Decimal(9999)), before=[ELSEWHERE])

    assert error.code == "unknown-price"
    assert "what the same approval started earlier" in error.message


def test_inventories_have_neither_bytes_nor_cost() -> None:
    nothing = Limits(bytes=0, cost=Decimal(0))

    check_sums([WEEKLY], limits=nothing, before=[TWO_TIB, UNSIZED, ELSEWHERE])
    assert refusal([WEEKLY], limits=Limits(jobs=2)).code == "over-limit"


def test_sizes_and_prices_do_not_matter_where_only_jobs_are_limited() -> None:
    check_sums([UNSIZED, ELSEWHERE], limits=Limits(jobs=6))


def test_what_a_state_tells_of_earlier_starts_is_counted_and_priced_like_the_rest() -> None:
    place = ("012345678901", "us-east-1", "my-vault")
    groups = [
        StartedGroup("photos", *place, "archive-retrieval", "Expedited", 1000, GIB, 0),
        StartedGroup("photos", *place, "archive-retrieval", None, 2000, 10 * GIB, 2),
        StartedGroup("photos", *place, "archive-retrieval", "Overnight", 1, GIB, 0),
        StartedGroup("weekly", *place, "inventory-retrieval", None, 3, 77, 1),
    ]

    before = started_before(groups)

    assert before == (
        retrievals(count=1000, size=GIB, tiers=(Tier.EXPEDITED,)),
        retrievals(count=2000, size=10 * GIB, unknown_sizes=2),
        retrievals(count=1, size=GIB, tiers=()),
        WEEKLY,
    )
    assert [str(cost_of(row, PRICES)) for row in before] == [
        "$10.03",
        "≥ $0.20 (2 sizes unknown)",
        "unknown (1 price unknown)",
        "$0.00",
    ]


def test_the_totals_of_a_plan_are_those_of_what_would_start() -> None:
    sized = replace(request(archive("sized")), size=GIB)
    new = [sized, request(archive("unsized"), tiers=(Tier.BULK,)), request(INVENTORY, job="weekly")]
    old = request(archive("old"))
    known = latest_of([record(old, Status.IN_PROGRESS)])

    rows = planned([*new, old], known).tallies

    assert [(row.job, row.tiers, row.count, row.bytes, row.unknown_sizes) for row in rows] == [
        ("wedding", (Tier.STANDARD,), 1, GIB, 0),
        ("wedding", (Tier.BULK,), 1, 0, 1),
        ("weekly", (), 1, 0, 0),
    ]
    assert {(row.account, row.region, row.vault) for row in rows} == {("012345678901", "us-west-2", "photos")}
