"""The output of a job that succeeded, read range by range (docs: "api-job-output-get", GetJobOutput)."""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from glacier_manifest.aws.causes import Cause, next_step_for
from glacier_manifest.aws.evidence import words_of
from glacier_manifest.aws.glacier import place_of, service_error
from glacier_manifest.aws.session import Clients
from glacier_manifest.aws.verdicts import cause_of
from glacier_manifest.errors import GlacierManifestError, ServiceError
from glacier_manifest.jobs.request import ByteRange, Vault

_CUT = "output-cut"
OTHER_RANGE = "output-range"
_OPERATION = "GetJobOutput"
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)", re.ASCII)
_TREE_HASH = re.compile(r"[0-9a-f]{64}")
_OK = 200

#: What may be gone a moment later: reading changes nothing, so that it may be repeated at any time.
PASSING = frozenset(
    {
        _CUT,
        OTHER_RANGE,
        Cause.THROTTLED,
        Cause.UNREACHABLE,
        Cause.NO_ANSWER,
        Cause.SERVICE_FAILED,
        Cause.UNEXPECTED_ANSWER,
    }
)


class Body(Protocol):
    """The body of an answer of the SDK."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at its end."""

    def close(self) -> None:
        """Let go of the connection."""


class OutputStream(Protocol):
    """The bytes of one range, from the first to the last.

    Attributes:
        tree_hash: What Glacier says the range's tree hash is, 64 hexadecimal digits; None where it says
            nothing, as of inventories and of ranges that are no node of the archive's tree.
    """

    tree_hash: str | None

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none only when all have been read.

        Raises:
            ServiceError: ``output-cut``: the connection broke before.
        """


class OutputReader(Protocol):
    """What opens ranges of an output; one serves many threads."""

    def open(
        self, vault: Vault, job_id: str, wanted: ByteRange, length: int
    ) -> AbstractContextManager[OutputStream]:
        """Open the bytes `wanted` of an output that has `length` bytes."""


class RangeStream:
    """The bytes of one range of a body; one that ends before its time is an error."""

    def __init__(self, body: Body, wanted: ByteRange, tree_hash: str | None, place: str) -> None:
        """Take a body that holds the bytes `wanted`; `place` names them for messages."""
        self.tree_hash = tree_hash
        self._body = body
        self._left = wanted.end + 1 - wanted.start
        self._length = self._left
        self._place = place

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none only when all have been read.

        Raises:
            ServiceError: ``output-cut``.
        """
        if not self._left:
            return b""
        try:
            piece = self._body.read(min(size, self._left))
        except Exception as error:  # whatever broke, the range is not whole
            raise self._cut(words_of(error)) from error
        if not piece:
            raise self._cut("the connection was closed")
        self._left -= len(piece)
        return piece

    def _cut(self, why: str) -> ServiceError:
        read = self._length - self._left
        return ServiceError(
            _CUT,
            f"{self._place}: it broke off after {read:,} of {self._length:,} bytes: {why}",
            next_step=next_step_for(Cause.NO_ANSWER),
        )


class GlacierOutput:
    """The reader that reaches AWS."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    @contextmanager
    def open(self, vault: Vault, job_id: str, wanted: ByteRange, length: int) -> Iterator[OutputStream]:
        """Open the bytes `wanted` of an output that has `length` bytes.

        Args:
            vault: Whose job it was.
            job_id: A job that succeeded.
            wanted: Counted from the output's own first byte, whatever range of an archive the job retrieved.
            length: What DescribeJob tells.

        Raises:
            ServiceError: ``job-not-found``: the output is gone. ``output-range``: the answer is another range
                than that. Else a cause. Those in PASSING may be gone a moment later.
        """
        place = f"{_OPERATION} of bytes {wanted} of job {job_id} of {place_of(vault)}"
        answer = self._answer(vault, job_id, wanted)
        body: Body = answer["body"]
        try:
            _check_range(answer, wanted, length, place)
            yield RangeStream(body, wanted, _tree_hash(answer), place)
        finally:
            body.close()

    def _answer(self, vault: Vault, job_id: str, wanted: ByteRange) -> Mapping[str, Any]:
        self._clients.watch.begin()
        try:
            answer: Mapping[str, Any] = self._clients.reading(vault.region).get_job_output(
                accountId=vault.account_id, vaultName=vault.name, jobId=job_id, range=f"bytes={wanted}"
            )
        except GlacierManifestError:
            raise
        except Exception as error:  # the SDK raises many kinds, and each is told by its name
            cause = cause_of(error, self._clients.watch.stage)
            raise service_error(
                error, cause, _OPERATION, f"bytes {wanted} of job {job_id} of {place_of(vault)}"
            ) from error
        return answer


def _check_range(answer: Mapping[str, Any], wanted: ByteRange, length: int, place: str) -> None:
    """Refuse what is not the range that was asked for: a server that knows no ranges answers with all."""
    announced = _content_length(answer)
    given = _given(answer, announced)
    if given != (wanted.start, wanted.end, length) or announced not in (None, wanted.end + 1 - wanted.start):
        raise ServiceError(
            OTHER_RANGE,
            f"{place}: HTTP {answer.get('status')} with Content-Range {answer.get('contentRange')!r} and"
            f" Content-Length {announced} came, where bytes {wanted} of {length} were wanted",
            next_step=next_step_for(Cause.UNEXPECTED_ANSWER),
        )


def _given(answer: Mapping[str, Any], announced: int | None) -> tuple[int, int, int] | None:
    told = _CONTENT_RANGE.fullmatch(answer.get("contentRange") or "")
    if told is not None:
        return int(told[1]), int(told[2]), int(told[3])
    return None if announced is None or answer.get("status") != _OK else (0, announced - 1, announced)


def _content_length(answer: Mapping[str, Any]) -> int | None:
    text = answer["ResponseMetadata"]["HTTPHeaders"].get("content-length", "")
    return int(text) if text.isdecimal() else None


def _tree_hash(answer: Mapping[str, Any]) -> str | None:
    told = (answer.get("checksum") or "").lower()
    return told if _TREE_HASH.fullmatch(told) else None
