"""git-annex, by way of glacier-cli: the key of the content, no file's name but the only one there is.

``BACKEND[-sSIZE][-mMTIME][-SCHUNKSIZE-CCHUNK]--NAME`` (docs: git-annex, internals, key format).
"""

import re
from datetime import UTC, datetime

from glacier_manifest.inventory.names.name import Format, Name

_KEY = re.compile(r"[A-Z][A-Z0-9_]*((?:-[smSC][0-9]+)*)--[^/\n]+")
_MTIME = re.compile(r"-m([0-9]{1,12})")

#: The backends that git-annex has had; external ones begin with X.
_BACKENDS = (
    "SHA",
    "SKEIN",
    "BLAKE2",
    "MD5",
    "WORM",
    "URL",
    "VURL",
    "GPGHMACSHA",
    "HMACSHA",
    "GITBUNDLE",
    "GITMANIFEST",
    "X",
)


def decode(description: str) -> Name | None:
    """Read ``SHA256E-s31390--f50d7ac4….mp3`` or ``GPGHMACSHA1--2945f64b…``."""
    match = _KEY.fullmatch(description)
    return None if match is None else Name(description, _modified(match[1]), "git-annex")


def _modified(fields: str) -> datetime | None:
    mtime = _MTIME.search(fields)
    try:
        return None if mtime is None else datetime.fromtimestamp(int(mtime[1]), UTC)
    except (ValueError, OverflowError, OSError):
        return None


FORMAT = Format(_BACKENDS, decode)
