"""Reading again what was stored, and holding it against what the state knows of it; nothing is changed."""

import os
import posixpath
import stat
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial

from glacier_manifest.errors import GlacierManifestError
from glacier_manifest.fetching.parts import Part, divided
from glacier_manifest.fetching.reading import StopAskedError
from glacier_manifest.fetching.selecting import Listed, read_list
from glacier_manifest.fetching.stored import Claim, Stored, is_in_s3, was_verified
from glacier_manifest.fetching.tree_hash import PIECE, TreeHash, combined
from glacier_manifest.inventory.json_text import Readable
from glacier_manifest.state.record import Mishap

#: Opens an object of S3 by its address.
Opens = Callable[[str], AbstractContextManager[Readable]]

_NOT_THERE = frozenset({"s3-object-not-found", "s3-bucket-not-found"})
#: What is the matter with one object; anything else would be the matter with all.
_OF_ONE = frozenset({"s3-object-archived", "s3-object-changed", "s3-checksum", "access-denied"})


class Result(StrEnum):
    """What is found of one output.

    VERIFIED: it is as it was stored, and was verified then. UNVERIFIED: it is as it was stored, as far as is
    known, and there was nothing to verify it by then. MISSING: nothing is there. CHANGED: something else is
    there. UNREADABLE: it cannot be read. REPLACED: what was stored later has its place. HELD: a piece that
    waits for the others of its archive. NOT_CHECKED: it is in S3, and nobody asked to look there.
    """

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    MISSING = "missing"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    REPLACED = "replaced"
    HELD = "held"
    NOT_CHECKED = "not_checked"


_S3 = "s3://"
_WHY = {Result.MISSING: "is not there", Result.CHANGED: "is not what was stored"}
#: What a person must look at.
WRONG = (Result.MISSING, Result.CHANGED, Result.UNREADABLE)


@dataclass(frozen=True, slots=True)
class Found:
    """What is found of one output.

    Attributes:
        result: What.
        claim: Whose output, and what the state knows of it.
        location: Where it should be.
        size: Bytes of what is there, where that was seen.
        tree_hash: Of what is there, 64 hexadecimal digits, where it was read.
        mishap: Why it cannot be read.
    """

    result: Result
    claim: Claim
    location: str
    size: int | None = None
    tree_hash: str | None = None
    mishap: Mishap | None = None


@dataclass(slots=True)
class Verification:
    """How reading again ended.

    Attributes:
        found: What was found of each output; many of them belong on a scratch file.
        counts: How many of each.
        bytes_read: Bytes that were read and hashed.
        outputs: How many outputs were to be looked at.
    """

    found: MutableMapping[str, Found]
    counts: Counter[Result] = field(default_factory=Counter)
    bytes_read: int = 0
    outputs: int = 0

    @property
    def not_read(self) -> int:
        """How many outputs it did not come to."""
        return max(self.outputs - self.counts.total(), 0)

    def add(self, found: Found) -> None:
        """Take what was found of one output."""
        self.found[f"{found.claim.key}.{found.claim.generation}"] = found
        self.counts[found.result] += 1


@dataclass(frozen=True, slots=True)
class _Seen:
    """A part: its tree hash, or what stands in the way of it."""

    root: bytes = b""
    size: int | None = None
    result: Result | None = None
    mishap: Mishap | None = None


_Task = tuple[Stored, bool, "Future[_Seen]"]


