"""GetJobOutput: bytes of archives and inventories, whole or by range.

https://docs.aws.amazon.com/amazonglacier/latest/dev/api-job-output-get.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from glacier_manifest.sandbox.archives import Archive
from glacier_manifest.sandbox.asks import Ask
from glacier_manifest.sandbox.content import range_tree_hash
from glacier_manifest.sandbox.events import Job
from glacier_manifest.sandbox.glacier import Glacier
from glacier_manifest.sandbox.job_operations import job_archive, named_job
from glacier_manifest.sandbox.joblist import IN_PROGRESS, SUCCEEDED, status_of
from glacier_manifest.sandbox.refusals import RefusedError, invalid
from glacier_manifest.sandbox.treehash import is_tree_hash_aligned
from glacier_manifest.sandbox.vault_operations import named_vault
from glacier_manifest.sandbox.vaults import Vault
from glacier_manifest.sandbox.wire import Answer, Stream

_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")


@dataclass(frozen=True, slots=True)
class Output:
    """What a job that succeeded has to give.

    Attributes:
        length: bytes in all.
        content_type: of the whole.
        chunks: yields the bytes [start, end).
        tree_hash: the hash of [start, end); None for a range that has none.
        headers: others that every answer carries.
    """

    length: int
    content_type: str
    chunks: Callable[[int, int], Iterator[bytes]]
    tree_hash: Callable[[int, int], str | None]
    headers: tuple[tuple[str, str], ...] = ()


def get_job_output(glacier: Glacier, ask: Ask) -> Answer:
    """GetJobOutput: 200 for the whole, 206 for a Range, 400 before the job has succeeded."""
    vault, now = named_vault(glacier, ask), glacier.clock.seconds()
    job = named_job(vault, ask, now)
    _check_downloadable(job, now)
    output = _output(glacier, vault, job)
    asked = ask.request.headers.get("range")
    if asked is None:
        return _part(output, 200, 0, output.length)
    return _part(output, 206, *_asked_range(asked, output.length))


def _check_downloadable(job: Job, now: float) -> None:
    status = status_of(job, now)
    if status == IN_PROGRESS:
        raise invalid(f"The job is not currently available for download: {job.job_id}")
    if status != SUCCEEDED:
        raise invalid(f"The job has failed and has no output: {job.job_id}")
    if job.type == "select":
        raise invalid(f"The output of a select job is in Amazon S3: {job.output_path}")


def _output(glacier: Glacier, vault: Vault, job: Job) -> Output:
    if job.inventory is None:
        return _archive_output(job_archive(vault, job), job)
    document = glacier.document(job)
    return Output(document.length, document.content_type, document.chunks, lambda _s, _e: None)


def _archive_output(archive: Archive, job: Job) -> Output:
    def chunks(start: int, end: int) -> Iterator[bytes]:
        return archive.content.chunks(job.start + start, job.start + end)

    described = (("x-amz-archive-description", archive.description),)
    is_header = archive.description.isascii() and archive.description.isprintable()
    return Output(
        job.end - job.start,
        "application/octet-stream",
        chunks,
        partial(_output_hash, archive, job),
        described if archive.description and is_header else (),
    )


def _output_hash(archive: Archive, job: Job, start: int, end: int) -> str | None:
    """The hash of a part of the output: only where the job's range and the part's are aligned."""
    first, behind = job.start + start, job.start + end
    job_aligned = is_tree_hash_aligned(job.start, job.end, archive.size)
    if not (job_aligned and is_tree_hash_aligned(first, behind, archive.size)):
        return None
    return range_tree_hash(archive.content, first, behind)


def _asked_range(text: str, length: int) -> tuple[int, int]:
    match = _RANGE.fullmatch(text)
    if match is None:
        raise invalid(f"Invalid range: {text}")
    start = int(match[1])
    last = int(match[2]) if match[2] else length - 1
    if start >= length:
        raise _beyond(text)
    if last < start:
        raise invalid(f"Invalid range: {text}")
    return start, min(last + 1, length)


def _beyond(text: str) -> RefusedError:
    return invalid(f"The start of the range is larger than size of retrieved data: {text}")


def _part(output: Output, status: int, start: int, end: int) -> Answer:
    headers: Mapping[str, str | None] = {
        "Content-Type": output.content_type,
        "Accept-Ranges": "bytes",
        "Content-Range": f"bytes {start}-{end - 1}/{output.length}" if status == 206 else None,  # noqa: PLR2004 - Partial Content
        "x-amz-sha256-tree-hash": output.tree_hash(start, end),
    }
    given = tuple((name, value) for name, value in headers.items() if value is not None)
    body = Stream(end - start, partial(output.chunks, start, end))
    return Answer(status, given + output.headers, body)
