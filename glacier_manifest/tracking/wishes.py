"""Wishes: what is looked for in Glacier's listing for the sake of a request.

The highest generation counts, in the state or in a listing: a purchase that a state does not know, because
it was lost or restored from an old copy, is found by its marker and never made a second time.
"""

from dataclasses import dataclass

from glacier_manifest.jobs.request import Request
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.decide import BuyAgain, decide
from glacier_manifest.planning.expand import Asked
from glacier_manifest.state.record import Record

#: A purchase that stands so was not made: a job with its marker is news.
_NOT_BOUGHT = frozenset({Status.READY, Status.REJECTED})


@dataclass(frozen=True, slots=True)
class Wish:
    """A request, and which of the jobs that Glacier lists would serve it.

    Attributes:
        key: The request's key.
        request: The request.
        least: The lowest generation that is news; a job of an earlier purchase serves no more.
        starts: Whether it would be bought now, did no job serve it.
        takes_strangers: Whether a job without a marker serves it as well: before a first start only.
    """

    key: str
    request: Request
    least: int
    starts: bool
    takes_strangers: bool


def wish_of(asked: Asked, record: Record | None, again: BuyAgain, *, adopt_strangers: bool) -> Wish:
    """Return what is looked for where the state knows so much of a request.

    Args:
        asked: The request.
        record: What the state knows of its latest purchase.
        again: What is to be bought again.
        adopt_strangers: Whether a job without a marker is ever taken over.
    """
    action = decide(asked, record, again)
    least = 0 if record is None else record.generation + (record.status not in _NOT_BOUGHT)
    takes_strangers = adopt_strangers and action.starts and action.generation == 0
    return Wish(asked.key, asked.request, least, action.starts, takes_strangers)
