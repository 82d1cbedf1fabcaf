"""What a job has to give, what it is held against, and what became of it."""

from dataclasses import dataclass
from enum import StrEnum

from glacier_manifest.aws.descriptions import ListedJob, StatusCode
from glacier_manifest.aws.s3_reading import S3Entry
from glacier_manifest.errors import Failed, GlacierManifestError
from glacier_manifest.fetching.destination import Kept
from glacier_manifest.fetching.parts import USUAL_PART, Division, Part, divided
from glacier_manifest.inventory.reading import Walked
from glacier_manifest.jobs.request import ByteRange, Vault

_ARCHIVE, _INVENTORY = "ArchiveRetrieval", "InventoryRetrieval"


class Verified(StrEnum):
    """By what the stored bytes are known to be the right ones.

    TREE_HASH: Glacier's own hash of the whole. READ_TWICE: an inventory, for which Glacier tells no hash: its
    length, its form up to its end, and two readings that agree. LENGTH: a range that is no node of the
    archive's tree hash, so that Glacier tells nothing but its length: shown as ``unverified``. JOINED: an
    inventory that came in pages, each of which was read twice. S3_ETAG: the results of a select, each by its
    length and the MD5 that S3 tells of it. S3_READ_TWICE: the same, and S3 tells no MD5 of one of them, two
    readings of which agree. HELD: a piece of an archive, nothing of which is verified as a whole before the
    other pieces are there.
    """

    TREE_HASH = "tree-hash"
    READ_TWICE = "read-twice"
    LENGTH = "length"
    HELD = "held"
    JOINED = "joined"
    S3_ETAG = "s3-etag"
    S3_READ_TWICE = "s3-read-twice"


#: What is stored are the results of a select: several files, and a list of them.
OF_RESULTS = frozenset({Verified.S3_ETAG, Verified.S3_READ_TWICE})


@dataclass(frozen=True, slots=True)
class ResultObject:
    """An object that a select has left in S3.

    Attributes:
        name: Its key below the job's own prefix, such as ``results/abc``.
        entry: The object.
        md5: Its MD5, 32 hexadecimal digits; None where S3 tells none.
    """

    name: str
    entry: S3Entry
    md5: str | None


@dataclass(frozen=True, slots=True)
class JobOutput:
    """What a job that succeeded has to give.

    Attributes:
        vault: Where.
        job_id: Which job.
        length: Bytes in all.
        tree_hash: Glacier's hash of them, 64 hexadecimal digits; None where it tells none.
        is_inventory: Whether it is an inventory, else it is an archive or a range of one.
        start: Where its first byte stands in the archive.
        whole_length: Bytes of the archive, or of the inventory.
        whole_tree_hash: Glacier's hash of the archive; None of an inventory.
        result: The object of S3 that it is, where it is the result of a select, or a part of that.
    """

    vault: Vault
    job_id: str
    length: int
    tree_hash: str | None
    is_inventory: bool
    start: int
    whole_length: int
    whole_tree_hash: str | None
    result: ResultObject | None = None

    @property
    def source(self) -> str:
        """What it is read from, no other output being the same: a job, or an object of S3."""
        return self.job_id if self.result is None else str(self.result.entry.address)

    @property
    def called(self) -> str:
        """What it is, for messages."""
        return f"the output of job {self.job_id}" if self.result is None else self.source

    @property
    def is_read_twice(self) -> bool:
        """Whether nobody tells a hash of it, so that two readings must agree."""
        return self.is_inventory or (self.result is not None and self.result.md5 is None)

    @property
    def end(self) -> int:
        """Where the first byte behind it stands in the archive."""
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Whole:
    """What shall be stored: one output, or the ranges of one archive put together.

    Attributes:
        start: Where its first byte stands in the archive.
        length: Bytes in all.
        tree_hash: What they must hash to, 64 hexadecimal digits; None where Glacier tells nothing.
        outputs: Those that are there to be read, by their place; others may come in a later run.
    """

    start: int
    length: int
    tree_hash: str | None
    outputs: tuple[JobOutput, ...]

    @property
    def is_inventory(self) -> bool:
        """Whether it is an inventory."""
        return self.outputs[0].is_inventory

    @property
    def is_in_order(self) -> bool:
        """Whether it is read from its first byte to its last, and is looked at while it passes by."""
        return self.is_inventory or self.outputs[0].result is not None

    @property
    def verified_by(self) -> Verified:
        """By what it will be known to be right."""
        if self.outputs[0].result is not None:
            return Verified.S3_READ_TWICE if self.outputs[0].is_read_twice else Verified.S3_ETAG
        if self.is_inventory:
            return Verified.READ_TWICE
        return Verified.LENGTH if self.tree_hash is None else Verified.TREE_HASH

    def divided(self, part_size: int = USUAL_PART) -> Division:
        """Return its parts, none of which lies in two of its outputs.

        Where the outputs of further jobs come later, `parts.divided` must be told where these begin and end.
        """
        places = ((output.start - self.start, output.end - self.start) for output in self.outputs)
        return divided(self.length, part_size, cuts=[cut for both in places for cut in both])

    def source_of(self, part: Part) -> tuple[JobOutput, ByteRange] | None:
        """Return the output that has a part, and where in it; None where none is there yet that has."""
        first, behind = self.start + part.start, self.start + part.end
        for output in self.outputs:
            if output.start <= first and behind <= output.end:
                return output, ByteRange(first - output.start, behind - output.start - 1)
        return None


