"""One output, or several ranges of an archive, from the first part to a verified whole: its tasks."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from hashlib import md5

from glacier_manifest.errors import Failed, GlacierManifestError
from glacier_manifest.fetching.destination import Destination, Draft, Kept, Output
from glacier_manifest.fetching.events import Event, PartRead, PartsHeld, WholeDamaged
from glacier_manifest.fetching.inventories import walked
from glacier_manifest.fetching.output import (
    Ending,
    Fetched,
    JobOutput,
    LeftOff,
    NotFetched,
    Partly,
    Whole,
)
from glacier_manifest.fetching.parts import Division, Part
from glacier_manifest.fetching.reading import PartReader, StopAskedError
from glacier_manifest.fetching.room import Claim, Room
from glacier_manifest.fetching.tree_hash import combined
from glacier_manifest.inventory.reading import Walked
from glacier_manifest.jobs.request import ByteRange

#: Where all parts came right and the whole is wrong, it is read once more from its first byte.
_MOST_WHOLES = 2

Task = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be fetched, and where to.

    Attributes:
        whole: What is read.
        kept_as: What is kept of it; its division is one that `Whole.divided` makes.
        destination: Where.
        room: Of that place.
    """

    whole: Whole
    kept_as: Output
    destination: Destination
    room: Room

    @property
    def division(self) -> Division:
        """Its parts."""
        return self.kept_as.division


class _Stage(Enum):
    NEW = auto()
    PARTS = auto()
    ENDING = auto()


