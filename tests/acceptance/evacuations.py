"""Vaults that are emptied: what was uploaded, the names that it had, and what came of it."""

import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random

from glacier_manifest.fetching.names import OURS
from glacier_manifest.inventory.names import cloudberry, fastglacier, mt2
from glacier_manifest.sandbox import Sandbox
from glacier_manifest.sandbox.archives import Archive
from glacier_manifest.units import MIB

MODIFIED = datetime(2015, 7, 17, 12, tzinfo=UTC)

#: How programs of the day wrote a path into a description.
WRITERS: Sequence[Callable[[str], str]] = (
    str,
    lambda path: mt2.encode(path, MODIFIED),
    lambda path: fastglacier.encode(path, MODIFIED),
    lambda path: cloudberry.encode(path, MODIFIED),
)


@dataclass(frozen=True)
class Held:
    """Archives that a vault holds, each with the path that its description tells."""

    vault: str
    archives: Mapping[str, Archive]

    @property
    def size(self) -> int:
        """Bytes of all."""
        return sum(one.size for one in self.archives.values())

    def parts(self, part_size: int) -> int:
        """Return in how many parts of a size all of them come."""
        return sum(-(-one.size // part_size) for one in self.archives.values())

    def below(self, folder: str) -> "Held":
        """Return those whose path begins so."""
        found = {path: one for path, one in self.archives.items() if path.startswith(folder)}
        return Held(self.vault, found)


def log_uniform(count: int, largest: int, seed: int = 5) -> list[int]:
    """Return sizes from 1 byte up, those of each order of magnitude as many as those of another."""
    dice = Random(seed)  # noqa: S311 - sizes
    return [max(1, round(largest ** dice.random())) for _ in range(count)]


def paths(count: int) -> list[str]:
    """Return paths of files of several years, some in letters that ASCII has not."""
    return [
        f"{2014 + number % 3}/{('été', 'файл', 'a b')[number % 3]}/{number:04}.jpg" for number in range(count)
    ]


def stock(sandbox: Sandbox, sizes: Iterable[int], *, vault: str = "photos") -> Held:
    """Put archives of these sizes into a vault; nothing of them takes room."""
    many = list(sizes)
    archives: dict[str, Archive] = {}
    for number, (path, size) in enumerate(zip(paths(len(many)), many, strict=True)):
        description = WRITERS[number % len(WRITERS)](path)
        template = description.replace("{", "{{").replace("}", "}}")
        batch = sandbox.generate(vault, 1, size, template, seed=number)
        archives[path] = batch.archive(0)
    sandbox.take_inventory(vault)
    return Held(vault, archives)


def files_below(folder: Path) -> dict[str, Path]:
    """Return the files in a folder by their path in it, those of the program itself left out."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path for name, path in found.items() if not name.startswith(OURS)}


def unlike(archive: Archive, body: Iterable[bytes]) -> bool:
    """Say whether bytes are others than an archive's, by SHA-256."""
    return _digest(archive.content.chunks(0, archive.size)) != _digest(body)


def read(path: Path) -> Iterator[bytes]:
    """Yield a file in pieces."""
    with path.open("rb") as file:
        while piece := file.read(MIB):
            yield piece


def check_restored(folder: Path, held: Held) -> None:
    """Assert that a folder has every archive under its name, byte by byte, and nothing else."""
    files = files_below(folder)
    assert sorted(files) == sorted(held.archives)
    assert [name for name, path in files.items() if unlike(held.archives[name], read(path))] == []


def kill_after(process: "subprocess.Popen[str]", happened: Callable[[], bool]) -> None:
    """Kill a process, as `kill -9` does, as soon as something has happened, unless it ends before."""
    while process.poll() is None and not happened():
        try:
            process.wait(0.002)
        except subprocess.TimeoutExpired:
            continue
    process.kill()


def _digest(pieces: Iterable[bytes]) -> str:
    digest = sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