class Verifier:
    """Reads what is stored, many parts at once.

    Args:
        threads: How many.
        opens: Opens objects of S3; None where nobody asked to look there.
        stop: Whether the run was asked to stop; asked for every piece.
        read: Told of bytes that were read, from many threads.
    """

    def __init__(
        self,
        threads: int,
        *,
        opens: Opens | None,
        stop: Callable[[], bool],
        read: Callable[[int], None] = lambda _count: None,
    ) -> None:
        self._threads = threads
        self._opens = opens
        self._stop = stop
        self._read = read
        self._buffers = threading.local()

    def verify(self, stored: Iterable[Stored]) -> Iterator[Found]:
        """Read each place, and tell what is found of all that should be there, in the order of the places.

        Parts of a large file are read side by side, so that one file alone keeps all threads at work. Ends
        early where it is asked to stop.

        Raises:
            ServiceError: S3 cannot be asked.
        """
        window: deque[_Task] = deque()
        seen: list[_Seen] = []
        with ThreadPoolExecutor(self._threads, thread_name_prefix="verify") as threads:
            try:
                for task in self._tasks(stored, threads):
                    window.append(task)
                    if len(window) > 2 * self._threads:
                        yield from _settled(window.popleft(), seen)
                while window:
                    yield from _settled(window.popleft(), seen)
            except StopAskedError:
                return
            finally:
                for _stored, _is_last, future in window:
                    future.cancel()

    def _tasks(self, stored: Iterable[Stored], threads: ThreadPoolExecutor) -> Iterator[_Task]:
        for one in stored:
            looks = tuple(self._looks(one))
            for number, look in enumerate(looks, 1):
                yield one, number == len(looks), threads.submit(look)

    def _looks(self, stored: Stored) -> Iterator[Callable[[], _Seen]]:
        """Yield what must be done to know of a place, in the order of its parts."""
        expected = stored.expected
        if expected is None:
            yield lambda: _Seen(result=Result.HELD)
        elif expected.is_list and (self._opens is not None or not stored.in_s3):
            yield partial(self._files, stored.location, expected)
        elif not stored.in_s3:
            division = divided(expected.size or 0)
            for part in division if len(division) else (Part(0, 0, 0),):
                yield partial(self._part_of_file, stored.location, part, expected)
        elif self._opens is None:
            yield lambda: _Seen(result=Result.NOT_CHECKED)
        else:
            yield partial(self._object, stored.location, self._opens, expected)

    def _files(self, location: str, expected: Claim) -> _Seen:
        """Hold a list against the state, then each file against the list."""
        seen, text = self._list(location)
        if seen.result is not None or seen.root.hex() != expected.tree_hash:
            return replace(seen, result=seen.result or Result.CHANGED)
        folder = posixpath.dirname(location)
        for one in read_list(text):
            file = posixpath.normpath(posixpath.join(folder.removeprefix(_S3), one.name))
            whole = self._file(
                f"{_S3}{file}" if is_in_s3(location) else file,
                replace(expected, size=one.size, tree_hash=one.tree_hash),
            )
            if whole.result is not None or whole.root.hex() != one.tree_hash:
                return _amiss(one, whole)
        return replace(seen, size=expected.size)

    def _list(self, location: str) -> tuple[_Seen, str]:
        """Read a list, and hash it."""
        try:
            body = self._small_object(location) if is_in_s3(location) else _small_file(location)
        except (FileNotFoundError, NotADirectoryError):
            return _Seen(result=Result.MISSING), ""
        except OSError as error:
            return _unreadable(error), ""
        except GlacierManifestError as error:
            return _not_read(error), ""
        hashed = TreeHash()
        self._hash(hashed, body)
        return _Seen(hashed.digest()), body.decode("utf-8", "replace")

    def _small_object(self, url: str) -> bytes:
        assert self._opens is not None  # noqa: S101 - `_looks` has looked
        with self._opens(url) as body:
            return b"".join(iter(lambda: body.read(PIECE), b""))

    def _file(self, location: str, expected: Claim) -> _Seen:
        """Read one file to its end."""
        if is_in_s3(location):
            assert self._opens is not None  # noqa: S101 - `_looks` has looked
            return self._object(location, self._opens, expected)
        division = divided(expected.size or 0)
        parts = tuple(division) or (Part(0, 0, 0),)
        return _whole([self._part_of_file(location, part, expected) for part in parts])

    def _part_of_file(self, path: str, part: Part, expected: Claim) -> _Seen:
        try:
            file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would be waited for
        except (FileNotFoundError, NotADirectoryError):
            return _Seen(result=Result.MISSING)
        except (OSError, ValueError) as error:
            return _unreadable(error)
        try:
            return self._part_of(file, part, expected)
        except OSError as error:
            return _unreadable(error)
        finally:
            os.close(file)

    def _part_of(self, file: int, part: Part, expected: Claim) -> _Seen:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            return _Seen(result=Result.CHANGED)
        if expected.size is not None and status.st_size != expected.size:
            return _Seen(size=status.st_size, result=Result.CHANGED)
        if expected.tree_hash is None:
            return _Seen(size=status.st_size, result=Result.UNVERIFIED)
        if sys.platform != "darwin":  # what the disk has is read, not what memory remembers of it
            os.posix_fadvise(file, part.start, part.length, os.POSIX_FADV_DONTNEED)
        hashed, view, at = TreeHash(), self._buffer(), part.start
        while at < part.end and (count := os.preadv(file, [view[: part.end - at]], at)):
            self._hash(hashed, view[:count])
            at += count
        return _Seen(hashed.digest(), status.st_size)

    def _object(self, url: str, opens: Opens, expected: Claim) -> _Seen:
        if expected.tree_hash is None:
            return _Seen(result=Result.NOT_CHECKED)
        hashed, size = TreeHash(), 0
        try:
            with opens(url) as body:
                while piece := body.read(PIECE):
                    self._hash(hashed, piece)
                    size += len(piece)
        except GlacierManifestError as error:
            return _not_read(error)
        return _Seen(hashed.digest(), size)

    def _hash(self, hashed: TreeHash, piece: bytes | memoryview) -> None:
        if self._stop():
            raise StopAskedError
        hashed.update(piece)
        self._read(len(piece))

    def _buffer(self) -> memoryview:
        kept: memoryview | None = getattr(self._buffers, "kept", None)
        if kept is None:
            self._buffers.kept = kept = memoryview(bytearray(PIECE))
        return kept


