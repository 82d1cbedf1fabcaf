"""A plan on a scratch file tells the same as one in memory would."""

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.drafting.known import Known
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.request import Request, Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.cost import Tally
from glacier_manifest.planning.decide import BuyAgain, Restarts
from glacier_manifest.planning.plan import Action, Drift, Reason, Verb
from glacier_manifest.state.record import Record
from tests.planning.examples import (
    ACCOUNT,
    INVENTORY,
    NOON,
    PHOTOS,
    SLOT,
    TOPIC,
    WEEKLY,
    archive,
    drafted,
    latest_of,
    plan_of,
    planned,
    record,
    request,
)
from tests.planning.requests import requests

VIDEOS = Vault(ACCOUNT, "us-west-2", "videos")
NEW = request(archive("new"), tiers=(Tier.BULK,))
FAILED = request(archive("failed"))
RUNNING = request(archive("running"), vault=VIDEOS, sns_topic=TOPIC)
SERIES = request(INVENTORY, job="weekly", slot=SLOT, schedule=WEEKLY)
ONCE = request(INVENTORY, job="once", vault=VIDEOS)
ALL = (SERIES, NEW, FAILED, RUNNING, ONCE)
KNOWN = latest_of(
    [
        record(FAILED, Status.FAILED),
        record(RUNNING, Status.IN_PROGRESS, sns_topic=None),
        record(ONCE, Status.SUCCEEDED),
    ]
)

known_requests = st.lists(
    st.tuples(requests.map(lambda one: replace(one, tiers=())), st.sampled_from([None, *Status])),
    max_size=8,
    unique_by=lambda one: request_key(one[0]),
)


def plan(*words: str, requests: Iterable[Request] = ALL) -> Drafted:
    return planned(requests, KNOWN, Restarts(words))


def state_of(wanted: list[tuple[Request, Status | None]]) -> Mapping[str, Record]:
    return latest_of(record(one, status) for one, status in wanted if status is not None)


class TestOrderOfStarts:
    def test_what_has_no_date_comes_first_in_the_manifests_order_then_the_oldest_archives(self) -> None:
        dates = ["2016-01-01T00:00:00Z", None, "2014-06-01T00:00:00Z", None, "2016-01-01T00:00:00Z"]
        wanted = [
            replace(request(archive(f"a{n}"), job=f"job{n % 2}"), created=one) for n, one in enumerate(dates)
        ]

        starts = [action.request for action in planned(wanted).starts()]

        assert starts == [wanted[1], wanted[3], wanted[2], wanted[0], wanted[4]]

    @given(known_requests)
    @settings(max_examples=40)
    def test_all_that_starts_is_sent_once_undated_first_and_old_before_new(
        self, wanted: list[tuple[Request, Status | None]]
    ) -> None:
        made = planned([one for one, _status in wanted], state_of(wanted), Restarts(["failed"]))

        starting = [action for action in made.actions() if action.starts]

        assert list(made.starts()) == sorted(starting, key=lambda one: one.request.created or "")

    def test_restarts_and_starts_are_sent_in_one_order(self) -> None:
        assert [action.request for action in plan("failed").starts()] == [SERIES, NEW, FAILED]

    def test_a_state_that_is_written_while_starts_stream_changes_none_of_them(self) -> None:
        many = [request(archive(f"a{number}")) for number in range(1200)]
        failed = {one.key: one for one in (record(wanted, Status.FAILED) for wanted in many)}
        draft = drafted(many)

        def latest(keys: Iterable[str]) -> Mapping[str, Record]:
            return {key: failed[key] for key in keys}

        draft.decide(Known(latest, BuyAgain(statuses=frozenset({Status.FAILED}))))
        seen: list[tuple[str, int]] = []
        for action in Drafted(draft, latest, NOON).starts():
            failed[action.key] = replace(failed[action.key], status=Status.IN_PROGRESS, generation=1)
            seen.append((action.key, action.generation))

        assert seen == [(request_key(wanted), 1) for wanted in many]


