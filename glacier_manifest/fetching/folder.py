"""A folder that keeps outputs: nothing half-written has a name in it, and nothing in it is ever replaced.

Parts stand in a folder of our own inside, on the same file system, so that a whole file gets its name at
once. No link is followed below the folder, and nothing in it that is not ours is trusted to be ours.
"""

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from io import FileIO
from itertools import chain
from pathlib import Path

from glacier_manifest.errors import Failed
from glacier_manifest.fetching.alone import alone
from glacier_manifest.fetching.destination import Body, Existing, Kept, Output, Remnants
from glacier_manifest.fetching.names import OURS, Rules, alternatives, folder_alternatives
from glacier_manifest.fetching.parts import Part
from glacier_manifest.fetching.resume import remembered
from glacier_manifest.fetching.store import PartFile, journal_of, sync_folder, told
from glacier_manifest.fetching.tree_hash import LEAF, tree_hash

#: Where parts stand until their output is whole.
PARTS = f"{OURS}-parts"


class Folder:
    """A folder on this machine.

    Args:
        base: The folder; made where it is not there.
        existing: What becomes of other files that have a wanted name.

    Raises:
        Failed: ``cannot-save``, ``no-room``: from every method.
    """

    def __init__(self, base: Path, *, existing: Existing = Existing.KEPT) -> None:
        self._existing = existing
        with told(base):
            base.mkdir(parents=True, exist_ok=True)
            self._base = base.resolve()
            self._parts = self._base / PARTS
            self._parts.mkdir(mode=0o700, exist_ok=True)
            self._rules = Rules(folds=(self._base / PARTS.upper()).exists())

    @property
    def rules(self) -> Rules:
        """What a name must be like here."""
        return self._rules

    @property
    def base(self) -> str:
        """The folder itself, absolute."""
        return str(self._base)

    def free(self) -> int:
        """Return how many bytes still have room."""
        with told(self._base):
            return shutil.disk_usage(self._base).free

    def kept(self, output: Output) -> Kept | None:
        """Return an output that an earlier run finished, and died before its state knew of it; it is read."""
        part_file = self._part_file(output)
        with told(part_file):
            try:
                text = journal_of(part_file).read_bytes()
            except FileNotFoundError:
                return None
            known = remembered(text, output.identity, output.division)
            roots = output.roots(known.roots)
            if known.stored is None or roots is None:
                return None
            final = Path(known.stored)
            if not (final.is_relative_to(self._base) and _has(final, output, roots)):
                return None
            return Kept(str(final), final.relative_to(self._base).as_posix(), roots)

    @contextmanager
    def draft(self, output: Output) -> Iterator["FileDraft"]:
        """Begin an output, or go on with what an earlier run left of it.

        Raises:
            Locked: ``draft-in-use``.
        """
        path = self._part_file(output)
        with (
            alone(path, output),
            PartFile(path, output.identity, output.division) as part_file,
        ):
            yield FileDraft(self, output, path, part_file)

    def forget(self, output: Output) -> None:
        """Drop what is remembered of an output: the state knows by now that it is kept."""
        part_file = self._part_file(output)
        with told(part_file):
            part_file.unlink(missing_ok=True)  # a run that dies between the two names leaves both
            journal_of(part_file).unlink(missing_ok=True)

    def remnants(self) -> Remnants:
        """Return the identities of outputs of which parts are there."""
        with told(self._parts):
            return Remnants({path.name.partition(".")[0] for path in self._parts.iterdir()}, _stem)

    def tidy(self) -> None:
        """Remove the folder of parts, if it is empty."""
        with suppress(OSError):
            self._parts.rmdir()

    def finals(self, output: Output) -> Iterator[Path]:
        """Yield where an output may stand, the best first, each in a folder that is there by then."""
        folder, _, leaf = output.name.rpartition("/")
        parent = self._folder(folder)
        for name in chain((leaf,), alternatives(leaf, output.identity, self._rules)):
            final = parent / name
            if not os.path.lexists(final) or (self.overwrites and not final.is_dir()):
                yield final

    @property
    def overwrites(self) -> bool:
        """Whether other files are replaced."""
        return self._existing is Existing.OVERWRITTEN

    def _folder(self, folder: str) -> Path:
        """Make a folder; one whose name is that of something else, a link too, is called otherwise."""
        path = self._base
        for segment in folder.split("/") if folder else ():
            names = chain((segment,), folder_alternatives(segment, self._rules))
            path = next(one for name in names if _is_or_becomes_folder(one := path / name))
        return path

    def _part_file(self, output: Output) -> Path:
        return self._parts / _stem(output.identity)


