"""Vaults that are emptied: what was uploaded, the names that it had, and what came of it."""

import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from random import Random

from glacier_manifest.fetching.names import OURS
from glacier_manifest.inventory.names import cloudberry, fastglacier, mt2
from glacier_manifest.sandbox import Job, Sandbox, SandboxClock, hurried
from glacier_manifest.sandbox.archives import Archive
from glacier_manifest.units import MIB
from tests.acceptance.user import User

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


#: The whole loop in one manifest: what the inventory tells is retrieved once it is stored.
INVENTORY = """
  inventory:
    type: inventory-retrieval
    vault: photos
    save_to: inventories/{vault}.json
"""
EVACUATION = (
    INVENTORY
    + """
  restored:
    type: archive-retrieval
    vault: photos
    tier: Bulk
    archives: {inventory: {job: inventory}}
    limits: {jobs: 100000}
    save_to: restored/{path}
"""
)


@contextmanager
def glacier_of(user: User, *, job_time: float, speed: float = 1.0) -> Iterator[User]:
    """Give somebody another Glacier.

    Args:
        user: In whose folder it is used.
        job_time: How long jobs take, in seconds of its clock.
        speed: How fast its clock runs.
    """
    with Sandbox(clock=SandboxClock(hurried(speed)), job_time=job_time, seed=1) as sandbox:
        yield User(user.folder, sandbox)


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


def started(user: User) -> None:
    """Start what the manifest asks for, and wait until it has ended."""
    applied = user.run("apply", "jobs.yaml", "--yes")
    assert applied.code == 0, applied.err
    user.sandbox.clock.advance(user.sandbox.settings.job_time)
    waited = user.run("wait", "jobs.yaml")
    assert waited.code == 0, waited.err


def stored(user: User) -> None:
    """Start what the manifest asks for, wait until it has ended, and fetch it."""
    started(user)
    fetched = user.run("fetch", "jobs.yaml")
    assert fetched.code == 0, fetched.err


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


def bought_again(sandbox: Sandbox) -> tuple[int, int]:
    """Return how many jobs were bought again because one had failed, and because an output had expired.

    Nothing else is a reason to buy again.
    """
    latest: dict[str | None, Job] = {}
    failed = expired = 0
    for job in sandbox.accepted:
        before = latest.get(job.archive_id)
        latest[job.archive_id] = job
        if before is None:
            continue
        assert before.failure is not None or before.expires_at <= job.created, "bought twice"
        failed += before.failure is not None
        expired += before.failure is None
    return failed, expired


def most_staged(state: Path) -> int:
    """Return the most bytes that were started and not yet fetched, as the state's own log has it."""
    with closing(sqlite3.connect(state)) as connection:
        rows = connection.execute(
            "SELECT event, coalesce(size, 0) FROM events JOIN requests USING (key, generation)"
            " WHERE event IN ('accepted', 'fetched') ORDER BY events.id"
        ).fetchall()
    levels = accumulate(size if event == "accepted" else -size for event, size in rows)
    return max(levels, default=0)


def kill_after(process: "subprocess.Popen[str]", sandbox: Sandbox, calls: int) -> bool:
    """Kill a process, as `kill -9` does, once it has made so many calls; say whether it lived until then."""
    most = sum(sandbox.counts().values()) + calls
    while process.poll() is None and sum(sandbox.counts().values()) < most:
        try:
            process.wait(0.002)
        except subprocess.TimeoutExpired:
            continue
    lived = process.poll() is None
    process.kill()
    return lived


def _digest(pieces: Iterable[bytes]) -> str:
    digest = sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
