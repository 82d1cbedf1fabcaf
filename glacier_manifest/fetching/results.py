"""What a select has left in S3: where that is, whether it is whole, and which objects are the results.

Glacier writes below a prefix of the job's own: ``job.txt`` when it accepts the job, ``results/…`` and last
``result_manifest.txt``; or ``errors/…`` and ``error_manifest.txt``. The one manifest with the absence of the
other "guarantees that the job finished successfully" (docs: "glacier-select"). What a manifest looks like
inside is not documented: each result that it names, in whatever way, must be there.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import unquote

from glacier_manifest.aws.descriptions import ListedJob
from glacier_manifest.aws.evidence import one_line
from glacier_manifest.aws.output import OutputStream
from glacier_manifest.aws.s3 import S3Address
from glacier_manifest.aws.s3_reading import S3Entry
from glacier_manifest.errors import Failed, NotYet
from glacier_manifest.fetching.output import ResultObject
from glacier_manifest.jobs.request import ByteRange, Wire
from glacier_manifest.state.record import Record

RESULT_MANIFEST, ERROR_MANIFEST = "result_manifest.txt", "error_manifest.txt"
_RESULTS, _ERRORS, _PLACEHOLDER = "results/", "errors/", "job.txt"
_S3 = "s3://"
#: So long after its job's end a manifest may still be to come.
_STILL_TO_COME = timedelta(days=1)
#: A manifest names parts of a result, some hundred bytes each.
_LONGEST_MANIFEST, _LONGEST_ERROR = 64 << 20, 4096


class Results(Protocol):
    """What lists and reads objects in S3, as `aws.s3_reading.S3Reader`."""

    def listed(self, folder: S3Address) -> Iterator[S3Entry]:
        """Stream the objects whose keys begin with an address's."""

    def text(self, entry: S3Entry, most: int) -> str:
        """Return the first bytes of an object as text."""

    def md5(self, entry: S3Entry) -> str | None:
        """Return the MD5 of an object; None where S3 tells none."""

    def open(self, entry: S3Entry, wanted: ByteRange) -> AbstractContextManager[OutputStream]:
        """Open the bytes `wanted` of an object."""


def place_of(record: Record, job: ListedJob | None, asked: Wire | None) -> S3Address:
    """Return what the keys of a select's objects begin with.

    JobOutputPath has been seen as ``PREFIX/JOBID/``, without the bucket.

    Args:
        record: The select.
        job: What Glacier tells of its job; None where it does not know it any more.
        asked: The OutputLocation that the manifest asks for, as it is sent; None where no manifest tells.

    Raises:
        Failed: ``no-results-place``: nobody tells.
    """
    target: Mapping[str, str] = (asked or {}).get("S3") or {}
    told = "" if job is None else job.job_output_path or ""
    if told.startswith(_S3):
        bucket, _, path = told.removeprefix(_S3).partition("/")
        return S3Address(bucket, f"{path.strip('/')}/")
    bucket = (None if job is None else job.output_bucket) or target.get("BucketName") or ""
    prefix = (None if job is None else job.output_prefix) or target.get("Prefix")
    if not bucket or not (told or prefix is not None):
        raise _no_place(record)
    path = told.strip("/") or f"{(prefix or '').strip('/')}/{record.job_id}".strip("/")
    return S3Address(bucket, f"{path}/")


def results_of(record: Record, place: S3Address, s3: Results, *, at: datetime) -> tuple[ResultObject, ...]:
    """Return the objects of a select that are to be kept: the results, and what Glacier tells of them.

    Args:
        record: The select.
        place: What their keys begin with.
        s3: Has them.
        at: The time, by which a manifest is late.

    Raises:
        NotYet: ``results-unfinished``: the manifest of the results is still to come.
        Failed: ``select-failed``; ``results-missing``: there is no manifest, or it names what is not there.
        ServiceError: S3 cannot be asked, or does not answer.
    """
    found = {entry.address.key.removeprefix(place.key): entry for entry in s3.listed(place)}
    if ERROR_MANIFEST in found:
        raise _failed(record, place, _errors(found, s3))
    if RESULT_MANIFEST not in found:
        raise _unfinished(record, place, at=at)
    text = s3.text(found[RESULT_MANIFEST], _LONGEST_MANIFEST)
    named = _named(text, record.job_id or "")
    absent = sorted(name for name in named if not _spellings(name) & found.keys())
    if absent:
        raise _missing(record, place, f"{RESULT_MANIFEST} there names {absent[0]!r}, which is not there")
    told = {name for one in named for name in _spellings(one)} if named else found.keys()
    kept = [name for name in found if _is_kept(name, told)]
    return tuple(ResultObject(name, found[name], s3.md5(found[name])) for name in kept)


def _is_kept(name: str, told: Iterable[str]) -> bool:
    """Leave out what an attempt of Glacier's may have left that came to nothing, and folders' own objects."""
    if name in {_PLACEHOLDER, RESULT_MANIFEST}:
        return True
    return name.startswith(_RESULTS) and not name.endswith("/") and name in told


def _named(manifest: str, job_id: str) -> set[str]:
    """Return the results that a manifest names, in whatever form, each from ``results/`` on."""
    return set(re.findall(rf"{re.escape(job_id)}/({_RESULTS}[^\s\"',;<>\[\]{{}}]+)", manifest))


def _spellings(name: str) -> set[str]:
    return {name, unquote(name)}


def _errors(found: Mapping[str, S3Entry], s3: Results) -> str:
    """Return what Glacier says went wrong: the first of its logs, else the manifest of them."""
    logs = [entry for name, entry in found.items() if name.startswith(_ERRORS) and entry.size]
    texts = (s3.text(entry, _LONGEST_ERROR).strip() for entry in (*logs, found[ERROR_MANIFEST]))
    told = one_line(next((text for text in texts if text), "no reason is given"))
    return "".join(character if character.isprintable() else "?" for character in told)


def _failed(record: Record, place: S3Address, why: str) -> Failed:
    return Failed(
        "select-failed",
        f"the query of {record.address} failed, as {place}{ERROR_MANIFEST} tells: {why}",
        next_step="correct the query or what it says of the archive's form; the job with another query is"
        f" another request, and the same is bought again with --restart '{record.address}'",
    )


def _unfinished(record: Record, place: S3Address, *, at: datetime) -> Failed | NotYet:
    if record.completed_at is not None and at - record.completed_at < _STILL_TO_COME:
        return NotYet(
            "results-unfinished",
            f"{record.address}: its job has succeeded, and {place}{RESULT_MANIFEST} is not there yet",
            next_step="wait a while, then run the same command again",
        )
    return _missing(record, place, f"there is no {RESULT_MANIFEST}")


def _missing(record: Record, place: S3Address, why: str) -> Failed:
    return Failed(
        "results-missing",
        f"the results of {record.address} are not all in {place}: {why}",
        next_step=f"see what there is ('aws s3 ls --recursive {place}') and whether a lifecycle rule removes"
        f" it; the query is paid for again with --restart '{record.address}'",
    )


def _no_place(record: Record) -> Failed:
    return Failed(
        "no-results-place",
        f"nobody tells any more where job {record.job_id} of {record.address} has written its results",
        next_step="name the manifest that has the job: its 'output_location' says it",
    )
