"""A plan in the making: what is one request, what is left of them, and what is decided, in little memory."""

import gc
import tracemalloc
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glacier_manifest.diagnostics import InvalidInput, Span
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.drafting.known import Known
from glacier_manifest.errors import UsageError
from glacier_manifest.jobs.address import address_of
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.request import ArchiveRetrieval, ByteRange, InventoryRetrieval, Request, Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Repurchases
from glacier_manifest.planning.approval import entry
from glacier_manifest.planning.decide import BuyAgain, decide
from glacier_manifest.planning.expand import Asked
from glacier_manifest.planning.lot import Lot, Piece, lot_of
from glacier_manifest.planning.plan import Verb
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.record import Record
from tests.planning.examples import (
    ACCOUNT,
    INVENTORY,
    NOON,
    PHOTOS,
    QUERY,
    SLOT,
    TOPIC,
    WEEKLY,
    archive,
    asked,
    drafted,
    record,
    request,
    scratch,
)
from tests.planning.requests import requests

FILE = Path("jobs.yaml")
VIDEOS = Vault(ACCOUNT, "us-west-2", "videos")
LOT = Lot("wedding", PHOTOS, ArchiveRetrieval, Span(FILE, 3, 3, 10), FILE)


def at(line: int) -> Span:
    return Span(FILE, line, 5, 9)


def test_it_is_told_that_deciding_goes_on() -> None:
    beats: list[None] = []
    with Scratch() as scratch:
        draft = Draft(scratch, moved=lambda: beats.append(None))
        draft.add(LOT, (Piece(f"{number:0138}") for number in range(1200)))
        draft.merge()
        draft.decide(Known(lambda _keys: {}))

    assert len(beats) == 3


def draft_of(*wanted: tuple[Request, int]) -> Draft:
    """Return a draft, not merged yet, of requests that are asked for in these lines."""
    draft = Draft(scratch())
    draft.add_all(lot_of(one, at(line)) for one, line in wanted)
    return draft


def held(draft: Draft) -> list[Request]:
    """Return the requests of a draft in their order."""
    draft.decide(Known(lambda _keys: {}))
    return [action.request for action in Drafted(draft, lambda _keys: {}, NOON).actions()]


def state_of(*records: Record) -> Mapping[str, Record]:
    return {one.key: one for one in records}


def latest_in(known: Mapping[str, Record], told: list[list[str]] | None = None) -> Known:
    """Return what a state with these records tells, and note which keys it is asked for."""

    def latest(keys: Iterable[str]) -> Mapping[str, Record]:
        wanted = list(keys)
        if told is not None:
            told.append(wanted)
        return {key: known[key] for key in wanted if key in known}

    return Known(latest)


