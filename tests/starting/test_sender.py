"""One start, from intent to record, against a Glacier that answers in every way there is."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import tenacity

from glacier_manifest.aws.answers import Answer
from glacier_manifest.jobs.marker import marker_of
from glacier_manifest.jobs.request import InventoryRetrieval, Request, Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.decide import BuyAgain, decide
from glacier_manifest.planning.plan import Action, Verb
from glacier_manifest.sandbox import Sandbox
from glacier_manifest.starting.dead_runs import lose_track_of_intents
from glacier_manifest.starting.events import Event, Fate, FellBack, Result, SendingAgain, Slowed
from glacier_manifest.starting.sender import Backoff
from glacier_manifest.state.changes import Intend
from glacier_manifest.state.record import Record
from glacier_manifest.state.sqlite import ReadOnlyState, SqliteState
from tests.planning.examples import INVENTORY, PHOTOS, QUERY, TOPIC, action, archive, asked, record, request
from tests.starting.conftest import OpenDoor
from tests.starting.examples import (
    LATER,
    LOST,
    NO_CAPACITY,
    NOON,
    REJECTED,
    STOP,
    THROTTLED,
    UNREACHABLE,
    FakeTime,
    ScriptedStarter,
    accepted,
    attempts,
    results,
    start,
    terms,
)

FALLING = (Tier.EXPEDITED, Tier.STANDARD)


def recorded(state: ReadOnlyState, about: Action) -> Record:
    return state.latest([about.key])[about.key]


def trail(state: ReadOnlyState, about: Action) -> list[str]:
    return [str(event["event"]) for event in state.events(key=about.key)]


@dataclass(frozen=True)
class Case:
    """A fault of the service and what must come of it."""

    fault: str | None
    status: Status
    result: Result
    posts: int
    events: str
    options: Mapping[str, Any] = field(default_factory=dict)
    tiers: tuple[Tier, ...] = ()
    bought: int = 0


UNKNOWN = (Status.UNKNOWN, Result.UNKNOWN, 1, "intended lost-track")
PUT_OFF = (Status.READY, Result.DEFERRED, 1, "intended released")
REFUSED = (Status.REJECTED, Result.REJECTED, 1, "intended rejected")
STOPPED = (Status.READY, Result.NOT_TRIED, 1, "intended released")
NO_INVENTORY = "Inventory retrieval jobs for vault cannot be initiated yet, as Amazon Glacier has not yet generated an initial inventory for this vault."  # noqa: E501 - AWS's own words


def error(code: str, **options: object) -> dict[str, object]:
    return {"code": code, **options}


CASES = {
    "accepted": Case(None, Status.IN_PROGRESS, Result.STARTED, 1, "intended accepted", bought=1),
    "throttled twice": Case(
        "throttle",
        Status.IN_PROGRESS,
        Result.STARTED,
        3,
        "intended sent-again sent-again accepted",
        {"count": 2},
        bought=1,
    ),
    "429 without a code": Case(
        "html-before",
        Status.IN_PROGRESS,
        Result.STARTED,
        2,
        "intended sent-again accepted",
        {"count": 1, "status": 429},
        bought=1,
    ),
    "no capacity": Case("error", *PUT_OFF, options=error("InsufficientCapacityException")),
    "no capacity with 503": Case(
        "error", *PUT_OFF, options=error("InsufficientCapacityException", status=503)
    ),
    "policy": Case("error", *PUT_OFF, options=error("PolicyEnforcedException")),
    "policy, next tier": Case(
        "error",
        Status.IN_PROGRESS,
        Result.STARTED,
        2,
        "intended released intended accepted",
        error("PolicyEnforcedException", count=1),
        FALLING,
        bought=1,
    ),
    "no such vault": Case("error", *PUT_OFF, options=error("ResourceNotFoundException", status=404)),
    "no inventory yet": Case(
        "error", *PUT_OFF, options=error("ResourceNotFoundException", status=404, message=NO_INVENTORY)
    ),
    "invalid parameter": Case("error", *REFUSED, options=error("InvalidParameterValueException")),
    "missing parameter": Case("error", *REFUSED, options=error("MissingParameterValueException")),
    "another client error": Case("error", *REFUSED, options=error("SomethingNewException", status=400)),
    "access denied": Case("error", *STOPPED, options=error("AccessDeniedException", status=403)),
    "expired token": Case("error", *STOPPED, options=error("ExpiredTokenException", status=403)),
    "clock skew": Case("error", *STOPPED, options=error("RequestTimeTooSkewed", status=403)),
    "closed to new customers": Case("error", *STOPPED, options=error("NoLongerSupportedException")),
    "500": Case("error", *UNKNOWN),
    "500 after it acted": Case("error-after", *UNKNOWN, bought=1),
    "408": Case("error", *UNKNOWN, options=error("RequestTimeoutException", status=408)),
    "closed": Case("lost-before", *UNKNOWN),
    "closed after it acted": Case("lost-after", *UNKNOWN, bought=1),
    "reset": Case("reset", *UNKNOWN),
    "reset after it acted": Case("reset-after", *UNKNOWN, bought=1),
    "read timeout": Case("hang-before", *UNKNOWN, options={"seconds": 3}),
    "read timeout after it acted": Case("hang-after", *UNKNOWN, options={"seconds": 3}, bought=1),
    "a proxy's page": Case("html-before", *UNKNOWN),
    "a proxy's 403": Case("html-before", *UNKNOWN, options={"status": 403}),
    "a proxy's page after it acted": Case("html-after", *UNKNOWN, bought=1),
    "a cut job ID": Case("cut-headers", *UNKNOWN, bought=1),
    "no job ID": Case("no-job-id", *UNKNOWN, bought=1),
    "another location": Case("wrong-location", *UNKNOWN, bought=1),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_answer_ends_in_the_right_status(
    case: Case, sandbox: Sandbox, door: OpenDoor, state: SqliteState
) -> None:
    if case.fault is not None:
        sandbox.faults.add("InitiateJob", case.fault, **case.options)
    one = action(request(tiers=case.tiers))

    report = start([one], state=state, starter=door(read_timeout=1), time=FakeTime())

    after = recorded(state, one)
    assert after.status is case.status
    assert [fate.result for fate in report.fates] == [case.result]
    assert len(sandbox.calls("InitiateJob")) == after.attempts == case.posts
    assert trail(state, one) == case.events.split()
    assert len(sandbox.accepted) == case.bought
    is_known = case.status is Status.IN_PROGRESS
    assert after.job_id == (sandbox.accepted[0].job_id if is_known else None)
    assert (after.mishap is None) == is_known
    assert (report.stopped_by is None) == (case.result is not Result.NOT_TRIED)
    assert report.error is None


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if case.status in {Status.UNKNOWN, Status.REJECTED}]
)
def test_what_is_unknown_or_rejected_is_not_sent_by_the_next_run_either(
    name: str, sandbox: Sandbox, door: OpenDoor, state: SqliteState
) -> None:
    fault = CASES[name].fault
    assert fault is not None
    rule = sandbox.faults.add("InitiateJob", fault, **CASES[name].options)
    starter = door(read_timeout=1)
    start([action(request())], state=state, starter=starter)
    sandbox.faults.remove(rule)

    lose_track_of_intents(state, attempts=attempts(), now=NOON)
    wanted = asked(request())
    next_action = decide(wanted, state.latest([wanted.key])[wanted.key], BuyAgain())
    report = start([next_action], state=state, starter=starter)

    assert len(sandbox.calls("InitiateJob")) == 1
    assert report.fates == ()
    assert recorded(state, next_action).status is CASES[name].status


def test_the_state_itself_refuses_an_intent_for_what_is_unknown(state: SqliteState) -> None:
    one = action(request(archive("a")))
    starter = ScriptedStarter({archive("a").archive_id: [LOST]})
    start([one], state=state, starter=starter)

    report = start([one], state=state, starter=starter)

    assert starter.sent == ["a"]
    assert results(report) == {"a": "not_tried"}
    assert report.error is not None


def test_what_never_left_is_tried_until_time_is_up_and_is_ready_for_the_next_run(
    door: OpenDoor, state: SqliteState, sandbox: Sandbox
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    one, time = action(request()), FakeTime()
    began = time.monotonic()

    report = start([one], state=state, starter=door(url), time=time, seconds=120)

    after = recorded(state, one)
    assert after.status is Status.READY
    assert results(report) == {"kKB7": "deferred"}
    assert 60 < time.monotonic() - began <= 120
    events = trail(state, one)
    assert after.attempts == events.count("sent-again") + 1, "each attempt was a call"
    assert after.attempts > 3

    again = start([one], state=state, starter=door())

    assert results(again) == {"kKB7": "started"}
    assert recorded(state, one).job_id == sandbox.accepted[0].job_id


@dataclass
class Witness:
    """Looks into the state from outside at the very moment at which a call is made."""

    path: Path
    inner: ScriptedStarter
    seen: list[tuple[Status, int, str | None, str | None]] = field(default_factory=list)

    def initiate(self, vault: Vault, body: Mapping[str, Any]) -> Answer:
        state = ReadOnlyState(self.path)
        found = [one for one in state.records() if one.archive_id == body["ArchiveId"]]
        self.seen += [(one.status, one.attempts, one.tier, one.description) for one in found]
        state.close()
        return self.inner.initiate(vault, body)


def test_the_intent_is_on_disk_before_the_first_byte_leaves(path: Path, state: SqliteState) -> None:
    actions = [action(request(archive(f"a{number}"), tiers=(Tier.BULK,))) for number in range(20)]
    witness = Witness(path, ScriptedStarter())

    report = start(actions, state=state, starter=witness, on=terms(concurrency=8))

    described = {str(marker_of(one.key, 0)) for one in actions}
    assert len(report.fates) == len(witness.seen) == 20
    assert {seen[:3] for seen in witness.seen} == {(Status.INTENDED, 1, "Bulk")}
    assert {seen[3] for seen in witness.seen} == described


def test_each_repeated_call_and_each_tier_is_on_disk_before_it_is_made(
    path: Path, state: SqliteState
) -> None:
    one = action(request(archive("a"), tiers=FALLING))
    script = [THROTTLED, NO_CAPACITY, UNREACHABLE, accepted()]
    witness = Witness(path, ScriptedStarter({archive("a").archive_id: script}))

    start([one], state=state, starter=witness)

    assert [seen[:3] for seen in witness.seen] == [
        (Status.INTENDED, 1, "Expedited"),
        (Status.INTENDED, 2, "Expedited"),
        (Status.INTENDED, 3, "Standard"),
        (Status.INTENDED, 4, "Standard"),
    ]


REQUESTS = {
    "archive": request(
        archive("a"), tiers=(Tier.BULK,), description="Retrieve archive on 2015-07-17", sns_topic=TOPIC
    ),
    "bare archive": request(archive("a")),
    "inventory": request(INVENTORY, sns_topic=TOPIC),
    "bare inventory": request(InventoryRetrieval()),
    "select": request(QUERY, tiers=(Tier.STANDARD,)),
}


@pytest.mark.parametrize("wanted", REQUESTS.values(), ids=REQUESTS.keys())
def test_the_wire_carries_what_the_manifest_says_and_the_marker_alone_is_added(
    wanted: Request, sandbox: Sandbox, door: OpenDoor, state: SqliteState
) -> None:
    one = action(wanted, generation=0)

    start([one], state=state, starter=door())

    (call,) = sandbox.calls("InitiateJob")
    marker = str(marker_of(one.key, 0))
    described = f"{wanted.description} {marker}" if wanted.description else marker
    tier = {"Tier": str(wanted.tiers[0])} if wanted.tiers else {}
    topic = {"SNSTopic": wanted.sns_topic} if wanted.sns_topic else {}
    assert json.loads(call.body) == {
        "Type": str(wanted.type),
        **wanted.what.wire(),
        "Description": described,
        **topic,
        **tier,
    }
    assert call.path == f"/{PHOTOS.account_id}/vaults/photos/jobs"
    assert recorded(state, one).description == described


def test_a_restart_carries_its_own_generation_and_is_told_as_one(state: SqliteState) -> None:
    wanted = request(archive("a"))
    first = action(wanted)
    failed = record(wanted, Status.FAILED)
    start([first], state=state, starter=ScriptedStarter({archive("a").archive_id: [LATER]}))
    starter = ScriptedStarter()
    start([first], state=state, starter=starter)
    second = action(wanted, Verb.RESTART, 1, record=failed)

    report = start([second], state=state, starter=starter)

    assert results(report) == {"a": "restarted"}
    assert [call.body["Description"] for call in starter.calls] == [
        str(marker_of(first.key, 0)),
        str(marker_of(first.key, 1)),
    ]


def test_falling_back_records_the_tier_that_was_really_sent(state: SqliteState) -> None:
    one = action(request(archive("a"), tiers=(Tier.EXPEDITED, Tier.STANDARD, Tier.BULK)))
    starter = ScriptedStarter({one.request.archive_id or "": [NO_CAPACITY, accepted(7)]})
    events: list[Event] = []

    report = start([one], state=state, starter=starter, tell=events.append)

    assert [call.body["Tier"] for call in starter.calls] == ["Expedited", "Standard"]
    assert (recorded(state, one).tier, recorded(state, one).job_id) == ("Standard", "job-7")
    assert report.fates == (Fate(Result.STARTED, Tier.STANDARD, "job-7"),)
    (fell_back,) = [event for event in events if isinstance(event, FellBack)]
    assert (fell_back.refused, fell_back.next_tier) == (Tier.EXPEDITED, Tier.STANDARD)


def test_no_tier_with_room_leaves_it_for_the_next_run(state: SqliteState) -> None:
    one = action(request(archive("a"), tiers=FALLING))
    starter = ScriptedStarter({archive("a").archive_id: [NO_CAPACITY]})

    report = start([one], state=state, starter=starter)

    assert [call.body["Tier"] for call in starter.calls] == ["Expedited", "Standard"]
    assert results(report) == {"a": "deferred"}
    assert recorded(state, one).status is Status.READY


def test_the_next_tier_waits_for_its_turn_like_any_call(state: SqliteState) -> None:
    one, time = action(request(archive("a"), tiers=FALLING)), FakeTime()
    moments: list[float] = []
    starter = ScriptedStarter(
        {archive("a").archive_id: [NO_CAPACITY, accepted()]}, lambda _call: moments.append(time.monotonic())
    )

    start([one], state=state, starter=starter, time=time, on=terms(rate=0.5))

    assert moments[1] - moments[0] == 2


def test_a_stop_between_two_tiers_sends_nothing_more(state: SqliteState) -> None:
    one, time = action(request(archive("a"), tiers=FALLING)), FakeTime()
    starter = ScriptedStarter({archive("a").archive_id: [NO_CAPACITY]}, lambda _call: time.stop.set())

    report = start([one], state=state, starter=starter, time=time)

    assert starter.sent == ["a"]
    assert results(report) == {"a": "deferred"}
    assert recorded(state, one).status is Status.READY


def test_a_stop_while_waiting_to_send_again_sends_nothing_more(state: SqliteState) -> None:
    one, time = action(request(archive("a"))), FakeTime()
    starter = ScriptedStarter({archive("a").archive_id: [UNREACHABLE]}, lambda _call: time.stop.set())

    report = start([one], state=state, starter=starter, time=time)

    assert starter.sent == ["a"]
    assert results(report) == {"a": "deferred"}
    assert (recorded(state, one).status, recorded(state, one).attempts) == (Status.READY, 1)


def test_throttling_and_unknowns_slow_the_run_and_say_so(state: SqliteState) -> None:
    actions = [action(request(archive(name))) for name in "ab"]
    starter = ScriptedStarter(
        {archive("a").archive_id: [THROTTLED, accepted()], archive("b").archive_id: [LOST]}
    )
    events: list[Event] = []

    start(actions, state=state, starter=starter, on=terms(rate=0.5), tell=events.append)

    slowed = [event.rate for event in events if isinstance(event, Slowed)]
    assert len(slowed) == 2
    assert all(rate < 0.5 for rate in slowed)
    (again,) = [event for event in events if isinstance(event, SendingAgain)]
    assert (again.attempt, again.mishap.code) == (2, "ThrottlingException")
    assert 0 <= again.delay <= 0.5


@pytest.mark.parametrize("script", [[], [THROTTLED], [UNREACHABLE, THROTTLED]], ids=["at once", "2nd", "3rd"])
def test_a_starter_that_raises_is_not_called_again_and_its_request_stays_unknown(
    script: list[Answer], state: SqliteState
) -> None:
    one = action(request(archive("a")))
    fault = MemoryError("while the answer was read")
    starter = ScriptedStarter({archive("a").archive_id: [*script, fault]})

    report = start([one], state=state, starter=starter)

    assert len(starter.calls) == len(script) + 1
    assert report.error is fault
    assert results(report) == {"a": "unknown"}
    assert recorded(state, one).status is Status.INTENDED


def test_a_rejected_request_keeps_the_words_of_the_service(state: SqliteState) -> None:
    one = action(request(archive("a")))

    report = start([one], state=state, starter=ScriptedStarter({archive("a").archive_id: [REJECTED]}))

    mishap = recorded(state, one).mishap
    assert mishap is not None
    assert (mishap.code, mishap.message) == ("InvalidParameterValueException", "Invalid archive ID")
    assert [fate.mishap for fate in report.fates] == [mishap]


def test_what_was_accepted_carries_the_services_own_time(state: SqliteState) -> None:
    one, time = action(request(archive("a"))), FakeTime()
    time.wait(3600)

    start([one], state=state, starter=ScriptedStarter(), time=time)

    after = recorded(state, one)
    assert (after.accepted_at, after.service_at) == (time.now(), NOON)


@pytest.mark.parametrize(
    ("answer", "is_heard"),
    [(accepted(), True), (REJECTED, True), (LATER, True), (LOST, False), (THROTTLED, False), (STOP, False)],
    ids=lambda one: str(getattr(one, "verdict", one)),
)
def test_only_what_surely_comes_from_the_service_tells_its_time(
    answer: Answer, state: SqliteState, *, is_heard: bool
) -> None:
    odd, time = NOON - timedelta(hours=3), FakeTime()
    dated = replace(answer, service_at=odd)
    time.service.hear(NOON)
    script = {archive("a").archive_id: [dated]}

    start(
        [action(request(archive("a")))],
        state=state,
        starter=ScriptedStarter(script),
        time=time,
        seconds=5,
    )

    now = time.service.now()
    assert now is not None
    assert (now < NOON) == is_heard


def test_a_state_that_knows_of_another_run_sends_nothing(state: SqliteState) -> None:
    wanted = request(archive("a"))
    state.write(Intend(record(wanted, Status.INTENDED), NOON))
    starter = ScriptedStarter()

    report = start([action(wanted)], state=state, starter=starter)

    assert starter.calls == []
    assert results(report) == {"a": "not_tried"}
    assert report.error is not None


def _attempt(number: int) -> tenacity.RetryCallState:
    state = tenacity.RetryCallState(tenacity.Retrying(), None, (), {})
    state.attempt_number = number
    return state


@pytest.mark.parametrize(
    ("attempt", "most"), [(1, 0.5), (2, 1), (3, 2), (6, 16), (7, 30), (100, 30), (5000, 30), (10**9, 30)]
)
def test_the_wait_is_jittered_below_a_doubling_bound_however_often_it_was_tried(
    attempt: int, most: float
) -> None:
    backoff = Backoff(Random(3))  # noqa: S311 - spreads retries

    waits = [backoff(_attempt(attempt)) for _ in range(200)]

    assert 0 <= min(waits) < most * 0.1
    assert most * 0.9 < max(waits) <= most
