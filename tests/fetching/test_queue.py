"""The order in which outputs are fetched, and what belongs together."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from glacier_manifest.fetching.queue import Queue
from glacier_manifest.jobs.request import ArchiveRetrieval, ByteRange
from glacier_manifest.jobs.status import Status
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.record import Record
from tests.planning.examples import NOON, PHOTOS, archive, record, request

HOUR = timedelta(hours=1)


@pytest.fixture
def queue() -> Iterator[Queue]:
    with Scratch() as scratch:
        yield Queue(scratch)


def ending(name: str, hours: int | None, size: int | None = 5) -> Record:
    one = record(request(archive(name)), Status.SUCCEEDED, job_id=f"job-{name}", size=size)
    return replace(one, expires_at=None if hours is None else NOON + hours * HOUR)


def piece(start: int, hours: int) -> Record:
    asked = request(ArchiveRetrieval(archive("film").archive_id, ByteRange(start, start + 9)))
    return replace(record(asked, Status.SUCCEEDED, job_id=f"job-{start}"), expires_at=NOON + hours * HOUR)


def test_what_is_gone_soonest_comes_first_and_what_nobody_knows_the_end_of_before_it(queue: Queue) -> None:
    late, soon, sometime = ending("late", 9), ending("soon", 1), ending("sometime", None)

    queue.load([late, soon, sometime])

    assert [*queue.units()] == [(sometime.key,), (soon.key,), (late.key,)]
    assert [*queue.keys()] == [sometime.key, soon.key, late.key]


def test_pieces_of_an_archive_come_together_when_the_first_of_them_is_due(queue: Queue) -> None:
    first, other, last = piece(0, 8), ending("other", 4), piece(10, 1)

    queue.load([first, other, last])

    assert [*queue.units()] == [(first.key, last.key), (other.key,)]


def test_it_knows_how_much_there_is_and_of_which_vault(queue: Queue) -> None:
    queue.load([ending("a", 1), ending("b", 2, None), ending("c", 3)])

    assert queue.totals == (3, 10)
    assert [*queue.vaults()] == [(PHOTOS, 3)]
    assert (queue.has_job("job-b"), queue.has_job("job-d")) == (True, False)


def test_an_empty_one_has_nothing(queue: Queue) -> None:
    queue.load([])

    assert (queue.totals, [*queue.units()], [*queue.vaults()]) == ((0, 0), [], [])