def _stem(identity: str) -> str:
    return sha256(identity.encode()).hexdigest()[:32]


class FileIntake:
    """A part on its way into a file: it is no part there until the journal has it."""

    def __init__(self, part_file: PartFile, part: Part) -> None:
        self._part_file = part_file
        self._part = part

    def put(self, at: int, piece: Body) -> None:
        """Write bytes of it."""
        self._part_file.put(self._part.start + at, piece)

    def keep(self, root: bytes) -> None:
        """Remember that it is there."""
        self._part_file.keep(self._part, root)


class FileDraft:
    """A file on its way into a folder."""

    def __init__(self, folder: Folder, output: Output, path: Path, part_file: PartFile) -> None:
        self._folder = folder
        self._output = output
        self._path = path
        self._part_file = part_file

    def held(self) -> Mapping[int, bytes]:
        """Return the tree hash of each part that stands safely, by the part's number."""
        return self._part_file.held()

    def intake(self, part: Part) -> "FileIntake":
        """Begin to take in one part, straight to its place in the file."""
        return FileIntake(self._part_file, part)

    def memory(self, _part: Part) -> int:
        """Return nothing: bytes are written as they come."""
        return 0

    def write(self, part: Part, body: Body, root: bytes) -> None:
        """Keep one part."""
        self._output.check(part, body)
        self._part_file.put(part.start, body)
        self._part_file.keep(part, root)

    def secure(self) -> bool:
        """Write what is held to the disk."""
        self._part_file.sync()
        return True

    def finish(self) -> Kept:
        """Let the file appear under its name, or beside what has that name already."""
        roots = self._output.roots(self.held())
        if roots is None:
            raise ValueError(f"{self._output.name} is not whole")
        with told(self._path), _nameable(self._output):
            self._date()
            final = self._named()
        return Kept(str(final), final.relative_to(self._folder.base).as_posix(), roots)

    def discard(self) -> None:
        """Throw away what is held."""
        self._part_file.discard()

    def _named(self) -> Path:
        for final in self._folder.finals(self._output):
            with suppress(FileExistsError):  # it came to be since it was looked for
                self._part_file.become(final, overwrite=self._folder.overwrites)
                return final
        raise AssertionError("there is always another name")

    def _date(self) -> None:
        if self._output.modified is not None:
            seconds = self._output.modified.timestamp()
            os.utime(self._path, (seconds, seconds), follow_symlinks=False)


def _has(final: Path, output: Output, roots: tuple[bytes, ...]) -> bool:
    """Say whether a file is the output, by reading it."""
    if not stat.S_ISREG(_mode(final)):
        return False
    with final.open("rb", buffering=0) as file:
        if os.fstat(file.fileno()).st_size != output.division.length:
            return False
        return all(tree_hash(_pieces(file, part)) == roots[part.number] for part in output.division)


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except FileNotFoundError:
        return 0


def _pieces(file: FileIO, part: Part) -> Iterator[bytes]:
    left = part.length
    while left and (piece := file.read(min(left, LEAF))):
        yield piece
        left -= len(piece)


def _is_or_becomes_folder(path: Path) -> bool:
    try:
        path.mkdir()
    except FileExistsError:
        return stat.S_ISDIR(path.lstat().st_mode)
    sync_folder(path.parent)
    return True


@contextmanager
def _nameable(output: Output) -> Iterator[None]:
    try:
        yield
    except UnicodeEncodeError as error:
        raise Failed(
            "cannot-save",
            f"{output.name!r} cannot be a file's name in this environment: {error}",
            next_step="set PYTHONUTF8=1, then run the same command again: what was fetched so far is kept",
        ) from error
