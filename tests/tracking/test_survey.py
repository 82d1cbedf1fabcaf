"""One pass over a vault's listing: what is ours, what serves as well, what has ended."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, Self

import pytest

from glacier_manifest.aws.descriptions import ListedJob, StatusCode
from glacier_manifest.errors import ServiceError
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.request import ArchiveRetrieval, ByteRange, Request
from glacier_manifest.jobs.status import Status
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.survey import Seen, Wanted, survey
from glacier_manifest.tracking.wishes import Wish
from tests.planning.examples import INVENTORY, NOON, PHOTOS, QUERY, archive, record, request
from tests.tracking.jobs import MIB, Listing, at_noon, ended, job, ours

A = request(archive("a"))
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def wish(wanted: Request = A, least: int = 0, *, takes_strangers: bool = True) -> Wish:
    return Wish(request_key(wanted), wanted, least, starts=True, takes_strangers=takes_strangers)


def look(
    jobs: Iterable[ListedJob],
    wishes: Sequence[Wish] = (),
    *,
    unknown: Iterable[Record] = (),
    in_progress: Iterable[Record] = (),
    known: Iterable[str] = (),
) -> Seen:
    known_jobs = frozenset(known)
    return survey(
        Listing({PHOTOS: jobs}),
        PHOTOS,
        Wanted.of(wishes, unknown=unknown, in_progress=in_progress),
        known_jobs=known_jobs.intersection,
        now=at_noon,
    )


def served(*jobs: ListedJob, by: Wish | None = None, known: Iterable[str] = ()) -> list[str]:
    """Return the IDs of the jobs that serve a wish."""
    one = by or wish()
    return [sighting.job_id for sighting in look(jobs, [one], known=known).serving(one)]


def test_a_marked_job_is_matched_by_its_marker_alone() -> None:
    oddly = ours("ours", archive_id="another", retrieval_byte_range="0-1048575", tier="Bulk")

    assert served(oddly) == ["ours"]
    assert served(oddly, by=wish(takes_strangers=False)) == ["ours"]


def test_a_job_with_another_marker_is_nobodys_stranger() -> None:
    marked = ours("theirs", of=request(archive("b")), archive_id=archive("a").archive_id)

    assert served(marked) == []


def test_a_marker_that_does_not_end_the_description_is_none() -> None:
    description = f"{ours().description} and more"

    assert look([job(description=description)], [wish(takes_strangers=False)]).ours == {}


@pytest.mark.parametrize(
    ("status", "completed"),
    [(StatusCode.SUCCEEDED, True), (StatusCode.FAILED, True), (StatusCode.IN_PROGRESS, False)],
)
def test_our_own_job_serves_however_it_ended(status: StatusCode, *, completed: bool) -> None:
    known: dict[str, Any] = dict(ended(23 * HOUR, status)) if completed else {}

    assert served(ours(**known)) == ["job-1"]


def test_purchases_are_kept_apart_and_the_highest_comes_last() -> None:
    jobs = [ours("second", 2), ours("first", 0), ours("third", 10)]

    assert served(*jobs) == ["first", "second", "third"]
    assert served(*jobs, by=wish(least=2)) == ["second", "third"]
    assert served(*jobs, by=wish(least=11)) == []


def test_an_unknown_is_found_by_its_own_generation() -> None:
    jobs = [ours("first", 0), ours("third", 2)]
    unknown = [record(A, Status.UNKNOWN, generation) for generation in range(3)]

    found = [look(jobs, unknown=unknown).of(one) for one in unknown]

    assert [one and one.job_id for one in found] == ["first", None, "third"]


def test_of_jobs_with_one_marker_the_earliest_counts_and_the_others_are_told() -> None:
    jobs = [
        ours("third", created_at=NOON - MINUTE),
        ours("first", created_at=NOON - HOUR),
        ours("second", created_at=NOON - 2 * MINUTE),
    ]

    (found,) = look(jobs, [wish()]).serving(wish())

    assert found.job_id == "first"
    assert set(found.duplicates) == {"second", "third"}


def test_a_job_that_two_pages_show_is_no_duplicate_of_itself() -> None:
    jobs = [ours("first"), ours("second", created_at=NOON - MINUTE), ours("first"), ours("first")]

    (found,) = look(jobs, [wish()]).serving(wish())

    assert (found.job_id, found.duplicates) == ("first", ("second",))


@pytest.mark.parametrize("listed", [ours("known"), job("known")], ids=["ours", "a stranger's"])
def test_a_job_that_is_in_the_state_is_never_adopted_again(listed: ListedJob) -> None:
    assert served(listed) == ["known"]
    assert served(listed, known=["known"]) == []


RANGE = request(ArchiveRetrieval(archive("a").archive_id, ByteRange(MIB, 2 * MIB - 1)))
BULK = request(archive("a"), tiers=(Tier.BULK,))
FALLING = request(archive("a"), tiers=(Tier.EXPEDITED, Tier.BULK))
STRANGERS = {
    "in progress": (A, {}, True),
    "another archive": (A, {"archive_id": archive("b").archive_id}, False),
    "an inventory": (A, {"action": "InventoryRetrieval"}, False),
    "a select": (A, {"action": "Select"}, False),
    "the whole by its range": (A, {"retrieval_byte_range": f"0-{5 * MIB - 1}"}, True),
    "the whole without its size": (
        A,
        {"retrieval_byte_range": f"0-{5 * MIB - 1}", "archive_size": None},
        False,
    ),
    "a piece for the whole": (A, {"retrieval_byte_range": f"0-{MIB - 1}"}, False),
    "the whole for a piece": (RANGE, {}, False),
    "the same piece": (RANGE, {"retrieval_byte_range": f"{MIB}-{2 * MIB - 1}"}, True),
    "a larger piece": (RANGE, {"retrieval_byte_range": f"0-{2 * MIB - 1}"}, False),
    "a faster tier": (A, {"tier": "Expedited"}, True),
    "a slower tier": (A, {"tier": "Bulk"}, False),
    "as slow as was wanted": (BULK, {"tier": "Bulk"}, True),
    "no tier told is Standard": (A, {"tier": None}, True),
    "no tier told where Expedited is wanted first": (FALLING, {"tier": None}, False),
    "an unknown tier is Standard": (FALLING, {"tier": "Turbo"}, False),
    "done, 6 h left": (A, dict(ended(18 * HOUR)), True),
    "done, just less left": (A, dict(ended(18 * HOUR + timedelta(seconds=1))), False),
    "failed": (A, dict(ended(HOUR, StatusCode.FAILED)), False),
}


@pytest.mark.parametrize(("wanted", "known", "serves"), STRANGERS.values(), ids=STRANGERS.keys())
def test_a_strangers_job_serves_where_it_gives_the_same_as_soon_and_for_long_enough(
    wanted: Request, known: dict[str, Any], *, serves: bool
) -> None:
    assert served(job("theirs", **known), by=wish(wanted)) == (["theirs"] if serves else [])


def test_one_job_is_taken_over_for_one_request_alone() -> None:
    whole = request(ArchiveRetrieval(archive("a").archive_id, ByteRange(0, 5 * MIB - 1)))
    wishes = [wish(A), wish(whole)]

    seen = look([job("theirs", retrieval_byte_range=f"0-{5 * MIB - 1}")], wishes)

    assert [len(seen.serving(one)) for one in wishes] == [1, 0]


@pytest.mark.parametrize("wanted", [request(INVENTORY), request(QUERY)], ids=["inventory", "select"])
def test_no_strangers_inventory_or_select_is_taken(wanted: Request) -> None:
    action = {"inventory-retrieval": "InventoryRetrieval", "select": "Select"}[wanted.type]
    theirs = [job(action=action, archive_id=wanted.archive_id), job(archive_id=wanted.archive_id)]

    assert served(*theirs, by=wish(wanted)) == []


def test_a_stranger_is_left_alone_where_none_is_wanted_or_one_of_ours_is_there() -> None:
    assert served(job("theirs"), by=wish(takes_strangers=False)) == []
    assert served(job("theirs"), ours("ours")) == ["ours"]
    assert served(job("theirs"), job("theirs-2")) == ["theirs"]


@pytest.mark.parametrize(
    ("jobs", "known", "young"),
    [
        ([ours("a"), ours("b", of=request(archive("b")))], [], 2),
        ([ours("a")], ["a"], 0),
        ([ours("a", created_at=NOON - timedelta(days=1))], [], 0),
        ([ours("a", created_at=NOON - timedelta(days=1) + MINUTE)], [], 1),
        ([job("a")], [], 0),
    ],
    ids=["two", "known", "old", "just young", "no marker"],
)
def test_young_marked_jobs_tell_of_a_lost_state(jobs: list[ListedJob], known: list[str], young: int) -> None:
    assert look(jobs, known=known).young_marked == young


def test_what_an_unknown_started_tells_of_no_lost_state() -> None:
    jobs = [ours("found"), ours("twice"), ours("another", 1)]

    assert look(jobs, unknown=[record(A, Status.UNKNOWN)]).young_marked == 1


def test_what_has_ended_is_told_and_what_goes_on_or_is_not_listed_is_not() -> None:
    awaited = [
        record(request(archive(name)), Status.IN_PROGRESS, job_id=name) for name in ("done", "busy", "gone")
    ]

    seen = look([job("done", **ended(HOUR)), job("busy")], in_progress=awaited)

    assert [(one.key, one.status) for one in seen.ended] == [(awaited[0].key, Status.SUCCEEDED)]
    assert seen.jobs == 2


def test_a_listing_that_breaks_off_shows_nothing() -> None:
    def broken() -> Iterator[ListedJob]:
        yield ours()
        raise ServiceError("throttled", "ListJobs: Rate exceeded", next_step="later")

    with pytest.raises(ServiceError):
        look(broken(), [wish()])


class CountedJob(ListedJob):
    """A listed job that is counted while it is held."""

    held = 0

    def __new__(cls, *_members: object, **_known: object) -> Self:
        cls.held += 1
        return super().__new__(cls)

    def __del__(self) -> None:
        type(self).held -= 1


def test_however_long_a_listing_is_it_is_never_held() -> None:
    marked = ours(of=request(archive("b")))
    members = {name: getattr(marked, name) for name in ListedJob.__dataclass_fields__}
    jobs = (CountedJob(**(members | {"job_id": f"job-{number}"})) for number in range(100_000))
    most_held, asked_at_once = [0], [0]

    def known_jobs(job_ids: Iterable[str]) -> frozenset[str]:
        most_held.append(CountedJob.held)
        asked_at_once.append(len(tuple(job_ids)))
        return frozenset()

    seen = survey(Listing({PHOTOS: jobs}), PHOTOS, Wanted.of([wish()]), known_jobs=known_jobs, now=at_noon)

    assert (seen.jobs, seen.young_marked, seen.ours) == (100_000, 100_000, {})
    assert max(asked_at_once) == 50
    assert max(most_held) <= 102