class TestTelling:
    def test_actions_come_in_the_manifests_order_whatever_is_done(self) -> None:
        actions = list(plan().actions())

        assert [action.request for action in actions] == list(ALL)
        assert [f"{action.verb} {action.reason}" for action in actions] == [
            "start not_started",
            "start not_started",
            "keep failed",
            "wait in_progress",
            "keep done",
        ]
        assert [action.record for action in actions] == [KNOWN.get(request_key(one)) for one in ALL]

    @pytest.mark.parametrize(
        ("verbs", "limit", "told"),
        [
            (None, 2, [SERIES, NEW]),
            ({Verb.START}, None, [SERIES, NEW]),
            ({Verb.WAIT, Verb.KEEP}, None, [FAILED, RUNNING, ONCE]),
            ({Verb.WAIT, Verb.KEEP}, 1, [FAILED]),
            ({Verb.ADOPT}, None, []),
            (set(), None, []),
            (None, 0, []),
        ],
    )
    def test_some_verbs_and_so_many_of_them(
        self, verbs: set[Verb] | None, limit: int | None, told: list[Request]
    ) -> None:
        assert [action.request for action in plan().actions(verbs=verbs, limit=limit)] == told

    def test_records_are_asked_for_a_few_hundred_at_a_time_and_only_where_there_are_some(self) -> None:
        many = [request(archive(f"a{number}")) for number in range(1500)]
        known = latest_of(record(one, Status.IN_PROGRESS) for one in many[::3])
        draft, told = drafted(many), list[list[str]]()

        def latest(keys: Iterable[str]) -> Mapping[str, Record]:
            told.append(list(keys))
            return {key: known[key] for key in told[-1] if key in known}

        draft.decide(Known(latest))
        told.clear()

        waiting = [action for action in Drafted(draft, latest, NOON).actions() if action.record is not None]

        assert len(waiting) == 500
        assert sorted(key for keys in told for key in keys) == sorted(known)
        assert max(map(len, told)) <= 500

    def test_a_size_that_an_earlier_purchase_brought_to_light_is_told(self) -> None:
        known = latest_of([record(FAILED, Status.FAILED, size=1 << 30)])

        (action,) = planned([FAILED], known).actions()

        assert action.request == replace(FAILED, size=1 << 30)

    def test_inventories_are_told_apart(self) -> None:
        assert [one.request for one in plan().inventories(verb=Verb.START, limit=5)] == [SERIES]
        assert [one.request for one in plan().inventories(verb=Verb.KEEP, limit=5)] == [ONCE]
        assert list(plan().inventories(verb=Verb.KEEP, limit=0)) == []

    def test_what_differs_from_the_manifest_is_told_and_counted(self) -> None:
        drift = (Drift("sns_topic", None, TOPIC),)
        others = [request(archive(f"a{number}"), sns_topic=TOPIC) for number in range(3)]
        actions = [
            Action(Verb.WAIT, Reason.IN_PROGRESS, one, request_key(one), 0, None, drift) for one in others
        ]
        kept = Action(Verb.KEEP, Reason.DONE, NEW, request_key(NEW), 0)
        made = plan_of(kept, *actions)

        assert list(made.drifted()) == actions
        assert list(made.drifted(limit=2)) == actions[:2]
        assert made.drifted_count() == 3
        assert [one.drift for one in plan().drifted()] == [drift]
        assert plan_of(kept).drifted_count() == 0


