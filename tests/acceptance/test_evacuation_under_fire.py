"""A vault is emptied while all goes wrong that can, with a window of minutes, and by runs that are killed."""

from collections import Counter
from random import Random

import pytest

from glacier_manifest.units import MIB
from tests.acceptance.evacuations import (
    EVACUATION,
    bought_again,
    check_restored,
    glacier_of,
    kill_after,
    log_uniform,
    stock,
)
from tests.acceptance.user import User, ended

HOUR = 3600.0
#: A day is six seconds, and in the whole proof two minutes, or so short that much expires before its turn.
SMALL = pytest.param(40, MIB, 14_400.0, 0, id="small")
WHOLE = pytest.param(500, 16 * MIB, 720.0, 0, id="whole", marks=pytest.mark.soak)
LATE = pytest.param(300, 16 * MIB, 28_800.0, 20, id="late", marks=pytest.mark.soak)

RESTARTS = "restarts: {failed: 10, expired: 10}\n"
PACE = "pace: {requests_per_second: 100000, concurrency: 4}\n"
QUICKLY = ("--poll", "0.2s", "--part-size", "1MiB")


def under_fire(user: User, share: float = 0.05) -> None:
    """Let every twentieth part be corrupt, another be cut, another get no answer, and so on."""
    rules = user.sandbox.faults
    for operation, fault, rate in (
        ("GetJobOutput", "corrupt-output", share),
        ("GetJobOutput", "cut-output", share),
        ("GetJobOutput", "lost-after", share),
        ("GetJobOutput", "throttle", share),
        ("InitiateJob", "lost-after", share),
        ("InitiateJob", "lost-before", share),
        ("InitiateJob", "throttle", share),
        ("InitiateJob", "job-fails", 0.03),
        ("ListJobs", "error", share),
        ("DescribeJob", "lost-before", share),
    ):
        rules.add(operation, fault, rate=rate, seed=len(rules.rules()))


def statuses(user: User) -> Counter[str]:
    latest = {record["key"]: record["status"] for record in user.records()}
    return Counter(latest.values())


@pytest.mark.parametrize(("count", "largest", "speed", "late"), [SMALL, WHOLE, LATE])
def test_all_is_stored_and_nothing_wrong_while_everything_goes_wrong(
    user: User, count: int, largest: int, speed: float, late: int
) -> None:
    with glacier_of(user, job_time=HOUR, speed=speed) as burning:
        held = stock(burning.sandbox, log_uniform(count, largest))
        under_fire(burning)
        burning.manifest(EVACUATION, head=PACE + RESTARTS)

        ran = burning.run("run", "jobs.yaml", "--yes", *QUICKLY)

        assert ran.code == 0, ran.err
        check_restored(burning.folder / "restored", held)
        assert statuses(burning) == {"fetched": 1 + count}
        failed, expired = bought_again(burning.sandbox)
        assert len(burning.sandbox.accepted) == 1 + count + failed + expired
        assert expired >= late


def test_what_expired_is_bought_again_only_where_somebody_says_so(user: User) -> None:
    with glacier_of(user, job_time=1) as slow:
        held = stock(slow.sandbox, [1000, 2 * MIB, 7])
        slow.manifest(EVACUATION)
        slow.run("run", "jobs.yaml", "--yes", "--once").left_undone(75)
        slow.sandbox.clock.advance(2)
        slow.run("run", "jobs.yaml", "--yes", "--once").left_undone(75)
        slow.sandbox.clock.advance(30 * HOUR)

        kept = slow.run("run", "jobs.yaml", "--yes")
        bought = len(slow.sandbox.accepted)
        again = slow.run("run", "jobs.yaml", "--yes", "--restart", "expired", "--poll", "0.2s")

        assert kept.code in {0, 3}, kept.err
        assert bought == 1 + len(held.archives)
        assert again.code == 0, again.err
        check_restored(slow.folder / "restored", held)
        assert bought_again(slow.sandbox) == (0, len(held.archives))


@pytest.mark.parametrize(
    ("kills", "count", "largest"),
    [
        pytest.param(4, 16, 4 * MIB, id="small"),
        pytest.param(50, 120, 32 * MIB, id="whole", marks=pytest.mark.soak),
    ],
)
def test_runs_that_are_killed_store_everything_once_and_buy_nothing_twice(
    user: User, kills: int, count: int, largest: int
) -> None:
    dice = Random(3)  # noqa: S311 - moments
    threads = 4
    with glacier_of(user, job_time=0.3) as mortal:
        held = stock(mortal.sandbox, log_uniform(count, largest))
        mortal.manifest(EVACUATION, head=PACE)
        mortal.sandbox.faults.add("GetJobOutput", "latency", seconds=0.02)
        command = ("run", "jobs.yaml", "--yes", "--concurrency", threads, *QUICKLY)
        killed = 0
        for _ in range(kills):
            with mortal.start(*command) as process:
                killed += kill_after(process, mortal.sandbox, dice.randrange(1, 30))

        last = ended(mortal.start(*command))

        assert last.code == 0, last.err
        assert killed > kills / 2
        check_restored(mortal.folder / "restored", held)
        assert statuses(mortal) == {"fetched": 1 + count}
        assert len(mortal.sandbox.accepted) == 1 + count
        parts = held.parts(MIB) + 2  # the inventory is read twice
        assert parts <= mortal.sandbox.counts()["GetJobOutput"] <= parts + killed * threads
