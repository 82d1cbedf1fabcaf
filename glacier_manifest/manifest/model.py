"""A manifest as the program works with it: every check passed, every default filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
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
class InventorySource:
    """Where an inventory is read: exactly one of `path`, `s3` and `job` is given.

    Attributes:
        path: A local file.
        s3: An object, as ``s3://bucket/key``.
        job: The name of an inventory-retrieval job of the manifest, whose output it is.
        span: Where the manifest names it.
    """

    path: Path | None
    s3: str | None
    job: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class TextMatch:
    """What a text is like: a glob (``*``, ``?``) that fits all of it, or a regex that is found in it."""

    glob: str | None = None
    regex: str | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """Conditions on an archive; all that are given must hold, and none that is given holds for all.

    Attributes:
        path: Globs, one of which must match the name decoded from the description; empty for any.
        description: What the raw description must be like.
        created_from: The earliest creation date, inclusive, as ``YYYY-MM-DDTHH:MM:SS.mmmZ``.
        created_to: Where creation dates end, exclusive, in the same form.
        smallest: The least size in bytes, inclusive.
        largest: The greatest size in bytes, inclusive.
        tree_hash: SHA-256 tree hashes in lower-case hexadecimal, one of which it must be; empty for any.
        archive_id: Archive IDs, one of which it must be; empty for any.
    """

    path: tuple[str, ...] = ()
    description: TextMatch | None = None
    created_from: str | None = None
    created_to: str | None = None
    smallest: int | None = None
    largest: int | None = None
    tree_hash: tuple[str, ...] = ()
    archive_id: tuple[str, ...] = ()


class Order(StrEnum):
    """In which order the archives of an inventory are taken."""

    CREATION_DATE = "creation_date"
    SIZE = "size"
    PATH = "path"
    INVENTORY = "inventory"


@dataclass(frozen=True, slots=True)
class FromInventory:
    """Archives that an inventory lists and that pass a filter.

    Attributes:
        source: The inventory.
        where: What an archive must be like.
        exclude: An archive that is like one of these is left out.
        order: The order in which they are taken.
        descending: Whether the order is turned round.
        limit: The most archives taken, the first in the order; None for all.
    """

    source: InventorySource
    where: Where = Where()
    exclude: tuple[Where, ...] = ()
    order: Order = Order.CREATION_DATE
    descending: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Archives:
    """An archive-retrieval job asks for archives: listed here, listed in a file, or picked from an inventory.

    Attributes:
        archive_ids: The archives that the manifest names, in its order.
        archive_ids_from: The file that names more; None where there is none.
        retrieval_byte_range: The piece wanted of each; None for all of it.
        from_inventory: The archives that an inventory lists; then no archive is named otherwise.
        sizes_from: An inventory that tells the sizes of the archives that are named.
        split: The size of the pieces that each is asked for in, 2^k MiB in bytes; None for one piece.
        allow_overlap: Whether ranges of one archive may overlap.
    """

    archive_ids: tuple[ListedArchive, ...]
    archive_ids_from: IdList | None
    retrieval_byte_range: ByteRange | None
    from_inventory: FromInventory | None = None
    sizes_from: InventorySource | None = None
    split: int | None = None
    allow_overlap: bool = False


@dataclass(frozen=True, slots=True)
class SelectQuery:
    """A select job asks one query of one or several archives; the parameters are in the API's spelling."""

    archive_ids: tuple[ListedArchive, ...]
    select_parameters: Wire
    output_location: Wire


Ask = Archives | InventoryRetrieval | SelectQuery


@dataclass(frozen=True, slots=True)
class Limits:
    """What one approval may start, over all its reruns; None where nothing limits it.

    Attributes:
        jobs: The most jobs.
        expedited_jobs: The most jobs with Expedited among their tiers; None only in the limits of a job.
        bytes: The most bytes of archives.
        cost: The highest cost, in USD.
    """

    jobs: int | None = None
    expedited_jobs: int | None = 5
    bytes: int | None = None
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One entry of ``jobs:``.

    Attributes:
        name: Its name, unique over all files.
        span: Where the name stands.
        vaults: The vaults it is sent to, at least one; each a name, or a glob where `is_glob` says so.
        account_id: The vaults' owner: 12 digits, or ``-`` for the caller.
        region: The vaults' region; None where the manifest leaves it to the environment.
        description: The user's own text, without a marker.
        sns_topic: Where Glacier tells of the end of each job.
        tiers: The tiers to try, in order; empty where the service chooses or the type has none.
        schedule: When it recurs; None for a job that runs once.
        ask: What is asked of each vault.
        limits: What one approval may start of this job, beside the manifest's own limits.
        save_to: Where the output goes: a checked template of a path or of ``s3://bucket/key``.
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
    limits: Limits | None = None
    save_to: str | None = None


def is_glob(name: str) -> bool:
    """Say whether what stands for a vault is a pattern: ``*`` is any text, ``?`` one character."""
    return "*" in name or "?" in name


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
    """A ceiling on how fast jobs are started; None where nothing limits it.

    Attributes:
        requests_per_second: The most calls a second.
        concurrency: The most calls under way at once.
        bytes_per_day: The most bytes started in any 24 hours.
        staged_bytes: The most bytes started and not yet fetched.
    """

    requests_per_second: float = 10.0
    concurrency: int = 8
    bytes_per_day: int | None = None
    staged_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What a retrieval costs, in USD; None where the table does not say, which is never zero."""

    per_gb: Decimal | None
    per_1000_requests: Decimal | None


@dataclass(frozen=True, slots=True)
class Prices:
    """A table of prices: written in the manifest, or in a file that the manifest names.

    Attributes:
        span: Where the manifest writes or names it.
        date: The day of the prices, as ``YYYY-MM-DD``; None where a file holds them.
        regions: What each tier costs in each region; empty where a file holds them.
        file: The file that holds them; None where the manifest does.
    """

    span: Span
    date: str | None
    regions: Mapping[str, Mapping[Tier, Price]]
    file: Path | None = None


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
        prices: The table of prices that the one file has, else None.
    """

    jobs: tuple[Job, ...]
    limits: Limits
    restarts: Repurchases
    pace: Pace
    files: tuple[Path, ...]
    folder: Path | None
    warnings: tuple[Diagnostic, ...]
    prices: Prices | None = None
