"""A file on its way: parts in any order under a name of its own, until it is whole and gets its name."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from glacier_manifest.errors import Failed
from glacier_manifest.fetching.parts import Division, Part
from glacier_manifest.fetching.resume import Journal, remembered
from glacier_manifest.fetching.room import no_room
from glacier_manifest.fetching.tree_hash import LEAF, tree_hash

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
_NEW = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW
_JOURNAL = ".parts"


class PartFile:
    """A file whose parts many threads write; one that an earlier run left is taken up.

    Args:
        path: Its name until it is whole; the journal of its parts stands beside it.
        identity: What it will be; parts of anything else are not taken for its own.
        division: Its length and its parts.

    Raises:
        Failed: ``no-room``, ``cannot-save``, from every method but `close`.
    """

    def __init__(self, path: Path, identity: str, division: Division) -> None:
        self._path = path
        self._identity = identity
        self._division = division
        self._journaled = journal_of(path)
        with told(path):
            self._file = os.open(path, _NEW, 0o666)  # less the umask, as of any file that a user makes
            try:
                self._held = self._found()
                os.ftruncate(self._file, division.length)
                self._journal = Journal.begin(self._journaled, identity, division, self._held)
            except BaseException:
                os.close(self._file)
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def held(self) -> Mapping[int, bytes]:
        """Return the tree hash of each part that is there, by the part's number.

        What an earlier run left was read and hashed: no kill and no power cut makes a part of what is none.
        """
        return dict(self._held)

    def put(self, at: int, piece: bytes | bytearray | memoryview) -> None:
        """Write bytes of a part that is not held, `at` counted from the first of the whole."""
        with told(self._path):
            view = memoryview(piece).cast("B")
            while view:
                written = os.pwrite(self._file, view, at)
                view, at = view[written:], at + written

    def keep(self, part: Part, root: bytes) -> None:
        """A part that was put was verified: remember its tree hash."""
        with told(self._path):
            self._journal.keep(part.number, root)
        self._held[part.number] = root

    def become(self, final: Path, *, overwrite: bool = False) -> None:
        """Give the whole file the name that is wanted; durable when this returns.

        Raises:
            FileExistsError: Another file has that name, and may not be replaced.
        """
        with told(final):
            os.fsync(self._file)
            self._journal.stored(str(final))
            (os.replace if overwrite else put_new)(self._path, final)
            sync_folder(final.parent)

    def sync(self) -> None:
        """Write what is held to the disk, whatever happens to the power."""
        with told(self._path):
            os.fsync(self._file)
            self._journal.sync()
            sync_folder(self._path.parent)

    def discard(self) -> None:
        """Forget all parts, and begin anew."""
        with told(self._path):
            self._journal.close()
            self._held.clear()
            self._journal = Journal.begin(self._journaled, self._identity, self._division, {})

    def close(self) -> None:
        """Let go; what is held stays for the next run."""
        self._journal.close()
        os.close(self._file)

    def _found(self) -> dict[int, bytes]:
        if os.fstat(self._file).st_size != self._division.length:
            return {}
        try:
            text = self._journaled.read_bytes()
        except FileNotFoundError:
            return {}
        roots = remembered(text, self._identity, self._division).roots
        parts = (self._division.part(number) for number in roots if number < len(self._division))
        return {part.number: roots[part.number] for part in parts if self._is_there(part, roots[part.number])}

    def _is_there(self, part: Part, root: bytes) -> bool:
        return tree_hash(_pieces(self._file, part)) == root


def journal_of(path: Path) -> Path:
    """Return where the journal of a part file stands."""
    return path.with_name(path.name + _JOURNAL)


def put_new(source: Path, target: Path) -> None:
    """Rename a file to a name that nothing else has; a rename alone would replace what is there.

    Raises:
        FileExistsError: Something has that name.
        OSError: It cannot be renamed.
    """
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        if not _is_same(source, target):  # the same where a run died before the first name was taken away
            raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from error
        source.rename(target)
        return
    source.unlink()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable.

    Raises:
        OSError: The disk fails.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(PermissionError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the system says into what to do; that a name is taken is for the caller to decide."""
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise no_room(f"{path}: {error.strerror}") from error
        raise Failed(
            "cannot-save",
            f"{path} cannot be written: {error.strerror or error}",
            next_step="correct what the message names, or name another place with --to, then run the same"
            " command again: what was fetched so far is kept",
        ) from error


def _is_same(one: Path, other: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(one.lstat(), other.lstat())
    return False


def _pieces(descriptor: int, part: Part) -> Iterator[bytes]:
    at = part.start
    while at < part.end:
        piece = os.pread(descriptor, min(LEAF, part.end - at), at)
        if not piece:
            return
        yield piece
        at += len(piece)
