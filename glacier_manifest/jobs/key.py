"""The key: what makes two requests one, for ever.

SHA-256 over canonical JSON of ``{v, account, region, vault, type, what, slot}``. The keys of every kind of
request are pinned in ``tests/golden/keys.json``: a change here buys everything again.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from glacier_manifest.jobs.request import Request

VERSION = 1


def canonical(value: Mapping[str, Any] | list[Any]) -> bytes:
    """Return the one spelling of a JSON value: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def request_key(request: Request) -> str:
    """Return the key of a request: 64 hexadecimal digits."""
    return _key(request, slot=request.slot)


def series_key(request: Request) -> str:
    """Return the key that all slots of one schedule share, by which a series is approved."""
    return _key(request, slot=None)


def identity_of(request: Request) -> dict[str, Any]:
    """Return what makes a request itself: the value whose canonical JSON is hashed to its key."""
    return _identity(request, slot=request.slot)


def _key(request: Request, *, slot: str | None) -> str:
    return hashlib.sha256(canonical(_identity(request, slot=slot))).hexdigest()


def _identity(request: Request, *, slot: str | None) -> dict[str, Any]:
    return {
        "v": VERSION,
        "account": request.vault.account_id,
        "region": request.vault.region,
        "vault": request.vault.name,
        "type": str(request.type),
        "what": request.what.identity(),
        "slot": slot,
    }
