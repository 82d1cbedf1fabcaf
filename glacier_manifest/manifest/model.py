"""A manifest as the program works with it: every check passed, every default filled in."""

from dataclasses import dataclass
from pathlib import Path

from glacier_manifest.diagnostics import Diagnostic, Span
from glacier_manifest.jobs.request import ByteRange, InventoryRetrieval, Wire
from glacier_manifest.jobs.schedule import Schedule
from glacier_manifest.jobs.tier import Tier


@dataclass(frozen=True, slots=True)
class ListedArchive:
    """An archive ID and the place where the manifest names it."""

    archive_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class IdList:
    """A file with one archive ID a line, and the place where the manifest names it."""

    path: Path
    span: Span


@dataclass(frozen=True, slots=True)
class Archives:
    """An archive-retrieval job asks for archives: those listed here and those listed in a file.

    Attributes:
        archive_ids: The archives that the manifest names, in its order.
        archive_ids_from: The file that names more; None where there is none.
        retrieval_byte_range: The piece wanted of each; None for all of it.
    """

    archive_ids: tuple[ListedArchive, ...]
    archive_ids_from: IdList | None
    retrieval_byte_range: ByteRange | None


@dataclass(frozen=True, slots=True)
class SelectQuery:
    """A select job asks one query of one or several archives; the parameters are in the API's spelling."""

    archive_ids: tuple[ListedArchive, ...]
    select_parameters: Wire
    output_location: Wire


Ask = Archives | InventoryRetrieval | SelectQuery


@dataclass(frozen=True, slots=True)
class Job:
    """One entry of ``jobs:``.

    Attributes:
        name: Its name, unique over all files.
        span: Where the name stands.
        vaults: The vaults it is sent to, at least one.
        account_id: The vaults' owner: 12 digits, or ``-`` for the caller.
        region: The vaults' region; None where the manifest leaves it to the environment.
        description: The user's own text, without a marker.
        sns_topic: Where Glacier tells of the end of each job.
        tiers: The tiers to try, in order; empty where the service chooses or the type has none.
        schedule: When it recurs; None for a job that runs once.
        ask: What is asked of each vault.
    """

    name: str
    span: Span
    vaults: tuple[str, ...]
    account_id: str
    region: str | None
    description: str | None
    sns_topic: str | None
    tiers: tuple[Tier, ...]
    schedule: Schedule | None
    ask: Ask


@dataclass(frozen=True, slots=True)
class Limits:
    """What one approval may start, over all its reruns; `jobs` is None where nothing limits it."""

    jobs: int | None = None
    expedited_jobs: int = 5


@dataclass(frozen=True, slots=True)
class Repurchases:
    """How often a request may be bought again by itself when its job has expired or failed."""

    expired: int = 0
    failed: int = 0

    @property
    def highest(self) -> int:
        """The highest generation that may be bought so; 0 where none may."""
        return max(self.expired, self.failed)


#: Nothing is bought again by itself.
NEVER = Repurchases()


@dataclass(frozen=True, slots=True)
class Pace:
    """A ceiling on the rate of calls, on how many are under way at once, and on the bytes of any 24 hours.

    `bytes_per_day` is None where nothing limits them.
    """

    requests_per_second: float = 10.0
    concurrency: int = 8
    bytes_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that the files read together ask for.

    Attributes:
        jobs: In the order of the files and of each file.
        limits: From the one file that has them, else the defaults.
        restarts: The same.
        pace: The same.
        files: The files that were read.
        folder: The one folder that holds the files; None when they lie in several.
        warnings: What is odd and does not stop the reading.
    """

    jobs: tuple[Job, ...]
    limits: Limits
    restarts: Repurchases
    pace: Pace
    files: tuple[Path, ...]
    folder: Path | None
    warnings: tuple[Diagnostic, ...]
