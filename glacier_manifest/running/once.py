"""What can be done now, and no more: for a run that a crontab repeats."""

from collections.abc import Callable

from glacier_manifest.running.activity import Activity, Turn


def look_and_fetch(watching: Activity, fetching: Activity, turn: Turn) -> None:
    """Look at the jobs in progress and store what has succeeded, before anything is planned.

    It leaves room for what is to be started, and tells of archives.

    Raises:
        GlacierManifestError: What kept a turn from doing all it could.
    """
    if watching.is_pending() or watching.due_in() <= 0:
        watching.take(turn)
    if fetching.due_in() <= 0:
        fetching.take(turn)


def start_and_fetch(
    starting: Activity, fetching: Activity, turn: Turn, *, is_over: Callable[[], bool]
) -> None:
    """Start, and go on as long as starting and fetching give each other something to do at once.

    Args:
        starting: Starts jobs.
        fetching: Stores outputs, of jobs that were found in Glacier's listing, for one.
        turn: Given to each turn.
        is_over: Says whether to end all the same.

    Raises:
        GlacierManifestError: What kept a turn from doing all it could.
    """
    starting.take(turn)
    while not is_over() and min(starting.due_in(), fetching.due_in()) <= 0:
        if fetching.due_in() <= 0:
            fetching.take(turn)
        if starting.due_in() <= 0 and not is_over():
            starting.take(turn)
