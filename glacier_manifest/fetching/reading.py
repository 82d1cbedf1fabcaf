"""One part of an output, read until it is whole and right."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from glacier_manifest.aws.output import PASSING, OutputReader
from glacier_manifest.errors import Failed, GlacierManifestError
from glacier_manifest.fetching.events import Event, ReadingAgain
from glacier_manifest.fetching.output import JobOutput
from glacier_manifest.fetching.parts import Part
from glacier_manifest.fetching.tree_hash import LEAF, TreeHash
from glacier_manifest.jobs.request import ByteRange

if TYPE_CHECKING:
    import tenacity

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


class PartReader:
    """Reads parts; one serves many threads.

    Args:
        reader: Opens ranges of an output.
        patience: How a part is read again.
        stop: Whether the run was asked to stop; asked for every MiB.
        tell: Told what happens, from many threads.
    """

    def __init__(
        self,
        reader: OutputReader,
        *,
        patience: Patience,
        stop: Callable[[], bool],
        tell: Callable[[Event], None],
    ) -> None:
        self._reader = reader
        self._patience = patience
        self._stop = stop
        self._tell = tell
        self._buffers = threading.local()  # fresh memory for each part costs a tenth of the time

    def read(self, output: JobOutput, wanted: ByteRange, part: Part, known: bytes | None = None) -> Body:
        """Read a part until its tree hash is the one that Glacier tells, or that is known.

        Args:
            output: Which has it.
            wanted: Where in the output.
            part: For those who are told.
            known: The tree hash that an earlier reading had. For an inventory without one, two readings
                must agree: Glacier tells nothing to hold it against, and what it lists is what is bought.

        Raises:
            ServiceError: As OutputReader.open, where all attempts came to nothing.
            Failed: ``part-damaged``, the same.
            StopAskedError: Between two pieces.
        """
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
        return retrying(self._attempt, output, wanted, self._buffer(wanted.end + 1 - wanted.start), known)

    def _buffer(self, length: int) -> memoryview:
        kept: memoryview = getattr(self._buffers, "kept", memoryview(b""))
        if len(kept) < length:
            self._buffers.kept = kept = memoryview(bytearray(length))
        return kept[:length]

    def _attempt(self, output: JobOutput, wanted: ByteRange, view: memoryview, known: bytes | None) -> Body:
        root = self._once(output, wanted, view)
        if known is None and output.is_inventory:
            known = self._once(output, wanted, view)
        if known is not None and known != root:
            raise _damaged(output, wanted, "two readings of the same bytes differ")
        return Body(view, root)

    def _once(self, output: JobOutput, wanted: ByteRange, view: memoryview) -> bytes:
        hashed, at = TreeHash(), 0
        with self._reader.open(output.vault, output.job_id, wanted, output.length) as stream:
            told = stream.tree_hash
            while piece := stream.read(LEAF):
                if self._stop():
                    raise StopAskedError
                hashed.update(piece)
                view[at : at + len(piece)] = piece
                at += len(piece)
        root = hashed.digest()
        if told is not None and told != root.hex():
            raise _damaged(output, wanted, f"their tree hash is {root.hex()}, and Glacier tells {told}")
        return root


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, GlacierManifestError) and (error.code in PASSING or error.code == _DAMAGED)


def _damaged(output: JobOutput, wanted: ByteRange, why: str) -> Failed:
    return Failed(
        _DAMAGED,
        f"bytes {wanted} of the output of job {output.job_id} did not come as they are: {why}",
        next_step="run the same command again; where it happens again, look for what alters bytes on their"
        " way: a proxy (HTTPS_PROXY), or failing memory",
    )
