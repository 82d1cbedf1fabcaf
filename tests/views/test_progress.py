"""How far a run is, for people who watch and for people who read later."""

import io

import pytest

from glacier_manifest.planning.plan import Reason, Verb
from glacier_manifest.starting.events import Result, RunBegan, SendingAgain
from glacier_manifest.state.record import Mishap
from glacier_manifest.views.progress import MinuteLine, ProgressBar
from tests.views.examples import LOST, action, outcome

UNREACHABLE = SendingAgain(
    action(Verb.START, Reason.NOT_STARTED), 2, 0.5, Mishap("unreachable", "Could not connect")
)


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
