"""The latest purchase of each request; those before it are history, which `state show` tells."""

from collections.abc import Iterator
from itertools import islice

from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Record

_BATCH = 500


def latest_purchases(state: State) -> Iterator[Record]:
    """Stream the records that no later purchase of the same request follows, in the order of their making."""
    records = state.records()
    while batch := list(islice(records, _BATCH)):
        standings = state.standings(record.key for record in batch)
        yield from (record for record in batch if standings[record.key].generation == record.generation)
