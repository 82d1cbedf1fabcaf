"""A state beside a plain dictionary: whatever changes come, in whatever order, both say the same."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from glacier_manifest.errors import StateError
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import (
    Accept,
    Adopt,
    Change,
    Fetch,
    Find,
    Intend,
    Join,
    LoseTrack,
    Observe,
    Reject,
    Release,
    SendAgain,
    Withdraw,
)
from glacier_manifest.state.outcome import Known, outcome
from glacier_manifest.state.sqlite import SqliteState
from tests.state.examples import LATER, MISHAP, NOON, RUN, STATE_ID, intended, key

READY, INTENDED, UNKNOWN, REJECTED = Status.READY, Status.INTENDED, Status.UNKNOWN, Status.REJECTED
IN_PROGRESS, SUCCEEDED, FETCHED = Status.IN_PROGRESS, Status.SUCCEEDED, Status.FETCHED
FAILED, EXPIRED = Status.FAILED, Status.EXPIRED

NAMES = st.sampled_from(["one", "two", "three"])
GENERATIONS = st.integers(0, 3)
JOBS = st.sampled_from(["job-1", "job-2", "job-3", "job-4"])
STATUSES = st.sampled_from(Status)


@dataclass
class Purchase:
    """What the dictionary remembers of one purchase."""

    status: Status
    attempts: int
    job_id: str | None = None


class StateBesideDictionary(RuleBasedStateMachine):
    """Each rule makes a change that may be permitted or not; the dictionary is asked first."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.bought: dict[tuple[str, int], Purchase] = {}
        self.events = 0
        self.open()

    def open(self) -> None:
        path = Path(self.folder.name) / "state.db"
        self.state = SqliteState(path, run=RUN, clock=lambda: NOON, new_id=lambda: STATE_ID)

    def teardown(self) -> None:
        self.state.close()
        self.folder.cleanup()

    def highest(self, name: str) -> int:
        return max((generation for bought, generation in self.bought if bought == name), default=-1)

    def is_taken(self, job_id: str, name: str, generation: int) -> bool:
        return any(
            purchase.job_id == job_id and at != (name, generation) for at, purchase in self.bought.items()
        )

    def write(self, change: Change, *, permitted: bool) -> None:
        if permitted:
            self.state.write(change)
            self.events += 1
        else:
            with pytest.raises(StateError, match="is refused"):
                self.state.write(change)

    @rule(name=NAMES, generation=GENERATIONS)
    def intend(self, name: str, generation: int) -> None:
        here, highest = self.bought.get((name, generation)), self.highest(name)
        before = self.bought.get((name, highest))
        if here is None:
            follows = generation == highest + 1
            permitted = follows and (before is None or before.status not in {INTENDED, UNKNOWN})
        else:
            permitted = generation == highest and here.status in {READY, REJECTED}
        self.write(Intend(intended(name, generation), NOON), permitted=permitted)
        if permitted:
            self.bought[name, generation] = Purchase(INTENDED, here.attempts + 1 if here else 1)

    @rule(name=NAMES, generation=GENERATIONS, job_id=JOBS, status=STATUSES)
    def adopt(self, name: str, generation: int, job_id: str, status: Status) -> None:
        here, highest = self.bought.get((name, generation)), self.highest(name)
        permitted = status in {IN_PROGRESS, SUCCEEDED, FAILED, EXPIRED}
        permitted &= not self.is_taken(job_id, name, generation)
        permitted &= generation > highest or (
            generation == highest and here is not None and here.status in {READY, REJECTED}
        )
        found = replace(intended(name, generation), status=status, job_id=job_id)
        self.write(Adopt(found, LATER), permitted=permitted)
        if permitted:
            self.bought[name, generation] = Purchase(status, here.attempts if here else 0, job_id)

    @rule(
        name=NAMES,
        generation=GENERATIONS,
        step=st.sampled_from([SendAgain, Reject, LoseTrack, Release]),
    )
    def answer(
        self, name: str, generation: int, step: type[SendAgain | Reject | LoseTrack | Release]
    ) -> None:
        here = self.bought.get((name, generation))
        permitted = here is not None and (
            here.status is INTENDED or (step is Release and here.status is UNKNOWN)
        )
        self.write(step(key(name), generation, LATER, MISHAP), permitted=permitted)
        if here is not None and permitted:
            becomes = {SendAgain: INTENDED, Reject: REJECTED, LoseTrack: UNKNOWN, Release: READY}
            here.status = becomes[step]
            here.attempts += step is SendAgain

    @rule(name=NAMES, generation=GENERATIONS)
    def withdraw(self, name: str, generation: int) -> None:
        here = self.bought.get((name, generation))
        permitted = here is not None and here.status is INTENDED
        self.write(Withdraw(key(name), generation, LATER), permitted=permitted)
        if here is not None and permitted:
            here.status, here.attempts = READY, here.attempts - 1

    @rule(name=NAMES, generation=GENERATIONS, job_id=JOBS)
    def accept(self, name: str, generation: int, job_id: str) -> None:
        here = self.bought.get((name, generation))
        permitted = here is not None and here.status is INTENDED
        self.write(Accept(key(name), generation, LATER, job_id), permitted=permitted)
        if here is not None and permitted:
            here.status, here.job_id = IN_PROGRESS, job_id

    @rule(name=NAMES, generation=GENERATIONS, job_id=JOBS, status=STATUSES)
    def find(self, name: str, generation: int, job_id: str, status: Status) -> None:
        here = self.bought.get((name, generation))
        permitted = here is not None and here.status is UNKNOWN
        permitted &= status in {IN_PROGRESS, SUCCEEDED, FAILED, EXPIRED}
        permitted &= not self.is_taken(job_id, name, generation)
        self.write(Find(key(name), generation, LATER, job_id, status), permitted=permitted)
        if here is not None and permitted:
            here.status, here.job_id = status, job_id

    @rule(name=NAMES, generation=GENERATIONS, status=STATUSES)
    def observe(self, name: str, generation: int, status: Status) -> None:
        here = self.bought.get((name, generation))
        change = Observe(key(name), generation, LATER, status)
        if here is not None and (here.status, status) in {(FETCHED, SUCCEEDED), (here.status, here.status)}:
            self.state.write(change)
            return
        steps = {IN_PROGRESS: {SUCCEEDED, FAILED, EXPIRED}, SUCCEEDED: {EXPIRED}, UNKNOWN: {EXPIRED}}
        permitted = here is not None and status in steps.get(here.status, set())
        self.write(change, permitted=permitted)
        if here is not None and permitted:
            here.status = status

    @rule(name=NAMES, generation=GENERATIONS)
    def fetch(self, name: str, generation: int) -> None:
        here = self.bought.get((name, generation))
        permitted = here is not None and here.status is SUCCEEDED
        self.write(Fetch(key(name), generation, LATER, "out"), permitted=permitted)
        if here is not None and permitted:
            here.status = FETCHED

    @rule(name=NAMES, generation=GENERATIONS)
    def join(self, name: str, generation: int) -> None:
        here = self.bought.get((name, generation))
        permitted = here is not None and here.status is FETCHED
        change = Join(key(name), generation, LATER, "all", "ab" * 32, 7, "joined")
        self.write(change, permitted=permitted)

    @rule()
    def reopen(self) -> None:
        self.state.close()
        self.open()

    @invariant()
    def both_say_the_same(self) -> None:
        kept = {
            (record.address.partition("/")[0], record.generation): Purchase(
                record.status, record.attempts, record.job_id
            )
            for record in self.state.records()
        }
        assert kept == self.bought
        latest = self.state.latest(key(name) for name in ("one", "two", "three"))
        assert {one.address.partition("/")[0]: one.generation for one in latest.values()} == {
            name: self.highest(name) for name, _ in self.bought
        }
        assert sum(1 for _ in self.state.events()) == self.events


TestStateBesideDictionary = StateBesideDictionary.TestCase
TestStateBesideDictionary.settings = settings(max_examples=40, stateful_step_count=40)


def test_a_change_that_is_none_is_a_programming_error() -> None:
    with pytest.raises(TypeError, match="no change that a state knows"):
        outcome("accept", Known(record=None, latest=None))  # type: ignore[arg-type]


@pytest.mark.parametrize("microsecond", [1, 499, 999])
def test_an_end_that_is_told_again_to_the_microsecond_is_known(microsecond: int) -> None:
    ended = LATER.replace(microsecond=microsecond)
    before = replace(intended(), status=SUCCEEDED, completed_at=LATER, expires_at=LATER)
    told = Observe(before.key, 0, ended, SUCCEEDED, completed_at=ended, expires_at=ended)

    assert outcome(told, Known(record=before, latest=before)) is None
