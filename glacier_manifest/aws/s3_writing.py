"""Objects in S3, written: in one piece or in parts, each confirmed by S3 with a checksum of its own."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import md5, sha256
from typing import Any, Protocol, TypeVar, cast

from glacier_manifest.aws.evidence import reply_in
from glacier_manifest.aws.s3 import S3Address, s3_error
from glacier_manifest.aws.session import Clients
from glacier_manifest.errors import Failed, GlacierManifestError, ServiceError

T = TypeVar("T")

_WRITING = "s3:PutObject and s3:AbortMultipartUpload"
_LISTING = "s3:ListMultipartUploadParts"
#: Somebody else has the key, or is about to (docs: "conditional-writes").
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
#: Nothing is there to be aborted (docs: "API_AbortMultipartUpload").
_NO_UPLOAD = frozenset({"NoSuchUpload", "NoSuchBucket"})
_FORBIDDEN = 403
_NOT_FOUND = 404


class _WritingClient(Protocol):
    """What is used of the SDK's client of S3 (docs: "API_Operations_Amazon_Simple_Storage_Service")."""

    def head_object(self, **parameters: object) -> Mapping[str, Any]: ...
    def put_object(self, **parameters: object) -> Mapping[str, Any]: ...
    def create_multipart_upload(self, **parameters: object) -> Mapping[str, Any]: ...
    def upload_part(self, **parameters: object) -> Mapping[str, Any]: ...
    def list_parts(self, **parameters: object) -> Mapping[str, Any]: ...
    def complete_multipart_upload(self, **parameters: object) -> Mapping[str, Any]: ...
    def abort_multipart_upload(self, **parameters: object) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Storing:
    """How new objects are stored; what is None is left to the bucket.

    Attributes:
        storage_class: Such as ``STANDARD_IA`` or ``DEEP_ARCHIVE``.
        encryption: ``AES256``, ``aws:kms`` or ``aws:kms:dsse``.
        kms_key: The key's ID or ARN; only with a KMS encryption.
    """

    storage_class: str | None = None
    encryption: str | None = None
    kms_key: str | None = None

    def wire(self) -> dict[str, str]:
        """Return the parameters of PutObject and CreateMultipartUpload."""
        named = {
            "StorageClass": self.storage_class,
            "ServerSideEncryption": self.encryption,
            "SSEKMSKeyId": self.kms_key,
        }
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Head:
    """An object as S3 tells of it: its bytes, and what its writer noted."""

    size: int
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part that S3 has: its number, from 1, its ETag, its bytes, and its SHA-256 where S3 keeps one."""

    number: int
    etag: str
    size: int
    sha256: bytes | None


class S3Writer:
    """Writes objects; safe to use from many threads. Without `overwrite`, a key that is taken stays as it is.

    Every method raises ServiceError with a cause of `aws/causes.py`, or ``s3-bucket-not-found``.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def head(self, address: S3Address) -> Head | None:
        """Look at an object; None where there is none, or where S3 does not tell (``s3:GetObject``)."""
        try:
            answer = self._asked(lambda client: client.head_object(**_at(address)))
        except Exception as error:
            if reply_in(getattr(error, "response", None)).status in {_NOT_FOUND, _FORBIDDEN}:
                return None
            raise self._told(address, error) from error
        return Head(int(answer["ContentLength"]), dict(answer.get("Metadata", {})))

    def put(
        self, address: S3Address, body: bytes, how: Storing, metadata: Mapping[str, str], *, overwrite: bool
    ) -> None:
        """Write an object in one piece.

        Raises:
            Failed: ``name-taken``.
            ServiceError: ``s3-unconfirmed``: S3 does not confirm what it took.
        """
        digest = sha256(body).digest()
        answer = self._told_clearly(
            address,
            lambda client: client.put_object(
                **_at(address),
                **how.wire(),
                **_condition(overwrite=overwrite),
                Body=body,
                Metadata=metadata,
                ChecksumSHA256=_text(digest),
            ),
        )
        _confirm(address, answer, body, digest)

    def begin(self, address: S3Address, how: Storing, metadata: Mapping[str, str]) -> str:
        """Begin an object in parts; return the upload's ID."""
        answer = self._told_clearly(
            address,
            lambda client: client.create_multipart_upload(
                **_at(address), **how.wire(), Metadata=metadata, ChecksumAlgorithm="SHA256"
            ),
        )
        return str(answer["UploadId"])

    def part(self, address: S3Address, upload: str, number: int, body: bytes) -> StoredPart:
        """Write a part, number 1 to 10,000.

        Raises:
            ServiceError: ``s3-unconfirmed``: S3 does not confirm what it took.
        """
        digest = sha256(body).digest()
        answer = self._told_clearly(
            address,
            lambda client: client.upload_part(
                **_at(address), UploadId=upload, PartNumber=number, Body=body, ChecksumSHA256=_text(digest)
            ),
        )
        _confirm(address, answer, body, digest)
        return StoredPart(number, str(answer["ETag"]), len(body), digest)

    def parts(self, address: S3Address, upload: str) -> Mapping[int, StoredPart] | None:
        """Return the parts that stand, by number; None where S3 does not know the upload."""
        try:
            return {part.number: part for part in self._listed(address, upload)}
        except Exception as error:
            if reply_in(getattr(error, "response", None)).code == "NoSuchUpload":
                return None
            raise self._told(address, error, _LISTING) from error

    def complete(
        self, address: S3Address, upload: str, parts: Sequence[StoredPart], *, overwrite: bool
    ) -> None:
        """Let the object appear, made of all parts in their order.

        Raises:
            Failed: ``name-taken``.
            ServiceError: ``s3-unconfirmed``: the object is not what was sent.
        """
        answer = self._told_clearly(
            address,
            lambda client: client.complete_multipart_upload(
                **_at(address),
                **_condition(overwrite=overwrite),
                UploadId=upload,
                MultipartUpload={"Parts": [_wire(part) for part in parts]},
            ),
        )
        digests = [part.sha256 for part in parts if part.sha256 is not None]
        confirmed = answer.get("ChecksumSHA256")
        composite = f"{_text(sha256(b''.join(digests)).digest())}-{len(parts)}"
        if len(digests) == len(parts) and confirmed is not None and confirmed != composite:
            raise unconfirmed(address, "it made another object of the parts than was sent")

    def abort(self, address: S3Address, upload: str) -> bool:
        """Throw the parts away; say whether they are gone: else the bucket's lifecycle rules must do it."""
        try:
            self._asked(lambda client: client.abort_multipart_upload(**_at(address), UploadId=upload))
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing depends on it
            return reply_in(getattr(error, "response", None)).code in _NO_UPLOAD
        return True

    def _listed(self, address: S3Address, upload: str) -> Iterator[StoredPart]:
        after = 0
        while True:
            answer = self._asked(partial(_parts_after, address, upload, after))
            for one in answer.get("Parts", ()):
                digest = b64decode(one["ChecksumSHA256"]) if "ChecksumSHA256" in one else None
                yield StoredPart(int(one["PartNumber"]), str(one["ETag"]), int(one["Size"]), digest)
            if not answer.get("IsTruncated"):
                return
            after = int(answer["NextPartNumberMarker"])

    def _asked(self, call: Callable[[_WritingClient], T]) -> T:
        self._clients.watch.begin()
        return call(cast("_WritingClient", self._clients.storage()))

    def _told_clearly(self, address: S3Address, call: Callable[[_WritingClient], T]) -> T:
        try:
            return self._asked(call)
        except GlacierManifestError:
            raise
        except Exception as error:  # the SDK raises many kinds, and each is told by its name
            raise self._told(address, error) from error

    def _told(self, address: S3Address, error: Exception, actions: str = _WRITING) -> GlacierManifestError:
        if isinstance(error, GlacierManifestError):
            return error
        if reply_in(getattr(error, "response", None)).code in _TAKEN:
            return name_taken(str(address))
        return s3_error(address, error, self._clients.watch.stage, actions=actions)


