"""What a draft looks for in a listing is what the same requests look for in memory."""

from collections.abc import Iterable, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glacier_manifest.drafting.known import Known
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.marker import marker_of
from glacier_manifest.jobs.request import ArchiveRetrieval, ByteRange, Request, Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.decide import BuyAgain, Restarts
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.sought import SoughtByDraft
from glacier_manifest.tracking.survey import Wanted
from glacier_manifest.tracking.wishes import Wish, wish_of
from tests.planning.examples import (
    ACCOUNT,
    INVENTORY,
    PHOTOS,
    archive,
    asked,
    drafted,
    latest_of,
    record,
    request,
)
from tests.planning.requests import requests

VIDEOS = Vault(ACCOUNT, "us-west-2", "videos")
A, B = request(archive("a")), request(archive("b"))
PART = request(ArchiveRetrieval(str(A.archive_id), ByteRange(0, 1048575)), job="split")
IN_VIDEOS = request(archive("a"), vault=VIDEOS)
NOT_ASKED_FOR = request(archive("elsewhere"))


def prefix(wanted: Request) -> str:
    return marker_of(request_key(wanted), 0).key_prefix


def sought(
    requests: Sequence[Request] = (A, PART, B, IN_VIDEOS),
    records: Iterable[Record] = (),
    *,
    again: BuyAgain | None = None,
    vault: Vault = PHOTOS,
    adopt_strangers: bool = True,
    unknown: Sequence[Record] = (),
) -> SoughtByDraft:
    """Return what these requests look for in a vault where a state has these records."""
    kept = list(records)
    by_key, by_job = latest_of(kept), {one.job_id: one for one in kept if one.job_id is not None}

    def latest(keys: Iterable[str]) -> Mapping[str, Record]:
        return {key: by_key[key] for key in keys if key in by_key}

    def holding(job_ids: Iterable[str]) -> Mapping[str, Record]:
        return {job_id: by_job[job_id] for job_id in job_ids if job_id in by_job}

    draft, known = drafted(requests), Known(latest, again or BuyAgain())
    draft.decide(known)
    return SoughtByDraft(draft, vault, known, holding, adopt_strangers, unknown)


def test_a_marker_is_known_by_the_beginning_of_the_key_that_it_shows() -> None:
    looking = sought()

    assert looking.key_of(prefix(A)) == request_key(A)
    assert looking.key_of(prefix(PART)) == request_key(PART)
    assert looking.key_of(prefix(NOT_ASKED_FOR)) is None


def test_a_marker_of_another_vault_is_nobodys() -> None:
    assert sought().key_of(prefix(IN_VIDEOS)) is None
    assert sought(vault=VIDEOS).key_of(prefix(IN_VIDEOS)) == request_key(IN_VIDEOS)


def test_a_marker_whose_end_differs_is_another() -> None:
    looking, shown = sought(), prefix(A)

    last = "a" if shown[-1] != "a" else "b"

    assert looking.key_of(shown[:-1] + last) is None


def test_an_unknown_is_looked_for_whether_or_not_it_is_asked_for() -> None:
    unknown = [record(NOT_ASKED_FOR, Status.UNKNOWN, 2), record(A, Status.UNKNOWN)]

    looking = sought(unknown=unknown)

    assert looking.unknowns == {(request_key(NOT_ASKED_FOR), 2), (request_key(A), 0)}
    assert looking.key_of(prefix(NOT_ASKED_FOR)) == request_key(NOT_ASKED_FOR)
    assert looking.wish(request_key(NOT_ASKED_FOR)) is None


@pytest.mark.parametrize("status", Status)
def test_only_jobs_in_progress_that_are_asked_for_are_awaited(status: Status) -> None:
    records = [record(A, status, job_id="job-1"), record(NOT_ASKED_FOR, status, job_id="job-2")]

    awaited = sought(records=records).awaited(["job-1", "job-2", "job-3"])

    assert awaited == ({"job-1": records[0]} if status is Status.IN_PROGRESS else {})


def test_a_job_without_a_marker_may_serve_what_would_start_for_the_first_time() -> None:
    def serving(*records: Record, **how: bool) -> list[Request]:
        looking = sought(records=records, **how)  # type: ignore[arg-type]  # adopt_strangers alone
        return [wish.request for wish in looking.retrievals(str(A.archive_id))]

    assert serving() == [A, PART]
    assert serving(record(A, Status.IN_PROGRESS)) == [PART]
    assert serving(record(PART, Status.FAILED)) == [A]
    assert serving(record(A, Status.READY), record(PART, Status.READY, 1)) == [A]
    assert serving(adopt_strangers=False) == []


def test_no_inventory_and_no_other_archive_is_served_by_it() -> None:
    looking = sought([A, request(INVENTORY)])

    assert list(looking.retrievals("")) == []
    assert list(looking.retrievals("another")) == []


def test_a_wish_is_what_the_state_leaves_to_wish_for() -> None:
    failed = record(A, Status.FAILED, 1)
    again = Restarts(words=["failed"]).among([])

    assert sought(records=[failed]).wish(request_key(A)) == Wish(
        request_key(A), A, least=2, starts=False, takes_strangers=False
    )
    assert sought(records=[failed], again=again).wish(request_key(A)) == Wish(
        request_key(A), A, least=2, starts=True, takes_strangers=False
    )
    assert sought().wish(request_key(NOT_ASKED_FOR)) is None


@given(
    st.lists(
        st.tuples(requests, st.sampled_from([None, *Status])),
        min_size=1,
        max_size=6,
        unique_by=lambda one: request_key(one[0]),
    ),
    st.data(),
)
@settings(max_examples=40)
def test_it_is_the_same_as_what_is_looked_for_in_memory(
    wanted: list[tuple[Request, Status | None]], data: st.DataObject
) -> None:
    vault = data.draw(st.sampled_from([one.vault for one, _status in wanted]))
    records = [record(one, status, job_id=f"job-{n}") for n, (one, status) in enumerate(wanted) if status]
    known = latest_of(records)
    here = [one for one, _status in wanted if one.vault == vault]
    wishes = [
        wish_of(asked(one), known.get(request_key(one)), BuyAgain(), adopt_strangers=True) for one in here
    ]
    in_memory = Wanted.of(wishes)

    looking = sought([one for one, _status in wanted], records, vault=vault)

    for one, _status in wanted:
        assert looking.key_of(prefix(one)) == in_memory.key_of(prefix(one))
        archive_id = one.archive_id or ""
        assert list(looking.retrievals(archive_id)) == list(in_memory.retrievals(archive_id))
    assert [looking.wish(one.key) for one in wishes] == wishes
