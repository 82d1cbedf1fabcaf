"""A clock that runs fast, so that a window of a day is one of minutes."""

from glacier_manifest.sandbox import SandboxClock, hurried


def test_a_hurried_clock_begins_now_and_runs_so_many_times_as_fast() -> None:
    moments = iter([1000.0, 1000.0, 1060.0, 1120.0])

    clock = SandboxClock(hurried(720, lambda: next(moments)))

    assert [clock.seconds() for _ in range(3)] == [1000.0, 1000.0 + 12 * 3600, 1000.0 + 24 * 3600]
