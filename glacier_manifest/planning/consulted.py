"""The inventories that a plan was made from: how old each is, and how much of it is meant."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from glacier_manifest.inventory.reading import Walked
from glacier_manifest.jobs.instant import parse_instant
from glacier_manifest.jobs.request import Vault
from glacier_manifest.planning.expand import Portion, Ranked


@dataclass(frozen=True, slots=True)
class Consulted:
    """An inventory that a job's archives were taken from, or their sizes, read to its end.

    Attributes:
        name: Its path, or its address in S3.
        job: The job that names it.
        vault: The vault for which it was read.
        walked: What is known of it.
        picked: How many of its archives the job means; None where it only tells sizes.
    """

    name: str
    job: str
    vault: Vault
    walked: Walked
    picked: int | None

    @property
    def made_at(self) -> datetime | None:
        """When Glacier made it; None where it does not tell."""
        told = self.walked.head.inventory_date
        try:
            return None if told is None else parse_instant(told)
        except ValueError:
            return None


class Noted:
    """Portions that stream by, and the inventories that were read for them.

    Attributes:
        consulted: Each inventory for each job that names it, once all portions have come by.
    """

    def __init__(self, portions: Iterable[Portion]) -> None:
        """Take the portions; what they raise is raised."""
        self.consulted: list[Consulted] = []
        self._portions = portions

    def __iter__(self) -> Iterator[Portion]:
        """Yield the portions; each is read to its end before the next one is asked for."""
        for portion in self._portions:
            yield portion
            found = _consulted(portion)
            if found is not None and found not in self.consulted:
                self.consulted.append(found)


def _consulted(portion: Portion) -> Consulted | None:
    inventory, selection = portion.inventory, portion.selection
    if inventory is None or inventory.walked is None:
        return None
    picked = None if selection is None else selection.picked
    if picked is not None and isinstance(portion.pieces, Ranked):
        picked = min(picked, portion.pieces.limit)
    return Consulted(inventory.origin.name, portion.lot.job, portion.lot.vault, inventory.walked, picked)
