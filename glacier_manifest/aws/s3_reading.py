"""Objects below a prefix of S3: listed, and each read range by range, as it was when it was listed."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from glacier_manifest.aws.causes import Cause, next_step_for
from glacier_manifest.aws.output import OTHER_RANGE, Body, RangeStream
from glacier_manifest.aws.s3 import S3Address, s3_error
from glacier_manifest.aws.session import Clients
from glacier_manifest.errors import GlacierManifestError, ServiceError
from glacier_manifest.jobs.request import ByteRange

T = TypeVar("T")

_READING, _LISTING = "s3:GetObject", "s3:ListBucket"
_MD5 = re.compile(r'"?([0-9a-f]{32})"?')
#: With these, or with none, an ETag that has the form of an MD5 is one (docs: "API_Object", ETag).
_PLAIN = frozenset({None, "AES256"})


class _ReadingClient(Protocol):
    """What is used of the SDK's client of S3 (docs: "API_Operations_Amazon_Simple_Storage_Service")."""

    def list_objects_v2(self, **parameters: object) -> Mapping[str, Any]: ...
    def head_object(self, **parameters: object) -> Mapping[str, Any]: ...
    def get_object(self, **parameters: object) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class S3Entry:
    """An object as a listing tells of it: where it is, its bytes, and its ETag."""

    address: S3Address
    size: int
    etag: str


class S3Reader:
    """Lists objects and reads ranges of them; safe to use from many threads.

    Every method raises ServiceError with a cause of `aws/causes.py`, or ``s3-bucket-not-found``.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def listed(self, folder: S3Address) -> Iterator[S3Entry]:
        """Stream the objects whose keys begin with an address's, in the order of their keys."""
        more: dict[str, str] = {}
        while True:
            answer = self._asked(folder, _LISTING, _page(folder, more))
            for one in answer.get("Contents", ()):
                yield S3Entry(S3Address(folder.bucket, one["Key"]), int(one["Size"]), str(one["ETag"]))
            if not answer.get("IsTruncated"):
                return
            more = {"ContinuationToken": str(answer["NextContinuationToken"])}

    def text(self, entry: S3Entry, most: int) -> str:
        """Return the first bytes of an object, `most` of them, as text.

        Raises:
            ServiceError: ``output-cut``, ``output-range``, ``s3-object-changed``, ``s3-object-not-found``.
        """
        if not entry.size:
            return ""
        wanted = ByteRange(0, min(most, entry.size) - 1)
        with self.open(entry, wanted) as stream:
            pieces = iter(lambda: stream.read(most), b"")
            return b"".join(pieces).decode("utf-8", "replace")

    def md5(self, entry: S3Entry) -> str | None:
        """Return the MD5 of an object, 32 hexadecimal digits; None where its ETag is something else.

        That of an object in parts is, and that of one that is encrypted with keys of KMS.

        """
        digits = _MD5.fullmatch(entry.etag)
        if digits is None:
            return None
        answer = self._asked(entry.address, _READING, lambda client: client.head_object(**_at(entry.address)))
        is_plain = answer.get("ServerSideEncryption") in _PLAIN and "SSECustomerAlgorithm" not in answer
        return digits[1] if is_plain else None

    @contextmanager
    def open(self, entry: S3Entry, wanted: ByteRange) -> Iterator[RangeStream]:
        """Open the bytes `wanted` of an object, as it was when it was listed.

        Raises:
            ServiceError: ``s3-object-changed``, ``s3-object-not-found``, ``output-range``.
        """
        answer = self._asked(
            entry.address,
            _READING,
            lambda client: client.get_object(
                **_at(entry.address), Range=f"bytes={wanted}", IfMatch=entry.etag
            ),
        )
        body: Body = answer["Body"]
        try:
            _check_range(answer, entry, wanted)
            yield RangeStream(body, wanted, None, f"bytes {wanted} of {entry.address}")
        finally:
            body.close()

    def _asked(self, address: S3Address, actions: str, call: Callable[[_ReadingClient], T]) -> T:
        self._clients.watch.begin()
        try:
            return call(cast("_ReadingClient", self._clients.storage()))
        except GlacierManifestError:
            raise
        except Exception as error:  # the SDK raises many kinds, and each is told by its name
            raise s3_error(address, error, self._clients.watch.stage, actions=actions) from error


def _page(folder: S3Address, more: Mapping[str, str]) -> Callable[[_ReadingClient], Mapping[str, Any]]:
    return lambda client: client.list_objects_v2(Bucket=folder.bucket, Prefix=folder.key, **more)


def _at(address: S3Address) -> dict[str, str]:
    return {"Bucket": address.bucket, "Key": address.key}


def _check_range(answer: Mapping[str, Any], entry: S3Entry, wanted: ByteRange) -> None:
    """Refuse what is not the range that was asked for: a server that knows no ranges answers with all."""
    told = answer.get("ContentRange") or f"bytes 0-{int(answer['ContentLength']) - 1}/{entry.size}"
    if told != f"bytes {wanted}/{entry.size}":
        raise ServiceError(
            OTHER_RANGE,
            f"{entry.address}: {told} came, where bytes {wanted} of {entry.size} were wanted",
            next_step=next_step_for(Cause.UNEXPECTED_ANSWER),
        )
