"""Whatever Glacier answers, whatever breaks, and however often it is run: nothing is bought twice."""

import tempfile
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from glacier_manifest.aws.answers import Answer, Verdict
from glacier_manifest.errors import StateError
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.marker import Marker, marker_of, read_marker
from glacier_manifest.jobs.request import Request, Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.plan import Action
from glacier_manifest.starting.dead_runs import lose_track_of_intents
from glacier_manifest.state.changes import Accept, Change, Observe
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.state.written import Written
from tests.planning.examples import NOON, archive, planned, request
from tests.starting.conftest import RUN
from tests.starting.examples import FakeTime, Ran, attempts, start, terms

#: What may be sent again later. All else closes a purchase; a rejection closes it for exactly this body.
OPEN = frozenset({Verdict.SEND_AGAIN, Verdict.THROTTLED, Verdict.FALL_BACK, Verdict.LATER, Verdict.STOP})
CRASH = "crash"


class _Glacier:
    """Answers from a script that is used up, remembers all that it sold, and protests at a second sale."""

    def __init__(self) -> None:
        self.script: list[Verdict | str] = []
        self.sold: dict[Marker, list[str]] = defaultdict(list)
        self.closed: dict[Marker, str] = {}
        self.rejected: dict[Marker, str] = {}
        self.protests: list[str] = []
        self._lock = Lock()

    def initiate(self, vault: Vault, body: Mapping[str, Any]) -> Answer:
        assert vault.name == "photos"
        marker = read_marker(body["Description"])
        assert marker is not None
        with self._lock:
            return self._answer(marker, repr(sorted(body.items())))

    def _answer(self, marker: Marker, body: str) -> Answer:
        if marker in self.closed:
            self.protests.append(f"{marker} was sent again after it was {self.closed[marker]}")
        if self.rejected.pop(marker, None) == body:
            self.protests.append(f"{marker} was sent again with the body that was rejected")
        word = self.script.pop(0) if self.script else Verdict.ACCEPTED
        if word == Verdict.REJECTED:
            self.rejected[marker] = body
        elif word not in OPEN:
            self.closed[marker] = str(word)
        if word == CRASH:
            raise RuntimeError("the run crashed after the request was sent")
        verdict = Verdict(word)
        if verdict is not Verdict.ACCEPTED:
            return Answer(verdict, code=f"code-of-{verdict}", message="words")
        job_id = f"job-{sum(map(len, self.sold.values())) + 1}"
        self.sold[marker].append(job_id)
        return Answer(verdict, job_id=job_id, service_at=NOON)


class _FragileState(SqliteState):
    """A state whose disk is full at will when an acceptance is to be written."""

    is_full = False

    def submit_unhurried(self, change: Change) -> Written[None]:
        if not (self.is_full and isinstance(change, Accept)):
            return super().submit_unhurried(change)
        future: Future[None] = Future()
        future.set_exception(StateError("state-full", "no space left on device", next_step="make room"))
        return future


class AnyScript(RuleBasedStateMachine):
    """A few requests, run after run, each run with its own answers and its own troubles."""

    def __init__(self) -> None:
        super().__init__()
        self.resources = ExitStack()

    @initialize(count=st.integers(1, 4), tiers=st.sampled_from([(), (Tier.EXPEDITED, Tier.BULK)]))
    def begin(self, count: int, tiers: tuple[Tier, ...]) -> None:
        folder = self.resources.enter_context(tempfile.TemporaryDirectory())
        self.state = _FragileState(
            Path(folder) / "state.db", run=RUN, clock=lambda: NOON, new_id=lambda: "5f0c9a3e"
        )
        self.resources.callback(self.state.close)
        self.requests: list[Request] = [request(archive(f"a{n}"), tiers=tiers) for n in range(count)]
        self.glacier = _Glacier()
        self.unrecorded: set[str] = set()

    @rule(
        script=st.lists(st.sampled_from([*Verdict, CRASH]), max_size=10),
        concurrency=st.integers(1, 3),
        seconds=st.sampled_from([0.002, 5, 240]),
        is_full=st.booleans(),
        words=st.sampled_from([(), (), ("failed",), ("wedding",), ("failed", "expired")]),
        max_errors=st.sampled_from([1, 10]),
        rate=st.sampled_from([1000, 1_000_000]),
    )
    def run(
        self,
        script: list[Verdict | str],
        concurrency: int,
        seconds: float,
        is_full: bool,  # noqa: FBT001 - hypothesis hands it in by name
        words: tuple[str, ...],
        max_errors: int,
        rate: int,
    ) -> None:
        lose_track_of_intents(self.state, attempts=attempts(), now=NOON)
        known = self.state.latest(request_key(one) for one in self.requests)
        actions = list(planned(self.requests, known, Restarts(words)).actions())
        self.glacier.script = list(script)
        if "wedding" in words:
            self.glacier.rejected.clear()  # somebody asked for everything to be sent again
        self.state.is_full = is_full
        report = start(
            [action for action in actions if action.starts],
            state=self.state,
            starter=self.glacier,
            time=FakeTime(),
            on=terms(rate=rate, concurrency=concurrency, max_errors=max_errors),
            seconds=seconds,
        )
        self.unrecorded |= {one.job_id for one in report.unrecorded if one.job_id is not None}
        self._check_told(actions, report)

    def _check_told(self, actions: list[Action], report: Ran) -> None:
        """Each start ends once, and counts as started only where the state says so too."""
        ended = [(action.key, action.generation) for action, _ in report.ended]
        assert sorted(ended) == sorted((one.key, one.generation) for one in actions if one.starts)
        now = self.state.latest(action.key for action in actions)
        for action, fate in report.ended:
            is_started = fate.result in {"started", "restarted"}
            recorded = now.get(action.key)
            in_progress = recorded is not None and recorded.status is Status.IN_PROGRESS
            assert is_started == (in_progress and recorded is not None and recorded.job_id == fate.job_id)
            if fate.result == "not_tried":
                assert recorded is None or recorded.status not in {Status.INTENDED, Status.UNKNOWN}

    @rule(status=st.sampled_from([Status.SUCCEEDED, Status.FAILED, Status.EXPIRED]))
    def jobs_end(self, status: Status) -> None:
        for one in tuple(self.state.records(statuses={Status.IN_PROGRESS})):
            self.state.write(Observe(one.key, one.generation, NOON, status))

    @rule(number=st.integers(0, 3), description=st.sampled_from([None, "first", "second"]))
    def somebody_edits_a_description(self, number: int, description: str | None) -> None:
        number %= len(self.requests)
        self.requests[number] = replace(self.requests[number], description=description)

    @invariant()
    def nothing_was_bought_twice(self) -> None:
        assert self.glacier.protests == []
        assert all(len(job_ids) <= 1 for job_ids in self.glacier.sold.values())

    @invariant()
    def no_job_id_is_lost(self) -> None:
        known = {
            (marker_of(one.key, one.generation), one.job_id) for one in self.state.records() if one.job_id
        }
        sold = {(marker, job_id) for marker, job_ids in self.glacier.sold.items() for job_id in job_ids}
        assert known <= sold
        assert {job_id for _, job_id in sold - known} == self.unrecorded

    def teardown(self) -> None:
        self.resources.close()


TestAnyScript = AnyScript.TestCase
TestAnyScript.settings = settings(max_examples=40, stateful_step_count=10)
