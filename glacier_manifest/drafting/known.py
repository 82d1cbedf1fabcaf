"""All that decides about requests beside the manifest."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Protocol

from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.decide import BuyAgain
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.state.record import Record, Standing

Latest = Callable[[Iterable[str]], Mapping[str, Record]]
Brief = Callable[[Sequence[str]], Mapping[str, Standing]]

#: So many requests are quickly looked up one by one, wherever their records lie.
_FEW = 10_000
#: About so many records are read from one end of the state to the other while one is looked up.
_READ_WHILE_ONE_IS_FOUND = 8


class Whole(Protocol):
    """A state that may be read from one end to the other."""

    def count(self) -> Mapping[Status, int]:
        """Return how many records stand in each status."""

    def every_standing(self) -> Iterator[tuple[str, Standing]]:
        """Stream how every purchase stands, sorted by key, the highest generation of each last."""


class InKeyOrder:
    """Gives how keys stand that are asked for in their order, as a merge of two sorted lists does."""

    def __init__(self, standings: Iterator[tuple[str, Standing]]) -> None:
        """Take the standings, sorted by key, the highest generation of each last."""
        self._left = standings
        self._held: tuple[tuple[str, Standing], ...] = ()

    def __call__(self, keys: Sequence[str]) -> Mapping[str, Standing]:
        """Return how the highest generation of each of some keys stands, others among them."""
        found: dict[str, Standing] = {}
        last = keys[-1]
        for one in chain(self._held, self._left):
            key, standing = one
            if key > last:
                self._held = (one,)
                return found
            found[key] = standing
        self._held = ()
        return found


@dataclass(frozen=True, slots=True)
class Known:
    """All that decides about a request beside the manifest.

    Attributes:
        latest: Gives the record of the highest generation of each key that has one.
        again: What is to be bought again.
        found: The jobs in Glacier's listing that serve requests, by key.
        brief: Gives the same as `latest`, in brief and in less time, where something does.
        whole: The state that `brief` looks into, where it may be read from one end to the other instead.
    """

    latest: Latest
    again: BuyAgain = field(default_factory=BuyAgain)
    found: Mapping[str, Sighting] = field(default_factory=dict)
    brief: Brief | None = None
    whole: Whole | None = None

    def for_all(self, has: Callable[[int], bool]) -> "Known":
        """Return the same for requests that are asked for in the order of their keys, and each once.

        Args:
            has: Says whether there are so many of them.
        """
        if self.whole is None or not has(_FEW):
            return self
        records = sum(self.whole.count().values())
        if not has(records // _READ_WHILE_ONE_IS_FOUND):
            return self
        return replace(self, brief=InKeyOrder(self.whole.every_standing()))

    def standings(self, keys: Sequence[str]) -> Mapping[str, Standing]:
        """Return how the highest generation of each key that has one stands."""
        if self.brief is not None:
            return self.brief(keys)
        return {key: record.standing for key, record in self.latest(keys).items()}
