"""The log of a run, on stderr: for people on a terminal, JSON elsewhere."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO, cast

from glacier_manifest.cli.console import Console
from glacier_manifest.starting.events import Event, Outcome, RunBegan
from glacier_manifest.views.run_log import WARNED, RunLog

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger


class _Stderr:
    """Writes through the console, where a reader who has gone does not end the run."""

    def __init__(self, console: Console) -> None:
        self.write = console.err

    def flush(self) -> None:
        """Do nothing: the console has flushed."""


def run_log(console: Console) -> Callable[[Event], None]:
    """Return what logs the events of a run to the console's stderr; the logger is made for the first of them.

    A run has an outcome a millisecond, and the log library takes longer to import than to tell of most runs.
    """
    level = level_of(console)
    made: list[RunLog] = []

    def tell(event: Event) -> None:
        if _highest_level(event) < level:
            return
        if not made:
            made.append(RunLog(logger_for(console)))
        made[0](event)

    return tell


def _highest_level(event: Event) -> int:
    match event:
        case Outcome() if event.result not in WARNED:
            return logging.DEBUG
        case RunBegan():
            return logging.INFO
        case _:
            return logging.WARNING


def level_of(console: Console) -> int:
    """Return the least level that is logged: a terminal has a progress bar, and `-q` and `-v` shift it."""
    usual = logging.WARNING if console.stderr.isatty() else logging.INFO
    return max(usual - 10 * console.verbosity, logging.DEBUG)


def logger_for(console: Console) -> "FilteringBoundLogger":
    """Return a logger that writes to the console's stderr.

    A terminal has a progress bar, so it is shown warnings only; elsewhere the log tells how the run goes.
    """
    import structlog  # noqa: PLC0415 - imported when there is something to log

    on_terminal = console.stderr.isatty()
    as_json = console.log_format == "json" or (console.log_format == "auto" and not on_terminal)
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=console.is_colored(console.stderr))
    )
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(cast("TextIO", _Stderr(console))),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level_of(console)),
    )
    return logger
