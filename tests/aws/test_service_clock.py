"""The service's time, told by its answers and carried on in between."""

from datetime import UTC, datetime, timedelta

from glacier_manifest.aws.service_clock import ServiceClock

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_before_the_first_answer_nobody_knows_the_services_time() -> None:
    assert ServiceClock(lambda: 5.0).now() is None


def test_between_answers_the_services_time_goes_on_by_this_machines_seconds() -> None:
    seconds = [100.0]
    clock = ServiceClock(lambda: seconds[0])
    clock.hear(NOON)

    seconds[0] += 90.5

    assert clock.now() == NOON + timedelta(seconds=90.5)


def test_the_last_answer_counts_whatever_was_heard_before() -> None:
    seconds = [100.0]
    clock = ServiceClock(lambda: seconds[0])
    clock.hear(NOON + timedelta(hours=1))
    seconds[0] += 10
    clock.hear(NOON)

    assert clock.now() == NOON
