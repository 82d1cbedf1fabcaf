"""How fast a run sends, on a clock that only waiting moves."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.starting.pacer import Clock, NoTimeLeftError, Pacer
from tests.starting.examples import FakeTime

FOR_EVER = float("inf")


def pacer(time: FakeTime, rate: float = 10, deadline: float = FOR_EVER) -> Pacer:
    return Pacer(requests_per_second=rate, clock=Clock(time.monotonic, time.wait), deadline=deadline)


def moments(pace: Pacer, time: FakeTime, count: int) -> list[float]:
    taken = []
    for _ in range(count):
        pace.take()
        taken.append(time.monotonic())
    return taken


def test_the_first_call_waits_for_nothing_and_each_further_one_for_its_turn() -> None:
    time = FakeTime()

    taken = moments(pacer(time, rate=4), time, 5)

    assert [round(late - early, 9) for early, late in pairwise(taken)] == [0.25] * 4
    assert time.waited[0] == 0


@given(
    rate=st.floats(0.05, 500),
    pauses=st.lists(st.floats(0, 20), max_size=30),
    throttles=st.sets(st.integers(0, 29)),
    window=st.floats(0.01, 100),
)
def test_no_window_of_time_sees_more_calls_than_the_ceiling_lets(
    rate: float, pauses: list[float], throttles: set[int], window: float
) -> None:
    time = FakeTime()
    pace = pacer(time, rate)
    taken = []
    for number, pause in enumerate(pauses):
        time.wait(pause)
        pace.take()
        taken.append(time.monotonic())
        if number in throttles:
            pace.throttled()
        else:
            pace.succeeded()

    for first in taken:
        assert sum(first <= moment < first + window for moment in taken) <= window * rate * (1 + 1e-9) + 1


def test_no_burst_follows_a_pause() -> None:
    time = FakeTime()
    pace = pacer(time, rate=10)
    pace.take()
    time.wait(60)

    taken = moments(pace, time, 3)

    assert [round(late - early, 9) for early, late in pairwise(taken)] == [0.1, 0.1]


def test_throttling_slows_the_run_once_for_all_calls_of_a_second() -> None:
    time = FakeTime()
    pace = pacer(time, rate=10)

    assert pace.throttled() == pytest.approx(8)
    time.wait(0.9)
    assert pace.throttled() is None
    assert pace.rate == pytest.approx(8)
    time.wait(0.2)
    assert pace.throttled() == pytest.approx(6.4)


def test_success_brings_the_rate_back_to_its_ceiling_in_about_a_minute_and_no_further() -> None:
    time = FakeTime()
    pace = pacer(time, rate=10)
    for _ in range(30):
        pace.throttled()
        time.wait(1)
    slowest, began = pace.rate, time.monotonic()

    while pace.rate < 10:
        pace.take()
        pace.succeeded()

    assert slowest == pytest.approx(0.1)
    assert 45 < time.monotonic() - began < 75
    pace.succeeded()
    assert pace.rate == 10


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5, 10])
def test_throttling_never_raises_the_rate_and_never_ends_the_run(rate: float) -> None:
    time = FakeTime()
    pace = pacer(time, rate)
    rates = [rate]
    for _ in range(50):
        pace.throttled()
        rates.append(pace.rate)
        time.wait(1)

    assert all(later <= earlier for earlier, later in pairwise(rates))
    assert rates[-1] > 0


def test_a_call_is_let_through_at_its_deadline_and_not_after_it() -> None:
    time = FakeTime()
    pace = pacer(time, rate=1, deadline=time.monotonic() + 2)

    taken = moments(pace, time, 3)

    assert taken[-1] == taken[0] + 2
    with pytest.raises(NoTimeLeftError):
        pace.take()
    assert time.monotonic() == taken[-1], "it does not wait for what it cannot have"


def test_no_time_at_all_lets_nothing_through() -> None:
    time = FakeTime()
    pace = pacer(time, deadline=time.monotonic())
    time.wait(0.001)

    with pytest.raises(NoTimeLeftError):
        pace.take()


def test_a_pause_beyond_the_deadline_is_not_waited_for() -> None:
    time = FakeTime()
    pace = pacer(time, deadline=time.monotonic() + 10)
    before = time.monotonic()

    with pytest.raises(NoTimeLeftError):
        pace.pause(10.5)

    assert time.monotonic() == before


def test_a_pause_takes_its_turn_again_afterwards() -> None:
    time = FakeTime()
    pace = pacer(time, rate=0.5)
    pace.take()
    began = time.monotonic()

    pace.pause(0.5)

    assert time.monotonic() == began + 2


@pytest.mark.parametrize("wait", [Pacer.take, lambda pace: pace.pause(3)])
def test_a_stop_ends_every_wait(wait: object) -> None:
    time = FakeTime()
    pace = pacer(time)
    time.stop.set()

    assert callable(wait)
    with pytest.raises(NoTimeLeftError):
        wait(pace)


def test_a_clock_that_goes_back_makes_no_negative_wait_and_no_burst() -> None:
    seconds = iter([100.0, 100.0, 100.0, 40.0, 40.0, 40.0, 40.0])
    waited: list[float] = []

    def wait(length: float) -> bool:
        waited.append(length)
        return False

    pace = Pacer(requests_per_second=10, clock=Clock(lambda: next(seconds), wait), deadline=FOR_EVER)
    pace.take()
    pace.take()
    pace.take()

    assert waited == pytest.approx([0, 60.1, 60.2])


def is_free_after(count: int, *, time: FakeTime, pace: Pacer) -> bool:
    moments(pace, time, count)
    return pace.is_free()


def test_a_pace_that_nobody_reaches_is_free_after_two_calls() -> None:
    time = FakeTime()
    pace = pacer(time, rate=1_000_000)

    assert [is_free_after(count, time=time, pace=pace) for count in (0, 1, 1)] == [False, False, True]


def test_a_pace_that_calls_wait_for_is_not_free() -> None:
    time = FakeTime()
    pace = pacer(time, rate=1000)

    assert not any(is_free_after(1, time=time, pace=pace) for _ in range(20))


def test_calls_that_take_longer_than_the_pace_find_it_free_until_it_is_slowed() -> None:
    time = FakeTime()
    pace = pacer(time, rate=100)
    for _ in range(3):
        pace.take()
        time.wait(0.06)
    assert pace.is_free()

    for _ in range(12):
        time.wait(1.0)
        pace.throttled()
    moments(pace, time, 1)

    assert not pace.is_free()


def test_a_pace_is_not_free_after_the_deadline() -> None:
    time = FakeTime()
    pace = pacer(time, rate=1_000_000, deadline=time.monotonic() + 5)
    assert is_free_after(5, time=time, pace=pace)

    time.wait(6)

    assert not pace.is_free()
