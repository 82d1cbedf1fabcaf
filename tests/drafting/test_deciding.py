# ruff: noqa: S608 - only names of this program's own are put into SQL, every value is bound
"""Requests in one case are decided by looking at one of them: each is decided as it is by itself."""

import gc
import tracemalloc
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glacier_manifest.diagnostics import Span
from glacier_manifest.drafting.deciding import DECIDE, Deciding, Wanted
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.drafting.known import Known
from glacier_manifest.drafting.tables import REQUEST
from glacier_manifest.jobs.address import address_of
from glacier_manifest.jobs.marker import marker_of, with_marker
from glacier_manifest.jobs.request import ArchiveRetrieval
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import Repurchases
from glacier_manifest.planning.approval import body_sha256
from glacier_manifest.planning.decide import BuyAgain, decide
from glacier_manifest.planning.expand import Asked
from glacier_manifest.planning.lot import Lot, Piece
from glacier_manifest.planning.plan import Action, Verb
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.record import Record, Standing
from tests.planning.examples import NOON, PHOTOS, SLOT, TOPIC, WEEKLY, record

FILE = Path("jobs.yaml")
PLAIN = Lot("wedding", PHOTOS, ArchiveRetrieval, Span(FILE, 3, 3, 10), FILE)
LOTS = (
    PLAIN,
    replace(PLAIN, job="described", description="for the wedding", sns_topic=TOPIC, tiers=(Tier.BULK,)),
    replace(PLAIN, job="bounded", bounded="ab" * 32, tiers=(Tier.EXPEDITED, Tier.STANDARD)),
    replace(PLAIN, job="series", slot=SLOT, schedule=WEEKLY),
)
OWN = "with its own marker"
DESCRIPTIONS = (
    OWN,
    None,
    "",
    "for the wedding",
    f"for the wedding {marker_of('00' * 32, 0)}",
    str(marker_of("00" * 32, 1)),
)


@dataclass(frozen=True)
class Purchase:
    """What a state may know of an archive's purchase; `description` may be `OWN`."""

    status: Status
    generation: int
    tier: Tier | None
    sns_topic: str | None
    description: str | None
    size: int | None
    same_body: bool

    def record(self, asked: Asked) -> Record:
        request = asked.request
        own = with_marker(request.description, marker_of(asked.key, self.generation))
        return replace(
            record(request, self.status, self.generation),
            tier=self.tier,
            sns_topic=self.sns_topic,
            description=own if self.description == OWN else self.description,
            size=self.size,
            body_sha256=body_sha256(request) if self.same_body else "another",
        )


@dataclass(frozen=True)
class Words:
    """What is asked to be bought again: whole statuses, some of the requests by address or by purchase."""

    statuses: frozenset[Status]
    addresses: frozenset[int]
    generations: Mapping[int, int]
    repurchases: Repurchases

    def again(self, wanted: Sequence[Asked]) -> BuyAgain:
        return BuyAgain(
            self.statuses,
            frozenset(address_of(wanted[at].request) for at in self.addresses if at < len(wanted)),
            {wanted[at].key: number for at, number in self.generations.items() if at < len(wanted)},
            self.repurchases,
        )


purchases = st.builds(
    Purchase,
    status=st.sampled_from(Status),
    generation=st.integers(0, 2),
    tier=st.sampled_from([None, Tier.BULK, Tier.STANDARD]),
    sns_topic=st.sampled_from([None, TOPIC, f"{TOPIC}-2"]),
    description=st.sampled_from(DESCRIPTIONS) | st.just(OWN),
    size=st.sampled_from([None, 7]),
    same_body=st.booleans(),
)
#: One purchase, and others that differ from it in little: most requests are in a case that was met before.
much_alike = st.tuples(purchases, purchases, purchases).flatmap(
    lambda three: st.lists(
        st.sampled_from([one.name for one in fields(Purchase)]).map(
            lambda name: replace(three[0], **{name: getattr(three[1], name)})
        )
        | st.sampled_from([None, *three]),
        max_size=3,
    ).map(lambda others: [three[0], *others])
)
few_lots = st.lists(st.sampled_from(LOTS), min_size=1, max_size=2)
pieces = st.builds(
    lambda cut, size: Piece(None, cut[0], cut[1], size),
    cut=st.sampled_from([(None, None), (0, 1048575)]),
    size=st.sampled_from([None, 5]),
)
words = st.builds(
    Words,
    statuses=st.sampled_from([frozenset(), frozenset({Status.FAILED}), frozenset({Status.EXPIRED})]),
    addresses=st.frozensets(st.integers(0, 8), max_size=3),
    generations=st.dictionaries(st.integers(0, 8), st.integers(1, 3), max_size=3),
    repurchases=st.builds(Repurchases, expired=st.integers(0, 2), failed=st.integers(0, 2)),
)
SIGHTING = Sighting(
    job_id="job-1",
    generation=0,
    status=Status.IN_PROGRESS,
    tier="Standard",
    sns_topic=None,
    description=None,
    created_at=NOON,
)


