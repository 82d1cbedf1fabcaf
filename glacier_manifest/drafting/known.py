"""All that decides about requests beside the manifest."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from glacier_manifest.planning.decide import BuyAgain
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.state.record import Record, Standing

Latest = Callable[[Iterable[str]], Mapping[str, Record]]
Brief = Callable[[Iterable[str]], Mapping[str, Standing]]


@dataclass(frozen=True, slots=True)
class Known:
    """All that decides about a request beside the manifest.

    Attributes:
        latest: Gives the record of the highest generation of each key that has one.
        again: What is to be bought again.
        found: The jobs in Glacier's listing that serve requests, by key.
        brief: Gives the same as `latest`, in brief and in less time, where something does.
    """

    latest: Latest
    again: BuyAgain = field(default_factory=BuyAgain)
    found: Mapping[str, Sighting] = field(default_factory=dict)
    brief: Brief | None = None

    def standings(self, keys: Iterable[str]) -> Mapping[str, Standing]:
        """Return how the highest generation of each key that has one stands."""
        if self.brief is not None:
            return self.brief(keys)
        return {key: record.standing for key, record in self.latest(keys).items()}
