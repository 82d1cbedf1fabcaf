"""What a plan looks at: each vault's listing once, without waiting, and without writing anything down."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from glacier_manifest.aws.glacier import Reader
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.expand import Asked
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.observe import as_observed
from glacier_manifest.tracking.survey import Wanted, survey

_OPEN = frozenset({Status.READY, Status.IN_PROGRESS, Status.UNKNOWN, Status.INTENDED})


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the listings showed.

    Attributes:
        records: The latest records by key, as they would be, had it been written down.
        found: The jobs that would be adopted, by key.
    """

    records: Mapping[str, Record]
    found: Mapping[str, Sighting]


def look(
    asked: Iterable[Asked],
    records: Mapping[str, Record],
    *,
    reader: Reader,
    known_jobs: Callable[[Iterable[str]], frozenset[str]],
    adopt_strangers: bool,
    now: Callable[[], datetime],
) -> Outlook:
    """List every vault in which something is to start, is in progress or is unknown.

    Args:
        asked: The requests that are meant.
        records: The latest record of each that has one.
        reader: Lists the jobs.
        known_jobs: Says which job IDs are in the state.
        adopt_strangers: Whether a job without a marker would be taken over.
        now: Tells the service's time.

    Raises:
        ServiceError: A listing is not whole.
    """
    seen, found = dict(records), dict[str, Sighting]()
    for vault, wanting in _open_by_vault(asked, records).items():
        unstarted = {one.key for one in wanting if _is_unstarted(records.get(one.key))}
        wanted = Wanted.of(
            ((one.key, one.request) for one in wanting if one.key in unstarted),
            unknown=(),
            may_be_strangers=lambda _key: adopt_strangers,
            in_progress=(records[one.key] for one in wanting if one.key not in unstarted),
        )
        shown = survey(reader, vault, wanted, known_jobs=known_jobs, now=now)
        seen = dict(as_observed(seen, shown.ended))
        found |= shown.sightings
    return Outlook(seen, found)


def _open_by_vault(asked: Iterable[Asked], records: Mapping[str, Record]) -> Mapping[Vault, list[Asked]]:
    by_vault: dict[Vault, list[Asked]] = defaultdict(list)
    for one in asked:
        record = records.get(one.key)
        if record is None or record.status in _OPEN:
            by_vault[one.request.vault].append(one)
    return by_vault


def _is_unstarted(record: Record | None) -> bool:
    return record is None or record.status is Status.READY
