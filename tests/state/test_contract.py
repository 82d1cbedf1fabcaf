"""What every state must do, whichever store it is kept in."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from glacier_manifest.errors import Elsewhere, StateError
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
)
from glacier_manifest.state.protocol import Identity, Started, State
from glacier_manifest.state.record import Record
from glacier_manifest.state.sqlite import SqliteState
from tests.state.examples import LATER, MISHAP, NOON, RUN, STATE_ID, intended, key

KEY = key("wedding")


def sqlite(folder: Path) -> State:
    return SqliteState(folder / "state.db", run=RUN, clock=lambda: NOON, new_id=lambda: STATE_ID)


@pytest.fixture(params=[sqlite])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    implementation: Callable[[Path], State] = request.param
    with closing(implementation(tmp_path)) as opened:
        yield opened


def only(state: State, name: str = "wedding") -> Record:
    return state.latest([key(name)])[key(name)]


def write(state: State, *changes: Change) -> None:
    for change in changes:
        state.write(change)


INTEND = Intend(intended(), NOON)
SEND_AGAIN = SendAgain(KEY, 0, LATER, MISHAP, NOON)
ACCEPT = Accept(KEY, 0, LATER, "job-1", NOON)
REJECT = Reject(KEY, 0, LATER, MISHAP, NOON)
LOSE = LoseTrack(KEY, 0, LATER, MISHAP)
RELEASE = Release(KEY, 0, LATER, MISHAP, NOON)
FETCH = Fetch(KEY, 0, LATER, "photos/wedding.jpg")


def find(status: Status) -> Find:
    return Find(KEY, 0, LATER, "job-1", status)


def observe(status: Status) -> Observe:
    return Observe(KEY, 0, LATER, status)


def adopt(status: Status, generation: int = 0) -> Adopt:
    return Adopt(replace(intended(generation=generation), status=status, job_id="job-1"), LATER)


#: The shortest way to each status.
WAYS: dict[Status, tuple[Change, ...]] = {
    Status.READY: (INTEND, RELEASE),
    Status.INTENDED: (INTEND,),
    Status.IN_PROGRESS: (INTEND, ACCEPT),
    Status.SUCCEEDED: (INTEND, ACCEPT, observe(Status.SUCCEEDED)),
    Status.FETCHED: (INTEND, ACCEPT, observe(Status.SUCCEEDED), FETCH),
    Status.FAILED: (INTEND, ACCEPT, observe(Status.FAILED)),
    Status.EXPIRED: (INTEND, ACCEPT, observe(Status.EXPIRED)),
    Status.REJECTED: (INTEND, REJECT),
    Status.UNKNOWN: (INTEND, LOSE),
}

PERMITTED: list[tuple[Status, Change, Status]] = [
    (Status.READY, INTEND, Status.INTENDED),
    (Status.READY, adopt(Status.IN_PROGRESS), Status.IN_PROGRESS),
    (Status.READY, adopt(Status.SUCCEEDED), Status.SUCCEEDED),
    (Status.REJECTED, INTEND, Status.INTENDED),
    (Status.REJECTED, adopt(Status.FAILED), Status.FAILED),
    (Status.INTENDED, SEND_AGAIN, Status.INTENDED),
    (Status.INTENDED, ACCEPT, Status.IN_PROGRESS),
    (Status.INTENDED, REJECT, Status.REJECTED),
    (Status.INTENDED, LOSE, Status.UNKNOWN),
    (Status.INTENDED, RELEASE, Status.READY),
    (Status.UNKNOWN, RELEASE, Status.READY),
    (Status.UNKNOWN, find(Status.IN_PROGRESS), Status.IN_PROGRESS),
    (Status.UNKNOWN, find(Status.SUCCEEDED), Status.SUCCEEDED),
    (Status.UNKNOWN, find(Status.FAILED), Status.FAILED),
    (Status.UNKNOWN, find(Status.EXPIRED), Status.EXPIRED),
    (Status.UNKNOWN, observe(Status.EXPIRED), Status.EXPIRED),
    (Status.IN_PROGRESS, observe(Status.SUCCEEDED), Status.SUCCEEDED),
    (Status.IN_PROGRESS, observe(Status.FAILED), Status.FAILED),
    (Status.IN_PROGRESS, observe(Status.EXPIRED), Status.EXPIRED),
    (Status.SUCCEEDED, observe(Status.EXPIRED), Status.EXPIRED),
    (Status.SUCCEEDED, FETCH, Status.FETCHED),
]
KNOWN_ALREADY: list[tuple[Status, Change]] = [
    (Status.IN_PROGRESS, observe(Status.IN_PROGRESS)),
    (Status.SUCCEEDED, observe(Status.SUCCEEDED)),
    (Status.FETCHED, observe(Status.SUCCEEDED)),
    (Status.FAILED, observe(Status.FAILED)),
    (Status.EXPIRED, observe(Status.EXPIRED)),
]
EVERY_CHANGE: tuple[Change, ...] = (
    *(INTEND, SEND_AGAIN, ACCEPT, REJECT, LOSE, RELEASE, FETCH),
    *(find(status) for status in Status),
    *(observe(status) for status in Status),
    *(adopt(status) for status in Status),
)
REFUSED = [
    (before, change)
    for before in Status
    for change in EVERY_CHANGE
    if (before, change) not in [(start, step) for start, step, _ in PERMITTED]
    and (before, change) not in KNOWN_ALREADY
    and not (isinstance(change, Adopt) and change.record.status in {Status.EXPIRED, Status.IN_PROGRESS})
    and not (isinstance(change, Adopt) and before in {Status.READY, Status.REJECTED})
    # Observing what a status already is says nothing new, whatever the status.
    and not (isinstance(change, Observe) and change.status is before)
]


@pytest.mark.parametrize(("before", "change", "after"), PERMITTED, ids=str)
def test_a_permitted_change_takes_the_record_on(
    state: State, before: Status, change: Change, after: Status
) -> None:
    write(state, *WAYS[before], change)

    assert only(state).status is after
    assert state.count() == {after: 1}


@pytest.mark.parametrize(("before", "change"), REFUSED, ids=str)
def test_any_other_change_is_refused_and_changes_nothing(
    state: State, before: Status, change: Change
) -> None:
    write(state, *WAYS[before])
    record, events = only(state), list(state.events())

    with pytest.raises(StateError) as refusal:
        state.write(change)

    assert refusal.value.code == "state-conflict"
    assert "wedding/photos" in refusal.value.message
    assert only(state) == record
    assert list(state.events()) == events


@pytest.mark.parametrize(("before", "change"), KNOWN_ALREADY, ids=str)
def test_observing_the_known_changes_nothing_and_logs_nothing(
    state: State, before: Status, change: Change
) -> None:
    write(state, *WAYS[before])
    record, events = only(state), list(state.events())

    state.write(change)

    assert only(state) == record
    assert list(state.events()) == events


@pytest.mark.parametrize("change", [SEND_AGAIN, ACCEPT, REJECT, LOSE, RELEASE, FETCH, observe(Status.FAILED)])
def test_nothing_but_an_intent_or_an_adoption_makes_a_record(state: State, change: Change) -> None:
    with pytest.raises(StateError, match="there is no such record"):
        state.write(change)

    assert state.is_empty()


def test_what_is_written_is_read_back_whole(state: State) -> None:
    write(state, INTEND)

    assert only(state) == replace(intended(), attempts=1, intended_at=NOON, changed_at=NOON)
    assert list(state.records()) == [only(state)]


def test_a_whole_life_leaves_its_marks_on_the_record(state: State) -> None:
    ended = NOON + timedelta(hours=5)
    gone = ended + timedelta(days=1)
    write(
        state,
        INTEND,
        SEND_AGAIN,
        ACCEPT,
        Observe(KEY, 0, ended, Status.SUCCEEDED, completed_at=ended, expires_at=gone, size=77),
        Fetch(KEY, 0, gone, "photos/wedding.jpg", "ab" * 32, 78, "tree-hash"),
    )

    assert only(state) == replace(
        intended(),
        status=Status.FETCHED,
        job_id="job-1",
        attempts=2,
        size=77,
        intended_at=NOON,
        accepted_at=LATER,
        completed_at=ended,
        expires_at=gone,
        service_at=NOON,
        changed_at=gone,
        output="photos/wedding.jpg",
        output_tree_hash="ab" * 32,
        output_size=78,
        verified_by="tree-hash",
    )


@pytest.mark.parametrize(
    "changes",
    [
        (INTEND, ACCEPT, Observe(KEY, 0, LATER, Status.SUCCEEDED, next_marker="page-2")),
        (INTEND, LOSE, Find(KEY, 0, LATER, "job-1", Status.SUCCEEDED, next_marker="page-2")),
        (
            replace(
                adopt(Status.SUCCEEDED), record=replace(adopt(Status.SUCCEEDED).record, next_marker="page-2")
            ),
        ),
    ],
    ids=["observed", "found", "adopted"],
)
def test_where_the_next_page_of_an_inventory_begins_is_kept(
    state: State, changes: tuple[Change, ...]
) -> None:
    write(state, *changes)
    assert only(state).next_marker == "page-2"

    write(state, observe(Status.SUCCEEDED), FETCH)
    assert only(state).next_marker == "page-2"


def test_an_intent_after_a_rejection_takes_over_what_is_sent_now_and_forgets_when_it_was_answered(
    state: State,
) -> None:
    sent = replace(intended(tier="Standard", approval=2), address="new-name/photos", body_sha256="1" * 64)
    write(state, INTEND, REJECT, Intend(sent, LATER))

    assert only(state) == replace(sent, attempts=2, intended_at=LATER, service_at=None, changed_at=LATER)


def test_an_intent_tells_how_old_its_job_may_be_though_no_answer_ever_comes(state: State) -> None:
    write(state, Intend(intended(), LATER, NOON), LOSE)

    assert (only(state).status, only(state).service_at) == (Status.UNKNOWN, NOON)
    assert [event["service_at"] for event in state.events(key=KEY)] == ["2026-11-23T12:00:00.000Z", None]


def test_a_mishap_stays_until_something_goes_well(state: State) -> None:
    write(state, INTEND, SEND_AGAIN)
    assert only(state).mishap == MISHAP

    write(state, ACCEPT)
    assert only(state).mishap is None


def test_moments_are_kept_to_the_millisecond_whatever_their_zone(state: State) -> None:
    write(state, Intend(intended(), datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)))

    assert only(state).intended_at == datetime(2026, 11, 23, 12, 0, 0, 123000, tzinfo=UTC)


def test_observing_more_of_a_known_end_keeps_it(state: State) -> None:
    write(state, *WAYS[Status.SUCCEEDED], Observe(KEY, 0, LATER, Status.SUCCEEDED, completed_at=NOON))

    assert only(state).completed_at == NOON


def test_pages_of_an_inventory_are_told_until_they_are_joined(state: State) -> None:
    write(state, INTEND, ACCEPT, Observe(KEY, 0, LATER, Status.SUCCEEDED, next_marker="page-2"))
    assert not state.has_unjoined_pages()
    write(state, FETCH)
    assert state.has_unjoined_pages()

    write(state, Join(KEY, 0, LATER, "all.json", "ab" * 32, 7, "joined"))
    assert not state.has_unjoined_pages()
    assert (only(state).output, only(state).output_size) == ("all.json", 7)


def test_pieces_are_told_that_are_held_until_they_are_joined_or_bought_again(state: State) -> None:
    write(state, INTEND, ACCEPT, Observe(KEY, 0, LATER, Status.SUCCEEDED))
    assert [*state.held_pieces()] == []
    write(state, Fetch(KEY, 0, LATER, "film.mov", verified_by="held"))
    assert [one.key for one in state.held_pieces()] == [KEY]

    write(state, Intend(intended(generation=1), LATER))
    assert [*state.held_pieces()] == []


class TestGenerations:
    def test_the_first_is_zero(self, state: State) -> None:
        with pytest.raises(StateError, match="the next generation is 0, not 1"):
            state.write(Intend(intended(generation=1), NOON))

    def test_the_next_is_one_more_than_the_highest(self, state: State) -> None:
        write(state, *WAYS[Status.FAILED])

        with pytest.raises(StateError, match="the next generation is 1, not 2"):
            state.write(Intend(intended(generation=2), NOON))
        write(state, Intend(intended(generation=1), NOON))

        assert only(state).generation == 1
        assert [record.generation for record in state.records()] == [0, 1]

    @pytest.mark.parametrize("before", [Status.INTENDED, Status.UNKNOWN])
    def test_none_is_bought_while_the_outcome_of_the_last_is_open(self, state: State, before: Status) -> None:
        write(state, *WAYS[before])

        with pytest.raises(StateError, match="its outcome is still open"):
            state.write(Intend(intended(generation=1), LATER))

    def test_an_older_one_is_over(self, state: State) -> None:
        write(state, *WAYS[Status.READY], Intend(intended(generation=1), LATER))

        with pytest.raises(StateError, match="generation 1 is known already"):
            state.write(INTEND)

    def test_a_found_job_may_be_of_any_later_one(self, state: State) -> None:
        write(state, adopt(Status.FAILED, generation=3), Intend(intended(generation=4), LATER))

        assert only(state).generation == 4
        older = replace(intended(generation=2), status=Status.FAILED, job_id="job-2")
        with pytest.raises(StateError, match="generation 4 is known already"):
            state.write(Adopt(older, LATER))


class TestAdoption:
    def test_the_job_is_ours_without_an_attempt(self, state: State) -> None:
        write(state, adopt(Status.SUCCEEDED))

        adopted = only(state)
        assert (adopted.status, adopted.job_id, adopted.attempts) == (Status.SUCCEEDED, "job-1", 0)
        assert (adopted.accepted_at, adopted.intended_at) == (LATER, None)

    def test_a_job_belongs_to_one_record_only(self, state: State) -> None:
        write(state, adopt(Status.IN_PROGRESS))
        other = replace(intended("other"), status=Status.IN_PROGRESS, job_id="job-1")

        with pytest.raises(StateError, match="already belongs to wedding/photos"):
            state.write(Adopt(other, LATER))

        write(state, Intend(intended("other"), NOON), LoseTrack(key("other"), 0, NOON, MISHAP))
        with pytest.raises(StateError, match="already belongs to wedding/photos"):
            state.write(Find(key("other"), 0, LATER, "job-1", Status.IN_PROGRESS))

    def test_known_jobs_are_told_from_strangers(self, state: State) -> None:
        write(state, adopt(Status.IN_PROGRESS))

        assert state.known_jobs(["job-1", "job-2"]) == {"job-1"}
        assert state.holding(["job-1", "job-2"]) == {"job-1": next(state.records())}
        assert state.holding([]) == state.holding(["job-2"]) == {}


def test_a_refused_change_fails_alone(state: State) -> None:
    names = [f"job-{number}" for number in range(20)]
    futures = [state.submit(Intend(intended(name), NOON)) for name in names]
    twice = [state.submit(Intend(intended(name), NOON)) for name in names]

    assert [future.exception() for future in futures] == [None] * 20
    assert {getattr(future.exception(), "code", None) for future in twice} == {"state-conflict"}
    assert state.count() == {Status.INTENDED: 20}


def test_a_value_that_cannot_be_kept_fails_alone(state: State) -> None:
    wrong = state.submit(Intend(replace(intended("wrong"), address="\ud800"), NOON))
    right = state.submit(Intend(intended("right"), NOON))

    assert isinstance(wrong.exception(), UnicodeEncodeError)
    assert right.exception() is None
    assert [record.address for record in state.records()] == ["right/photos"]


def test_many_threads_that_write_at_once_lose_nothing(state: State) -> None:
    def start(number: int) -> None:
        name = f"job-{number}"
        state.write(Intend(intended(name), NOON))
        state.write(Accept(key(name), 0, LATER, name))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(start, range(400)))

    assert state.count() == {Status.IN_PROGRESS: 400}
    assert Counter(event["event"] for event in state.events()) == {"intended": 400, "accepted": 400}


def test_reading_goes_on_while_others_write(state: State) -> None:
    writing = [state.submit(Intend(intended(str(number)), NOON)) for number in range(300)]
    seen = [len(list(state.records())) for _ in range(20)]
    for future in writing:
        future.result()

    assert seen == sorted(seen)
    assert len(list(state.records())) == 300


def test_records_are_seen_as_they_stood_when_the_first_was_read(state: State) -> None:
    write(state, *(Intend(intended(str(number)), NOON) for number in range(10)))
    records = state.records()
    next(records)

    write(state, Accept(key("9"), 0, LATER, "job-9"), Intend(intended("10"), NOON))

    assert [record.status for record in records] == [Status.INTENDED] * 9


def test_records_are_chosen_by_status_and_vault_in_the_order_they_were_made(state: State) -> None:
    for name, vault in [("d", "one"), ("c", "two"), ("b", "one"), ("a", "two")]:
        write(state, Intend(intended(name, vault=vault), NOON))
    write(state, Accept(key("b"), 0, LATER, "job-b"), LoseTrack(key("a"), 0, LATER, MISHAP))
    write(state, Observe(key("b"), 0, LATER, Status.FAILED))

    def chosen(statuses: set[Status] | None, vault: str | None = None) -> str:
        return "".join(record.address[0] for record in state.records(statuses=statuses, vault=vault))

    assert chosen(None) == "dcba"
    assert chosen(None, "two") == "ca"
    assert chosen({Status.INTENDED, Status.UNKNOWN}) == "dca"
    assert chosen({Status.INTENDED, Status.UNKNOWN}, "two") == "ca"
    assert chosen({Status.FAILED, Status.UNKNOWN}) == "ba"
    assert chosen(set()) == ""


def test_latest_answers_for_more_keys_than_one_question_takes(state: State) -> None:
    names = [f"job-{number}" for number in range(1100)]
    for future in [state.submit(Intend(intended(name), NOON)) for name in names]:
        future.result()

    found = state.latest(key(name) for name in [*names, "stranger"])

    assert {record.address for record in found.values()} == {f"{name}/photos" for name in names}


@pytest.mark.parametrize("status", Status)
def test_how_purchases_stand_is_what_their_latest_records_tell(state: State, status: Status) -> None:
    write(state, *WAYS[status], Intend(intended("other"), NOON))
    keys = [key(name) for name in ("job", "other", "stranger")]

    told = state.standings(keys)

    assert told == {one: record.standing for one, record in state.latest(keys).items()}
    assert told


def test_every_purchase_is_told_in_the_order_of_keys_the_latest_of_each_last(state: State) -> None:
    names = ["one", "two", "three", "four"]
    write(state, *(Intend(intended(name), NOON) for name in names))
    write(state, *WAYS[Status.FAILED], Intend(intended(generation=1), NOON))

    told = list(state.every_standing())

    purchases = [(one, standing.generation) for one, standing in told]
    assert purchases == sorted([*((key(name), 0) for name in names), (KEY, 0), (KEY, 1)])
    assert dict(told) == state.standings([key(name) for name in [*names, "wedding"]])


def test_counts_are_told_by_status_and_zeros_left_out(state: State) -> None:
    assert state.is_empty()
    write(state, *WAYS[Status.IN_PROGRESS], Intend(intended("other"), NOON))

    assert not state.is_empty()
    assert state.count() == {Status.IN_PROGRESS: 1, Status.INTENDED: 1}
    assert state.count({Status.IN_PROGRESS, Status.UNKNOWN}) == {Status.IN_PROGRESS: 1}
    assert state.count(()) == {}


class TestApprovals:
    def test_entries_are_added_and_the_first_approval_stays(self, state: State) -> None:
        first = state.approve(digest="sha256:a", entries=["one", "two"], how="plan", at=NOON)
        again = state.approve(digest="sha256:a", entries=["two", "three"], how="prompt", at=LATER)

        assert again == first
        assert (first.how, first.approved_at) == ("plan", NOON)
        assert state.approval("sha256:a") == first
        assert state.approved("sha256:a", ["one", "three", "four"]) == {"one", "three"}
        assert list(state.approved_entries(first.id)) == ["one", "three", "two"]

    def test_one_digest_says_nothing_of_another(self, state: State) -> None:
        one = state.approve(digest="sha256:a", entries=["one"], how="yes", at=NOON)
        other = state.approve(digest="sha256:b", entries=[], how="expect", at=NOON)

        assert state.approval("sha256:c") is None
        assert state.approved("sha256:c", ["one"]) == frozenset()
        assert state.approved("sha256:b", ["one"]) == frozenset()
        assert list(state.approvals()) == [one, other]

    def test_entries_that_cannot_be_read_to_the_end_approve_nothing(self, state: State) -> None:
        def torn() -> Iterator[str]:
            yield "one"
            raise OSError("the plan file ends in the middle")

        with pytest.raises(OSError, match="in the middle"):
            state.approve(digest="sha256:a", entries=torn(), how="plan", at=NOON)

        assert state.approval("sha256:a") is None

    def test_more_entries_than_one_question_takes(self, state: State) -> None:
        entries = [f"entry-{number:04}" for number in range(1300)]
        state.approve(digest="sha256:a", entries=iter(entries), how="plan", at=NOON)

        assert state.approved("sha256:a", iter(entries)) == set(entries)

    def test_what_was_started_under_one_is_counted(self, state: State) -> None:
        one = state.approve(digest="sha256:a", entries=[], how="plan", at=NOON).id
        other = state.approve(digest="sha256:b", entries=[], how="plan", at=NOON).id
        for name, tier, slot, approval in [
            ("plain", "Bulk", None, one),
            ("fast", "Expedited", None, one),
            ("slotted", "Expedited", "2026-11-23T03:00Z", one),
            ("released", "Bulk", None, one),
            ("rejected", "Expedited", None, one),
            ("elsewhere", "Expedited", None, other),
        ]:
            write(state, Intend(intended(name, tier=tier, slot=slot, approval=approval), NOON))
        write(state, Release(key("released"), 0, LATER, MISHAP), Reject(key("rejected"), 0, LATER, MISHAP))

        assert state.started_under(one, slots=()) == Started(jobs=2, expedited_jobs=1)
        assert state.started_under(one, slots={"2026-11-23T03:00Z", "2026-11-24T03:00Z"}) == Started(3, 2)
        assert state.started_under(one, slots=["2026-11-24T03:00Z"]) == Started(2, 1)
        assert state.started_under(99, slots=()) == Started(0, 0)


class TestIdentity:
    def test_a_new_state_is_bound_to_nothing(self, state: State) -> None:
        assert state.identity == Identity(id=STATE_ID, accounts=frozenset(), endpoint=None)

    def test_accounts_add_up_and_the_first_endpoint_stays(self, state: State) -> None:
        for account_id in ("012345678901", "012345678901", "999999999999"):
            state.bind(account_id=account_id, endpoint="aws")

        assert state.identity == Identity(STATE_ID, frozenset({"012345678901", "999999999999"}), "aws")
        assert [event["event"] for event in state.events()] == ["bound", "bound"]

    def test_a_sandbox_may_move_to_another_port(self, state: State) -> None:
        state.bind(account_id="012345678901", endpoint="http://127.0.0.1:1")
        state.bind(account_id="012345678901", endpoint="http://127.0.0.1:2")

        assert state.identity.endpoint == "http://127.0.0.1:1"

    @pytest.mark.parametrize(
        ("first", "second"), [("aws", "http://127.0.0.1:1"), ("http://127.0.0.1:1", "aws")]
    )
    def test_a_sandbox_is_never_taken_for_aws(self, state: State, first: str, second: str) -> None:
        state.bind(account_id="012345678901", endpoint=first)

        with pytest.raises(Elsewhere, match="cannot be used against"):
            state.bind(account_id="012345678901", endpoint=second)


class TestEvents:
    def test_every_change_is_told_with_who_when_and_what(self, state: State) -> None:
        write(state, INTEND, SEND_AGAIN, ACCEPT)
        run = {"host": "restore-1", "pid": 4242, "version": "1.2.3", "run": "run-1"}
        about = {"key": KEY, "generation": 0}

        assert list(state.events()) == [
            {"id": 1, "at": "2026-11-23T12:00:00.000Z", "service_at": None, "event": "intended"}
            | {"status": "intended", "attempts": 1, "tier": "Bulk", "approval": None, "body_sha256": "0" * 64}
            | run
            | about,
            {"id": 2, "at": "2026-11-23T16:00:00.000Z", "service_at": "2026-11-23T12:00:00.000Z"}
            | {"event": "sent-again", "status": "intended", "attempts": 2}
            | {"code": "ThrottlingException", "message": "Rate exceeded"}
            | run
            | about,
            {"id": 3, "at": "2026-11-23T16:00:00.000Z", "service_at": "2026-11-23T12:00:00.000Z"}
            | {"event": "accepted", "status": "in_progress", "attempts": 2, "job_id": "job-1"}
            | run
            | about,
        ]

    def test_further_jobs_of_one_marker_are_told_where_they_are_met(self, state: State) -> None:
        other = replace(intended("other"), status=Status.IN_PROGRESS, job_id="job-4")
        write(
            state,
            INTEND,
            LoseTrack(KEY, 0, LATER, MISHAP),
            Find(KEY, 0, LATER, "job-1", Status.SUCCEEDED, duplicates=("job-2", "job-3")),
            Adopt(other, LATER, duplicates=("job-5",)),
        )

        *_, found, adopted = state.events()
        assert (found["event"], found["job_id"]) == ("found", "job-1")
        assert found["duplicates"] == ["job-2", "job-3"]
        assert (adopted["event"], adopted["job_id"]) == ("adopted", "job-4")
        assert adopted["duplicates"] == ["job-5"]

    def test_where_there_was_one_job_no_duplicates_are_told(self, state: State) -> None:
        write(state, adopt(Status.IN_PROGRESS))

        assert not any("duplicates" in event for event in state.events())

    def test_they_can_be_asked_for_by_key(self, state: State) -> None:
        write(state, INTEND, Intend(intended("other"), NOON), ACCEPT)

        assert [event["event"] for event in state.events(key=KEY)] == ["intended", "accepted"]

    def test_an_approval_is_told_with_the_number_of_its_entries(self, state: State) -> None:
        state.approve(digest="sha256:a", entries=["one", "two"], how="yes", at=NOON)

        [event] = state.events()
        assert (event["event"], event["digest"], event["how"]) == ("approved", "sha256:a", "yes")
        assert (event["entries"], event["key"]) == (2, None)


def test_closing_writes_what_was_handed_over(state: State) -> None:
    futures = [state.submit(Intend(intended(str(number)), NOON)) for number in range(500)]
    state.close()

    assert all(future.done() and future.exception() is None for future in futures)
    assert state.count() == {Status.INTENDED: 500}


def test_after_closing_nothing_is_taken(state: State) -> None:
    state.close()
    state.close()

    with pytest.raises(StateError) as refusal:
        state.write(INTEND)
    assert refusal.value.code == "state-closed"


def succeeded(state: State, name: str, *, ends_at: datetime, vault: str = "photos") -> None:
    write(
        state,
        Intend(intended(name, vault=vault), NOON),
        Accept(key(name), 0, NOON, f"job-{name}"),
        Observe(key(name), 0, NOON, Status.SUCCEEDED, completed_at=NOON, expires_at=ends_at),
    )


def test_requests_are_summed_up_by_job_vault_and_status_the_first_made_first(state: State) -> None:
    succeeded(state, "wedding", ends_at=LATER)
    write(state, Intend(replace(intended("other"), address="wedding/photos/x", size=None), NOON))
    write(state, Intend(intended("weekly", slot="2026-11-23T03:00Z"), NOON))

    done, open_one, weekly = state.standing_groups()

    assert (done.job, done.vault, done.status, done.jobs, done.bytes) == (
        "wedding",
        "photos",
        Status.SUCCEEDED,
        1,
        1 << 20,
    )
    assert (done.first_ends_at, done.last_ends_at, done.scheduled) == (LATER, LATER, False)
    assert (open_one.job, open_one.status, open_one.bytes, open_one.unknown_sizes) == (
        "wedding",
        Status.INTENDED,
        0,
        1,
    )
    assert (weekly.job, weekly.scheduled, weekly.first_ends_at) == ("weekly", True, None)


def test_a_purchase_that_was_followed_by_another_is_summed_up_no_more(state: State) -> None:
    write(state, *WAYS[Status.FAILED], Intend(intended(generation=1), LATER))

    assert [(group.status, group.jobs) for group in state.standing_groups()] == [(Status.INTENDED, 1)]


def test_outputs_are_told_the_soonest_gone_first(state: State) -> None:
    hour = timedelta(hours=1)
    for name, hours in [("late", 9), ("first", 1), ("second", 2), ("third", 3)]:
        succeeded(state, name, ends_at=NOON + hours * hour)
    write(state, Fetch(key("second"), 0, LATER, "photos/second.jpg"))

    assert [one.key for one in state.ending(before=NOON + 3 * hour, most=9)] == [key("first"), key("third")]
    assert [one.key for one in state.ending(before=NOON + 9 * hour, most=1)] == [key("first")]
    assert state.ending_count(before=NOON + 9 * hour) == 3
    assert state.ending(before=NOON, most=9) == ()


def test_the_output_of_a_purchase_that_was_followed_by_another_is_not_waited_for(state: State) -> None:
    succeeded(state, "wedding", ends_at=LATER)
    write(state, Intend(intended(generation=1), LATER))

    assert (state.ending(before=LATER, most=9), state.ending_count(before=LATER)) == ((), 0)


def test_nothing_at_all_is_written_at_once_and_delays_nothing(state: State) -> None:
    assert state.submit_together([]) == []

    state.write(INTEND)

    assert only(state).status is Status.INTENDED
