"""The table of merging, row by row: what was paid for is never forgotten, and nothing ever goes back."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.merging import Merged, merge
from glacier_manifest.state.record import Record
from tests.state.examples import LATER, NOON, intended

READY, INTENDED, UNKNOWN, REJECTED = Status.READY, Status.INTENDED, Status.UNKNOWN, Status.REJECTED
IN_PROGRESS, SUCCEEDED, FETCHED = Status.IN_PROGRESS, Status.SUCCEEDED, Status.FETCHED
FAILED, EXPIRED = Status.FAILED, Status.EXPIRED

NO_JOB = (READY, INTENDED, UNKNOWN, REJECTED, EXPIRED)
JOB = (IN_PROGRESS, SUCCEEDED, FETCHED, FAILED, EXPIRED)


def known(status: Status, job_id: str | None = None, *, at: datetime = NOON, attempts: int = 1) -> Record:
    return replace(intended(), status=status, job_id=job_id, intended_at=at, attempts=attempts)


def winner(ours: Record, theirs: Record, *our_attempts: datetime) -> str:
    merged = merge(ours, theirs, our_attempts=our_attempts)
    return "ours" if merged.record is None else "theirs"


@pytest.mark.parametrize("status", Status)
def test_where_nothing_is_known_theirs_is_taken_as_it_is(status: Status) -> None:
    theirs = known(status)

    assert merge(None, theirs) == Merged(theirs)


@pytest.mark.parametrize(("ours", "theirs"), [*product(NO_JOB, JOB)])
def test_a_job_wins_over_none(ours: Status, theirs: Status) -> None:
    merged = merge(known(ours), known(theirs, "job-1", at=LATER))

    assert merged.record == known(theirs, "job-1", at=LATER)


@pytest.mark.parametrize(("ours", "theirs"), [*product(JOB, NO_JOB)])
def test_a_job_is_never_given_up_for_none(ours: Status, theirs: Status) -> None:
    assert merge(known(ours, "job-1"), known(theirs, at=LATER)) == Merged()


@pytest.mark.parametrize(("ours", "theirs"), [*product(JOB, JOB)])
def test_of_two_jobs_ours_is_kept_and_the_other_is_told(ours: Status, theirs: Status) -> None:
    assert merge(known(ours, "job-1"), known(theirs, "job-2")) == Merged(duplicate="job-2")


@pytest.mark.parametrize(
    ("ours", "theirs", "wins"),
    [
        (IN_PROGRESS, SUCCEEDED, "theirs"),
        (IN_PROGRESS, FAILED, "theirs"),
        (IN_PROGRESS, EXPIRED, "theirs"),
        (IN_PROGRESS, FETCHED, "theirs"),
        (SUCCEEDED, EXPIRED, "theirs"),
        (SUCCEEDED, FETCHED, "theirs"),
        (EXPIRED, FETCHED, "theirs"),  # it was fetched in time, elsewhere
        (SUCCEEDED, IN_PROGRESS, "ours"),
        (FAILED, IN_PROGRESS, "ours"),
        (EXPIRED, SUCCEEDED, "ours"),
        (FETCHED, SUCCEEDED, "ours"),
        (FETCHED, EXPIRED, "ours"),
        (FETCHED, IN_PROGRESS, "ours"),
    ],
)
def test_of_one_job_the_later_status_wins(ours: Status, theirs: Status, wins: str) -> None:
    assert winner(known(ours, "job-1"), known(theirs, "job-1")) == wins


@pytest.mark.parametrize(
    ("ours", "theirs", "wins"),
    [
        (INTENDED, UNKNOWN, "theirs"),
        (INTENDED, READY, "theirs"),
        (INTENDED, REJECTED, "theirs"),
        (UNKNOWN, READY, "theirs"),
        (UNKNOWN, EXPIRED, "theirs"),
        (UNKNOWN, INTENDED, "ours"),
        (READY, UNKNOWN, "ours"),
        (READY, INTENDED, "ours"),
        (REJECTED, UNKNOWN, "ours"),
        (EXPIRED, UNKNOWN, "ours"),
        (READY, REJECTED, "ours"),
        (REJECTED, READY, "ours"),
    ],
)
def test_of_one_attempt_the_later_status_wins(ours: Status, theirs: Status, wins: str) -> None:
    assert winner(known(ours), known(theirs)) == wins


@pytest.mark.parametrize(
    ("ours", "theirs", "wins"),
    [
        (READY, UNKNOWN, "theirs"),
        (READY, INTENDED, "theirs"),
        (REJECTED, UNKNOWN, "theirs"),
        (EXPIRED, UNKNOWN, "theirs"),
        (READY, EXPIRED, "theirs"),
        (UNKNOWN, READY, "ours"),
        (INTENDED, READY, "ours"),
        (INTENDED, REJECTED, "ours"),
        (UNKNOWN, EXPIRED, "ours"),
        (UNKNOWN, INTENDED, "ours"),
        (INTENDED, UNKNOWN, "ours"),
        (READY, REJECTED, "ours"),
        (REJECTED, READY, "ours"),
    ],
)
def test_of_two_attempts_the_one_that_may_have_bought_wins(ours: Status, theirs: Status, wins: str) -> None:
    assert winner(known(ours, at=NOON), known(theirs, at=LATER)) == wins
    assert winner(known(ours, at=LATER), known(theirs, at=NOON)) == wins


def test_an_old_export_does_not_open_again_what_was_settled_here() -> None:
    ours, theirs = known(READY, at=LATER, attempts=2), known(UNKNOWN, at=NOON)

    assert winner(ours, theirs, NOON, LATER) == "ours"
    assert winner(ours, theirs, LATER) == "theirs"


def test_what_only_ours_knows_is_kept() -> None:
    ours = replace(known(INTENDED, attempts=7), approval=3, size=99, service_at=NOON, next_marker="page-2")
    theirs = replace(known(IN_PROGRESS, "job-1"), approval=None, size=None, service_at=None)

    merged = merge(ours, theirs).record

    assert merged == replace(theirs, attempts=7, approval=3, size=99, service_at=NOON, next_marker="page-2")


ATTEMPTS = st.integers(0, 2).map(lambda hours: NOON + timedelta(hours=hours))
RECORDS = st.one_of(
    st.builds(known, st.sampled_from(NO_JOB), at=ATTEMPTS, attempts=st.integers(1, 3)),
    st.builds(known, st.sampled_from(JOB), st.sampled_from(["a", "b"]), at=ATTEMPTS),
)


@given(RECORDS, RECORDS)
def test_merging_twice_is_merging_once(ours: Record, theirs: Record) -> None:
    once = merge(ours, theirs).record or ours

    assert merge(once, theirs, our_attempts=[NOON]).record is None


@given(RECORDS, st.lists(RECORDS, max_size=5))
def test_no_job_is_ever_forgotten(first: Record, others: list[Record]) -> None:
    told, kept = {first.job_id}, first
    for other in others:
        merged = merge(kept, other)
        told |= {merged.duplicate}
        kept = merged.record or kept

    assert {one.job_id for one in (first, *others)} - {None} == (told | {kept.job_id}) - {None}
