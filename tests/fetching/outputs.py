"""Jobs of a sandbox that have succeeded, their outputs, and runs that fetch them."""

import threading
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from glacier_manifest.aws.answers import Verdict
from glacier_manifest.aws.glacier import GlacierReader, GlacierStarter
from glacier_manifest.aws.output import GlacierOutput, OutputReader
from glacier_manifest.aws.session import Clients
from glacier_manifest.fetching.destination import Output
from glacier_manifest.fetching.download import Download, Errand
from glacier_manifest.fetching.events import Event
from glacier_manifest.fetching.folder import Folder
from glacier_manifest.fetching.output import Ending, JobOutput, Whole, output_of
from glacier_manifest.fetching.pool import Bounds, Pool
from glacier_manifest.fetching.reading import PartReader, Patience
from glacier_manifest.fetching.room import Room
from glacier_manifest.jobs.request import Vault
from glacier_manifest.sandbox import Sandbox

VAULT = Vault("012345678901", "us-west-2", "photos")


@dataclass
class Glacier:
    """A sandbox, and the two doors to it that fetching needs."""

    sandbox: Sandbox
    clients: Clients

    def succeeded(self, **body: str) -> JobOutput:
        """Start a job, let it succeed, and return its output."""
        answer = GlacierStarter(self.clients).initiate(VAULT, body)
        assert answer.verdict is Verdict.ACCEPTED, answer.message
        self.sandbox.clock.advance(10)
        job = GlacierReader(self.clients).describe_job(VAULT, answer.job_id or "")
        assert job is not None
        return output_of(job, VAULT)

    def archive(self, body: bytes, byte_range: str | None = None) -> JobOutput:
        """Upload an archive and retrieve it, or a range of it."""
        return self.retrieved(self.sandbox.upload(VAULT.name, body), byte_range)

    def retrieved(self, archive_id: str, byte_range: str | None = None) -> JobOutput:
        asked = {"Type": "archive-retrieval", "ArchiveId": archive_id}
        return self.succeeded(**asked, **({"RetrievalByteRange": byte_range} if byte_range else {}))

    def inventory(self, **body: str) -> JobOutput:
        return self.succeeded(Type="inventory-retrieval", **body)

    def ranges_asked(self) -> int:
        """How often a range of an output was asked for."""
        return self.sandbox.counts().get("GetJobOutput", 0)


def errand(final: Path, whole: Whole, part_size: int, *, free: int | None = None) -> Errand:
    """Fetch a whole to a file of a folder."""
    kept_as = Output(f"identity of {final.name}", final.name, whole.divided(part_size))
    return Errand(whole, kept_as, Folder(final.parent), Room(lambda: free))


@dataclass
class Run:
    """One run of fetching: what it was told, and when it is asked to stop."""

    reader: OutputReader
    threads: int = 4
    memory: int = 1 << 30
    attempts: int = 6
    stop: Callable[[], bool] = lambda: False
    events: list[Event] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fetch(self, errands: Iterable[Errand]) -> Generator[Ending, None, None]:
        patience = Patience(Random(1), self.pauses.append, attempts=self.attempts)  # noqa: S311 - jitter
        parts = PartReader(self.reader, patience=patience, stop=self.stop, tell=self.tell)
        bounds = Bounds(self.threads, self.memory)
        pool = Pool(lambda one: Download(one, parts, self.tell), bounds=bounds, stop=self.stop)
        return pool.fetch(errands)

    def tell(self, event: Event) -> None:
        with self._lock:
            self.events.append(event)

    def told(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


def reader_of(glacier: Glacier) -> GlacierOutput:
    return GlacierOutput(glacier.clients)
