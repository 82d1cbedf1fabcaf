"""At most one paid job, and no job ID lost: whatever happens to replies, runs, state and clocks.

The sizes of `make test` are small; those marked `soak` are the whole proof.
"""

import json
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from threading import Event

import pytest

from glacier_manifest.sandbox.faults import RuleOptions
from tests.acceptance.manifests import archive_ids, retrievals
from tests.acceptance.user import Ran, User, ended, told

Faults = dict[str, RuleOptions]

#: Half of the settle time of one second.
LAG: Faults = {"listing-lag": {"seconds": 0.5}}
EACH: dict[str, Faults] = {
    "a fifth lost after acceptance": {"lost-after": {"rate": 0.2}},
    "a fifth lost before": {"lost-before": {"rate": 0.2}},
    "a tenth answered 500 after acceptance": {"error-after": {"rate": 0.1, "status": 500}},
    "a tenth cut in the headers": {"cut-headers": {"rate": 0.1}},
    "a tenth without a job ID": {"no-job-id": {"rate": 0.1}},
    "three tenths throttled": {"throttle": {"rate": 0.3}},
    "a lost reply, and a listing that lags": {"lost-after": {"rate": 0.1}, **LAG},
}
ALL_TOGETHER: Faults = {name: options for faults in EACH.values() for name, options in faults.items()}


def under(user: User, faults: Faults) -> None:
    for seed, (name, options) in enumerate(faults.items()):
        struck: RuleOptions = {"seed": seed, **options}
        user.sandbox.faults.add("InitiateJob", name, **struck)


def accepted_once(user: User, ids: list[str]) -> None:
    """Assert the promise: each archive was bought once, and every job ID is in the state."""
    accepted = user.sandbox.accepted
    bought = Counter(job.archive_id for job in accepted)
    assert bought == dict.fromkeys(ids, 1), f"bought more than once: {bought - Counter(ids)}"
    assert {record["job_id"] for record in user.records()} == {job.job_id for job in accepted}


def logged(ran: Ran, event: str) -> int:
    """Return how often an event stands in the log."""
    lines = [json.loads(line) for line in ran.err.splitlines() if line.startswith("{")]
    return sum(line["event"] == event for line in lines)


def passes(user: User) -> int:
    """Return how many listings of a vault were begun, however many pages each had."""
    return sum("marker" not in call.query for call in user.sandbox.calls("ListJobs"))


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("faults", [*EACH.values(), ALL_TOGETHER], ids=[*EACH, "all together"])
def test_each_job_is_bought_once_in_one_run_and_the_vault_listed_once_a_round(
    user: User, faults: Faults, count: int
) -> None:
    ids = archive_ids(count)
    user.manifest(retrievals(ids))
    under(user, faults)

    applied = user.run("apply", "jobs.yaml", "--yes", "--log-format", "json")

    assert (applied.code, applied.out) == (0, f"Apply: {count} started.\n"), applied.err
    accepted_once(user, ids)
    assert passes(user) <= 1 + logged(applied, "settling")
    assert user.run("apply", "jobs.yaml").out == f"Nothing to do: all {count} requests were started before.\n"


#: One call in twenty: some lost on either side of acceptance, some throttled. None answers at once, so that
#: a kill meets calls under way.
ONE_IN_TWENTY: Faults = {
    "latency": {"seconds": 0.05},
    "lost-after": {"rate": 0.02},
    "lost-before": {"rate": 0.02},
    "throttle": {"rate": 0.01},
}


def dies(process: "subprocess.Popen[str]", user: User, chance: Random) -> bool:
    """Kill a run at a random moment, or with a random call; say whether it was still at work."""
    if chance.random() < 0.5:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=chance.uniform(0.2, 3.0))
    else:
        wait, last = Event(), user.sent() + chance.randint(1, 12)
        while user.sent() < last and process.poll() is None:
            wait.wait(0.002)
    process.kill()
    return ended(process).code == -signal.SIGKILL


@pytest.mark.parametrize(("kills", "count"), [(10, 200), pytest.param(100, 2000, marks=pytest.mark.soak)])
def test_a_run_killed_at_random_moments_and_begun_again_buys_each_job_once(
    user: User, kills: int, count: int
) -> None:
    chance, ids = Random(kills), archive_ids(count)  # noqa: S311 - chance, not secrecy
    user.manifest(retrievals(ids), head="pace: {requests_per_second: 25, concurrency: 4}\n")
    under(user, ONE_IN_TWENTY)

    killed = 0
    while killed < kills and dies(user.start("apply", "jobs.yaml", "--yes"), user, chance):
        killed += 1
    assert killed == kills, "the work was done before the last kill"

    user.manifest(retrievals(ids))
    last = user.run("apply", "jobs.yaml", "--yes")

    assert last.code == 0, last.out + last.err
    accepted_once(user, ids)


def test_a_run_killed_while_intents_are_ahead_of_their_calls_buys_each_job_once(user: User) -> None:
    chance, ids = Random(8), archive_ids(600)  # noqa: S311 - chance, not secrecy
    user.manifest(retrievals(ids), head="pace: {requests_per_second: 100000, concurrency: 2}\n")
    under(user, {"latency": {"seconds": 0.05}, "lost-after": {"rate": 0.02}})

    killed = 0
    while killed < 8 and dies(user.start("apply", "jobs.yaml", "--yes"), user, chance):
        killed += 1
    assert killed == 8, "the work was done before the last kill"

    user.manifest(retrievals(ids))
    last = user.run("apply", "jobs.yaml", "--yes")

    assert last.code == 0, last.out + last.err
    accepted_once(user, ids)


