"""The log of a run, on stderr: for people on a terminal, JSON elsewhere."""

import logging
from typing import Any, TextIO, cast

import structlog

from glacier_manifest.cli.console import Console


class _Stderr:
    """Writes through the console, where a reader who has gone does not end the run."""

    def __init__(self, console: Console) -> None:
        self.write = console.err

    def flush(self) -> None:
        """Do nothing: the console has flushed."""


def logger_for(console: Console) -> structlog.typing.FilteringBoundLogger:
    """Return a logger that writes to the console's stderr.

    A terminal has a progress bar, so it is shown warnings only; elsewhere the log tells how the run goes.
    """
    on_terminal = console.stderr.isatty()
    as_json = console.log_format == "json" or (console.log_format == "auto" and not on_terminal)
    usual = logging.WARNING if on_terminal else logging.INFO
    level = max(usual - 10 * console.verbosity, logging.DEBUG)
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=console.is_colored(console.stderr))
    )
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(cast("TextIO", _Stderr(console))),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    return logger