class TestCounting:
    @given(known_requests)
    @settings(max_examples=40)
    def test_it_counts_what_it_holds(self, wanted: list[tuple[Request, Status | None]]) -> None:
        made = planned([one for one, _status in wanted], state_of(wanted))

        actions = list(made.actions())

        verbs = Counter(one.verb for one in actions)
        assert made.summary == {verb: verbs[verb] for verb in Verb}
        unchanged = Counter(one.reason for one in actions if one.verb in {Verb.WAIT, Verb.KEEP})
        assert made.unchanged == unchanged
        assert made.vaults == {one.request.vault for one in actions}
        assert made.slots == {one.request.slot for one in actions if one.request.slot is not None}

    @given(known_requests)
    @settings(max_examples=40)
    def test_tallies_add_up_what_starts_job_by_job(self, wanted: list[tuple[Request, Status | None]]) -> None:
        made = planned([one for one, _status in wanted], state_of(wanted), Restarts(["failed"]))
        starts: dict[tuple[object, ...], list[int | None]] = defaultdict(list)
        for action in made.actions():
            if action.starts:
                one = action.request
                size = 0 if one.archive_id is None else one.size  # an inventory retrieves no archive
                starts[one.job, one.vault, one.type, one.effective_tiers].append(size)

        tallies: dict[tuple[object, ...], list[Tally]] = defaultdict(list)
        for tally in made.tallies:
            vault = Vault(tally.account, tally.region, tally.vault)
            tallies[tally.job, vault, tally.kind, tally.tiers].append(tally)

        assert set(tallies) == set(starts)
        for known_by, sizes in starts.items():
            told, known = tallies[known_by], [size for size in sizes if size is not None]
            assert sum(tally.count for tally in told) == len(sizes)
            assert sum(tally.bytes for tally in told) == sum(known)
            assert sum(tally.unknown_sizes for tally in told) == len(sizes) - len(known)

    def test_a_tally_for_each_job_at_each_vault_in_the_manifests_order(self) -> None:
        sized = [replace(request(archive(f"a{n}"), job="sized"), size=n * 100) for n in range(3)]
        unknown = request(archive("b"), job="sized")
        elsewhere = request(archive("c"), job="sized", vault=VIDEOS, tiers=(Tier.EXPEDITED, Tier.BULK))

        first, second, third = planned([SERIES, *sized, elsewhere, unknown]).tallies

        assert (first.job, first.count, first.tiers, first.unknown_sizes) == ("weekly", 1, (), 0)
        assert second == Tally(
            job="sized",
            account=PHOTOS.account_id,
            region=PHOTOS.region,
            vault=PHOTOS.name,
            kind=unknown.type,
            tiers=(Tier.STANDARD,),
            count=4,
            bytes=300,
            unknown_sizes=1,
        )
        assert (third.vault, third.count, third.is_expedited) == (VIDEOS.name, 1, True)
        assert not second.is_expedited

    def test_what_does_not_start_is_in_no_tally(self) -> None:
        assert [(tally.job, tally.count) for tally in plan().tallies] == [("weekly", 1), ("wedding", 1)]

    def test_nothing_adds_up_to_nothing(self) -> None:
        made = planned([])

        assert set(made.summary.values()) == {0}
        assert (made.tallies, made.unchanged, made.slots, made.vaults) == ((), {}, frozenset(), frozenset())
        assert made.digest == f"sha256:{hashlib.sha256(b'').hexdigest()}"


class TestDigest:
    @given(known_requests, st.randoms(use_true_random=False))
    @settings(max_examples=40)
    def test_it_is_the_hash_of_the_sorted_entries_in_whatever_order_they_are_asked_for(
        self, wanted: list[tuple[Request, Status | None]], rng: random.Random
    ) -> None:
        in_order = [one for one, _status in wanted]
        made = planned(in_order, state_of(wanted))

        entries = {action.entry for action in made.actions()}

        lines = "\n".join(sorted(entries)).encode("ascii")
        assert list(made.entries()) == sorted(entries)
        assert made.digest == f"sha256:{hashlib.sha256(lines).hexdigest()}"
        rng.shuffle(in_order)
        assert planned([*in_order, *in_order[:2]], state_of(wanted)).digest == made.digest

    def test_two_slots_of_one_series_share_their_entry(self) -> None:
        next_week = replace(SERIES, slot="2026-11-30T03:00Z")

        both = planned([SERIES, next_week])

        assert len(list(both.entries())) == 1
        assert both.digest == planned([SERIES]).digest