class Download:
    """An errand under way: hands out tasks that threads do, and says when it has ended.

    `take`, `settle` and `ending` belong to one thread, the tasks to any; a first and a last task run alone.
    """

    def __init__(self, errand: Errand, reader: PartReader, tell: Callable[[Event], None]) -> None:
        self._errand = errand
        self._reader = reader
        self._tell = tell
        self._stage = _Stage.NEW
        self._pending: deque[int] = deque()
        self._under_way = 0
        self._wholes = 0
        self._bytes_held = 0
        self._open = ExitStack()
        self._ended: Ending | None = None
        self._inventory: Walked | None = None
        self._draft: Draft
        self._claim: Claim

    def take(self, most: int) -> tuple[Task, int] | None:
        """Return a task and the bytes of memory it takes, at most so many; None while there is none."""
        if self._ended is not None or (self._under_way and self._stage is not _Stage.PARTS):
            return None
        found = self._next(most)
        self._under_way += found is not None
        return found

    def settle(self, error: BaseException | None) -> Ending | None:
        """Take note that a task has ended, and how; return how the errand has ended, if it has.

        Raises:
            BaseException: Whatever a task raised that is no failure of the errand.
        """
        self._under_way -= 1
        match error:
            case None:
                pass
            case StopAskedError():
                self._ended = self._ended or LeftOff(self._errand.whole)
            case GlacierManifestError():
                self._ended = NotFetched(self._errand.whole, error)
            case _:
                self.close()
                raise error
        if self._ended is None or self._under_way:
            return None
        self.close()
        return self._ended

    def leave(self) -> Ending | None:
        """End it where it is, unless tasks of it are under way: these end it when they are settled."""
        self._ended = self._ended or LeftOff(self._errand.whole)
        if self._under_way:
            return None
        self.close()
        return self._ended

    def close(self) -> None:
        """Let go of the draft; what it holds, it keeps."""
        self._open.close()

    def _next(self, most: int) -> tuple[Task, int] | None:
        if self._stage is _Stage.NEW:
            return self._begin, 0
        if self._stage is _Stage.PARTS and self._errand.whole.is_in_order:
            self._stage = _Stage.ENDING
            return self._walk_and_end, min(self._errand.division.part_size, self._errand.whole.length)
        if not self._pending and not self._under_way:
            self._stage = _Stage.ENDING
            return self._end, 0
        if not self._pending:
            return None
        part = self._errand.division.part(self._pending[0])
        memory = self._draft.memory(part)
        if memory > most:
            return None
        self._pending.popleft()
        return partial(self._fetch, part), memory

    def _begin(self) -> None:
        kept = self._errand.destination.kept(self._errand.kept_as)
        if kept is not None and self._is_right(kept.roots):
            self._bytes_held = self._errand.division.length
            self._ended = self._fetched(kept)
            return
        self._draft = self._open.enter_context(self._errand.destination.draft(self._errand.kept_as))
        held, division = self._draft.held(), self._errand.division
        size = self._bytes_held = sum(division.part(number).length for number in held)
        self._claim = self._errand.room.claim(division.length - size)
        self._open.callback(self._claim.release)
        if held:
            self._tell(PartsHeld(self._errand.whole, len(held), size))
        self._pending = deque(
            part.number
            for part in division
            if part.number not in held and self._errand.whole.source_of(part) is not None
        )
        self._stage = _Stage.PARTS

    def _fetch(self, part: Part) -> None:
        intake = self._draft.intake(part)
        intake.keep(self._reader.read_to(intake.put, *self._source_of(part), part))
        self._kept(part)

    def _source_of(self, part: Part) -> tuple[JobOutput, ByteRange]:
        source = self._errand.whole.source_of(part)
        if source is None:
            raise LookupError(f"no output has part {part}")
        return source

    def _kept(self, part: Part) -> None:
        self._claim.used(part.length)
        self._tell(PartRead(self._errand.whole, part))

    def _walk_and_end(self) -> None:
        output = self._errand.whole.outputs[0]
        if output.result is None:
            self._inventory = walked(output, self._bodies)
        elif (found := _md5(self._bodies())) != (output.result.md5 or found):
            self._read_all_again(f"MD5 is {found}, where S3 tells {output.result.md5}")
            return
        self._end()

    def _bodies(self) -> Iterator[memoryview]:
        """Yield a whole in order; what an earlier run held is read once more, to be walked over."""
        held = self._draft.held()
        for part in self._errand.division:
            body = self._reader.read(*self._source_of(part), part, held.get(part.number))
            if part.number not in held:
                self._draft.write(part, body.view, body.root)
                self._kept(part)
            yield body.view

    def _end(self) -> None:
        held, division = self._draft.held(), self._errand.division
        if len(held) < len(division):
            absent = frozenset(range(len(division))).difference(held)
            self._ended = Partly(self._errand.whole, len(absent), absent, self._draft.secure())
            return
        roots = tuple(held[part.number] for part in division)
        if self._is_right(roots):
            self._ended = self._fetched(self._draft.finish())
        else:
            self._read_all_again(
                f"tree hash is {combined(roots).hex()}, where Glacier tells {self._errand.whole.tree_hash}"
            )

    def _is_right(self, roots: tuple[bytes, ...]) -> bool:
        return self._errand.whole.tree_hash in {None, combined(roots).hex()}

    def _fetched(self, kept: Kept) -> Fetched:
        whole, read = self._errand.whole, self._errand.division.length - self._bytes_held
        root = combined(kept.roots).hex()
        return Fetched(whole, kept, whole.verified_by, root, read, self._inventory)

    def _read_all_again(self, found: str) -> None:
        whole = self._errand.whole
        error = Failed(
            "output-damaged",
            f"all {len(self._errand.division):,} parts of {whole.outputs[0].called} came, and their {found}",
            next_step="run the same command again; where it happens again, start the job anew with --restart",
        )
        self._draft.discard()
        self._wholes += 1
        if self._wholes == _MOST_WHOLES:
            raise error
        self._tell(WholeDamaged(whole, error))
        self._open.close()
        self._stage = _Stage.NEW


def _md5(bodies: Iterator[memoryview]) -> str:
    hashed = md5(usedforsecurity=False)
    for body in bodies:
        hashed.update(body)
    return hashed.hexdigest()
