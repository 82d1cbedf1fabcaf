"""One pass over a vault's listing, for everything that is wanted of it at once.

The listing is streamed and never held: memory grows with what is wanted, not with what Glacier lists.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from glacier_manifest.aws.descriptions import ListedJob
from glacier_manifest.aws.glacier import Reader
from glacier_manifest.jobs.marker import marker_of
from glacier_manifest.jobs.request import ArchiveRetrieval, Request, Vault
from glacier_manifest.jobs.tier import SERVICE_DEFAULT, Tier, at_least_as_fast
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.state.changes import Observe
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.observe import observed
from glacier_manifest.tracking.sighted import sighted

#: How long an output must still be there for a job of somebody else's to be taken over.
LEAST_WINDOW = timedelta(hours=6)
#: A marked job younger than this may have sisters that the listing does not show yet.
YOUNG = timedelta(days=1)
_BATCH = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for in one vault.

    Attributes:
        keys: The key of every request that is wanted, by the beginning that its marker shows.
        strangers: Requests that a job without a marker may serve, by archive ID.
        in_progress: Records whose job is awaited, by job ID.
    """

    keys: Mapping[str, str]
    strangers: Mapping[str, tuple[tuple[str, Request], ...]]
    in_progress: Mapping[str, Record]

    @classmethod
    def of(
        cls,
        requests: Iterable[tuple[str, Request]],
        *,
        unknown: Iterable[Record],
        may_be_strangers: Callable[[str], bool],
        in_progress: Iterable[Record],
    ) -> "Wanted":
        """Build the index.

        Args:
            requests: Each wanted request with its key.
            unknown: Records whose marker is looked for as well.
            may_be_strangers: Says of a key whether a job without a marker may serve it.
            in_progress: Records whose job is awaited.
        """
        keys = {marker_of(record.key, 0).key_prefix: record.key for record in unknown}
        strangers: dict[str, list[tuple[str, Request]]] = defaultdict(list)
        for key, request in requests:
            keys[marker_of(key, 0).key_prefix] = key
            if isinstance(request.what, ArchiveRetrieval) and may_be_strangers(key):
                strangers[request.what.archive_id].append((key, request))
        return cls(
            keys,
            {archive_id: tuple(wanting) for archive_id, wanting in strangers.items()},
            {record.job_id: record for record in in_progress if record.job_id is not None},
        )

    @classmethod
    def of_keys(cls, keys: Iterable[str]) -> "Wanted":
        """Build the index of nothing but markers."""
        return cls({marker_of(key, 0).key_prefix: key for key in keys}, {}, {})


@dataclass(slots=True)
class Seen:
    """What one pass over a vault's listing showed.

    Attributes:
        sightings: The job that serves a request best, by key.
        ended: What has changed for records whose job has ended.
        unlisted: Records whose job no page showed.
        young_marked: How many young jobs bear a marker and are not in the state.
        jobs: How many jobs were listed.
    """

    sightings: dict[str, Sighting] = field(default_factory=dict)
    ended: list[Observe] = field(default_factory=list)
    unlisted: list[Record] = field(default_factory=list)
    young_marked: int = 0
    jobs: int = 0


def survey(
    reader: Reader,
    vault: Vault,
    wanted: Wanted,
    *,
    known_jobs: Callable[[Iterable[str]], frozenset[str]],
    now: Callable[[], datetime],
) -> Seen:
    """List a vault once, all pages, and keep what is wanted of it.

    Args:
        reader: Lists the jobs.
        vault: The vault.
        wanted: What is looked for.
        known_jobs: Says which job IDs are in the state: such a job is never adopted again.
        now: Tells the service's time once it has answered.

    Raises:
        ServiceError: The listing is not whole.
    """
    seen = Seen()
    listed: set[str] = set()
    for jobs in _batches(reader.list_jobs(vault)):
        known = known_jobs(job.job_id for job in jobs)
        seen.jobs += len(jobs)
        for job in jobs:
            record = wanted.in_progress.get(job.job_id)
            if record is not None:
                listed.add(job.job_id)
                _note_end(seen, record, job, now())
            elif job.job_id not in known:
                _take(seen, wanted, job, now())
    seen.unlisted = [record for job_id, record in wanted.in_progress.items() if job_id not in listed]
    return seen


def _note_end(seen: Seen, record: Record, job: ListedJob, now: datetime) -> None:
    change = observed(record, job, at=now)
    if change is not None:
        seen.ended.append(change)


def _batches(jobs: Iterator[ListedJob]) -> Iterator[tuple[ListedJob, ...]]:
    while batch := tuple(islice(jobs, _BATCH)):
        yield batch


def _take(seen: Seen, wanted: Wanted, job: ListedJob, now: datetime) -> None:
    """Keep a job that the state does not know, if it serves a request."""
    marker = job.marker
    if marker is None:
        _take_stranger(seen, wanted, job, now)
        return
    if now - job.created_at < YOUNG:
        seen.young_marked += 1
    key = wanted.keys.get(marker.key_prefix)
    if key is not None:
        ours = sighted(job, generation=marker.generation)
        before = seen.sightings.get(key)
        seen.sightings[key] = ours if before is None else _better_of_ours(before, ours)


def _better_of_ours(one: Sighting, other: Sighting) -> Sighting:
    """The highest generation counts; of jobs with one marker the earliest does, and the rest are told."""
    if one.generation is None or other.generation is None or one.generation != other.generation:
        return max(one, other, key=lambda seen: -1 if seen.generation is None else seen.generation)
    first, second = sorted((one, other), key=lambda seen: (seen.created_at, seen.job_id))
    return replace(first, duplicates=(*first.duplicates, second.job_id, *second.duplicates))


def _take_stranger(seen: Seen, wanted: Wanted, job: ListedJob, now: datetime) -> None:
    for key, request in wanted.strangers.get(job.archive_id or "", ()):
        before = seen.sightings.get(key)
        if before is None and _serves(job, request, now):
            seen.sightings[key] = sighted(job, generation=None)


def _serves(job: ListedJob, request: Request, now: datetime) -> bool:
    """Say whether somebody else's job gives what a request asks for, soon and for long enough."""
    tier = Tier(job.tier) if job.tier in set(Tier) else SERVICE_DEFAULT
    if job.action != "ArchiveRetrieval" or not at_least_as_fast(tier, request.effective_tiers[0]):
        return False
    if not _same_range(job, request):
        return False
    if not job.completed:
        return True
    seen = sighted(job, generation=None)
    return seen.expires_at is not None and seen.expires_at - now >= LEAST_WINDOW


def _same_range(job: ListedJob, request: Request) -> bool:
    """A whole archive is listed with its whole range, or with none."""
    wanted = request.byte_range
    if wanted is not None:
        return job.retrieval_byte_range == str(wanted)
    if job.retrieval_byte_range is None:
        return True
    return job.archive_size is not None and job.retrieval_byte_range == f"0-{job.archive_size - 1}"
