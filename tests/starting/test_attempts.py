"""When the last attempt of an unknown had ended, whatever the host's clock says."""

from datetime import datetime, timedelta

import pytest

from glacier_manifest.aws.service_clock import ServiceClock
from glacier_manifest.jobs.status import Status
from glacier_manifest.starting.attempts import RUN_DIED, Attempts
from glacier_manifest.state.record import Mishap, Record
from tests.planning.examples import NOON, archive, record, request
from tests.starting.examples import FakeTime


def unknown(service_at: datetime | None, code: str = "no-answer") -> Record:
    wanted = request(archive("a"))
    return record(wanted, Status.UNKNOWN, service_at=service_at, mishap=Mishap(code, "words"))


class Clocks:
    """A run that began at the monotonic second 1000, the service then telling noon."""

    def __init__(self, *, hears: bool = True) -> None:
        self.time = FakeTime()
        self.service = ServiceClock(self.time.monotonic)
        self.attempts = Attempts(self.time.monotonic, self.service)
        if hears:
            self.service.hear(NOON)


def test_an_attempt_of_this_run_ended_when_it_was_seen_to_end() -> None:
    clocks, one = Clocks(), unknown(NOON - timedelta(days=2))
    clocks.time.wait(30)
    clocks.attempts.ended_now(one.key, one.generation)
    clocks.time.wait(30)

    assert clocks.attempts.ended_at(one) == 1030


def test_an_attempt_of_an_earlier_run_ended_so_long_ago_by_the_services_time_not_too_early() -> None:
    assert Clocks().attempts.ended_at(unknown(NOON - timedelta(minutes=10))) == 1000 - 600 + 2


@pytest.mark.parametrize("service_at", [NOON, NOON + timedelta(hours=1), NOON - timedelta(seconds=1)])
def test_no_attempt_of_an_earlier_run_ended_after_this_one_began(service_at: datetime) -> None:
    assert Clocks().attempts.ended_at(unknown(service_at)) == 1000


@pytest.mark.parametrize("hears", [True, False])
def test_what_the_service_never_dated_counts_as_if_it_had_ended_when_this_run_began(*, hears: bool) -> None:
    clocks = Clocks(hears=hears)
    clocks.time.wait(100)

    assert clocks.attempts.ended_at(unknown(None)) == 1000
    assert clocks.attempts.seconds_ago(unknown(None)) is None


def test_before_the_service_has_spoken_in_this_run_nothing_is_known_of_earlier_ones() -> None:
    clocks, one = Clocks(hears=False), unknown(NOON - timedelta(days=2))

    assert clocks.attempts.ended_at(one) == 1000
    clocks.service.hear(NOON)
    assert clocks.attempts.ended_at(one) == 1000 - 2 * 86400 + 2


def test_when_a_dead_run_sent_its_last_intent_nobody_knows_but_how_old_its_job_may_be() -> None:
    clocks, one = Clocks(), unknown(NOON - timedelta(days=2), RUN_DIED)

    assert clocks.attempts.ended_at(one) == 1000
    assert clocks.attempts.seconds_ago(one) == 2 * 86400


def test_another_fraction_of_a_second_in_a_later_answer_does_not_put_it_off() -> None:
    clocks, one = Clocks(), unknown(NOON - timedelta(minutes=1))
    before = clocks.attempts.ended_at(one)
    clocks.time.wait(300.9)
    clocks.service.hear(NOON + timedelta(seconds=300))

    assert clocks.attempts.ended_at(one) == before


def test_generations_have_attempts_of_their_own() -> None:
    clocks = Clocks()
    one = unknown(NOON - timedelta(minutes=10))
    clocks.attempts.ended_now(one.key, 1)

    assert clocks.attempts.ended_at(one) < 1000
