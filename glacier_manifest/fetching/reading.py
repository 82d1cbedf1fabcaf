"""One part of an output, read until it is whole and right."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Protocol, TypeVar

from glacier_manifest.aws.output import PASSING, OutputReader, OutputStream
from glacier_manifest.aws.s3_reading import S3Entry
from glacier_manifest.errors import Failed, GlacierManifestError
from glacier_manifest.fetching.events import Event, ReadingAgain
from glacier_manifest.fetching.output import JobOutput
from glacier_manifest.fetching.parts import Part
from glacier_manifest.fetching.tree_hash import PIECE, TreeHash
from glacier_manifest.jobs.request import ByteRange

if TYPE_CHECKING:
    import tenacity

_Read = TypeVar("_Read")

_DAMAGED = "part-damaged"
_MOST_DOUBLINGS = 30


class StopAskedError(Exception):
    """The run was asked to stop while a part was being read; it is not kept."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a part is read, and how long is waited before it is read again.

    Attributes:
        random: For full jitter below a doubling bound.
        sleep: Waits for so many seconds, or less where the run is asked to stop.
        attempts: How often in all.
        first, longest: The first and the largest bound, in seconds.
    """

    random: Random
    sleep: Callable[[float], None]
    attempts: int = 6
    first: float = 0.5
    longest: float = 30.0

    def __call__(self, attempt: "tenacity.RetryCallState") -> float:
        """Return the seconds to wait before the next attempt."""
        doublings = min(attempt.attempt_number - 1, _MOST_DOUBLINGS)
        return self.random.uniform(0, min(self.longest, self.first * 2**doublings))


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of a part, to be used before the same thread reads the next one, and their tree hash."""

    view: memoryview
    root: bytes


class ResultReader(Protocol):
    """What opens ranges of objects in S3; one serves many threads."""

    def open(self, entry: S3Entry, wanted: ByteRange) -> AbstractContextManager[OutputStream]:
        """Open the bytes `wanted` of an object."""


class PartReader:
    """Reads parts; one serves many threads.

    Args:
        reader: Opens ranges of an output.
        results: Opens ranges of what selects have left in S3; None where none is read.
        patience: How a part is read again.
        stop: Whether the run was asked to stop; asked for every piece.
        tell: Told what happens, from many threads.
    """

    def __init__(
        self,
        reader: OutputReader,
        *,
        patience: Patience,
        stop: Callable[[], bool],
        tell: Callable[[Event], None],
        results: ResultReader | None = None,
    ) -> None:
        self._reader = reader
        self._results = results
        self._patience = patience
        self._stop = stop
        self._tell = tell
        self._buffers = threading.local()  # fresh memory for each part costs a tenth of the time

    def read_to(
        self, put: Callable[[int, bytes], None], output: JobOutput, wanted: ByteRange, part: Part
    ) -> bytes:
        """Read a part of an archive until its tree hash is the one that Glacier tells.

        Args:
            put: Takes the bytes as they come, and where they stand in the part; from its first byte again
                where it is read again. Nothing that it took is verified before this returns.
            output: Which has it.
            wanted: Where in the output.
            part: For those who are told.

        Returns:
            The tree hash of the bytes that were put last.

        Raises:
            ServiceError: As OutputReader.open, where all attempts came to nothing.
            Failed: ``part-damaged``, the same; or what `put` raises.
            StopAskedError: Between two pieces.
        """
        return self._until_right(output, part, partial(self._once, output, wanted, put))

    def read(self, output: JobOutput, wanted: ByteRange, part: Part, known: bytes | None = None) -> Body:
        """Read a part into memory, of an inventory until two readings agree.

        Glacier tells nothing to hold it against, and what it lists is what is bought. The same goes for what
        a select has left in S3 where that tells no hash of it either.

        Args:
            output: Which has it.
            wanted: Where in the output.
            part: For those who are told.
            known: The tree hash that an earlier reading had.

        Raises:
            ServiceError, Failed, StopAskedError: As `read_to`.
        """
        view = self._buffer(wanted.end + 1 - wanted.start)
        return self._until_right(output, part, partial(self._agreed, output, wanted, view, known))

    def _until_right(self, output: JobOutput, part: Part, attempt: Callable[[], _Read]) -> _Read:
        import tenacity  # noqa: PLC0415 - commands that fetch nothing do not load it

        def tell_of_pause(attempt: tenacity.RetryCallState) -> None:
            error = attempt.outcome.exception() if attempt.outcome else None
            assert isinstance(error, GlacierManifestError)  # noqa: S101 - no other is retried
            delay = attempt.upcoming_sleep
            self._tell(ReadingAgain(output, part, attempt.attempt_number + 1, delay, error))

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_may_pass),
            stop=tenacity.stop_after_attempt(self._patience.attempts),
            wait=self._patience,
            sleep=self._patience.sleep,
            before_sleep=tell_of_pause,
            reraise=True,
        )
        return retrying(attempt)

    def _buffer(self, length: int) -> memoryview:
        kept: memoryview = getattr(self._buffers, "kept", memoryview(b""))
        if len(kept) < length:
            self._buffers.kept = kept = memoryview(bytearray(length))
        return kept[:length]

    def _agreed(self, output: JobOutput, wanted: ByteRange, view: memoryview, known: bytes | None) -> Body:
        def put(at: int, piece: bytes) -> None:
            view[at : at + len(piece)] = piece

        root = self._once(output, wanted, put)
        if known is None and output.is_read_twice:
            known = self._once(output, wanted, put)
        if known not in {None, root}:
            raise _damaged(output, wanted, "two readings of the same bytes differ")
        return Body(view, root)

    def _once(self, output: JobOutput, wanted: ByteRange, put: Callable[[int, bytes], None]) -> bytes:
        hashed, at = TreeHash(), 0
        with self._opened(output, wanted) as stream:
            told = stream.tree_hash
            while piece := stream.read(PIECE):
                if self._stop():
                    raise StopAskedError
                hashed.update(piece)
                put(at, piece)
                at += len(piece)
        root = hashed.digest()
        if told is not None and told != root.hex():
            raise _damaged(output, wanted, f"their tree hash is {root.hex()}, and Glacier tells {told}")
        return root

    def _opened(self, output: JobOutput, wanted: ByteRange) -> AbstractContextManager[OutputStream]:
        if output.result is None:
            return self._reader.open(output.vault, output.job_id, wanted, output.length)
        assert self._results is not None  # noqa: S101 - whoever finds results has what reads them
        return self._results.open(output.result.entry, wanted)


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, GlacierManifestError) and (error.code in PASSING or error.code == _DAMAGED)


def _damaged(output: JobOutput, wanted: ByteRange, why: str) -> Failed:
    return Failed(
        _DAMAGED,
        f"bytes {wanted} of {output.called} did not come as they are: {why}",
        next_step="run the same command again; where it happens again, look for what alters bytes on their"
        " way: a proxy (HTTPS_PROXY), or failing memory",
    )
