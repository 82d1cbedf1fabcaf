"""What exactly a reviewer approves: entries, and the digest over them."""

import hashlib
from collections.abc import Iterable
from itertools import islice
from typing import Any

from glacier_manifest.jobs.key import canonical, request_key, series_key
from glacier_manifest.jobs.request import Request
from glacier_manifest.manifest import Repurchases

_PREFIX = "sha256:"
_AT_ONCE = 500


def body_sha256(request: Request) -> str:
    """Return the hash of the exact body without the marker, by which a changed request is seen."""
    body = request.body(tier=request.tiers[0] if request.tiers else None, description=request.description)
    return hashlib.sha256(canonical(body)).hexdigest()


def entry(request: Request, generation: int) -> str:
    """Return the approval entry of one purchase: 64 hexadecimal digits.

    A scheduled request is approved as a series: its entry leaves the slot out, so that next week's slot is
    covered by this week's review.
    """
    return _hash(entry_document(request, generation))


def standing_entry(request: Request, restarts: Repurchases) -> str:
    """Return the approval entry of a request together with its restarts that follow by themselves.

    It is one for all of its purchases, so that neither they nor the digest ask for a new review; it says
    how many there may be, so that other numbers do.
    """
    return _hash(entry_document(request, restarts))


def entry_document(request: Request, approved: int | Repurchases) -> dict[str, Any]:
    """Return what is hashed to an entry: of one purchase, or of the first together with its restarts."""
    if isinstance(approved, Repurchases):
        return _standing(request, approved)
    return {**_reviewed(request), "generation": approved}


def _standing(request: Request, restarts: Repurchases) -> dict[str, Any]:
    allowed = {"expired": restarts.expired, "failed": restarts.failed}
    return {**_reviewed(request), "restarts": allowed}


def _reviewed(request: Request) -> dict[str, Any]:
    is_series = request.slot is not None
    return {
        "v": 1,
        "series": is_series,
        "key": series_key(request) if is_series else request_key(request),
        "tiers": list(request.effective_tiers),
        "body": request.body(tier=None, description=request.description),
    }


def _hash(approved: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(approved)).hexdigest()


def digest(entries: Iterable[str]) -> str:
    """Return the digest of a set of entries: ``sha256:`` and 64 digits.

    Args:
        entries: Sorted, and each once: the same set has one digest, whatever came first.
    """
    joined = hashlib.sha256()
    separator, left = "", iter(entries)
    while some := list(islice(left, _AT_ONCE)):
        joined.update((separator + "\n".join(some)).encode("ascii"))
        separator = "\n"
    return _PREFIX + joined.hexdigest()