class TestMerging:
    def test_the_same_archive_asked_for_twice_is_one_request_the_first(self) -> None:
        first = request(archive("a"), job="first", description="one")
        second = request(archive("a"), job="second", sns_topic=TOPIC)
        other = request(archive("b"), job="second")
        draft = draft_of((first, 7), (second, 20), (other, 21))

        draft.merge()

        assert held(draft) == [first, other]
        kept = draft.get(request_key(first))
        assert kept is not None
        assert (kept.request, kept.span.line) == (first, 7)

    @given(st.lists(requests, max_size=8))
    @settings(max_examples=40)
    def test_each_request_is_kept_once_where_it_was_asked_for_first(self, wanted: list[Request]) -> None:
        agreeing = [replace(one, tiers=()) for one in wanted]
        first = {request_key(one): one for one in reversed(agreeing)}

        found = held(drafted(agreeing))

        in_order = [
            one
            for number, one in enumerate(agreeing)
            if request_key(one) not in map(request_key, agreeing[:number])
        ]
        assert found == in_order
        assert {request_key(one): one for one in found} == first

    @pytest.mark.parametrize(
        ("one", "other"),
        [((), (Tier.STANDARD,)), ((Tier.STANDARD,), ()), ((Tier.BULK,), (Tier.BULK,))],
        ids=["default and spelled out", "spelled out and default", "the same"],
    )
    def test_two_spellings_of_one_tier_agree(self, one: tuple[Tier, ...], other: tuple[Tier, ...]) -> None:
        first, second = (request(archive("a"), tiers=tiers) for tiers in (one, other))
        draft = draft_of((first, 1), (second, 2))

        draft.merge()

        assert held(draft) == [first]

    @pytest.mark.parametrize(
        ("one", "other", "told"),
        [
            ((Tier.BULK,), (), r"at another tier \(Standard instead of Bulk\)"),
            (
                (Tier.BULK, Tier.STANDARD),
                (Tier.STANDARD, Tier.BULK),
                r"Standard, Bulk instead of Bulk, Standard",
            ),
        ],
    )
    def test_two_tiers_for_one_archive_are_an_error_with_both_places(
        self, one: tuple[Tier, ...], other: tuple[Tier, ...], told: str
    ) -> None:
        first = request(archive("a"), job="first", tiers=one)
        second = request(archive("a"), job="second", tiers=other)
        draft = draft_of((first, 7), (second, 20))

        with pytest.raises(InvalidInput, match=told) as caught:
            draft.merge()

        (found,) = caught.value.diagnostics
        assert found.code == "conflicting-requests"
        assert found.span is not None
        assert (found.span.file, found.span.line, found.span.column) == (FILE, 20, 5)
        assert found.label == "first asked for at jobs.yaml:7"
        assert address_of(second) in found.message
        assert address_of(first) in found.message

    def test_two_places_for_one_output_are_an_error_with_both_places(self) -> None:
        draft = Draft(scratch())
        draft.add(replace(LOT, job="first", save_to="restored/"), [Piece("a", line=7, column=5)])
        draft.add(replace(LOT, job="second", save_to="s3://bucket/"), [Piece("a", line=20, column=5)])
        draft.add(replace(LOT, job="third"), [Piece("a", line=30, column=5)])

        with pytest.raises(InvalidInput) as caught:
            draft.merge()

        second, third = caught.value.diagnostics
        assert "second/photos/a asks for what first/photos/a asks for" in second.message
        assert second.message.endswith("to be saved elsewhere (s3://bucket/ instead of restored/)")
        assert third.message.endswith("to be saved elsewhere (nowhere instead of restored/)")
        assert [one.span and one.span.line for one in (second, third)] == [20, 30]
        assert {one.label for one in (second, third)} == {"first asked for at jobs.yaml:7"}

    def test_the_same_place_for_one_output_is_no_conflict(self) -> None:
        draft = Draft(scratch())
        draft.add(replace(LOT, job="first", save_to="restored/"), [Piece("a")])
        draft.add(replace(LOT, job="second", save_to="restored/"), [Piece("a")])

        draft.merge()

        assert [one.job for one in held(draft)] == ["first"]

    def test_lots_may_disagree_where_they_ask_for_different_things(self) -> None:
        bulk, plain = request(archive("a"), tiers=(Tier.BULK,)), request(archive("b"))
        draft = draft_of((bulk, 1), (plain, 2), (request(INVENTORY), 3))

        draft.merge()

        assert held(draft) == [bulk, plain, request(INVENTORY)]

    def test_every_disagreement_is_told_at_once(self) -> None:
        bulk = [(request(archive(name), tiers=(Tier.BULK,)), 5) for name in "abc"]
        plain = [(request(archive(name), job="other"), 9 + n) for n, name in enumerate("abc")]
        draft = draft_of(*bulk, *plain)

        with pytest.raises(InvalidInput) as caught:
            draft.merge()

        assert [found.span and found.span.line for found in caught.value.diagnostics] == [9, 10, 11]

    def test_what_the_pieces_raise_is_raised(self) -> None:
        def broken() -> Iterator[Piece]:
            yield Piece("a")
            raise LookupError("the list has ended")

        with pytest.raises(LookupError):
            Draft(scratch()).add(LOT, broken())


