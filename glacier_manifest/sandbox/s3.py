"""What selects have written, read as from S3: buckets listed, and objects whole or by range; nothing else.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html and the pages of GetObject, HeadObject.

Objects stay when their jobs are forgotten. A bucket is there as soon as a select names it.
"""

import re
from collections.abc import Mapping
from hashlib import md5
from xml.sax.saxutils import escape

from glacier_manifest.sandbox.clock import http_date, iso_instant
from glacier_manifest.sandbox.events import Job
from glacier_manifest.sandbox.glacier import Glacier
from glacier_manifest.sandbox.selects import objects_of
from glacier_manifest.sandbox.vaults import Vault
from glacier_manifest.sandbox.wire import Answer, Request, Stream

_XML = (("Content-Type", "application/xml"),)
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")


class ResultsOfSelects:
    """Answers as S3 does, below ``/_sandbox/s3``: a client's endpoint is the URL with that."""

    def __init__(self, glacier: Glacier) -> None:
        self._glacier = glacier
        self._written: dict[str, Mapping[str, bytes]] = {}

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request."""
        _sandbox, _s3, bucket, *parts = (*request.segments, "")
        key = "/".join(parts).removesuffix("/")
        if request.method not in {"GET", "HEAD"}:
            return _error(405, "MethodNotAllowed", "Only what selects have written is here, to be read")
        objects = self._objects(bucket)
        if objects is None:
            return _error(404, "NoSuchBucket", "The specified bucket does not exist")
        if not key:
            return _listed(bucket, objects, request.query.get("prefix", ""))
        if key not in objects:
            return _error(404, "NoSuchKey", "The specified key does not exist.")
        return _object(objects[key], request)

    def _objects(self, bucket: str) -> Mapping[str, bytes] | None:
        """Return the objects of a bucket by key; None where no select has named it."""
        now, found = self._glacier.clock.seconds(), None
        for job in self._glacier.accepted.copy():
            target = ((job.output_location or {}).get("S3") or {}).get("BucketName")
            vault = self._glacier.vaults.get(job.vault)
            if target != bucket or vault is None or job.output_path is None:
                continue
            prefix = job.output_path.removeprefix(f"s3://{bucket}/")
            written = self._written_by(vault, job, now)
            found = (found or {}) | {f"{prefix}/{name}": body for name, body in written.items()}
        return found

    def _written_by(self, vault: Vault, job: Job, now: float) -> Mapping[str, bytes]:
        """Return what a select has written; the query of one that has ended is run once."""
        if now < job.ready_at:
            return objects_of(vault, job, now)
        if job.job_id not in self._written:
            self._written[job.job_id] = objects_of(vault, job, now)
        return self._written[job.job_id]


def _listed(bucket: str, objects: Mapping[str, bytes], prefix: str) -> Answer:
    """Return all keys in one page: a client asks for no smaller one."""
    keys = sorted(key for key in objects if key.startswith(prefix))
    contents = "".join(
        f"<Contents><Key>{escape(key)}</Key><LastModified>{iso_instant(0)}</LastModified>"
        f"<ETag>{escape(_etag(objects[key]))}</ETag><Size>{len(objects[key])}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
        for key in keys
    )
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{escape(bucket)}</Name><Prefix>{escape(prefix)}</Prefix><KeyCount>{len(keys)}</KeyCount>"
        f"<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"
    )
    return Answer(200, _XML, body.encode())


def _object(body: bytes, request: Request) -> Answer:
    headers = (
        ("ETag", _etag(body)),
        ("Accept-Ranges", "bytes"),
        ("Content-Type", "binary/octet-stream"),
        ("Last-Modified", http_date(0)),
    )
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted.strip('"') != _etag(body).strip('"'):
        return _error(412, "PreconditionFailed", "At least one of the pre-conditions did not hold")
    if request.method == "HEAD":
        return Answer(200, headers, Stream(len(body), lambda: iter(())))
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None:
        return Answer(200, headers, body)
    start, last = int(asked[1]), min(int(asked[2] or len(body)), len(body) - 1)
    if start > last:
        return _error(416, "InvalidRange", "The requested range is not satisfiable")
    told = ("Content-Range", f"bytes {start}-{last}/{len(body)}")
    return Answer(206, (*headers, told), body[start : last + 1])


def _etag(body: bytes) -> str:
    return f'"{md5(body, usedforsecurity=False).hexdigest()}"'


def _error(status: int, code: str, message: str) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(status, _XML, f'<?xml version="1.0" encoding="UTF-8"?>{body}'.encode())
