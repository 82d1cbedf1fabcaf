"""What a run that died left behind: intents of which nobody knows whether they were sent."""

from datetime import datetime

from glacier_manifest.jobs.status import Status
from glacier_manifest.starting.attempts import RUN_DIED, Attempts
from glacier_manifest.state.changes import LoseTrack
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Mishap

_DIED = Mishap(RUN_DIED, "the run that was about to send it ended before it recorded an answer")


def lose_track_of_intents(state: State, *, attempts: Attempts, now: datetime) -> int:
    """Turn the intents of a dead run into unknowns; call it with the start lock held.

    When the dead run sent them nobody knows: each counts as if its attempt had ended just now. The
    service's time when they were intended stays, so that how old such a job may be is known as well.

    Returns:
        How many there were.
    """
    intents = tuple(state.records(statuses={Status.INTENDED}))
    changes = [LoseTrack(record.key, record.generation, now, _DIED) for record in intents]
    for written in [state.submit(change) for change in changes]:
        written.result()
    for record in intents:
        attempts.ended_now(record.key, record.generation)
    return len(intents)
