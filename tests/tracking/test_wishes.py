"""Which jobs are looked for, for the sake of a request that stands in each status."""

import pytest

from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.decide import BuyAgain
from glacier_manifest.state.record import Record
from glacier_manifest.tracking.wishes import Wish, wish_of
from tests.planning.examples import archive, asked, record, request

WANTED = request(archive("a"))
FAILED_AGAIN = BuyAgain(frozenset({Status.FAILED}))


def wish(stands: Record | None, again: BuyAgain | None = None, *, adopt_strangers: bool = True) -> Wish:
    return wish_of(asked(WANTED), stands, again or BuyAgain(), adopt_strangers=adopt_strangers)


def test_before_a_first_start_any_purchase_is_news_and_a_stranger_will_do() -> None:
    found = wish(None)

    assert (found.least, found.starts, found.takes_strangers) == (0, True, True)


@pytest.mark.parametrize("status", [Status.READY, Status.REJECTED])
@pytest.mark.parametrize("generation", [0, 1])
def test_a_purchase_that_was_not_made_is_still_looked_for(status: Status, generation: int) -> None:
    assert wish(record(WANTED, status, generation)).least == generation


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.READY, Status.REJECTED}))
@pytest.mark.parametrize("generation", [0, 1])
def test_only_a_later_purchase_is_news_where_one_was_made(status: Status, generation: int) -> None:
    found = wish(record(WANTED, status, generation))

    assert (found.least, found.starts, found.takes_strangers) == (generation + 1, False, False)


@pytest.mark.parametrize(
    ("stands", "takes_strangers"),
    [
        (record(WANTED, Status.READY), True),
        (record(WANTED, Status.REJECTED, body_sha256="0" * 64), True),
        (record(WANTED, Status.REJECTED), False),
        (record(WANTED, Status.READY, 1), False),
    ],
    ids=["ready", "rejected, changed", "rejected", "restart put off"],
)
def test_a_stranger_will_do_before_a_first_start_only(stands: Record, *, takes_strangers: bool) -> None:
    assert wish(stands).takes_strangers == takes_strangers


def test_a_restart_starts_and_takes_no_stranger() -> None:
    found = wish(record(WANTED, Status.FAILED), FAILED_AGAIN)

    assert (found.least, found.starts, found.takes_strangers) == (1, True, False)


def test_no_stranger_is_taken_where_nobody_wants_that() -> None:
    assert not wish(None, adopt_strangers=False).takes_strangers
