"""Runs of fetching whose Glacier, state and clocks a test has in hand."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from glacier_manifest.aws.descriptions import ListedJob, StatusCode
from glacier_manifest.aws.output import OutputStream
from glacier_manifest.errors import GlacierManifestError
from glacier_manifest.fetching.described import Described
from glacier_manifest.fetching.destination import Destination
from glacier_manifest.fetching.events import Event
from glacier_manifest.fetching.fetch import fetch
from glacier_manifest.fetching.folder import Folder
from glacier_manifest.fetching.places import Places
from glacier_manifest.fetching.pool import Bounds
from glacier_manifest.fetching.reading import Patience
from glacier_manifest.fetching.report import Report
from glacier_manifest.fetching.terms import Service, Surroundings, Terms
from glacier_manifest.fetching.tree_hash import tree_hash
from glacier_manifest.fetching.wants import Anywhere, OfState, Wants
from glacier_manifest.jobs.request import ByteRange, Vault
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.protocol import State
from tests.planning.examples import NOON
from tests.tracking.jobs import job
from tests.tracking.states import Glacier

HOUR = timedelta(hours=1)


class _Stream:
    def __init__(self, body: bytes) -> None:
        self.tree_hash: str | None = tree_hash([body]).hex()
        self._rest = body

    def read(self, size: int, /) -> bytes:
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


@dataclass
class Outputs:
    """The outputs of jobs: bytes, or what happens to whoever asks; and which were asked for, in order."""

    bodies: Mapping[str, bytes | GlacierManifestError]
    asked: list[str] = field(default_factory=list)

    @contextmanager
    def open(self, vault: Vault, job_id: str, wanted: ByteRange, length: int) -> Iterator[OutputStream]:
        assert isinstance(vault, Vault)
        self.asked.append(job_id)
        body = self.bodies[job_id]
        if isinstance(body, GlacierManifestError):
            raise body
        assert len(body) == length
        yield _Stream(body[wanted.start : wanted.end + 1])


def told(name: str, body: bytes, **known: object) -> ListedJob:
    """Return the job of an archive's retrieval, as Glacier tells of it when it has succeeded."""
    root = tree_hash([body]).hex()
    members: dict[str, object] = {
        "completed": True,
        "status_code": StatusCode.SUCCEEDED,
        "completed_at": NOON - HOUR,
        "archive_size": len(body),
        "sha256_tree_hash": root,
        "archive_sha256_tree_hash": root,
    }
    return job(f"job-{name}", **(members | known))


@dataclass
class Fetching:
    """Somebody who fetches into a folder, one part at a time."""

    state: State
    folder: Path
    outputs: Outputs
    glacier: Glacier
    attempts: int = 2
    endurance: int = 10
    at: datetime = NOON
    stop: Callable[[], bool] = lambda: False
    opens: Callable[[str], Destination] = lambda base: Folder(Path(base))
    events: list[Event] = field(default_factory=list)

    def run(self, wants: Wants | None = None) -> Report:
        """Fetch once."""
        scratch = Scratch()
        patience = Patience(Random(1), lambda _seconds: None, attempts=self.attempts)  # noqa: S311 - jitter
        return fetch(
            self.state,
            wants or OfState(Anywhere.parse("{archive_id}", self.folder), lambda _archive: {}),
            service=Service(Described(self.glacier, scratch.mapping()), self.outputs),
            places=Places(self.opens, scratch.mapping(), lambda: ()),
            terms=Terms(bounds=Bounds(threads=1), endurance=self.endurance),
            surroundings=Surroundings(lambda: self.at, lambda: self.at, patience, self.stop),
            scratch=scratch,
            tell=self.events.append,
        )
