"""A state is read from end to end where much of it is asked for, and looked into where little is."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.drafting.known import InKeyOrder, Known
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.lot import Piece
from glacier_manifest.planning.plan import Verb
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.record import Standing
from tests.drafting.test_deciding import PLAIN, finished
from tests.planning.examples import NOON

DONE = Standing(0, Status.SUCCEEDED, None, None, None, 7)


class Kept:
    """A state of so many finished purchases, which notes how it is read."""

    def __init__(self, keys: Sequence[str], *, others: int = 0) -> None:
        self._keys = sorted(keys)
        self._others = others
        self.looked_for = 0
        self.readings = 0

    def count(self) -> Mapping[Status, int]:
        return {Status.SUCCEEDED: len(self._keys), Status.FAILED: self._others}

    def every_standing(self) -> Iterator[tuple[str, Standing]]:
        self.readings += 1
        return ((key, DONE) for key in self._keys)

    def standings(self, keys: Sequence[str]) -> Mapping[str, Standing]:
        self.looked_for += len(keys)
        return {key: DONE for key in keys if key in self._keys}

    @property
    def known(self) -> Known:
        return Known(lambda keys: {key: finished(key) for key in keys}, brief=self.standings, whole=self)


def holding(count: int) -> Callable[[int], bool]:
    """Return what says that there are so many requests."""
    return lambda many: many <= count


KEYS = [f"{number:064x}" for number in range(16)]


@pytest.mark.parametrize(
    ("requests", "others", "readings"),
    [(9_999, 0, 0), (10_000, 0, 1), (10_000, 79_984, 1), (10_000, 90_000, 0), (12_000, 90_000, 1)],
    ids=["few", "enough", "of a state eight times as large", "of a larger one", "more of that"],
)
def test_a_state_is_read_whole_where_much_of_it_is_asked_for(
    requests: int, others: int, readings: int
) -> None:
    state = Kept(KEYS, others=others)

    told = state.known.for_all(holding(requests)).standings(KEYS[3:5])

    assert told.keys() >= set(KEYS[3:5])
    assert (state.readings, state.looked_for) == (readings, 0 if readings else 2)


def test_what_has_no_state_to_read_is_asked_as_before() -> None:
    known = Known(lambda _keys: {})

    assert known.for_all(holding(1_000_000)) is known


@given(
    st.lists(st.tuples(st.sampled_from(KEYS), st.integers(0, 2)), unique=True), st.sets(st.sampled_from(KEYS))
)
def test_keys_that_are_asked_for_in_their_order_are_told_as_if_they_were_looked_up(
    purchases: list[tuple[str, int]], asked: set[str]
) -> None:
    every = [(key, DONE._replace(generation=generation)) for key, generation in sorted(purchases)]
    wanted, in_order = sorted(asked), InKeyOrder(iter(every))

    batches = [wanted[start : start + 3] for start in range(0, len(wanted), 3)]
    told = [in_order(batch) for batch in batches]

    latest = dict(every)
    assert [[found.get(key) for key in batch] for batch, found in zip(batches, told, strict=True)] == [
        [latest.get(key) for key in batch] for batch in batches
    ]


def test_a_draft_of_many_is_decided_by_one_reading_and_a_few_of_them_by_looking() -> None:
    with Scratch() as scratch:
        draft = Draft(scratch)
        draft.add(PLAIN, (Piece(f"a{number:0137}") for number in range(10_500)))
        draft.merge()
        every = [key.hex() for (key,) in scratch.rows("SELECT key FROM requests ORDER BY key")]
        state = Kept(every[::2])

        draft.decide(state.known)

        assert (state.readings, state.looked_for) == (1, 0)
        summary = Drafted(draft, lambda _keys: {}, NOON).summary
        assert (summary[Verb.KEEP], summary[Verb.START]) == (5_250, 5_250)

        draft.decide(state.known, every[:3])

        assert (state.readings, state.looked_for) == (1, 3)