@pytest.fixture
def running(user: User) -> Iterator["subprocess.Popen[str]"]:
    """An apply of sixty jobs that is met in the middle; listings lag by half of the settle time."""
    user.manifest(retrievals(archive_ids(60)), head="pace: {requests_per_second: 60, concurrency: 4}\n")
    under(user, {"lost-after": {"every": 10}, **LAG})
    process = user.start("apply", "jobs.yaml", "--yes", "-v", "--log-format", "json")
    yield process
    process.kill()


def made_again(user: User) -> None:
    """Assert that a rerun adopts all that was started, and starts nothing but what is missing."""
    before = len(user.sandbox.accepted)

    rerun = user.run("apply", "jobs.yaml", "--yes")

    assert 20 <= before < 60
    assert (rerun.code, rerun.out) == (0, f"Apply: {60 - before} started, {before} adopted.\n"), rerun.err
    accepted_once(user, archive_ids(60))


def test_a_state_lost_with_a_run_that_was_killed_is_made_again_from_what_glacier_lists(
    user: User, running: "subprocess.Popen[str]"
) -> None:
    read = told(running, '"event": "started"', 20)
    running.kill()
    ended(running, read)
    shutil.rmtree(user.folder / ".glacier-manifest")

    made_again(user)


def test_a_run_that_loses_its_state_ends_and_the_next_one_makes_it_again(
    user: User, running: "subprocess.Popen[str]"
) -> None:
    read = told(running, '"event": "started"', 20)
    shutil.rmtree(user.folder / ".glacier-manifest")
    ended(running, read).refused_with(1, "state-gone")

    made_again(user)


#: What libfaketime would do: Python's clocks of a day are some seconds off, its monotonic one is not.
CLOCK_SET = """
import datetime, time
real_time, real_datetime = time.time, datetime.datetime
class Anywhere(type):
    def __instancecheck__(cls, value):
        return isinstance(value, real_datetime)
class Shifted(real_datetime, metaclass=Anywhere):
    @classmethod
    def now(cls, tz=None):
        return real_datetime.now(tz) + datetime.timedelta(seconds={seconds})
time.time = lambda: real_time() + {seconds}
datetime.datetime = Shifted
"""


def clock_set(hours: int) -> str:
    return CLOCK_SET.replace("{seconds}", str(hours * 3600))


@pytest.mark.parametrize("hours", [1, -1], ids=["set an hour ahead", "set an hour back"])
def test_a_clock_that_is_set_between_two_runs_makes_no_lost_reply_older_or_younger(
    user: User, hours: int
) -> None:
    """Glacier lists the lost jobs only after the second run has begun: it must wait the settle time."""
    ids = archive_ids(8)
    user.manifest(retrievals(ids))
    under(user, {"lost-after": {"every": 2}, "listing-lag": {"seconds": 3.0}})
    user.run("apply", "jobs.yaml", "--yes", "--settle", "1h").left_undone(3)

    settled = user.program("apply", "jobs.yaml", "--yes", "--settle", "4s", first=clock_set(hours))

    assert (settled.code, settled.out) == (0, "Apply: 4 adopted, 4 kept.\n"), settled.err
    accepted_once(user, ids)


@pytest.mark.parametrize("hours", [1, -1], ids=["Glacier ahead", "Glacier behind"])
def test_a_clock_an_hour_from_glaciers_changes_nothing(user: User, hours: int) -> None:
    user.sandbox.clock.skew = hours * 3600
    ids = archive_ids(60)
    user.manifest(retrievals(ids))
    under(user, ALL_TOGETHER)
    user.run("apply", "jobs.yaml", "--yes", "--settle", "1h")
    shutil.rmtree(user.folder / ".glacier-manifest")

    rerun = user.run("apply", "jobs.yaml", "--yes")

    assert rerun.code == 0, rerun.out + rerun.err
    accepted_once(user, ids)


@pytest.mark.parametrize("count", [2, 5])
@pytest.mark.parametrize("words", [(), ("--lock-timeout", "1m")], ids=["at once", "waiting"])
def test_of_applies_at_the_same_time_one_works_and_the_others_are_told_or_wait(
    user: User, count: int, words: tuple[str, ...]
) -> None:
    ids = archive_ids(40)
    user.manifest(retrievals(ids))
    under(user, {"latency": {"seconds": 0.3}})

    processes = [user.start("apply", "jobs.yaml", "--yes", *words) for _ in range(count)]
    all_of_them = [ended(process) for process in processes]

    codes = Counter(int(one.code) for one in all_of_them)
    assert codes == ({0: count} if words else {0: 1, 6: count - 1}), [one.err for one in all_of_them]
    assert [one.out for one in all_of_them].count("Apply: 40 started.\n") == 1
    for locked in (one for one in all_of_them if one.code == 6):
        locked.refused_with(6, "locked")
    accepted_once(user, ids)


def test_plan_status_and_state_list_work_beside_an_apply_that_settles(user: User) -> None:
    user.manifest(retrievals(archive_ids(20)))
    under(user, {"lost-after": {"every": 4}})
    process = user.start("apply", "jobs.yaml", "--yes", "--log-format", "json", "--settle", "3s")
    before = told(process, '"event": "settling"')

    planned = user.run("plan", "jobs.yaml", "--format", "json")
    status = user.run("status", "--format", "json")
    listed = user.records("--status", "unknown")
    first = ended(process, before)

    assert (planned.code, planned.json["summary"]["resolve"]) == (0, 5), planned.err
    assert (status.code, status.json["summary"]["unknown"]) == (0, 5), status.err
    assert len(listed) == 5
    assert (first.code, first.out) == (0, "Apply: 20 started.\n"), first.err
    accepted_once(user, archive_ids(20))
