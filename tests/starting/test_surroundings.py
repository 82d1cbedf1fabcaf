"""What a run takes from outside: waiting within the deadline, and two clocks that must not be mixed up."""

from datetime import timedelta

import pytest

from glacier_manifest.starting.pacer import NoTimeLeftError
from tests.starting.examples import NOON, FakeTime, surroundings


def test_waiting_ends_at_the_moment_that_was_named() -> None:
    time = FakeTime()

    surroundings(time, seconds=60).wait_until(time.monotonic() + 60)

    assert time.waited == [60]


def test_what_has_passed_is_not_waited_for() -> None:
    time = FakeTime()

    surroundings(time, seconds=60).wait_until(time.monotonic() - 5)

    assert time.waited == [0]


def test_what_lies_beyond_the_deadline_is_not_waited_for() -> None:
    time = FakeTime()

    with pytest.raises(NoTimeLeftError):
        surroundings(time, seconds=60).wait_until(time.monotonic() + 60.1)

    assert time.waited == []


def test_a_stop_ends_the_waiting() -> None:
    time = FakeTime()
    time.stop.set()

    with pytest.raises(NoTimeLeftError):
        surroundings(time, seconds=60).wait_until(time.monotonic())


def test_the_services_time_is_the_hosts_until_the_service_has_spoken() -> None:
    time = FakeTime()
    around = surroundings(time, seconds=60)
    before = around.service_now()
    time.service.hear(NOON - timedelta(hours=1))

    assert (before, around.service_now()) == (NOON, NOON - timedelta(hours=1))


def test_a_monotonic_second_is_shown_as_a_time_of_day() -> None:
    time = FakeTime()

    assert surroundings(time, seconds=60).time_of(time.monotonic() + 300) == NOON + timedelta(minutes=5)
