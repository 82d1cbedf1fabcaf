"""Listings against a reading of the rules that walks over all jobs, for any jobs at any time."""

from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.sandbox.events import Job, VaultKey
from glacier_manifest.sandbox.joblist import JobFilter, JobList, status_of

VAULT = VaultKey("012345678901", "us-west-2", "photos")
TIMES = st.integers(0, 20).map(float)
FILTERS = st.builds(
    JobFilter,
    st.sampled_from([None, "InProgress", "Succeeded", "Failed"]),
    st.sampled_from([None, True, False]),
)


@st.composite
def accepted_jobs(draw: st.DrawFn) -> list[Job]:
    """Jobs whose times do not follow from one another: the clock may have gone back meanwhile."""
    times = draw(st.lists(st.tuples(TIMES, TIMES, TIMES, st.booleans()), max_size=30))
    return [
        Job(
            job_id=str(number),
            vault=VAULT,
            type="inventory-retrieval",
            created=0,
            ready_at=ready,
            expires_at=ready + kept,
            listed_at=listed,
            failure="It failed." if fails else None,
        )
        for number, (ready, kept, listed, fails) in enumerate(times)
    ]


@given(
    accepted_jobs(),
    TIMES,
    st.integers(1, 9),
    FILTERS,
)
def test_pages_hold_what_a_walk_over_all_jobs_finds(
    jobs: list[Job], now: float, limit: int, wanted: JobFilter
) -> None:
    listed = JobList()
    for job in jobs:
        listed.add(job)

    found: list[Job] = []
    position: int | None = 0
    while position is not None:
        page = listed.page(position, limit, now, wanted)
        assert len(page.jobs) == limit or page.next_position is None
        found += page.jobs
        position = page.next_position

    assert found == [
        job
        for job in jobs
        if job.listed_at <= now < job.expires_at
        and wanted.status in (None, status_of(job, now))
        and wanted.completed in (None, now >= job.ready_at)
    ]


def test_the_first_page_does_not_walk_over_what_has_expired_or_is_complete() -> None:
    listed, size = JobList(), 100_000
    for number in range(size):
        listed.add(
            Job(
                job_id=str(number),
                vault=VAULT,
                type="select",
                created=number,
                ready_at=number + 10,
                expires_at=number + 1000,
                listed_at=0,
            )
        )

    after_expiry = list(listed._candidates(0, size - 1, JobFilter()))
    in_progress = list(listed._candidates(0, size - 1, JobFilter("InProgress")))
    failed = list(listed._candidates(0, size - 1, JobFilter("Failed")))

    assert (len(after_expiry), len(in_progress), len(failed)) == (1000, 10, 0)
