"""What a plan looks at before it decides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest

from glacier_manifest.aws.descriptions import ListedJob, StatusCode
from glacier_manifest.aws.glacier import VaultNotFound
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.drafting.known import Known
from glacier_manifest.errors import ServiceError, UsageError
from glacier_manifest.jobs.request import Request, Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.plan import Action, Verb
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.outlook import Listings, look
from tests.planning.examples import ACCOUNT, NOON, PHOTOS, archive, asked, drafted, latest_of, record, request
from tests.tracking.jobs import Listing, at_noon, ended, job, ours

A = request(archive("a"))
VIDEOS = Vault(ACCOUNT, "us-west-2", "videos")
HOUR = timedelta(hours=1)


@dataclass
class Outlook:
    """What a look at the listings showed, and what would be done after it."""

    records: Mapping[str, Record]
    found: Mapping[str, Sighting]
    actions: tuple[Action, ...]


def outlook(
    listing: Listing,
    requests: Sequence[Request] = (A,),
    records: Iterable[Record] = (),
    *,
    words: Sequence[str] = (),
    adopt_strangers: bool = True,
) -> Outlook:
    known = latest_of(records)
    by_job = {one.job_id: one for one in known.values() if one.job_id is not None}
    draft = drafted(requests)

    def latest(keys: Iterable[str]) -> Mapping[str, Record]:
        return {key: known[key] for key in keys if key in known}

    def holding(job_ids: Iterable[str]) -> Mapping[str, Record]:
        return {job_id: by_job[job_id] for job_id in job_ids if job_id in by_job}

    before = Known(latest, Restarts(words).among(draft.addresses()))
    draft.decide(before)
    listings = Listings(listing, frozenset(by_job).intersection, holding, adopt_strangers, at_noon)
    seen = look(draft, before, listings)
    plan = Drafted(draft, seen.latest, NOON)
    return Outlook(seen.latest([asked(one).key for one in requests]), dict(seen.found), tuple(plan.actions()))


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
    verbs = [one.verb for one in shown.actions]
    assert verbs == [Verb.KEEP, Verb.START, Verb.ADOPT, *[Verb.START] * 97]


def test_what_has_failed_meanwhile_is_bought_again_where_that_was_asked_for() -> None:
    running = record(A, Status.IN_PROGRESS, job_id="job-1")
    listing = Listing({PHOTOS: [job("job-1", **ended(HOUR, StatusCode.FAILED))]})

    (as_it_stands,) = outlook(listing, records=[running]).actions
    (asked_for,) = outlook(listing, records=[running], words=["failed"]).actions

    assert (as_it_stands.verb, as_it_stands.reason, as_it_stands.generation) == ("keep", "failed", 0)
    assert (asked_for.verb, asked_for.reason, asked_for.generation) == ("restart", "failed", 1)


def test_where_the_listing_shows_nothing_new_everything_stays_decided_as_it_was() -> None:
    shown = outlook(Listing({}), [A, request(archive("b"))], [record(A, Status.IN_PROGRESS, job_id="job-1")])

    assert shown.found == {}
    assert [one.verb for one in shown.actions] == [Verb.WAIT, Verb.START]


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
