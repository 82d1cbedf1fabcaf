"""A run that goes on, in lines for people and on a bar."""

import io
from datetime import UTC, datetime

import pytest

from glacier_manifest.errors import ServiceError
from glacier_manifest.jobs.status import Status
from glacier_manifest.running.events import Ended, Event, Held, Recovered, Troubled
from glacier_manifest.running.standing import Standing, standing_of
from glacier_manifest.state.protocol import StandingGroup
from glacier_manifest.units import GIB, MIB
from glacier_manifest.views.run_bar import RunBar
from glacier_manifest.views.run_progress import RunMinutes
from glacier_manifest.views.runs import line, remark, standing_json

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
UNREACHABLE = ServiceError("unreachable", "no route to host", next_step="check the network")
HALF = Standing(
    to_start=412,
    in_progress=80,
    in_progress_bytes=5 * GIB,
    succeeded=20,
    succeeded_bytes=GIB,
    stored=300,
    stored_bytes=40 * GIB,
    bad=2,
    open=1,
    rate=32.0 * MIB,
)
NOTHING = Standing(0, 0, 0, 0, 0, 0, 0, 0, 0, None)


def group(job: str, status: Status, jobs: int, size: int) -> StandingGroup:
    where = ("012345678901", "us-west-2", "photos", "archive-retrieval", "Bulk")
    return StandingGroup(job, *where, status, False, jobs, size, 0, None, None)  # noqa: FBT003 - as its fields stand


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_run_is_summed_up_by_what_its_jobs_have_come_to() -> None:
    groups = [
        group("wedding", Status.IN_PROGRESS, 2, 20),
        group("wedding", Status.SUCCEEDED, 3, 30),
        group("wedding", Status.FETCHED, 4, 40),
        group("wedding", Status.FAILED, 1, 10),
        group("wedding", Status.UNKNOWN, 1, 10),
        group("of-another-manifest", Status.FETCHED, 100, 1000),
    ]

    standing = standing_of(groups, {"wedding"}, to_start=5, rate=25.0)

    assert standing == Standing(5, 2, 20, 3, 30, 4, 40, 1, 1, 25.0)
    assert standing.left is not None
    assert standing.left.total_seconds() == 2


def test_how_it_stands_is_one_line() -> None:
    assert line(HALF) == (
        "412 to start, 80 in progress (5.0 GiB), 20 to fetch (1.0 GiB), 300 stored (40.0 GiB), "
        "2 ended badly, 1 unknown; 32.0 MiB/s, about 3m 12s to fetch what is started"
    )
    assert line(NOTHING) == "nothing yet"


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (
            Troubled("watching", UNREACHABLE, NOON),
            "watching: unreachable: no route to host; tried again at 12:00:00 UTC",
        ),
        (Recovered("watching", 60), "watching goes on"),
        (Held("starting", "fetching"), "starting waits: no room for what fetching would store"),
        (Ended("starting", UNREACHABLE), "starting has ended: unreachable: no route to host"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_what_happens_to_a_run_is_one_line(event: Event, told: str) -> None:
    assert remark(event) == told


def test_a_line_a_minute_is_told_and_the_state_is_not_asked_between() -> None:
    clock, said, asked = Clock(), list[str](), list[float]()

    def stands() -> Standing:
        asked.append(clock.seconds)
        return HALF

    minutes = RunMinutes(said.append, now=clock)
    for _ in range(125):
        clock.seconds += 1
        minutes(stands)

    assert said == [line(HALF)] * 2
    assert asked == [60, 120]


def test_a_bar_shows_how_it_stands_and_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    screen = Terminal()
    with RunBar(screen, color=False, now=Clock()) as bar:
        bar(lambda: HALF)
        bar._progress.refresh()

    assert "80 in progress (5.0 GiB)" in screen.getvalue()


def test_the_heartbeat_tells_the_same_in_numbers() -> None:
    told = standing_json(HALF)

    assert (told["to_start"], told["stored_bytes"], told["bytes_per_second"]) == (412, 40 * GIB, 32 * MIB)
    assert standing_json(NOTHING)["bytes_per_second"] is None
