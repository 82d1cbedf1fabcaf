"""What a draft looks for in one vault's listing, asked job by job: memory does not grow with the draft."""

import base64
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.known import Known
from glacier_manifest.jobs.marker import marker_of
from glacier_manifest.jobs.request import Vault
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.expand import Asked
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.wishes import Wish, wish_of

#: How many of the characters of a marker's beginning of the key say whole bytes of it.
_WHOLE_CHARACTERS = 24


@dataclass(frozen=True, slots=True)
class SoughtByDraft:
    """What a draft looks for in one vault.

    Attributes:
        draft: The requests.
        vault: The vault.
        known: What is known of the requests without the listing.
        holding: Tells which record has a job.
        adopt_strangers: Whether a job without a marker may be taken over.
        unknown: Records whose outcome is unknown, whether or not the draft asks for them.
    """

    draft: Draft
    vault: Vault
    known: Known
    holding: Callable[[Iterable[str]], Mapping[str, Record]]
    adopt_strangers: bool
    unknown: Sequence[Record] = field(default_factory=list)

    @property
    def unknowns(self) -> frozenset[tuple[str, int]]:
        """The purchases whose outcome is unknown."""
        return frozenset((record.key, record.generation) for record in self.unknown)

    def awaited(self, job_ids: Collection[str]) -> Mapping[str, Record]:
        """Return the records, in progress, that await one of these jobs, by job ID."""
        return {
            job_id: record
            for job_id, record in self.holding(job_ids).items()
            if record.status is Status.IN_PROGRESS and self.draft.get(record.key) is not None
        }

    def key_of(self, prefix: str) -> str | None:
        """Return the key of the wanted request whose marker shows this beginning of it."""
        for record in self.unknown:
            if marker_of(record.key, 0).key_prefix == prefix:
                return record.key
        begins = base64.b32decode(prefix[:_WHOLE_CHARACTERS].upper())
        for asked in self.draft.begins_with(begins):
            if asked.request.vault == self.vault and marker_of(asked.key, 0).key_prefix == prefix:
                return asked.key
        return None

    def retrievals(self, archive_id: str) -> Sequence[Wish]:
        """Return the requests for an archive that a job without a marker may serve."""
        wishes = map(self._wish, self.draft.retrievals(self.vault, archive_id))
        return [wish for wish in wishes if wish.takes_strangers]

    def wish(self, key: str) -> Wish | None:
        """Return what is looked for on behalf of a key; None where the draft does not ask for it."""
        asked = self.draft.get(key)
        return None if asked is None else self._wish(asked)

    def _wish(self, asked: Asked) -> Wish:
        record = self.known.latest([asked.key]).get(asked.key)
        return wish_of(asked, record, self.known.again, adopt_strangers=self.adopt_strangers)
