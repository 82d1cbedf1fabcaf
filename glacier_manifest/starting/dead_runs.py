"""What a run that died left behind: intents of which nobody knows whether they were sent."""

from datetime import datetime

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import LoseTrack
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Mishap

_DIED = Mishap("run-died", "the run that was about to send it ended before it recorded an answer")


def lose_track_of_intents(state: State, *, now: datetime) -> int:
    """Turn the intents of a dead run into unknowns; call it with the start lock held.

    Returns:
        How many there were.
    """
    intents = tuple(state.records(statuses={Status.INTENDED}))
    for record in intents:
        state.write(LoseTrack(record.key, record.generation, now, _DIED))
    return len(intents)
