"""Keys and entries that are filled in are those that are hashed one by one."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glacier_manifest.diagnostics import Span
from glacier_manifest.jobs.key import request_key
from glacier_manifest.jobs.request import ByteRange, Request
from glacier_manifest.manifest import NEVER, Repurchases
from glacier_manifest.planning.approval import entry, standing_entry
from glacier_manifest.planning.lot import lot_of
from glacier_manifest.planning.stencil import Stencil, key_of
from tests.planning.examples import archive, request
from tests.planning.requests import ids, ranges, requests, retrievals

SPAN = Span(Path("jobs.yaml"), 7, 5, 9)
repurchases = st.builds(Repurchases, expired=st.integers(0, 3), failed=st.integers(0, 3))
retrieval_requests = st.builds(
    lambda one, what: request(
        what,
        job=one.job,
        vault=one.vault,
        tiers=one.tiers,
        description=one.description,
        sns_topic=one.sns_topic,
    ),
    requests,
    retrievals,
)


@given(requests)
def test_a_key_is_that_of_the_request(wanted: Request) -> None:
    lot, piece = lot_of(wanted, SPAN)

    assert key_of(lot, piece).hex() == request_key(wanted)


@given(retrieval_requests, st.integers(0, 3), repurchases)
@example(request(archive("a"), description=r"a text \u0001 that looks like a hole"), 0, NEVER)
@example(request(archive("a"), description="\\\\u0002\\"), 1, Repurchases(failed=1))
@example(request(archive("a"), description="{0} and {} and {{"), 1, NEVER)
def test_a_stencil_gives_the_key_and_the_entries_of_each_request(
    wanted: Request, generation: int, restarts: Repurchases
) -> None:
    lot, piece = lot_of(wanted, SPAN)
    stencil, key = Stencil(lot), request_key(wanted)

    assert stencil.key(piece).hex() == key
    assert stencil.entry(piece, key, generation).hex() == entry(wanted, generation)
    assert stencil.entry(piece, key, restarts).hex() == standing_entry(wanted, restarts)


@given(retrieval_requests, st.lists(st.tuples(ids, st.one_of(st.none(), ranges)), min_size=1, max_size=5))
def test_one_stencil_serves_every_archive_and_range_of_its_lot(
    wanted: Request, pieces: list[tuple[str, ByteRange | None]]
) -> None:
    lot, first = lot_of(wanted, SPAN)
    stencil = Stencil(lot)

    for archive_id, cut in pieces:
        start, end = (None, None) if cut is None else (cut.start, cut.end)
        piece = first._replace(archive_id=archive_id, start=start, end=end)
        key = request_key(lot.request(piece))
        assert stencil.key(piece).hex() == key
        assert stencil.entry(piece, key, 0).hex() == entry(lot.request(piece), 0)


@pytest.mark.parametrize("cut", [None, ByteRange(0, 0), ByteRange(0, 1048575)])
def test_a_whole_archive_and_each_range_of_it_have_keys_of_their_own(cut: ByteRange | None) -> None:
    lot, whole = lot_of(request(archive("a")), SPAN)
    stencil = Stencil(lot)
    cuts = (None, ByteRange(0, 0), ByteRange(0, 1048575))
    start, end = (None, None) if cut is None else (cut.start, cut.end)
    mine = stencil.key(whole._replace(start=start, end=end))

    others = [
        stencil.key(whole if other is None else whole._replace(start=other.start, end=other.end))
        for other in cuts
        if other != cut
    ]
    assert mine not in others
