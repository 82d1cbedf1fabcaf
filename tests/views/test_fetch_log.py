"""How fetching is told of in a log, and on a terminal."""

from typing import Any

import pytest
from structlog import get_logger
from structlog.testing import capture_logs

from glacier_manifest.errors import Failed
from glacier_manifest.fetching.events import (
    Event,
    FetchingBegan,
    OutputEnded,
    PartRead,
    PartsHeld,
    ReadingAgain,
    UploadAborted,
    WholeDamaged,
)
from glacier_manifest.fetching.names import Reason
from glacier_manifest.fetching.output import alone, output_of
from glacier_manifest.fetching.report import Outcome, Result
from glacier_manifest.state.record import Mishap
from glacier_manifest.views.fetch_bar import FetchBar
from glacier_manifest.views.fetch_log import FetchLog
from tests.fetching.fetches import told
from tests.planning.examples import PHOTOS
from tests.views.test_progress import Terminal

OUTPUT = output_of(told("a", b"hello"), PHOTOS)
WHOLE = alone(OUTPUT)
PART = WHOLE.divided(1 << 20).part(0)
ERROR = Failed("part-damaged", "not what was sent", next_step="try again")


def ended(result: Result, **known: Any) -> OutputEnded:  # noqa: ANN401 - members of an outcome
    return OutputEnded(Outcome(result, "wedding/photos/a", "k" * 64, 0, "job-a", **known))


@pytest.mark.parametrize(
    ("event", "entry"),
    [
        (FetchingBegan(2, 10), {"log_level": "debug", "event": "fetching_began", "outputs": 2, "bytes": 10}),
        (
            PartsHeld(WHOLE, 3, 7),
            {"log_level": "info", "event": "parts_held", "job_id": "job-a", "parts": 3, "bytes": 7},
        ),
        (
            ReadingAgain(OUTPUT, PART, 2, 1.23456, ERROR),
            {
                "log_level": "info",
                "event": "reading_again",
                "job_id": "job-a",
                "part": 0,
                "attempt": 2,
                "delay": 1.235,
                "code": "part-damaged",
            },
        ),
        (
            WholeDamaged(WHOLE, ERROR),
            {
                "log_level": "warning",
                "event": "whole_damaged",
                "job_id": "job-a",
                "message": "not what was sent",
            },
        ),
        (
            ended(Result.FETCHED, output="/srv/a", renamed=(Reason.SAME_NAME,)),
            {
                "log_level": "debug",
                "event": "fetched",
                "address": "wedding/photos/a",
                "job_id": "job-a",
                "output": "/srv/a",
                "renamed": ["same-name"],
            },
        ),
        (
            ended(Result.FAILED, mishap=Mishap("part-damaged", "not what was sent")),
            {
                "log_level": "warning",
                "event": "failed",
                "address": "wedding/photos/a",
                "job_id": "job-a",
                "code": "part-damaged",
                "message": "not what was sent",
            },
        ),
        (
            ended(Result.EXPIRED),
            {"log_level": "warning", "event": "expired", "address": "wedding/photos/a", "job_id": "job-a"},
        ),
        (
            UploadAborted("s3://kept/a", is_gone=True),
            {"log_level": "info", "event": "upload_aborted", "location": "s3://kept/a"},
        ),
        (
            UploadAborted("s3://kept/a", is_gone=False),
            {"log_level": "warning", "event": "upload_not_aborted", "location": "s3://kept/a"},
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, dict) else "",
)
def test_an_event_is_a_line(event: Event, entry: dict[str, Any]) -> None:
    with capture_logs() as lines:
        FetchLog(get_logger())(event)

    assert lines == [entry]


def test_a_part_that_came_is_no_line() -> None:
    with capture_logs() as lines:
        FetchLog(get_logger())(PartRead(WHOLE, PART))

    assert lines == []


def test_the_bar_shows_bytes_and_outputs_and_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "140")
    screen = Terminal()
    bar = FetchBar(screen, color=False)
    with bar:
        bar(FetchingBegan(2, 10))
        bar(PartRead(WHOLE, PART))
        bar(ReadingAgain(OUTPUT, PART, 2, 1.0, ERROR))
        bar(ended(Result.FETCHED))
        bar._progress.refresh()

    shown = screen.getvalue()
    assert "5/10 bytes" in shown
    assert "1 of 2; read again: part-damaged" in shown
    assert shown.endswith("\x1b[2K")
