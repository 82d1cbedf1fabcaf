"""What a plan looks at before it decides."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import pytest

from glacier_manifest.aws.descriptions import ListedJob
from glacier_manifest.aws.glacier import VaultNotFound
from glacier_manifest.errors import ServiceError, UsageError
from glacier_manifest.jobs.request import Request, Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.outlook import Outlook, look
from tests.planning.examples import ACCOUNT, PHOTOS, archive, asked, latest_of, record, request
from tests.tracking.jobs import Listing, at_noon, ended, job, ours

A = request(archive("a"))
VIDEOS = Vault(ACCOUNT, "us-west-2", "videos")
HOUR = timedelta(hours=1)


def outlook(
    listing: Listing,
    requests: Sequence[Request] = (A,),
    records: Iterable[Record] = (),
    *,
    words: Sequence[str] = (),
    adopt_strangers: bool = True,
) -> Outlook:
    known = latest_of(records)
    job_ids = frozenset(one.job_id for one in known.values() if one.job_id is not None)
    return look(
        [asked(one) for one in requests],
        known,
        reader=listing,
        known_jobs=job_ids.intersection,
        restarts=Restarts(words),
        adopt_strangers=adopt_strangers,
        now=at_noon,
    )


@pytest.mark.parametrize("status", Status)
def test_a_vault_is_listed_where_something_is_open_or_would_start(status: Status) -> None:
    listing = Listing({})

    outlook(listing, records=[record(A, status, job_id="job-1")])

    open_ones = {Status.READY, Status.INTENDED, Status.UNKNOWN, Status.IN_PROGRESS}
    assert listing.asked == ([PHOTOS] if status in open_ones else [])


def test_what_would_be_bought_again_is_looked_for_first() -> None:
    listing = Listing({PHOTOS: [ours("job-1"), ours("job-2", 1)]})

    found = outlook(listing, records=[record(A, Status.FAILED, job_id="job-1")], words=["failed"]).found

    assert {key: one.job_id for key, one in found.items()} == {asked(A).key: "job-2"}


def test_a_rejected_request_whose_body_has_changed_is_looked_for_as_well() -> None:
    listing = Listing({PHOTOS: [ours("job-2")]})

    found = outlook(listing, records=[record(A, Status.REJECTED, body_sha256="0" * 64)]).found

    assert [one.job_id for one in found.values()] == ["job-2"]


def test_each_vault_is_listed_once_for_all_that_is_wanted_of_it() -> None:
    requests = [request(archive(f"a{n}"), vault=(PHOTOS, VIDEOS)[n % 2]) for n in range(100)]
    records = [record(requests[0], Status.IN_PROGRESS, job_id="job-0")]
    listing = Listing({PHOTOS: [job("job-0", **ended(HOUR)), ours("job-2", of=requests[2])]})

    shown = outlook(listing, requests, records)

    assert sorted(listing.asked) == [PHOTOS, VIDEOS]
    assert shown.records[records[0].key].status is Status.SUCCEEDED
    assert [one.job_id for one in shown.found.values()] == ["job-2"]


@pytest.mark.parametrize(
    ("theirs", "adopt_strangers", "found"),
    [(job("job-9"), True, ["job-9"]), (job("job-9"), False, []), (ours("job-9"), False, ["job-9"])],
    ids=["a stranger's", "a stranger's, unwanted", "ours"],
)
def test_it_shows_what_apply_would_adopt(
    theirs: ListedJob, found: list[str], *, adopt_strangers: bool
) -> None:
    shown = outlook(Listing({PHOTOS: [theirs]}), adopt_strangers=adopt_strangers)

    assert [one.job_id for one in shown.found.values()] == found


def test_a_vault_that_is_not_there_has_no_jobs() -> None:
    requests = [A, request(archive("a"), vault=VIDEOS)]
    missing = VaultNotFound("Vault not found", account_id=ACCOUNT)
    listing = Listing({PHOTOS: missing, VIDEOS: [job("theirs")]})

    shown = outlook(listing, requests)

    assert [one.job_id for one in shown.found.values()] == ["theirs"]
    assert shown.records == {}


def test_any_other_failure_of_a_listing_is_raised() -> None:
    refused = ServiceError("access-denied", "no", next_step="ask")

    with pytest.raises(ServiceError):
        outlook(Listing({PHOTOS: refused}))


def test_a_restart_of_nothing_is_refused_before_anything_is_listed() -> None:
    listing = Listing({})

    with pytest.raises(UsageError):
        outlook(listing, words=["no-such-address"])

    assert listing.asked == []
