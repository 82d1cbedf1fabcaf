"""Objects in S3, read as a stream: whole, or not at all."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, Self

from glacier_manifest.aws.causes import Cause, next_step_for
from glacier_manifest.aws.evidence import class_names, reply_in, words_of
from glacier_manifest.aws.session import Clients
from glacier_manifest.aws.verdicts import Stage, cause_of
from glacier_manifest.errors import GlacierManifestError, ServiceError, UsageError

_URL = re.compile(r"s3://(?P<bucket>[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9])/(?P<key>.+)", re.DOTALL)
#: How often in a row a broken download is taken up again without a byte more.
_MOST_FAILURES = 5
_ENDPOINT = (
    "check the network, HTTPS_PROXY, NO_PROXY and AWS_ENDPOINT_URL_S3, then run the same command again"
)
_READING = "s3:GetObject (and s3:ListBucket, so that S3 tells what is missing)"


class _Body(Protocol):
    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class S3Address:
    """An object, as ``s3://bucket/key``."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read an address.

        Raises:
            UsageError: ``s3-address``: it is none.
        """
        match = _URL.fullmatch(url)
        if match is None:
            raise UsageError(
                "s3-address",
                f"{url!r} is no object in S3",
                next_step="write it as s3://BUCKET/KEY, such as s3://inventories/photos.json",
            )
        return cls(match["bucket"], match["key"])

    def __str__(self) -> str:
        """Write it as it was read."""
        return f"s3://{self.bucket}/{self.key}"


class S3Object:
    """The bytes of one object, from the first to the last; a broken download goes on where it broke.

    Every further piece must be of the same version of the object, and there must be as many bytes as S3
    announced: an object is never taken for whole that is not.
    """

    def __init__(self, address: S3Address, get: Callable[[Mapping[str, str]], Mapping[str, Any]]) -> None:
        """Ask for the object; `get` asks for it with further parameters."""
        self._address = address
        self._get = get
        answer = get({})
        self._body: _Body = answer["Body"]
        self._version = {"IfMatch": str(answer["ETag"])}
        self._length = int(answer["ContentLength"])
        self._at = 0
        self._failures = 0

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, at least one before the end.

        Raises:
            ServiceError: The download breaks again and again, or the object has changed meanwhile.
        """
        while True:
            try:
                piece = self._body.read(size)
            except Exception as error:  # noqa: BLE001 - whatever broke, the rest is asked for again
                self._go_on(error)
                continue
            if piece:
                self._at += len(piece)
                self._failures = 0
                return piece
            if self._at >= self._length:
                return b""
            self._go_on(None)

    def close(self) -> None:
        """Let go of the connection."""
        self._body.close()

    def _go_on(self, error: Exception | None) -> None:
        self._failures += 1
        why = "the connection was closed" if error is None else words_of(error)
        if error is not None and "botocore.FlexibleChecksumError" in class_names(error):
            raise ServiceError(
                "s3-checksum",
                f"{self._address}: what came is not what S3 stores: {why}",
                next_step="run the same command again; a proxy that alters what it passes on does this",
            ) from error
        if self._failures > _MOST_FAILURES or self._at >= self._length:
            raise ServiceError(
                str(Cause.NO_ANSWER),
                f"{self._address}: the download broke at {self._at:,} of {self._length:,} bytes: {why}",
                next_step=next_step_for(Cause.NO_ANSWER),
            ) from error
        self._body.close()
        self._body = self._get({"Range": f"bytes={self._at}-", **self._version})["Body"]


class S3Objects:
    """Opens objects; the connection's profile counts, and AWS_ENDPOINT_URL_S3 in place of --endpoint-url."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    @contextmanager
    def open(self, url: str) -> Iterator[S3Object]:
        """Open ``s3://bucket/key`` to read it once.

        Raises:
            UsageError: ``s3-address``.
            ServiceError: ``s3-object-not-found``, ``s3-bucket-not-found``, ``s3-object-archived``, a cause.
        """
        address = S3Address.parse(url)
        opened = S3Object(address, lambda more: self._get(address, more))
        try:
            yield opened
        finally:
            opened.close()

    def _get(self, address: S3Address, more: Mapping[str, str]) -> Mapping[str, Any]:
        self._clients.watch.begin()
        try:
            client = self._clients.storage()
            answer: Mapping[str, Any] = client.get_object(Bucket=address.bucket, Key=address.key, **more)
        except GlacierManifestError:
            raise
        except Exception as error:  # the SDK raises many kinds, and each is told by its name
            raise s3_error(address, error, self._clients.watch.stage, actions=_READING) from error
        return answer


def s3_error(address: S3Address, error: Exception, stage: Stage, *, actions: str) -> ServiceError:
    """Return the error for a call that came to nothing; `actions` are the IAM actions that it needs."""
    reply = reply_in(getattr(error, "response", None))
    match reply.code:
        case "NoSuchKey":
            return ServiceError(
                "s3-object-not-found",
                f"there is no object {address}",
                next_step=f"see what there is: 'aws s3 ls s3://{address.bucket}/'",
            )
        case "NoSuchBucket":
            return ServiceError(
                "s3-bucket-not-found",
                f"there is no bucket {address.bucket!r}, wanted for {address}",
                next_step="correct the address; 'aws s3 ls' lists the buckets of the account",
            )
        case "InvalidObjectState":
            return ServiceError(
                "s3-object-archived",
                f"{address} is itself in an archive's storage class, and cannot be read at once",
                next_step="restore it first ('aws s3api restore-object'), or name a copy of it",
            )
        case "PreconditionFailed":
            return ServiceError(
                "s3-object-changed",
                f"{address} was replaced by another while it was read",
                next_step="run the same command again; nothing was started",
            )
    cause = cause_of(error, stage)
    return ServiceError(
        str(cause), f"{address}: {reply.message or words_of(error)}", next_step=_next(cause, actions)
    )


def _next(cause: Cause, actions: str) -> str:
    if cause in {Cause.UNREACHABLE, Cause.UNEXPECTED_ANSWER}:
        return _ENDPOINT
    return next_step_for(cause, action=actions)
