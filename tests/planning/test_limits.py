"""How much one approval may start."""

import pytest

from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.errors import OverLimit, UsageError
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Limits
from glacier_manifest.planning.limits import Allowances, check_limits
from glacier_manifest.state.protocol import Started
from tests.planning.examples import archive, latest_of, planned, record, request

NOTHING_LIFTED = Allowances({})
NOTHING_STARTED = Started(0, 0)


def plan(jobs: int, expedited: int = 0, running: int = 0) -> Drafted:
    """Plan so many starts, of which so many may be expedited, beside jobs that run already."""
    new = [
        request(archive(f"a{n}"), tiers=(Tier.STANDARD, Tier.EXPEDITED) if n < expedited else ())
        for n in range(jobs)
    ]
    old = [request(archive(f"old{n}"), tiers=(Tier.EXPEDITED,)) for n in range(running)]
    known = latest_of(record(one, Status.IN_PROGRESS) for one in old)
    return planned([*new, *old], known)


def check(
    now: Drafted, limits: Limits, *, started: Started = NOTHING_STARTED, allow: Allowances = NOTHING_LIFTED
) -> None:
    check_limits(now, limits=limits, allowances=allow, started=started)


@pytest.mark.parametrize(
    ("jobs", "expedited", "started"),
    [(10, 0, Started(0, 0)), (4, 0, Started(6, 0)), (5, 5, Started(0, 0)), (5, 2, Started(5, 3))],
)
def test_up_to_its_limits_an_approval_may_start(jobs: int, expedited: int, started: Started) -> None:
    check(plan(jobs, expedited), Limits(jobs=10, expedited_jobs=5), started=started)


@pytest.mark.parametrize(
    ("jobs", "expedited", "started", "told"),
    [
        (11, 0, Started(0, 0), "this would start 11 jobs, and the limit is 10"),
        (5, 0, Started(6, 0), "11 jobs, 6 of them started earlier under the same approval"),
        (6, 6, Started(0, 0), "6 expedited jobs, and the limit is 5"),
        (3, 3, Started(3, 3), "6 expedited jobs, 3 of them started earlier"),
    ],
)
def test_one_over_a_limit_nothing_may_start(jobs: int, expedited: int, started: Started, told: str) -> None:
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
    check(plan(0, running=9), Limits(jobs=0, expedited_jobs=0), started=Started(50, 50))


def test_what_runs_already_is_not_counted_twice() -> None:
    check(plan(1, running=9), Limits(jobs=1, expedited_jobs=0))


def test_no_limit_at_all() -> None:
    check(plan(300), Limits(jobs=None), started=Started(10**6, 0))


@pytest.mark.parametrize(
    "word", ["jobs", "jobs=", "jobs=-1", "jobs=many", "cost=5", "=5", "", "jobs=1.5", "Jobs=1"]
)
def test_what_lifts_no_limit_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="NAME=NUMBER") as caught:
        Allowances.parse(("jobs=1", word))

    assert caught.value.code == "bad-allowance"
