"""IDs in the shapes of Glacier's: archives 138 characters, jobs 92, of [A-Za-z0-9_-]."""

import base64
import hashlib
import random
import struct

ARCHIVE_ID_LENGTH = 138
_ARCHIVE_BYTES = 103
_JOB_BYTES = 69
_UPLOAD_BYTES = 69
_TAG = struct.Struct(">IQ")
_DASHED = 8


def dice(seed: object = None) -> random.Random:
    """Return a source of randomness; the same for the same seed, a new one for None."""
    return random.Random(None if seed is None else repr(seed))  # noqa: S311 - IDs of a fake and its faults guard nothing


def job_id(rng: random.Random) -> str:
    """Return a new job ID; one in eight starts with `-`, which breaks careless command lines."""
    name = _text(rng.randbytes(_JOB_BYTES))
    return "-" + name[1:] if rng.randrange(_DASHED) == 0 else name


def uploaded_archive_id(rng: random.Random) -> str:
    """Return a new archive ID."""
    return _text(rng.randbytes(_ARCHIVE_BYTES))


def upload_id(rng: random.Random) -> str:
    """Return a new ID of a multipart upload."""
    return _text(rng.randbytes(_UPLOAD_BYTES))


def request_id(rng: random.Random) -> str:
    """Return a request ID as `x-amzn-RequestId` shows it."""
    return _text(rng.randbytes(36))


def generated_archive_id(batch: int, seed: int, index: int) -> str:
    """Return the ID of a generated archive, from which its batch and number can be read back.

    A million of these need no memory: the first bytes are (batch, index), hidden by the others.
    """
    origin = _TAG.pack(batch, index)
    rest = hashlib.shake_256(b"%d " % seed + origin).digest(_ARCHIVE_BYTES - _TAG.size)
    return _text(_hidden(origin, rest) + rest)


def origin_of(archive_id: str) -> tuple[int, int] | None:
    """Return (batch, index) as `generated_archive_id` wrote them; None for any other shape.

    An ID of another origin gives numbers as well: make the ID again and compare.
    """
    try:
        raw = base64.urlsafe_b64decode(archive_id + "==")
    except ValueError:
        return None
    if len(raw) != _ARCHIVE_BYTES:
        return None
    batch, index = _TAG.unpack(_hidden(raw[: _TAG.size], raw[_TAG.size :]))
    return batch, index


def _hidden(origin: bytes, rest: bytes) -> bytes:
    pad = hashlib.blake2b(rest, digest_size=_TAG.size).digest()
    hidden = int.from_bytes(origin) ^ int.from_bytes(pad)
    return hidden.to_bytes(_TAG.size)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
