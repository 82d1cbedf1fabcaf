"""What is known of sizes, and what may not start where bytes are limited."""

from dataclasses import replace

import pytest

from glacier_manifest.drafting.drafted import Drafted
from glacier_manifest.errors import OverLimit, UsageError
from glacier_manifest.jobs.request import ByteRange, Request
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.allowances import Allowances
from glacier_manifest.planning.decide import Restarts
from glacier_manifest.planning.volume import check_volume
from glacier_manifest.state.record import Record
from glacier_manifest.units import GIB, MIB
from tests.planning.examples import INVENTORY, QUERY, archive, latest_of, planned, record, request

NOTHING_ALLOWED = Allowances({})
WHOLE = request(archive("whole"))
PIECE = replace(request(replace(archive("piece"), retrieval_byte_range=ByteRange(0, MIB - 1))), size=MIB)


def plan(*requests: Request, known: Record | None = None, words: tuple[str, ...] = ()) -> Drafted:
    return planned(requests, latest_of([known] if known else []), Restarts(words))


def refusal(drafted: Drafted, bytes_per_day: int, allowances: Allowances = NOTHING_ALLOWED) -> OverLimit:
    with pytest.raises(OverLimit) as caught:
        check_volume(drafted, bytes_per_day=bytes_per_day, allowances=allowances)
    assert caught.value.exit_code == 5
    return caught.value


def test_an_unknown_size_is_refused_where_bytes_are_limited() -> None:
    error = refusal(plan(PIECE, WHOLE, request(QUERY)), GIB)

    assert error.code == "unknown-size"
    assert "the size of wedding/photos/whole" in error.message
    assert "(nor that of 1 more)" in error.message
    assert "--allow unknown-size" in error.next_step


def test_an_unknown_size_that_is_allowed_may_start() -> None:
    check_volume(plan(PIECE, WHOLE), bytes_per_day=GIB, allowances=Allowances.parse(("unknown-size",)))


def test_no_size_matters_where_bytes_are_not_limited() -> None:
    check_volume(plan(WHOLE), bytes_per_day=None, allowances=NOTHING_ALLOWED)


def test_known_sizes_and_inventories_may_start() -> None:
    check_volume(plan(PIECE, request(INVENTORY)), bytes_per_day=MIB, allowances=NOTHING_ALLOWED)


def test_what_is_not_started_needs_no_size() -> None:
    done = plan(WHOLE, known=record(WHOLE, Status.SUCCEEDED))

    check_volume(done, bytes_per_day=1, allowances=NOTHING_ALLOWED)


@pytest.mark.parametrize("allowances", [NOTHING_ALLOWED, Allowances.parse(("unknown-size",))])
def test_what_has_more_bytes_than_a_day_may_see_would_wait_for_ever(allowances: Allowances) -> None:
    error = refusal(plan(PIECE), MIB - 1, allowances)

    assert error.code == "larger-than-a-day"
    assert "wedding/photos/piece" in error.message


def test_a_size_that_an_earlier_purchase_brought_to_light_counts() -> None:
    again = plan(WHOLE, known=record(WHOLE, Status.FAILED, size=GIB), words=("failed",))

    check_volume(again, bytes_per_day=GIB, allowances=NOTHING_ALLOWED)
    assert [action.request.size for action in again.starts()] == [GIB]
    assert refusal(again, GIB - 1).code == "larger-than-a-day"


def test_what_the_manifest_says_of_a_size_comes_before_what_the_state_says() -> None:
    again = plan(PIECE, known=record(PIECE, Status.FAILED, size=5), words=("failed",))

    assert [action.request.size for action in again.starts()] == [MIB]


@pytest.mark.parametrize("word", ["unknown-size=1", "unknown-sizes", "unknown_size", "size"])
def test_only_the_exact_word_allows_an_unknown_size(word: str) -> None:
    with pytest.raises(UsageError, match="nor unknown-size"):
        Allowances.parse((word,))


def test_allowing_an_unknown_size_lifts_no_limit() -> None:
    allowed = Allowances.parse(("unknown-size", "jobs=3"))

    assert allowed.unknown_size
    assert allowed.values["jobs"] == 3
    assert not Allowances.parse(("jobs=3",)).unknown_size
