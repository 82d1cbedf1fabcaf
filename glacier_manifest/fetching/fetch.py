"""Fetching: from the jobs that have succeeded to outputs that are stored, verified, and known as such."""

from collections.abc import Callable

from glacier_manifest.errors import GlacierManifestError
from glacier_manifest.fetching.events import Event
from glacier_manifest.fetching.places import Places
from glacier_manifest.fetching.report import Report
from glacier_manifest.fetching.terms import Service, Surroundings, Terms
from glacier_manifest.fetching.turn import Turn
from glacier_manifest.fetching.wants import Wants
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.protocol import State


def fetch(
    state: State,
    wants: Wants,
    *,
    service: Service,
    places: Places,
    terms: Terms,
    surroundings: Surroundings,
    scratch: Scratch,
    tell: Callable[[Event], None],
) -> Report:
    """Fetch the outputs of all jobs that the state knows to have succeeded, and that are wanted somewhere.

    What is stored is recorded at once, so that a run which dies is gone on with by the next; parts that were
    verified are not read again. May be called again and again with the same `places` and `service`.

    Args:
        state: Tells what has succeeded, and takes what was stored.
        wants: Tells where each output goes.
        service: Glacier.
        places: Where outputs are kept.
        terms: How.
        surroundings: Clocks, and when to stop.
        scratch: Takes the queue, and what becomes of each output.
        tell: Told what happens, from many threads.

    Returns:
        What became of each output. `Report.error` tells what ended the run early.
    """
    turn = Turn(
        state=state,
        wants=wants,
        service=service,
        places=places,
        terms=terms,
        surroundings=surroundings,
        scratch=scratch,
        tell=tell,
    )
    try:
        turn.fetch()
        turn.join()
    except GlacierManifestError as error:
        turn.report.error = turn.report.error or error
    return turn.report
