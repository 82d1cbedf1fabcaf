"""How far a run is, for people who watch and for people who read later."""

import io

import pytest

from glacier_manifest.planning.plan import Reason, Verb
from glacier_manifest.starting.events import (
    Event,
    Holding,
    Result,
    RunBegan,
    SendingAgain,
    Settling,
    StageFull,
    TryingLater,
    VolumeUsedUp,
)
from glacier_manifest.state.record import Mishap
from glacier_manifest.views.progress import MinuteLine
from glacier_manifest.views.progress_bar import ProgressBar
from tests.views.examples import LOST, NOON, action, outcome

UNREACHABLE = SendingAgain(
    action(Verb.START, Reason.NOT_STARTED), 2, 0.5, Mishap("unreachable", "Could not connect")
)
LISTED_AGAIN = "jobs of a state that was lost: listed again at 12:00:00 UTC, so that none is missed"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that a test moves."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_line_is_said_when_a_minute_has_passed_and_not_before() -> None:
    said: list[str] = []
    clock = Clock()
    with MinuteLine(said.append, now=clock) as tell:
        tell(RunBegan(300, 10))
        tell(outcome(Result.STARTED))
        clock.seconds = 59
        tell(outcome(Result.UNKNOWN, LOST))
        assert said == []
        clock.seconds = 60
        tell(outcome(Result.STARTED))
        clock.seconds = 119
        tell(outcome(Result.STARTED))

    assert said == ["3 of 300: 2 started, 1 unknown"]


def test_a_run_that_gets_nowhere_says_why() -> None:
    said: list[str] = []
    clock = Clock()
    with MinuteLine(said.append, now=clock) as tell:
        tell(RunBegan(300, 10))
        clock.seconds = 61
        tell(UNREACHABLE)

    assert said == ["0 of 300: none ended yet; sending again: unreachable"]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Holding(20), "20 outcomes are unknown: nothing more is sent before that is settled"),
        (Holding(1), "1 outcome is unknown: nothing more is sent before that is settled"),
        (Settling(1, 1, NOON), "1 outcome is unknown: 1 vault is listed at 12:00:00 UTC to find out"),
        (Settling(2, 3, NOON), "3 outcomes are unknown: 2 vaults are listed at 12:00:00 UTC to find out"),
        (
            Settling(1, 0, NOON),
            f"1 vault shows {LISTED_AGAIN}",
        ),
        (
            Settling(2, 0, NOON),
            f"2 vaults show {LISTED_AGAIN}",
        ),
        (TryingLater(1, NOON), "1 refused for now: tried again at 12:00:00 UTC"),
        (
            VolumeUsedUp(NOON),
            "pace.bytes_per_day is used up: there is room again at 2026-11-23 12:00:00 UTC",
        ),
        (
            StageFull(1 << 30),
            (
                "no more than 1.0 GiB may be started and not yet fetched: "
                "nothing more is started before some of it is"
            ),
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_why_a_run_waits_is_said_at_once(event: Event, line: str) -> None:
    said: list[str] = []

    MinuteLine(said.append, now=Clock())(event)

    assert said == [line]


def test_the_bar_shows_results_and_what_is_waited_for_and_leaves_no_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    screen = Terminal()
    bar = ProgressBar(screen, color=False)
    with bar:
        bar(RunBegan(2, 10))
        bar(UNREACHABLE)
        bar._progress.refresh()
        bar(outcome(Result.STARTED))
        bar._progress.refresh()

    shown = screen.getvalue()
    assert "0/2" in shown
    assert "sending again: unreachable" in shown
    assert "1/2" in shown
    assert "1 started" in shown
    assert shown.endswith("\x1b[2K")
