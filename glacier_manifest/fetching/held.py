"""Pieces that are held since an earlier run, and what keeps their archives from being whole."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from glacier_manifest.fetching.pieces import archive_of
from glacier_manifest.fetching.report import Outcome, Result, outcome_of
from glacier_manifest.fetching.wants import Wants
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Mishap, Record

_FAILED = frozenset({Status.FAILED, Status.REJECTED})


def held_in_part(state: State, wants: Wants) -> Iterator[Outcome]:
    """Stream the pieces that are held, and those that they wait for and that do not come by themselves.

    A piece whose job is in progress comes by itself, and one whose job has succeeded is to be fetched:
    neither is told of.

    Args:
        state: Tells what is held, and what became of the others.
        wants: Tells which pieces an archive is asked for in.

    Returns:
        HELD for each piece that is held; for each that is missing LEFT (``piece-not-started``), FAILED
        (``piece-failed``) or EXPIRED (``piece-expired``).
    """
    for _archive, records in groupby(state.held_pieces(), key=archive_of):
        held = [one for one in records if wants.of(one) is not None]
        for one in held:
            yield replace(outcome_of(one, Result.HELD), output=one.output, verified_by=one.verified_by)
        if held:
            yield from _missing(held, state, wants)


def _missing(held: Sequence[Record], state: State, wants: Wants) -> Iterator[Outcome]:
    asked = wants.pieces(held[0])
    found = state.latest(asked)
    waiting = f"{len(held)} of {len(asked)} pieces of its archive {'is' if len(held) == 1 else 'are'} held"
    for key, address in asked.items():
        record = found.get(key)
        if record is None:
            yield Outcome(Result.LEFT, address, key, 0, None, mishap=_not_started(waiting))
        elif record.status is Status.READY:
            yield replace(outcome_of(record, Result.LEFT), mishap=_not_started(waiting))
        elif record.status in _FAILED:
            yield replace(outcome_of(record, Result.FAILED), mishap=_failed(record, waiting))
        elif record.status is Status.EXPIRED:
            yield replace(outcome_of(record, Result.EXPIRED), mishap=_expired(record, waiting))


def _not_started(waiting: str) -> Mishap:
    return Mishap(
        "piece-not-started", f"{waiting}, and this one was never started: 'glacier-manifest apply' starts it"
    )


def _failed(record: Record, waiting: str) -> Mishap:
    why = "" if record.mishap is None else f" ({record.mishap.message})"
    how = "the job of this one failed" if record.status is Status.FAILED else "Glacier refused this one"
    return Mishap("piece-failed", f"{waiting}, and {how}{why}: {_restart(record)}")


def _expired(record: Record, waiting: str) -> Mishap:
    return Mishap("piece-expired", f"{waiting}, and the output of this one is gone: {_restart(record)}")


def _restart(record: Record) -> str:
    return f"'glacier-manifest apply --restart {record.address}' buys it again"
