"""The log of fetching, on stderr as that of a run."""

import logging
from collections.abc import Callable
from threading import Lock

from glacier_manifest.cli.console import Console
from glacier_manifest.cli.logs import level_of, logger_for
from glacier_manifest.fetching import events as fetching
from glacier_manifest.views.fetch_log import FetchLog


def fetch_log(console: Console) -> Callable[[fetching.Event], None]:
    """Return what logs the events of fetching to the console's stderr, from many threads.

    A part is read in a millisecond, so that only what is logged reaches the logger.
    """
    logger: list[FetchLog] = []
    lock = Lock()

    def tell(event: fetching.Event) -> None:
        if isinstance(event, fetching.PartRead) or (_is_detail(event) and level_of(console) > logging.DEBUG):
            return
        with lock:
            if not logger:
                logger.append(FetchLog(logger_for(console)))
            logger[0](event)

    return tell


def _is_detail(event: fetching.Event) -> bool:
    match event:
        case fetching.OutputEnded():
            return event.outcome.mishap is None
        case _:
            return isinstance(event, fetching.FetchingBegan)