A, TWIN, DASH = "a" * 138, "a" * 100 + "b" * 38, "-" + "c" * 137
REQUESTS = {
    "inventory": request(InventoryRetrieval(), job="weekly", slot=SLOT, schedule=WEEKLY),
    "a": request(ArchiveRetrieval(A)),
    "twin": request(ArchiveRetrieval(TWIN)),
    "dash": request(ArchiveRetrieval(DASH)),
    "piece 1": request(ArchiveRetrieval(DASH, ByteRange(0, 1048575)), job="split"),
    "piece 2": request(ArchiveRetrieval(DASH, ByteRange(1048576, 2097151)), job="split"),
}


class TestSelecting:
    @pytest.mark.parametrize(
        ("targets", "excludes", "left"),
        [
            ([], [], list(REQUESTS)),
            (["weekly"], [], ["inventory"]),
            (["wedding/photos"], [], ["a", "twin", "dash"]),
            (["split", "weekly"], [], ["inventory", "piece 1", "piece 2"]),
            (["split", "split/photos"], [], ["piece 1", "piece 2"]),
            ([], ["wedding"], ["inventory", "piece 1", "piece 2"]),
            (["wedding"], [f"wedding/photos/{A}"], ["twin", "dash"]),
            (["wedding"], ["wedding"], []),
            (["w*"], [], ["inventory", "a", "twin", "dash"]),
            (["*/photos/a*"], [], ["a", "twin"]),
            (["*"], ["*:0-*"], ["inventory", "a", "twin", "dash", "piece 2"]),
            (["*@2026-11-23*"], [], ["inventory"]),
            ([f"wedding/photos/{'a' * 101}"], [], ["a"]),
            ([f"wedding/photos/{'a' * 100}b"], [], ["twin"]),
            (["wedding/photos/-"], [], ["dash"]),
            ([f"wedding/photos/{DASH}"], [], ["dash"]),
            (["split/photos/-cc"], [], ["piece 1", "piece 2"]),
            (["wedding"], ["wedding/photos/-c"], ["a", "twin"]),
        ],
    )
    def test_what_is_left(self, targets: list[str], excludes: list[str], left: list[str]) -> None:
        draft = drafted(REQUESTS.values())

        draft.select(targets=targets, excludes=excludes)

        assert held(draft) == [REQUESTS[name] for name in left]

    @pytest.mark.parametrize("slip", ["wedding/photo", "Wedding", "-c", "*/videos", "split/photos/-d", ""])
    @pytest.mark.parametrize("flag", ["targets", "excludes"])
    def test_a_slip_of_the_pen_does_not_widen_a_run(self, slip: str, flag: str) -> None:
        words: dict[str, list[str]] = {"targets": [], "excludes": []}
        words[flag] = ["wedding", slip]

        with pytest.raises(UsageError) as caught:
            drafted(REQUESTS.values()).select(targets=words["targets"], excludes=words["excludes"])

        assert caught.value.code == "no-such-address"
        assert repr(slip) in caught.value.message

    @pytest.mark.parametrize("flag", ["targets", "excludes"])
    def test_a_cut_archive_id_must_be_the_only_one(self, flag: str) -> None:
        words: dict[str, list[str]] = {"targets": [], "excludes": []}
        words[flag] = [f"wedding/photos/{'a' * 100}"]

        with pytest.raises(UsageError, match="2 archive IDs") as caught:
            drafted(REQUESTS.values()).select(targets=words["targets"], excludes=words["excludes"])

        assert caught.value.code == "ambiguous-address"

    def test_nothing_is_left_of_nothing(self) -> None:
        draft = drafted([])

        draft.select(targets=[], excludes=[])

        assert held(draft) == []

    def test_of_very_many_exactly_those_that_are_meant_are_left(self) -> None:
        many = [request(archive(f"a{number}"), job=f"job{number % 3}") for number in range(2500)]
        draft = drafted(many)

        draft.select(targets=["job0", "job2"], excludes=["job2"])

        assert held(draft) == [one for one in many if one.job == "job0"]