def name_taken(place: str) -> Failed:
    """Return the error for a name that something else took while the output was written."""
    return Failed(
        "name-taken",
        f"{place} came to be while its output was fetched, and is not overwritten",
        next_step="run the same command again, with s3:GetObject allowed: the output gets a name of its own",
    )


def unconfirmed(address: S3Address, why: str) -> ServiceError:
    """Return the error for an object of which S3 does not say that it is what was sent."""
    return ServiceError(
        "s3-unconfirmed",
        f"{address} is not known to be stored: the S3 that answers took it, but {why}",
        next_step="check AWS_ENDPOINT_URL_S3 and HTTPS_PROXY, then run the same command again",
    )


def _parts_after(address: S3Address, upload: str, after: int, client: _WritingClient) -> Mapping[str, Any]:
    return client.list_parts(**_at(address), UploadId=upload, PartNumberMarker=after)


def _at(address: S3Address) -> dict[str, str]:
    return {"Bucket": address.bucket, "Key": address.key}


def _condition(*, overwrite: bool) -> dict[str, str]:
    return {} if overwrite else {"IfNoneMatch": "*"}


def _wire(part: StoredPart) -> dict[str, object]:
    named: dict[str, object] = {"PartNumber": part.number, "ETag": part.etag}
    return named if part.sha256 is None else {**named, "ChecksumSHA256": _text(part.sha256)}


def _text(digest: bytes) -> str:
    return b64encode(digest).decode()


def _confirm(address: S3Address, answer: Mapping[str, Any], body: bytes, digest: bytes) -> None:
    """Hold what S3 tells of a body against the body (docs: "checking-object-integrity")."""
    confirmed = answer.get("ChecksumSHA256")
    if confirmed is not None:
        is_right = confirmed == _text(digest)
    else:  # an S3 that keeps no checksums: the ETag is the MD5
        is_right = str(answer.get("ETag", "")).strip('"') == md5(body, usedforsecurity=False).hexdigest()
    if not is_right:
        raise unconfirmed(address, "it does not confirm the bytes that were sent")
