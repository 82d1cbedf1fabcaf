"""One pass over a vault's listing, for everything that is wanted of it at once.

The listing is streamed and never held: memory grows with what is wanted, not with what Glacier lists.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

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
from glacier_manifest.tracking.wishes import Wish

#: How long an output must still be there for a job of somebody else's to be taken over.
LEAST_WINDOW = timedelta(hours=6)
#: A marked job younger than this may have sisters that the listing does not show yet.
YOUNG = timedelta(days=1)
_BATCH = 50


class Sought(Protocol):
    """What is looked for in one vault, however much it is."""

    @property
    def unknowns(self) -> frozenset[tuple[str, int]]:
        """The purchases whose outcome is unknown."""

    def awaited(self, job_ids: Collection[str]) -> Mapping[str, Record]:
        """Return the records, in progress, that await one of these jobs, by job ID."""

    def key_of(self, prefix: str) -> str | None:
        """Return the key of the wanted request whose marker shows this beginning of it."""

    def retrievals(self, archive_id: str) -> Sequence[Wish]:
        """Return the requests for an archive that a job without a marker may serve."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A few requests that are looked for in one vault.

    Attributes:
        keys: The key of every request that is wanted, by the beginning that its marker shows.
        unknowns: The purchases whose outcome is unknown.
        strangers: Requests that a job without a marker may serve, by archive ID.
        in_progress: Records whose job is awaited, by job ID.
    """

    keys: Mapping[str, str]
    unknowns: frozenset[tuple[str, int]]
    strangers: Mapping[str, tuple[Wish, ...]]
    in_progress: Mapping[str, Record]

    @classmethod
    def of(
        cls,
        wishes: Iterable[Wish] = (),
        *,
        unknown: Iterable[Record] = (),
        in_progress: Iterable[Record] = (),
    ) -> "Wanted":
        """Build the index.

        Args:
            wishes: Requests for which jobs are looked for.
            unknown: Records whose marker is looked for as well.
            in_progress: Records whose job is awaited.
        """
        unknowns = frozenset((record.key, record.generation) for record in unknown)
        keys = {marker_of(key, 0).key_prefix: key for key, _generation in unknowns}
        strangers: dict[str, list[Wish]] = defaultdict(list)
        for wish in wishes:
            keys[marker_of(wish.key, 0).key_prefix] = wish.key
            if wish.takes_strangers and isinstance(wish.request.what, ArchiveRetrieval):
                strangers[wish.request.what.archive_id].append(wish)
        return cls(
            keys,
            unknowns,
            {archive_id: tuple(wishing) for archive_id, wishing in strangers.items()},
            {record.job_id: record for record in in_progress if record.job_id is not None},
        )

    def awaited(self, job_ids: Collection[str]) -> Mapping[str, Record]:
        """Return the records, in progress, that await one of these jobs, by job ID."""
        return {job_id: self.in_progress[job_id] for job_id in job_ids if job_id in self.in_progress}

    def key_of(self, prefix: str) -> str | None:
        """Return the key of the wanted request whose marker shows this beginning of it."""
        return self.keys.get(prefix)

    def retrievals(self, archive_id: str) -> Sequence[Wish]:
        """Return the requests for an archive that a job without a marker may serve."""
        return self.strangers.get(archive_id, ())


@dataclass(slots=True)
class Seen:
    """What one pass over a vault's listing showed.

    Attributes:
        ours: The job of each purchase that is wanted, by key and generation, as its marker tells.
        strangers: The job without a marker that serves a request, by key.
        ended: What has changed for records whose job has ended.
        young_marked: How many young jobs bear a marker that the state does not account for.
        jobs: How many jobs were listed.
    """

    ours: dict[str, dict[int, Sighting]] = field(default_factory=dict)
    strangers: dict[str, Sighting] = field(default_factory=dict)
    ended: list[Observe] = field(default_factory=list)
    young_marked: int = 0
    jobs: int = 0

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all requests for which a job was seen."""
        return tuple(dict.fromkeys((*self.ours, *self.strangers)))

    def of(self, record: Record) -> Sighting | None:
        """Return the job of one purchase: its marker alone tells."""
        return self.ours.get(record.key, {}).get(record.generation)

    def ours_for(self, wish: Wish) -> tuple[Sighting, ...]:
        """Return the jobs of ours that are news to a wish, the highest generation, which counts, last."""
        by_generation = sorted(self.ours.get(wish.key, {}).items())
        return tuple(sighting for generation, sighting in by_generation if generation >= wish.least)

    def serving(self, wish: Wish) -> tuple[Sighting, ...]:
        """Return the jobs that serve a wish: ours, else at most one of somebody else's."""
        ours, stranger = self.ours_for(wish), self.strangers.get(wish.key)
        return ours if ours or stranger is None else (stranger,)


def survey(
    reader: Reader,
    vault: Vault,
    wanted: Sought,
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
    for jobs in _batches(reader.list_jobs(vault)):
        job_ids = [job.job_id for job in jobs]
        known, awaited = known_jobs(job_ids), wanted.awaited(job_ids)
        seen.jobs += len(jobs)
        for job in jobs:
            if job.job_id in awaited:
                _note_end(seen, awaited[job.job_id], job, now())
            elif job.job_id not in known:
                _take(seen, wanted, job, now())
    return seen


def _note_end(seen: Seen, record: Record, job: ListedJob, now: datetime) -> None:
    change = observed(record, job, at=now)
    if change is not None:
        seen.ended.append(change)


def _batches(jobs: Iterator[ListedJob]) -> Iterator[tuple[ListedJob, ...]]:
    while batch := tuple(islice(jobs, _BATCH)):
        yield batch


def _take(seen: Seen, wanted: Sought, job: ListedJob, now: datetime) -> None:
    """Keep a job that the state does not know, if it serves a request."""
    marker = job.marker
    if marker is None:
        _take_stranger(seen, wanted, job, now)
        return
    key = wanted.key_of(marker.key_prefix)
    if (key, marker.generation) not in wanted.unknowns and now - job.created_at < YOUNG:
        seen.young_marked += 1
    if key is not None:
        ours = sighted(job, generation=marker.generation)
        purchases = seen.ours.setdefault(key, {})
        before = purchases.get(marker.generation)
        purchases[marker.generation] = ours if before is None else _earliest(before, ours)


def _earliest(one: Sighting, other: Sighting) -> Sighting:
    """Of jobs with one marker the earliest counts, and the rest are told.

    A job that is listed twice, because the pages moved while they were read, is one job.
    """
    first, second = sorted((one, other), key=lambda seen: (seen.created_at, seen.job_id))
    others = {*first.duplicates, second.job_id, *second.duplicates} - {first.job_id}
    return replace(first, duplicates=tuple(sorted(others)))


def _take_stranger(seen: Seen, wanted: Sought, job: ListedJob, now: datetime) -> None:
    for wish in wanted.retrievals(job.archive_id or ""):
        if wish.key not in seen.strangers and _serves(job, wish.request, now):
            seen.strangers[wish.key] = sighted(job, generation=None)
            return  # a job is one request's alone


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