class TestDeciding:
    def test_the_state_is_asked_a_few_hundred_at_a_time_in_the_order_of_its_index(self) -> None:
        many = [request(archive(f"a{number}")) for number in range(1201)]
        draft, told = drafted(many), list[list[str]]()

        draft.decide(latest_in({}, told))

        every = [key for batch in told for key in batch]
        assert every == sorted(map(request_key, many))
        assert max(map(len, told)) <= 500

    def test_only_the_requests_of_given_keys_are_decided_anew(self) -> None:
        many = [request(archive(f"a{number}")) for number in range(6)]
        draft, told = drafted(many), list[list[str]]()
        draft.decide(latest_in({}))
        now = state_of(*(record(one, Status.SUCCEEDED) for one in many[:4]))
        foreign = request_key(request(archive("not in the draft")))

        draft.decide(latest_in(now, told), iter([request_key(many[1]), foreign, request_key(many[3])]))

        actions = list(Drafted(draft, latest_in(now).latest, NOON).actions())
        assert [one.verb for one in actions] == ["start", "keep", "start", "keep", "start", "start"]
        assert sorted({key for batch in told for key in batch}) == sorted(
            [request_key(many[1]), request_key(many[3])]
        )

    def test_no_key_at_all_decides_nothing_anew(self) -> None:
        wanted, told = request(archive("a")), list[list[str]]()
        draft = drafted([wanted])
        draft.decide(latest_in({}))

        draft.decide(latest_in(state_of(record(wanted, Status.SUCCEEDED)), told), [])

        assert told == []
        assert [one.verb for one in Drafted(draft, lambda _keys: {}, NOON).actions()] == [Verb.START]

    @given(
        st.lists(st.tuples(requests, st.sampled_from([None, *Status]), st.integers(0, 2)), max_size=6),
        st.builds(Repurchases, expired=st.integers(0, 2), failed=st.integers(0, 2)),
        st.sampled_from([frozenset(), frozenset({Status.FAILED}), frozenset({Status.EXPIRED})]),
    )
    @settings(max_examples=60)
    def test_each_request_is_decided_as_it_is_by_itself(
        self,
        wanted: list[tuple[Request, Status | None, int]],
        by_itself: Repurchases,
        statuses: frozenset[Status],
    ) -> None:
        once = {
            request_key(one): (replace(one, tiers=()), status, generation)
            for one, status, generation in wanted
        }
        known = state_of(*(record(one, status, n) for one, status, n in once.values() if status is not None))
        again = BuyAgain(statuses=statuses, repurchases=by_itself)
        draft = drafted((one for one, _status, _n in once.values()), by_itself)

        draft.decide(replace(latest_in(known), again=again))

        plan = Drafted(draft, latest_in(known).latest, NOON)
        expected = [
            replace(decide(asked(one), known.get(request_key(one)), again), restarts=by_itself)
            for one, _status, _n in once.values()
        ]
        assert list(plan.actions()) == expected
        assert list(plan.entries()) == sorted({one.entry for one in expected})

    def test_what_glacier_lists_is_adopted_and_told_as_it_is(self) -> None:
        wanted = request(archive("a"), sns_topic=TOPIC)
        found = Sighting(
            job_id="job-1",
            generation=0,
            status=Status.IN_PROGRESS,
            tier="Standard",
            sns_topic=None,
            description=None,
            created_at=NOON,
            duplicates=("job-2",),
        )
        draft = drafted([wanted, request(archive("b"))])

        draft.decide(Known(lambda _keys: {}, found={request_key(wanted): found}))

        plan = Drafted(draft, lambda _keys: {}, NOON)
        adopted, other = plan.actions()
        assert adopted == decide(asked(wanted), None, BuyAgain(), found)
        assert (adopted.verb, adopted.sighting) == (Verb.ADOPT, found)
        assert adopted.drift != ()
        assert other.verb is Verb.START

    def test_a_scheduled_retrieval_is_approved_as_a_series_as_well(self) -> None:
        weekly = request(archive("a"), slot=SLOT, schedule=WEEKLY)
        draft = drafted([weekly])

        draft.decide(latest_in({}))

        assert list(Drafted(draft, lambda _keys: {}, NOON).entries()) == [entry(weekly, 0)]


