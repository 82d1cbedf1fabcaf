"""What a plan looks at: each vault's listing once, without waiting, and without writing anything down."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from glacier_manifest.aws.glacier import Reader, VaultNotFound
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.expand import Asked
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.observe import as_observed
from glacier_manifest.tracking.survey import Seen, Wanted, survey
from glacier_manifest.tracking.wishes import wish_of

_OPEN = frozenset({Status.IN_PROGRESS, Status.UNKNOWN, Status.INTENDED})


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
    restarts: Restarts,
    adopt_strangers: bool,
    now: Callable[[], datetime],
) -> Outlook:
    """List every vault in which something is to start, is in progress or is unknown.

    Args:
        asked: The requests that are meant.
        records: The latest record of each that has one.
        reader: Lists the jobs.
        known_jobs: Says which job IDs are in the state.
        restarts: What is to be bought again.
        adopt_strangers: Whether a job without a marker would be taken over.
        now: Tells the service's time.

    Raises:
        ServiceError: A listing is not whole.
        UsageError: A word of `restarts` names nothing, or is ambiguous.
    """
    requests = tuple(asked)
    again = restarts.among(requests)
    seen, found = dict(records), dict[str, Sighting]()
    for vault, wanting in _by_vault(requests).items():
        wishes = [
            wish_of(one, records.get(one.key), again, adopt_strangers=adopt_strangers) for one in wanting
        ]
        known = [records[one.key] for one in wanting if one.key in records]
        if not (any(wish.starts for wish in wishes) or any(one.status in _OPEN for one in known)):
            continue
        in_progress = [record for record in known if record.status is Status.IN_PROGRESS]
        wanted = Wanted.of(wishes, in_progress=in_progress)
        shown = _listed(reader, vault, wanted, known_jobs=known_jobs, now=now)
        seen = dict(as_observed(seen, shown.ended))
        found |= {wish.key: serving[-1] for wish in wishes if (serving := shown.serving(wish))}
    return Outlook(seen, found)


def _listed(
    reader: Reader,
    vault: Vault,
    wanted: Wanted,
    *,
    known_jobs: Callable[[Iterable[str]], frozenset[str]],
    now: Callable[[], datetime],
) -> Seen:
    """List a vault; one that does not exist yet has no jobs."""
    try:
        return survey(reader, vault, wanted, known_jobs=known_jobs, now=now)
    except VaultNotFound:
        return Seen()


def _by_vault(asked: Iterable[Asked]) -> Mapping[Vault, list[Asked]]:
    by_vault: dict[Vault, list[Asked]] = defaultdict(list)
    for one in asked:
        by_vault[one.request.vault].append(one)
    return by_vault
