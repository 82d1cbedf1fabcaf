"""Uploads to S3 that no run goes on with: their outputs are gone, forgotten, or were bought again."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from glacier_manifest.aws.s3 import S3Address
from glacier_manifest.aws.s3_writing import S3Writer
from glacier_manifest.fetching.events import UploadAborted
from glacier_manifest.fetching.pieces import archive_identity, is_piece
from glacier_manifest.fetching.upload_notes import all_notes, drop_note
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.protocol import State

_OVER = frozenset({Status.EXPIRED, Status.FAILED})
_TO_COME = frozenset({Status.IN_PROGRESS, Status.SUCCEEDED})


def abort_abandoned(state: State, writer: S3Writer, notes: Path) -> Iterator[UploadAborted]:
    """Abort the noted uploads that no run goes on with, and drop their notes.

    Where S3 does not let it be done, the note stays, so that the next run tries again.

    Args:
        state: Tells which outputs are still to come.
        writer: Aborts.
        notes: The folder of the notes, which nobody else writes to meanwhile.

    Yields:
        Each upload that was tried.

    Raises:
        Failed: ``cannot-save``: the notes cannot be read.
        StateError: The state cannot be read.
    """
    is_awaited = _awaited_by(state)
    for path, note in all_notes(notes):
        if not note.identity or is_awaited(note.identity):
            continue
        if note.upload is None:
            drop_note(path)
            continue
        address = S3Address(note.bucket, note.key)
        is_gone = writer.abort(address, note.upload)
        if is_gone:
            drop_note(path)
        yield UploadAborted(str(address), is_gone=is_gone)


def _awaited_by(state: State) -> Callable[[str], bool]:
    """Return what says whether an output, by its identity, may still be stored."""

    @cache
    def archives() -> frozenset[str]:
        """The archives that come in pieces of which one is held, or is to come."""
        to_come = (one for one in state.records(statuses=_TO_COME) if is_piece(one))
        return frozenset(
            archive_identity(one) for records in (state.held_pieces(), to_come) for one in records
        )

    def is_awaited(identity: str) -> bool:
        owner, _, kind = identity.partition(" ")
        if owner == "archive":
            return identity in archives()
        key, _, generation = owner.partition(".")
        record = state.latest([key]).get(key)
        if record is None or str(record.generation) != generation:
            return False
        return kind == "joined" or record.status not in _OVER

    return is_awaited