def draft_of(wanted: Iterable[tuple[Lot, Piece]], restarts: Repurchases) -> Draft:
    """Return a draft of these, each of an archive of its own."""
    draft = Draft(Scratch(), restarts=restarts)
    draft.add_all(
        (lot, piece._replace(archive_id=f"a{number}".ljust(138, "_")))
        for number, (lot, piece) in enumerate(wanted)
    )
    draft.merge()
    return draft


def asked_in(draft: Draft) -> list[Asked]:
    return [draft.asked(row) for row in draft.scratch.rows(f"SELECT {REQUEST} FROM requests ORDER BY seq")]


def decided(draft: Draft, known: Known, at_once: int) -> list[Action]:
    """Decide so many at a time, as a draft of thousands does, and return the plan's actions."""
    wanted = Wanted(draft.lots, draft._stencil, draft.asked, draft.restarts)
    deciding = Deciding(wanted, known)
    rows = list(draft.scratch.rows(f"SELECT {REQUEST} FROM requests ORDER BY key"))
    for start in range(0, len(rows), at_once):
        draft.scratch.run_many(DECIDE, deciding.values(rows[start : start + at_once]))
    return list(Drafted(draft, known.latest, NOON).actions())


def known_of(records: Mapping[str, Record], again: BuyAgain, found: Mapping[str, Sighting]) -> Known:
    def latest(keys: Iterable[str]) -> Mapping[str, Record]:
        return {key: records[key] for key in keys if key in records}

    def brief(keys: Iterable[str]) -> Mapping[str, Standing]:
        return {key: one.standing for key, one in latest(keys).items()}

    return Known(latest, again, found, brief)


@given(
    few_lots.flatmap(
        lambda lots: st.lists(st.tuples(st.sampled_from(lots), pieces, st.integers(0, 3)), max_size=9)
    ),
    much_alike,
    words,
    st.frozensets(st.integers(0, 8), max_size=2),
    st.sampled_from([1, 1, 500]),
)
@settings(max_examples=400)
def test_each_request_is_decided_as_it_is_by_itself(
    wanted: list[tuple[Lot, Piece, int]],
    bought: list[Purchase | None],
    wish: Words,
    sighted: frozenset[int],
    at_once: int,
) -> None:
    draft = draft_of(((lot, piece) for lot, piece, _which in wanted), wish.repurchases)
    every = asked_in(draft)
    known = [bought[which % len(bought)] for _lot, _piece, which in wanted]
    records = {
        one.key: purchase.record(one)
        for one, purchase in zip(every, known, strict=True)
        if purchase is not None
    }
    again = wish.again(every)
    found = {every[at].key: SIGHTING for at in sighted if at < len(every)}

    actions = decided(draft, known_of(records, again, found), at_once)

    expected = [
        replace(
            decide(one, records.get(one.key), again, found.get(one.key)),
            restarts=wish.repurchases,
            bounded=lot.bounded,
        )
        for one, (lot, _piece, _which) in zip(every, wanted, strict=True)
    ]
    assert actions == expected
    entries = Drafted(draft, lambda _keys: {}, NOON).entries()
    assert list(entries) == sorted({one.entry for one in expected})


@pytest.mark.parametrize("status", [None, Status.IN_PROGRESS, Status.SUCCEEDED, Status.FAILED])
def test_of_very_many_in_one_case_few_records_are_read(status: Status | None) -> None:
    draft = draft_of(((LOTS[0], Piece()) for _number in range(1500)), Repurchases())
    records = {one.key: record(one.request, status) for one in asked_in(draft) if status is not None}
    whole = known_of(records, BuyAgain(), {})
    read: list[str] = []

    def latest(keys: Iterable[str]) -> Mapping[str, Record]:
        wanted = list(keys)
        read.extend(wanted)
        return whole.latest(wanted)

    draft.decide(replace(whole, latest=latest))

    plan = Drafted(draft, whole.latest, NOON)
    assert plan.summary[Verb.START] + plan.summary[Verb.WAIT] + plan.summary[Verb.KEEP] == 1500
    assert len(read) <= 500, "one batch at most, before anything is known of its case"


def peak_of(count: int) -> int:
    """Return the most bytes that a plan of so many finished requests has held at any one time."""
    done = Standing(0, Status.SUCCEEDED, None, None, None, 7)
    gc.collect()
    tracemalloc.start()
    try:
        with Scratch() as scratch:
            draft = Draft(scratch)
            draft.add(PLAIN, (Piece(f"a{number:0137}") for number in range(count)))
            draft.merge()
            known = Known(lambda _keys: {}, brief=lambda keys: dict.fromkeys(keys, done))
            draft.decide(replace(known, latest=lambda keys: {key: finished(key) for key in keys}))
            plan = Drafted(draft, lambda _keys: {}, NOON)
            assert plan.summary[Verb.KEEP] == count
            assert plan.drifted_count() == 0
            assert plan.digest.startswith("sha256:")
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def finished(key: str) -> Record:
    archive = PLAIN.request(Piece("a" * 138))
    return replace(record(archive, Status.SUCCEEDED), key=key, description=None)


def test_ten_times_as_many_finished_requests_need_no_more_memory() -> None:
    peak_of(600)

    few, many = peak_of(2_000), peak_of(20_000)

    assert many < few + 300_000, "a request that is held takes a kilobyte: 18,000 more would show"
