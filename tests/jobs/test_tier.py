import pytest

from glacier_manifest.jobs.tier import Tier, at_least_as_fast

EXPEDITED, STANDARD, BULK = Tier.EXPEDITED, Tier.STANDARD, Tier.BULK


@pytest.mark.parametrize(
    ("tier", "wanted", "fast_enough"),
    [
        (EXPEDITED, EXPEDITED, True),
        (EXPEDITED, STANDARD, True),
        (EXPEDITED, BULK, True),
        (STANDARD, EXPEDITED, False),
        (STANDARD, STANDARD, True),
        (STANDARD, BULK, True),
        (BULK, EXPEDITED, False),
        (BULK, STANDARD, False),
        (BULK, BULK, True),
    ],
)
def test_a_job_serves_whoever_wants_its_tier_or_a_slower_one(
    tier: Tier, wanted: Tier, *, fast_enough: bool
) -> None:
    assert at_least_as_fast(tier, wanted) is fast_enough


def test_tiers_are_spelled_as_the_api_spells_them() -> None:
    assert [str(tier) for tier in Tier] == ["Expedited", "Standard", "Bulk"]
