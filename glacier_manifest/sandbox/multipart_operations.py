"""Multipart uploads: parts of one size, in any order, that become an archive.

https://docs.aws.amazon.com/amazonglacier/latest/dev/multipart-archive-operations.html
An upload that is not complete is kept in memory, and is gone when the sandbox stops.
"""

import re

from glacier_manifest.sandbox.asks import Ask
from glacier_manifest.sandbox.glacier import Glacier
from glacier_manifest.sandbox.identity import upload_id
from glacier_manifest.sandbox.refusals import RefusedError, invalid
from glacier_manifest.sandbox.treehash import MIB, combine, leaf_digests
from glacier_manifest.sandbox.uploads import Upload
from glacier_manifest.sandbox.vault_operations import NO_CONTENT, named_vault
from glacier_manifest.sandbox.wire import Answer

_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/\*")
_LARGEST_PART = 4 << 30


def initiate_multipart_upload(glacier: Glacier, ask: Ask) -> Answer:
    """InitiateMultipartUpload: 201 with the upload's ID."""
    vault, headers = named_vault(glacier, ask), ask.request.headers
    size = headers.get("x-amz-part-size", "")
    if not re.fullmatch("[0-9]{1,12}", size) or not _is_part_size(int(size)):
        raise invalid(f"Invalid part size: {size}")
    new_id = upload_id(glacier.rng)
    glacier.uploads[vault.key, new_id] = Upload(int(size), headers.get("x-amz-archive-description", ""))
    location = f"{vault.key.path}/multipart-uploads/{new_id}"
    return Answer(201, (("Location", location), ("x-amz-multipart-upload-id", new_id)))


def _is_part_size(size: int) -> bool:
    return MIB <= size <= _LARGEST_PART and size & (size - 1) == 0


def _named_upload(glacier: Glacier, ask: Ask) -> Upload:
    upload = glacier.uploads.get((ask.key, ask.target))
    if upload is None:
        message = f"The upload ID was not found: {ask.target}"
        raise RefusedError("ResourceNotFoundException", message)
    return upload


def upload_multipart_part(glacier: Glacier, ask: Ask) -> Answer:
    """UploadMultipartPart: 204 for a part in its place with the right tree hash."""
    upload, body, headers = _named_upload(glacier, ask), ask.request.body, ask.request.headers
    match = _RANGE.fullmatch(headers.get("content-range", ""))
    if match is None or int(match[2]) - int(match[1]) + 1 != len(body):
        raise invalid(f"Invalid Content-Range: {headers.get('content-range')}")
    if int(match[1]) % upload.part_size or len(body) > upload.part_size:
        raise invalid("The part does not match the upload's part size")
    tree_hash = combine(leaf_digests(body)).hex()
    if headers.get("x-amz-sha256-tree-hash") != tree_hash:
        raise invalid("Checksum mismatch")
    upload.parts[int(match[1])] = body
    return Answer(204, (("x-amz-sha256-tree-hash", tree_hash),))


def complete_multipart_upload(glacier: Glacier, ask: Ask) -> Answer:
    """CompleteMultipartUpload: 201 with the archive's ID."""
    upload, headers = _named_upload(glacier, ask), ask.request.headers
    body = upload.body
    tree_hash = combine(leaf_digests(body)).hex()
    if headers.get("x-amz-archive-size") != str(len(body)):
        raise invalid(f"Invalid archive size: {headers.get('x-amz-archive-size')}")
    if headers.get("x-amz-sha256-tree-hash") != tree_hash:
        raise invalid("Checksum mismatch")
    archive_id = glacier.upload(ask.key, body, upload.description)
    glacier.uploads.pop((ask.key, ask.target), None)
    location = f"{ask.key.path}/archives/{archive_id}"
    hashed = ("x-amz-sha256-tree-hash", tree_hash)
    return Answer(201, (("Location", location), ("x-amz-archive-id", archive_id), hashed))


def abort_multipart_upload(glacier: Glacier, ask: Ask) -> Answer:
    """AbortMultipartUpload: 204."""
    _named_upload(glacier, ask)
    glacier.uploads.pop((ask.key, ask.target), None)
    return NO_CONTENT
