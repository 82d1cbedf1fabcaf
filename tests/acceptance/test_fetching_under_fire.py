"""Outputs are fetched while downloads go wrong, and by runs that are killed."""

from random import Random

import pytest

from glacier_manifest.units import MIB
from tests.acceptance.evacuations import (
    EVACUATION,
    INVENTORY,
    check_restored,
    files_below,
    kill_after,
    log_uniform,
    read,
    started,
    stock,
    stored,
    unlike,
)
from tests.acceptance.user import User, ended


def downloads_under_fire(user: User, share: float) -> None:
    rules = user.sandbox.faults
    for number, fault in enumerate(("corrupt-output", "cut-output", "lost-after", "throttle", "error")):
        rules.add("GetJobOutput", fault, rate=share, seed=number)


@pytest.mark.parametrize(("share", "code"), [(0.05, 0), (0.3, None)], ids=["now and then", "mostly"])
def test_fetch_reads_a_part_again_until_it_is_right_and_stores_nothing_wrong(
    user: User, share: float, code: int | None
) -> None:
    held = stock(user.sandbox, log_uniform(12, 2 * MIB))
    user.manifest(INVENTORY)
    stored(user)
    user.manifest(EVACUATION)
    started(user)
    downloads_under_fire(user, share)

    ran = user.run("fetch", "jobs.yaml", "--part-size", "1MiB")
    came = files_below(user.folder / "restored")
    wrong = [name for name, path in came.items() if unlike(held.archives[name], read(path))]
    user.sandbox.faults.clear()
    last = user.run("fetch", "jobs.yaml", "--part-size", "1MiB")

    assert ran.code == code or (code is None and ran.code in {0, 3, 75}), ran.err
    assert wrong == []
    assert last.code == 0, last.err
    check_restored(user.folder / "restored", held)


@pytest.mark.parametrize(
    ("kills", "count", "largest"),
    [
        pytest.param(4, 16, 4 * MIB, id="small"),
        pytest.param(50, 120, 32 * MIB, id="whole", marks=pytest.mark.soak),
    ],
)
def test_fetches_that_are_killed_read_little_twice(user: User, kills: int, count: int, largest: int) -> None:
    dice, threads = Random(4), 4  # noqa: S311 - moments
    held = stock(user.sandbox, log_uniform(count, largest))
    user.manifest(INVENTORY)
    stored(user)
    user.manifest(EVACUATION)
    started(user)
    user.sandbox.reset_calls()
    user.sandbox.faults.add("GetJobOutput", "latency", seconds=0.02)
    command = ("fetch", "jobs.yaml", "--part-size", "1MiB", "--concurrency", threads)
    killed = 0
    for _ in range(kills):
        with user.start(*command) as process:
            killed += kill_after(process, user.sandbox, dice.randrange(1, 2 * held.parts(MIB) // kills))

    last = ended(user.start(*command))

    assert last.code == 0, last.err
    check_restored(user.folder / "restored", held)
    parts = held.parts(MIB)
    assert parts <= user.sandbox.counts()["GetJobOutput"] <= parts + killed * threads
    assert killed > kills / 2