def _small_file(path: str) -> bytes:
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would be waited for
    with os.fdopen(file, "rb") as opened:
        return opened.read()


def _not_read(error: GlacierManifestError) -> _Seen:
    """Return what it says of an object of S3 that it cannot be read.

    Raises:
        GlacierManifestError: It says the same of all.
    """
    if error.code in _NOT_THERE:
        return _Seen(result=Result.MISSING)
    if error.code not in _OF_ONE:
        raise error
    return _Seen(result=Result.UNREADABLE, mishap=Mishap(error.code, error.message))


def _amiss(listed: Listed, seen: _Seen) -> _Seen:
    """Say which of several files is not as it was stored."""
    why = _WHY.get(seen.result or Result.CHANGED) or (seen.mishap.message if seen.mishap else "")
    result = seen.result or Result.CHANGED
    return _Seen(result=result, mishap=Mishap(f"{result}-file", f"{listed.name} {why}"))


def _unreadable(error: Exception) -> _Seen:
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return _Seen(result=Result.UNREADABLE, mishap=Mishap("unreadable-file", why))


def _settled(task: _Task, seen: list[_Seen]) -> Iterator[Found]:
    """Take note of a part; with the last of a place, tell what is found there."""
    stored, is_last, future = task
    seen.append(future.result())
    if is_last:
        whole = _whole(seen)
        seen.clear()
        yield from (_found(stored, claim, whole) for claim in stored.claims)


def _whole(seen: list[_Seen]) -> _Seen:
    amiss = next((one for one in seen if one.result is not None), None)
    return amiss or _Seen(combined(one.root for one in seen), seen[0].size)


def _found(stored: Stored, claim: Claim, whole: _Seen) -> Found:
    tree_hash = whole.root.hex() or None
    found = partial(Found, claim=claim, location=stored.location)
    if claim.is_held:
        return found(Result.HELD)
    if claim != stored.expected and not _is_same(claim, stored.expected):
        return found(Result.REPLACED)
    if whole.result is not None:
        return found(whole.result, size=whole.size, mishap=whole.mishap)
    if tree_hash != claim.tree_hash:
        return found(Result.CHANGED, size=whole.size, tree_hash=tree_hash)
    result = Result.VERIFIED if was_verified(claim) else Result.UNVERIFIED
    return found(result, size=whole.size, tree_hash=tree_hash)


def _is_same(claim: Claim, expected: Claim | None) -> bool:
    """Say whether two claims are about the same bytes, as those of the pieces of one archive are."""
    return expected is not None and (claim.size, claim.tree_hash) == (expected.size, expected.tree_hash)