def alone(output: JobOutput) -> Whole:
    """Return an output that is stored by itself."""
    return Whole(output.start, output.length, output.tree_hash, (output,))


def of_result(result: ResultObject, vault: Vault, job_id: str) -> JobOutput:
    """Return an object that a select has left in S3 as what is to be read."""
    size = result.entry.size
    return JobOutput(
        vault,
        job_id,
        length=size,
        tree_hash=None,
        is_inventory=False,
        start=0,
        whole_length=size,
        whole_tree_hash=None,
        result=result,
    )


def put_together(outputs: tuple[JobOutput, ...]) -> Whole:
    """Return the archive that range jobs are pieces of, as far as their outputs are there."""
    first = outputs[0]
    return Whole(0, first.whole_length, first.whole_tree_hash, outputs)


def output_of(job: ListedJob, vault: Vault) -> JobOutput:
    """Return what a job has to give, from what DescribeJob or ListJobs tells of it.

    Raises:
        Failed: ``no-output``: it has none, or not here.
    """
    if job.status_code is not StatusCode.SUCCEEDED:
        raise _no_output(job, f"it is {job.status_code}", "wait until it has succeeded")
    if job.action == _INVENTORY and job.inventory_size is not None:
        size = job.inventory_size
        return JobOutput(vault, job.job_id, size, None, True, 0, size, None)  # noqa: FBT003 - as its fields stand
    if job.action == _ARCHIVE and job.archive_size is not None:
        return _archive_output(job, vault, job.archive_size)
    if job.job_output_path is not None:
        raise _no_output(job, f"its results are at {job.job_output_path}", "read them there")
    raise _no_output(job, "Glacier does not tell how long its output is", "ask again in a minute")


def _archive_output(job: ListedJob, vault: Vault, archive_size: int) -> JobOutput:
    start, end = _range(job, archive_size)
    is_whole = (start, end) == (0, archive_size)
    return JobOutput(
        vault,
        job.job_id,
        length=end - start,
        tree_hash=job.sha256_tree_hash or (job.archive_sha256_tree_hash if is_whole else None),
        is_inventory=False,
        start=start,
        whole_length=archive_size,
        whole_tree_hash=job.archive_sha256_tree_hash,
    )


def _range(job: ListedJob, archive_size: int) -> tuple[int, int]:
    """Return the retrieved bytes [start, end) of the archive."""
    if job.retrieval_byte_range is None:
        return 0, archive_size
    start, last = (int(text) for text in job.retrieval_byte_range.split("-"))
    return start, min(last + 1, archive_size)


def _no_output(job: ListedJob, why: str, next_step: str) -> Failed:
    return Failed("no-output", f"job {job.job_id} has no output to fetch: {why}", next_step=next_step)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole is stored.

    Attributes:
        whole: Which.
        kept: Where, and the tree hash of each part.
        verified: By what it is known to be right.
        tree_hash: Of all that was stored, 64 hexadecimal digits, for later verification.
        bytes_read: Bytes of it that came over the network in this run; the others were held.
        inventory: What is known of an inventory from its first row to its last; None of others, and where an
            earlier run stored it and died before its state knew.
    """

    whole: Whole
    kept: Kept
    verified: Verified
    tree_hash: str
    bytes_read: int
    inventory: Walked | None = None


@dataclass(frozen=True, slots=True)
class Partly:
    """All that is there to be read of a whole is held; the other parts wait for other jobs.

    Attributes:
        whole: Which.
        missing: How many parts are not held.
        absent: Their numbers.
        is_safe: Whether what is held survives a power cut, and the next run finds it.
    """

    whole: Whole
    missing: int
    absent: frozenset[int] = frozenset()
    is_safe: bool = False


@dataclass(frozen=True, slots=True)
class NotFetched:
    """A whole is not stored; the parts that were verified are held for the next time.

    Attributes:
        whole: Which.
        error: Why; its code is in PASSING (aws/output.py) where the next time may go better.
    """

    whole: Whole
    error: GlacierManifestError


@dataclass(frozen=True, slots=True)
class LeftOff:
    """The run was asked to stop; the parts that were verified are held for the next time."""

    whole: Whole


Ending = Fetched | Partly | NotFetched | LeftOff
