"""How fast outputs come, and how much may so be staged."""

from glacier_manifest.running.rate import Meter, most_staged
from glacier_manifest.units import GIB, MIB

HOUR = 3600.0


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def measured(size: int, seconds: float) -> tuple[Meter, Watch]:
    watch = Watch()
    meter = Meter(watch)
    with meter.running():
        watch.seconds += seconds
        meter.read(size)
    return meter, watch


def test_little_tells_nothing() -> None:
    assert measured(MIB, 10)[0].rate is None


def test_bytes_over_the_time_that_they_took() -> None:
    assert measured(640 * MIB, 10)[0].rate == 64 * MIB


def test_time_in_which_nothing_was_there_to_fetch_does_not_count() -> None:
    meter, watch = measured(640 * MIB, 10)
    watch.seconds += 5 * HOUR

    assert meter.rate == 64 * MIB


def test_a_rate_is_told_while_fetching_goes_on() -> None:
    watch = Watch()
    meter = Meter(watch)
    with meter.running():
        watch.seconds = 1
        meter.read(64 * MIB)
        assert meter.rate == 64 * MIB
        watch.seconds = 2
        assert meter.rate == 32 * MIB


def test_the_last_hour_counts() -> None:
    watch = Watch()
    meter = Meter(watch)
    with meter.running():
        for rate in [100] * 60 + [1] * 60:
            watch.seconds += 60
            meter.read(60 * rate * MIB)

    assert meter.rate == MIB


def test_no_more_is_staged_than_can_be_fetched_in_time() -> None:
    meter, _ = measured(640 * MIB, 640)

    assert most_staged(None, meter)() == 20 * 3600 * MIB
    assert most_staged(500 * GIB, meter)() == 20 * 3600 * MIB
    assert most_staged(GIB, meter)() == GIB


def test_before_it_is_measured_the_manifest_counts_or_a_slow_line() -> None:
    meter = Meter(Watch())

    assert most_staged(500 * GIB, meter)() == 500 * GIB
    assert most_staged(None, meter)() == 8 * 20 * 3600 * MIB
