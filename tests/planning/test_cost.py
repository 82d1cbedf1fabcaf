"""What a plan would cost, to the cent, and what nobody knows of it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.jobs.request import JobType
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Price
from glacier_manifest.planning.cost import Cost, Tally, Totals, cost_of, dollars, total_cost
from glacier_manifest.planning.prices import PriceTable, RegionPrices
from glacier_manifest.units import GIB, KIB, TIB

E, S, B = Tier.EXPEDITED, Tier.STANDARD, Tier.BULK
RETRIEVAL, INVENTORY, SELECT = JobType.ARCHIVE_RETRIEVAL, JobType.INVENTORY_RETRIEVAL, JobType.SELECT


def price(per_gb: str | None, per_1000: str | None) -> Price:
    return Price(None if per_gb is None else Decimal(per_gb), None if per_1000 is None else Decimal(per_1000))


HAND_MADE = PriceTable(
    "made by hand",
    {
        "us-east-1": RegionPrices(
            {E: price("0.03", "10"), S: price("0.01", "0.05"), B: price("0.0025", "0.025")}, date(2026, 1, 2)
        ),
        "ap-southeast-2": RegionPrices(
            {E: price("0.036", "12"), S: price("0.012", "0.06"), B: price("0.003", "0.03")}, date(2026, 1, 3)
        ),
        "eu-west-1": RegionPrices({E: price("0.03", "11"), S: price("0.01", None)}, date(2026, 1, 4)),
    },
)


def tally(
    tiers: tuple[Tier, ...] = (S,),
    *,
    region: str = "us-east-1",
    count: int = 1,
    size: int = 0,
    unknown_sizes: int = 0,
    kind: JobType = RETRIEVAL,
) -> Tally:
    return Tally("photos", "012345678901", region, "my-vault", kind, tiers, count, size, unknown_sizes)


@pytest.mark.parametrize(
    ("region", "tier", "count", "size", "expected"),
    [
        # one job of one GiB: the price of a GB, and a thousandth of the price of a thousand requests
        ("us-east-1", E, 1, GIB, "$0.04"),
        ("us-east-1", S, 1, GIB, "$0.01"),
        ("us-east-1", B, 1, GIB, "$0.00"),
        # a million archives of 64 KiB: 61.03515625 GB, and the requests outweigh the bytes
        ("us-east-1", E, 1_000_000, 1_000_000 * 64 * KIB, "$10,001.83"),
        ("us-east-1", S, 1_000_000, 1_000_000 * 64 * KIB, "$50.61"),
        ("us-east-1", B, 1_000_000, 1_000_000 * 64 * KIB, "$25.15"),
        # 412 archives of 10 TiB together: 10,240 GB
        ("us-east-1", E, 412, 10 * TIB, "$311.32"),
        ("us-east-1", S, 412, 10 * TIB, "$102.42"),
        ("us-east-1", B, 412, 10 * TIB, "$25.61"),
        ("ap-southeast-2", E, 412, 10 * TIB, "$373.58"),
        ("ap-southeast-2", S, 412, 10 * TIB, "$122.90"),
        ("ap-southeast-2", B, 412, 10 * TIB, "$30.73"),
        ("ap-southeast-2", E, 1_000_000, 1_000_000 * 64 * KIB, "$12,002.20"),
        ("ap-southeast-2", S, 1_000_000, 1_000_000 * 64 * KIB, "$60.73"),
        ("ap-southeast-2", B, 1_000_000, 1_000_000 * 64 * KIB, "$30.18"),
    ],
)
def test_three_tiers_in_two_regions_cost_what_is_reckoned_by_hand(
    region: str, tier: Tier, count: int, size: int, expected: str
) -> None:
    cost = cost_of(tally((tier,), region=region, count=count, size=size), HAND_MADE)

    assert str(cost) == expected


def test_a_total_is_rounded_once_and_not_in_its_parts() -> None:
    a_third_of_a_cent = tally((B,), count=133, size=0)

    total = total_cost([a_third_of_a_cent] * 3, HAND_MADE)

    assert total.known == Decimal("0.009975")
    assert str(total) == "$0.01"
    assert total.usd == 0.009975


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0.004999", "$0.00"), ("0.005", "$0.01"), ("0.015", "$0.02"), ("1234567.895", "$1,234,567.90")],
)
def test_half_a_cent_goes_up(amount: str, shown: str) -> None:
    assert dollars(Decimal(amount)) == shown


def test_a_gb_is_what_aws_bills_two_to_the_thirtieth_bytes() -> None:
    of_binary = cost_of(tally((S,), count=0x400, size=1_073_741_824 * 100), HAND_MADE)
    of_decimal = cost_of(tally((S,), count=0x400, size=1_000_000_000 * 100), HAND_MADE)

    assert of_binary.known == Decimal("1.0512")
    assert of_decimal.known < of_binary.known


@pytest.mark.parametrize("tiers", [(E, S), (S, E), (B, S, E)])
def test_a_list_of_tiers_costs_what_the_dearest_of_them_does(tiers: tuple[Tier, ...]) -> None:
    assert cost_of(tally(tiers, count=10, size=GIB), HAND_MADE) == cost_of(
        tally((E,), count=10, size=GIB), HAND_MADE
    )


def test_an_inventory_costs_nothing_and_has_no_bytes() -> None:
    totals = Totals()
    totals.add("weekly", "my-vault", "mars-north-1", "012345678901", (), None, INVENTORY)
    totals.add("weekly", "my-vault", "mars-north-1", "012345678901", (), 4 * GIB, INVENTORY)

    (row,) = totals.rows()

    assert (row.count, row.bytes, row.unknown_sizes) == (2, 0, 0)
    assert cost_of(row, HAND_MADE) == Cost()
    assert str(Cost()) == "$0.00"


UNKNOWN = [
    pytest.param(tally(region="mars-north-1", count=3, size=GIB), 0, 3, 3, id="a region nobody knows"),
    pytest.param(tally((B,), region="eu-west-1", count=3, size=GIB), 0, 3, 3, id="a tier nobody knows"),
    pytest.param(tally((S,), region="eu-west-1", count=3, size=GIB), 0, 3, 3, id="half a price"),
    pytest.param(tally((E, B), region="eu-west-1", count=3, size=GIB), 0, 3, 3, id="half a list"),
    pytest.param(tally((S,), count=3, unknown_sizes=2, size=GIB), 2, 0, 2, id="sizes nobody knows"),
    pytest.param(
        tally(region="mars-north-1", count=3, unknown_sizes=2, size=GIB), 2, 3, 3, id="neither size nor price"
    ),
    pytest.param(tally(count=3, size=GIB, kind=SELECT), 0, 3, 3, id="a select"),
]


@pytest.mark.parametrize(("row", "sizes", "prices", "actions"), UNKNOWN)
def test_what_is_unknown_is_counted_and_never_passes_for_zero(
    row: Tally, sizes: int, prices: int, actions: int
) -> None:
    cost = cost_of(row, HAND_MADE)

    assert (cost.unknown_sizes, cost.unknown_prices, cost.unknown_actions) == (sizes, prices, actions)
    assert not cost.is_known
    assert cost.usd is None
    assert "unknown" in str(cost)


@pytest.mark.parametrize(
    ("cost", "shown"),
    [
        (Cost(Decimal("12.349"), 3, 0, 3), "≥ $12.34 (3 sizes unknown)"),
        (Cost(Decimal("12.34"), 1, 412, 412), "≥ $12.34 (1 size unknown, 412 prices unknown)"),
        (Cost(Decimal(0), 0, 1, 1), "unknown (1 price unknown)"),
        (Cost(Decimal("0.001"), 1, 0, 1), "≥ $0.00 (1 size unknown)"),
    ],
)
def test_a_lower_bound_is_said_to_be_one_and_never_rounded_up(cost: Cost, shown: str) -> None:
    assert str(cost) == shown


def test_what_is_known_of_a_list_with_an_unknown_tier_counts_as_the_least() -> None:
    cost = cost_of(tally((E, B), region="eu-west-1", count=1000, size=100 * GIB), HAND_MADE)

    assert cost.known == Decimal(14)


def test_what_streams_by_is_counted_by_job_vault_and_tiers() -> None:
    totals = Totals()
    for vault, tiers, size in [
        ("a", (S,), 1),
        ("a", (S,), None),
        ("b", (S,), 4),
        ("a", (B,), 8),
        ("a", (S,), 16),
    ]:
        totals.add("photos", vault, "us-east-1", "012345678901", tiers, size, RETRIEVAL)

    assert [(one.vault, one.tiers, one.count, one.bytes, one.unknown_sizes) for one in totals.rows()] == [
        ("a", (S,), 3, 17, 1),
        ("b", (S,), 1, 4, 0),
        ("a", (B,), 1, 8, 0),
    ]


REGIONS = ["us-east-1", "ap-southeast-2", "eu-west-1", "mars-north-1"]
JOBS = st.tuples(
    st.sampled_from(["photos", "mail"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(REGIONS),
    st.just("012345678901"),
    st.lists(st.sampled_from(Tier), min_size=1, max_size=3, unique=True).map(tuple),
    st.none() | st.integers(min_value=0, max_value=40 * TIB),
    st.sampled_from([RETRIEVAL, SELECT]),
)
Job = tuple[str, str, str, str, tuple[Tier, ...], int | None, JobType]


def cost_together(jobs: Sequence[Job]) -> Cost:
    totals = Totals()
    for job in jobs:
        totals.add(*job)
    return total_cost(totals.rows(), HAND_MADE)


@given(st.lists(JOBS, max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_jobs_changes_no_sum(jobs: list[Job], random: Random) -> None:
    shuffled = list(jobs)
    random.shuffle(shuffled)

    assert cost_together(shuffled) == cost_together(jobs)


@given(st.lists(JOBS, max_size=20), st.lists(JOBS, max_size=20))
def test_a_whole_costs_exactly_its_parts_and_never_less_than_one(some: list[Job], more: list[Job]) -> None:
    whole = cost_together(some + more)

    assert whole == cost_together(some) + cost_together(more)
    assert whole.known >= max(cost_together(some).known, cost_together(more).known)


@given(st.lists(JOBS, min_size=1, max_size=20))
def test_one_unknown_is_enough_for_the_total_to_be_unknown(jobs: list[Job]) -> None:
    has_unknown = any(
        size is None or region == "mars-north-1" or kind is SELECT for *_, region, _, _, size, kind in jobs
    )

    assert not (has_unknown and cost_together(jobs).is_known)
    assert cost_together(jobs).unknown_actions <= len(jobs)