IN_VIDEOS = request(archive("a"), vault=VIDEOS)
PART = request(replace(archive("a"), retrieval_byte_range=ByteRange(0, 1048575)), job="split")
WHOLE = request(archive("a"))
WEEKLY_LIST = request(INVENTORY, job="weekly", slot=SLOT, schedule=WEEKLY)
ERRORS = request(replace(QUERY, archive_id=str(archive("a").archive_id)), job="errors")


class TestLookingUp:
    @pytest.fixture
    def draft(self) -> Draft:
        made = drafted([PART, IN_VIDEOS, WEEKLY_LIST, WHOLE, ERRORS])
        running = state_of(record(WHOLE, Status.IN_PROGRESS, 1), record(IN_VIDEOS, Status.SUCCEEDED))
        made.decide(latest_in(running))
        return made

    def test_a_request_is_found_by_its_key(self, draft: Draft) -> None:
        found = draft.get(request_key(WHOLE))

        assert found == Asked(request_key(WHOLE), WHOLE, Span(FILE, 4, 5, 143))
        assert draft.get(request_key(request(archive("b")))) is None

    @pytest.mark.parametrize("length", [0, 1, 15, 31, 32])
    def test_requests_are_found_by_how_their_keys_begin(self, length: int, draft: Draft) -> None:
        prefix = bytes.fromhex(request_key(WHOLE))[:length]

        found = [one.request for one in draft.begins_with(prefix)]

        if length:
            assert found == [WHOLE]
        else:
            assert len(found) == 5
        assert list(draft.begins_with(b"\x00" * 15)) == []

    def test_the_retrievals_of_an_archive_are_those_of_one_vault_and_no_queries(self, draft: Draft) -> None:
        archive_id = str(WHOLE.archive_id)

        assert [one.request for one in draft.retrievals(PHOTOS, archive_id)] == [PART, WHOLE]
        assert [one.request for one in draft.retrievals(VIDEOS, archive_id)] == [IN_VIDEOS]
        assert list(draft.retrievals(PHOTOS, "another")) == []

    def test_it_tells_what_would_be_done_at_each_vault(self, draft: Draft) -> None:
        assert draft.verbs() == {PHOTOS: {Verb.START, Verb.WAIT}, VIDEOS: {Verb.KEEP}}

    def test_it_tells_the_purchases_that_are_waited_for(self, draft: Draft) -> None:
        assert list(draft.waiting(PHOTOS)) == [(request_key(WHOLE), 1)]
        assert list(draft.waiting(VIDEOS)) == []

    def test_it_tells_where_each_series_stands(self, draft: Draft) -> None:
        assert draft.slots_at(PHOTOS) == {"weekly/photos": SLOT}
        assert draft.slots_at(VIDEOS) == {}

    def test_what_was_left_out_stands_nowhere(self, draft: Draft) -> None:
        draft.select(targets=[], excludes=["weekly"])

        assert draft.slots_at(PHOTOS) == {}


def peak_of(count: int) -> int:
    """Return the most bytes that a plan of so many starts has held at any one time."""
    lot = replace(LOT, file=Path("ids.txt"))
    gc.collect()
    tracemalloc.start()
    try:
        with Scratch() as opened:
            draft = Draft(opened)
            draft.add(lot, (Piece(f"a{number:0137}", line=number + 1, column=1) for number in range(count)))
            draft.merge()
            draft.select(targets=["wedding"], excludes=["wedding/photos/a" + "0" * 137])
            draft.decide(latest_in({}))
            plan = Drafted(draft, lambda _keys: {}, NOON)
            assert plan.summary[Verb.START] == sum(1 for _start in plan.starts()) == count - 1
            assert plan.digest.startswith("sha256:")
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_ten_times_as_many_requests_need_no_more_memory() -> None:
    peak_of(600)

    few, many = peak_of(2_000), peak_of(20_000)

    assert many < few + 300_000, "a request that is held takes a kilobyte: 18,000 more would show"
