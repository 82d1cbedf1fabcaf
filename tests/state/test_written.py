"""What was handed over tells what became of it: once, to everybody who waits, and in whatever order."""

from concurrent.futures import CancelledError
from threading import Condition, Event, Thread

import pytest

from glacier_manifest.state.written import Pending, tell


@pytest.fixture
def door() -> Condition:
    return Condition()


def test_all_who_wait_hear_of_it_at_once(door: Condition) -> None:
    one, other = Pending[int](door), Pending[int](door)
    heard: list[int] = []
    waiting = [
        Thread(target=lambda pending=pending: heard.append(pending.result())) for pending in (one, other)
    ]
    for thread in waiting:
        thread.start()

    one.set(1)
    other.set(2)
    tell(door, [one, other])
    for thread in waiting:
        thread.join()

    assert sorted(heard) == [1, 2]


def test_who_waits_for_a_later_one_goes_on_waiting_when_an_earlier_is_done(door: Condition) -> None:
    one, later = Pending[int](door), Pending[int](door)
    heard, is_over = list[int](), Event()

    def wait() -> None:
        heard.append(later.result())
        is_over.set()

    waiting = Thread(target=wait)
    waiting.start()
    one.set(1)
    tell(door, [one])
    assert (one.done(), later.done(), heard) == (True, False, [])

    later.set(2)
    tell(door, [later])
    assert is_over.wait(30)
    waiting.join()
    assert heard == [2]


def test_what_failed_raises_why_as_often_as_it_is_asked(door: Condition) -> None:
    pending = Pending[None](door)
    reason = OSError("no space left")
    pending.fail(reason)

    assert pending.exception() is reason
    for _ in range(2):
        with pytest.raises(OSError, match="no space left"):
            pending.result()


def test_what_was_taken_up_is_not_cancelled_any_more_and_the_other_way_round(door: Condition) -> None:
    taken, cancelled = Pending[None](door), Pending[None](door)

    assert taken.take()
    assert not taken.cancel()
    assert cancelled.cancel()
    assert not cancelled.take()
    assert cancelled.done()
    with pytest.raises(CancelledError):
        cancelled.result()


def test_who_asked_to_be_called_is_called_once_whenever_he_asked(door: Condition) -> None:
    pending = Pending[int](door)
    called: list[int] = []
    pending.add_done_callback(lambda done: called.append(done.result()))
    pending.set(7)
    assert called == []
    tell(door, [pending])
    assert called == [7]

    pending.add_done_callback(lambda done: called.append(done.result() + 1))
    assert called == [7, 8]
