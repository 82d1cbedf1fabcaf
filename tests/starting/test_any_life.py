"""Whatever is lost, late or killed, and however the host's clock stands: nothing is bought twice."""

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from glacier_manifest.errors import NotYet, ServiceError
from glacier_manifest.jobs.marker import marker_of, read_marker
from glacier_manifest.jobs.request import Request, Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.record import Record
from glacier_manifest.state.sqlite import ReadOnlyState
from tests.planning.examples import INVENTORY, PHOTOS, SLOT, WEEKLY, archive, request
from tests.starting.world import DAY, SETTLE, Crash, Process, SoldJob, World, run, vault_named

VIDEOS = vault_named("videos")
WORDS = ["accepted", "lost-after", "lost-before", "late", "cut", "throttled", "rejected", "no-capacity"]
HOUR = 3600.0


class AnyLife(RuleBasedStateMachine):
    """A few requests in two vaults, run after run, each with its own troubles."""

    def __init__(self) -> None:
        super().__init__()
        self.resources = ExitStack()

    @initialize(count=st.integers(1, 4), lag=st.sampled_from([0.0, 20.0, 290.0]), page=st.integers(1, 3))
    def begin(self, count: int, lag: float, page: int) -> None:
        """Two jobs in three are listed at once, the others lag behind."""
        folder = Path(self.resources.enter_context(tempfile.TemporaryDirectory()))
        self.path, self.copy = folder / "state.db", folder / "copy.db"
        self.world = World(lag=lag, uneven=True, page=page)
        self.requests: list[Request] = [
            request(archive(f"a{number}"), vault=(PHOTOS, VIDEOS)[number % 2]) for number in range(count)
        ]
        self.requests.append(request(INVENTORY, slot=SLOT, schedule=WEEKLY))

    @rule(
        pause=st.sampled_from([0.0, 0.5, 30.0, 299.0, 600.0, 5 * HOUR, 26 * HOUR]),
        script=st.lists(st.sampled_from(WORDS), max_size=8),
        fails=st.booleans(),
        dies_after=st.none() | st.integers(0, 60),
        seconds=st.sampled_from([1.0, 200.0, 1800.0]),
        words=st.sampled_from([(), ("failed",)]),
        broken=st.none() | st.tuples(st.sampled_from([PHOTOS, VIDEOS]), st.integers(0, 2)),
        rate=st.sampled_from([1000, 1_000_000]),
    )
    def somebody_applies(
        self,
        pause: float,
        script: list[str],
        fails: bool,  # noqa: FBT001 - hypothesis hands it in by name
        dies_after: int | None,
        seconds: float,
        words: Sequence[str],
        broken: tuple[Vault, int] | None,
        rate: int,
    ) -> None:
        self._pass(pause)
        self.world.script = list(script)
        error = ServiceError("throttled", "ListJobs: Rate exceeded", next_step="later")
        self.world.broken = {} if broken is None else {broken[0]: (broken[1], error)}
        before = len(self.world.sold)
        process = Process(self.world, dies_after=dies_after, seconds=seconds)
        with suppress(Crash, NotYet, ServiceError):
            run(process, self.path, self.requests, words=words, rate=rate, concurrency=rate // 500_000 + 1)
        for one in self.world.sold[before:]:
            one.fails = fails

    def _pass(self, seconds: float) -> None:
        """Of a lost state, what Glacier forgets before the next run is lost as well: not tried."""
        owed = [one.ends_at + DAY for one in self.world.sold if not self._is_accounted_for(one)]
        if self.world.seconds + seconds + HOUR < min(owed, default=float("inf")):
            self.world.seconds += seconds

    def _is_accounted_for(self, one: SoldJob) -> bool:
        marker = read_marker(one.job.description)
        return marker is None or any(
            record.job_id == one.job.job_id or record.status in {Status.INTENDED, Status.UNKNOWN}
            for record in self._records()
            if marker_of(record.key, record.generation) == marker
        )

    def _records(self) -> list[Record]:
        with closing(ReadOnlyState(self.path)) as state:
            return list(state.records())

    @rule(hours=st.sampled_from([-50, -1, 0, 1, 50]))
    def somebody_sets_the_hosts_clock(self, hours: int) -> None:
        self.world.host_offset = hours * HOUR

    @rule(number=st.integers(0, 4), description=st.sampled_from([None, "first", "second"]))
    def somebody_edits_a_description(self, number: int, description: str | None) -> None:
        number %= len(self.requests)
        self.requests[number] = replace(self.requests[number], description=description)

    @rule(number=st.integers(0, 3))
    def a_stranger_asks_for_the_same(self, number: int) -> None:
        wanted = self.requests[number % (len(self.requests) - 1)]
        self.world.sell(wanted.vault, wanted.body(tier=None, description="theirs"))

    @rule()
    def somebody_copies_the_state(self) -> None:
        if not self.path.exists():
            return
        self._remove(self.copy)
        shutil.copy(self.path, self.copy)

    @rule()
    def the_state_is_lost(self) -> None:
        """A state may be lost when Glacier lists one young job of each vault, the youngest lagging behind."""
        if not self._all_are_listed():
            return
        for vault in {one.vault for one in self.world.sold}:
            marked = [one for one in self.world.listed(vault) if read_marker(one.description)]
            age = [(self.world.service_now() - one.created_at).total_seconds() for one in marked]
            if not any(seconds < DAY - HOUR for seconds in age):
                self.world.seconds += self.world.lag
        self._remove(self.path)

    @rule()
    def an_old_copy_is_restored(self) -> None:
        if not (self.copy.exists() and self._all_are_listed()):
            return
        self.world.seconds += self.world.lag
        self._remove(self.path)
        shutil.copy(self.copy, self.path)

    def _remove(self, path: Path) -> None:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            (path.parent / name).unlink(missing_ok=True)

    def _all_are_listed(self) -> bool:
        """Say whether Glacier has forgotten nothing yet, nor will it very soon."""
        return all(one.ends_at + DAY > self.world.seconds + HOUR for one in self.world.sold)

    @invariant()
    def nothing_is_bought_twice(self) -> None:
        sold = self.world.sold_by_marker()
        assert all(number == 1 for number in sold.values()), sold

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self._settle_at_last()
                self.nothing_is_bought_twice()
                self._every_job_is_known()
        finally:
            self.resources.close()

    def _settle_at_last(self) -> None:
        self.world.script, self.world.broken, self.world.host_offset = [], {}, 0.0
        self.world.seconds += SETTLE.total_seconds()
        for _ in range(2):
            run(Process(self.world, seconds=3 * HOUR), self.path, self.requests)
            self.world.seconds += SETTLE.total_seconds()

    def _every_job_is_known(self) -> None:
        records = self._records()
        known = {one.job_id for one in records}
        left_to_a_person = {
            marker_of(one.key, one.generation) for one in records if one.status is Status.UNKNOWN
        }
        for one in self.world.sold:
            marker = read_marker(one.job.description)
            forgotten = one.ends_at + DAY <= self.world.seconds
            assert marker is None or one.job.job_id in known or (forgotten and marker in left_to_a_person), (
                one
            )


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=60, stateful_step_count=10)
