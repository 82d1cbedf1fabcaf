"""What a plan looks at: each vault's listing once, without waiting, and without writing anything down."""

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from datetime import datetime

from glacier_manifest.aws.glacier import Reader, VaultNotFound
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.known import Known
from glacier_manifest.jobs.request import Vault
from glacier_manifest.planning.plan import STARTING, Verb
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.state.changes import Observe
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.observe import as_observed
from glacier_manifest.tracking.sought import SoughtByDraft
from glacier_manifest.tracking.survey import Seen, survey

#: Where one of these is to be done, a listing may say more.
_OPEN = STARTING | {Verb.WAIT, Verb.RESOLVE}


@dataclass(frozen=True, slots=True)
class Listings:
    """How vaults are looked at.

    Attributes:
        reader: Lists the jobs.
        known_jobs: Says which job IDs are in the state.
        holding: Tells which record has a job.
        adopt_strangers: Whether a job without a marker would be taken over.
        now: Tells the service's time.
    """

    reader: Reader
    known_jobs: Callable[[Iterable[str]], frozenset[str]]
    holding: Callable[[Iterable[str]], Mapping[str, Record]]
    adopt_strangers: bool
    now: Callable[[], datetime]


def look(draft: Draft, known: Known, listings: Listings) -> Known:
    """List every vault in which something is to start, is in progress or is unknown; decide anew.

    Args:
        draft: The requests, decided by what is known without the listings.
        known: What is known without them.
        listings: How vaults are looked at.

    Returns:
        What is known with them; the draft is decided by that.

    Raises:
        ServiceError: A listing is not whole.
    """
    found: MutableMapping[str, Sighting] = draft.scratch.mapping()
    ended: MutableMapping[str, Observe] = draft.scratch.mapping()
    for vault, verbs in draft.verbs().items():
        if not verbs.isdisjoint(_OPEN):
            _look_at(vault, draft, known, listings, found=found, ended=ended)
    if not found and not ended:
        return known
    seen = replace(known, latest=_with_ended(known.latest, ended), found=found, brief=None, whole=None)
    draft.decide(seen, found)
    draft.decide(seen, ended)
    return seen


def _look_at(
    vault: Vault,
    draft: Draft,
    known: Known,
    listings: Listings,
    *,
    found: MutableMapping[str, Sighting],
    ended: MutableMapping[str, Observe],
) -> None:
    sought = SoughtByDraft(draft, vault, known, listings.holding, listings.adopt_strangers)
    seen = _listed(sought, listings)
    for key in seen.keys:
        wish = sought.wish(key)
        serving = () if wish is None else seen.serving(wish)
        if serving:
            found[key] = serving[-1]
    for change in seen.ended:
        ended[change.key] = change


def _listed(sought: SoughtByDraft, listings: Listings) -> Seen:
    """List a vault; one that does not exist yet has no jobs."""
    try:
        return survey(listings.reader, sought.vault, sought, known_jobs=listings.known_jobs, now=listings.now)
    except VaultNotFound:
        return Seen()


def _with_ended(
    latest: Callable[[Iterable[str]], Mapping[str, Record]], ended: Mapping[str, Observe]
) -> Callable[[Iterable[str]], Mapping[str, Record]]:
    def as_they_would_be(keys: Iterable[str]) -> Mapping[str, Record]:
        wanted = list(keys)
        changes = (ended[key] for key in wanted if key in ended)
        return as_observed(latest(wanted), changes)

    return as_they_would_be
