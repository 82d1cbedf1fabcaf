"""What is left to do when the state takes no more: keep what it could not take, in a file that it will.

A rescue file is a small export: `state import` reads it as soon as the state can be written again. It is
written beside the state, else to the first other folder that takes it; where none does, its lines are to be
shown.
"""

import os
import shlex
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from glacier_manifest.state.changes import Accept, Intend, LoseTrack, Reject, Release, SendAgain, Withdraw
from glacier_manifest.state.export import header_line, request_line, with_end
from glacier_manifest.state.outcome import Known, outcome
from glacier_manifest.state.protocol import Identity
from glacier_manifest.state.record import Record

#: What may be learned of a call that was intended.
Answered = Accept | LoseTrack | Reject | Release | SendAgain | Withdraw


@dataclass(frozen=True, slots=True)
class RescueFile:
    """What was rescued, and where it is.

    Attributes:
        path: The file; None where no folder took it, and its lines must be shown.
        lines: All of its lines, without line ends.
        command: What to type once the state can be written again; where `path` is None, after the lines were
            saved as the file that it names.
    """

    path: Path | None
    lines: tuple[str, ...]
    command: str


def answered(intent: Intend, answer: Answered) -> Record:
    """Return the record that the state would have, had it taken the answer to an intent.

    How often the purchase was sent before this intent, the state knows better: importing keeps its count.

    Raises:
        ValueError: The answer is to another intent.
    """
    sent = intent.record
    if (sent.key, sent.generation) != (answer.key, answer.generation):
        raise ValueError(f"the answer is to {answer.key}.{answer.generation}, not to {sent.address}")
    intended = replace(
        sent, attempts=max(1, sent.attempts), intended_at=intent.at, service_at=intent.service_at
    )
    return outcome(answer, Known(record=intended, latest=intended)) or intended


def rescue(
    records: Iterable[Record],
    *,
    state_path: Path,
    run_id: str,
    identity: Identity,
    fallbacks: Sequence[Path] | None = None,
) -> RescueFile | None:
    """Write the records that a state could not take where they last; never raises for a place that fails.

    Args:
        records: The records as they would be; see `answered`.
        state_path: The state.
        run_id: This run, after which the file is named.
        identity: What the state is bound to, asked while it could be read.
        fallbacks: The folders that are tried after the state's own; by default `other_folders()`.

    Returns:
        Where it was written, or the lines to show; None where there was nothing to rescue.
    """
    told = [request_line(record) for record in records]
    if not told:
        return None
    lines = tuple(with_end([header_line(identity), *told]))
    name = f"{state_path.name}.rescue-{run_id}"
    for folder in (state_path.parent, *(other_folders() if fallbacks is None else fallbacks)):
        written = _written(folder, name, lines)
        if written is not None:
            return RescueFile(written, lines, _command(str(written), state_path))
    return RescueFile(None, lines, _command(f"{name}.jsonl", state_path))


def other_folders() -> Iterator[Path]:
    """Yield where else a file may be kept: the temporary folder, and the user's home."""
    with suppress(OSError):  # no folder at all takes temporary files
        yield Path(tempfile.gettempdir())
    with suppress(RuntimeError):  # the user has no home
        yield Path.home()


def _command(file: str, state_path: Path) -> str:
    return shlex.join(["glacier-manifest", "state", "import", file, "--state", str(state_path)])


def _written(folder: Path, name: str, lines: Iterable[str]) -> Path | None:
    """Write the lines to a new file, down to the disk; None where the folder does not take it."""
    text = "".join(f"{line}\n" for line in lines).encode()
    for path in (folder / f"{name}{suffix}.jsonl" for suffix in _suffixes()):
        try:
            # O_EXCL follows no link either, so that nobody lays a trap in the temporary folder.
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            continue
        except OSError:
            return None
        return _filled(path, descriptor, text)
    raise AssertionError("there is always another name")


def _suffixes() -> Iterator[str]:
    yield ""
    yield from (f"-{number}" for number in count(2))


def _filled(path: Path, descriptor: int, text: bytes) -> Path | None:
    try:
        with open(descriptor, "wb", buffering=0) as file:
            written = file.write(text)
            os.fsync(descriptor)
    except OSError:
        written = 0
    if written == len(text):
        _sync(path.parent)
        return path
    with suppress(OSError):
        path.unlink()
    return None


def _sync(folder: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
