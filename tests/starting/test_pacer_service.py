"""How well a run uses a service that throttles: many workers, simulated, with the real pacer and backoff.

Time is that of the simulation: a worker that waits is put into a queue of events, and nobody sleeps.
"""

import heapq
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import pytest

from glacier_manifest.starting.pacer import Clock, Pacer

FOR_EVER = float("inf")


class Service:
    """Lets so many calls through a second, and saves up no more than `depth` of them."""

    def __init__(self, rate: float, *, depth: float) -> None:
        self._rate, self._depth, self._tokens, self._at = rate, depth, depth, 0.0

    def accepts(self, now: float) -> bool:
        self._tokens = min(self._depth, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@dataclass
class Simulation:
    """A run of `jobs` calls by `workers` at a `ceiling`, each answered after about `latency` seconds.

    Attributes:
        sent: When each call reached the service.
        accepted: When each accepted call was answered.
    """

    service: Service
    ceiling: float
    jobs: int = 2000
    workers: int = 8
    latency: float = 0.02
    sent: list[float] = field(default_factory=list)
    accepted: list[float] = field(default_factory=list)
    _now: float = 0.0
    _waited: float = 0.0

    def run(self) -> "Simulation":
        random = Random(1)  # noqa: S311 - latencies and backoff
        pacer = Pacer(
            requests_per_second=self.ceiling, clock=Clock(lambda: self._now, self._wait), deadline=FOR_EVER
        )
        attempts: Counter[int] = Counter()
        queue = [(0.0, worker, "take") for worker in range(self.workers)]
        while len(self.accepted) < self.jobs:
            self._now, worker, step = heapq.heappop(queue)
            delay = 0.0
            if step == "take":
                pacer.take()
                delay, following = self._waited, "send"
            elif step == "send":
                self.sent.append(self._now)
                following = "accepted" if self.service.accepts(self._now) else "throttled"
                delay = self.latency * random.uniform(0.7, 1.3)
            elif step == "accepted":
                pacer.succeeded()
                self.accepted.append(self._now)
                attempts[worker], following = 0, "take"
            else:
                pacer.throttled()
                attempts[worker] += 1
                delay, following = random.uniform(0, min(30.0, 0.5 * 2 ** (attempts[worker] - 1))), "take"
            heapq.heappush(queue, (self._now + delay, worker, following))
        return self

    def _wait(self, seconds: float) -> bool:
        self._waited = seconds
        return False

    def rate(self, *, after: float = 0.0) -> float:
        """Return the calls accepted a second, after the first seconds."""
        counted = [moment for moment in self.accepted if moment >= after]
        return len(counted) / (self.accepted[-1] - after)

    def busiest_second(self) -> int:
        """Return the most calls that any second saw."""
        sent = sorted(self.sent)
        most, first = 0, 0
        for last, moment in enumerate(sent):
            while sent[first] <= moment - 1:
                first += 1
            most = max(most, last - first + 1)
        return most


@pytest.mark.parametrize("workers", [8, 32])
@pytest.mark.parametrize("latency", [0.005, 0.02, 0.06, 0.1])
def test_a_service_that_throttles_at_50_is_used_well_by_a_run_that_asks_for_500(
    workers: int, latency: float
) -> None:
    simulation = Simulation(Service(50, depth=50), ceiling=500, workers=workers, latency=latency).run()

    assert simulation.rate(after=5) >= 0.8 * 50
    assert len(simulation.accepted) / len(simulation.sent) > 0.85, "and is not asked much in vain"


@pytest.mark.parametrize("depth", [1, 10, 50, 250])
def test_however_much_it_saves_up(depth: float) -> None:
    simulation = Simulation(Service(50, depth=depth), ceiling=500).run()

    assert simulation.rate(after=5) >= 0.8 * 50


@pytest.mark.parametrize(
    ("limit", "ceiling", "jobs"),
    [(5, 10, 300), (5, 50, 300), (20, 500, 1000), (50, 5000, 2000), (9, 10, 300)],
)
def test_however_far_below_the_ceiling_it_throttles(limit: float, ceiling: float, jobs: int) -> None:
    simulation = Simulation(Service(limit, depth=limit), ceiling=ceiling, jobs=jobs).run()

    assert simulation.rate(after=5) >= 0.8 * limit


def test_a_rate_far_too_high_is_found_out_in_a_few_seconds() -> None:
    simulation = Simulation(Service(50, depth=50), ceiling=500).run()

    early = [moment for moment in simulation.sent if moment < 3]
    in_vain = len(early) - sum(1 for moment in simulation.accepted if moment < 3)
    assert in_vain < 40
    assert simulation.rate() >= 0.8 * 50, "the first seconds included"


def test_a_service_that_throttles_no_more_is_used_in_full_after_a_minute() -> None:
    service = _Changing(Service(50, depth=50), Service(1000, depth=1000), at=20)
    simulation = Simulation(service, ceiling=200, jobs=12_000, workers=16).run()

    assert sum(18 <= moment < 19 for moment in simulation.sent) < 70
    assert sum(80 <= moment < 81 for moment in simulation.sent) >= 190


class _Changing(Service):
    """One service first and another one later."""

    def __init__(self, first: Service, then: Service, *, at: float) -> None:
        super().__init__(1, depth=1)
        self._first, self._then, self._change_at = first, then, at

    def accepts(self, now: float) -> bool:
        return (self._first if now < self._change_at else self._then).accepts(now)


@pytest.mark.parametrize(("rate", "latency"), [(50, 0.002), (50, 0.1), (10, 0.5), (200, 0.02)])
def test_a_configured_rate_is_reached_and_no_second_sees_more_than_it_and_the_concurrency(
    rate: float, latency: float
) -> None:
    simulation = Simulation(
        Service(1e6, depth=1e6), ceiling=rate, jobs=round(rate * 20), latency=latency
    ).run()

    assert simulation.busiest_second() <= rate + 8
    assert simulation.rate() == pytest.approx(rate, rel=0.15)


@pytest.mark.parametrize(
    ("quiet_for", "waits"),
    [(float("inf"), 0.0), (100.0, 0.0), (10.0, 0.0), (4.0, 6.0), (0.0, 10.0), (-3600.0, 10.0)],
)
def test_a_run_keeps_its_distance_from_the_last_call_of_the_one_before(
    quiet_for: float, waits: float
) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return False

    pacer = Pacer(
        requests_per_second=0.1, clock=Clock(lambda: 50.0, wait), deadline=FOR_EVER, quiet_for=quiet_for
    )
    pacer.take()

    assert waited == pytest.approx([waits])
