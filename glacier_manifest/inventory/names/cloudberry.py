r"""CloudBerry (now MSP360) Backup and Explorer: JSON with ``Path`` in UTF-7 and ``UTCDateModified``.

What is not UTF-7 stays as it stands, piece by piece: ``+AF8-`` becomes ``_`` and ``+F8-``, which is no
character, is left alone. A Windows path (``C:\photos\a.jpg``, ``\\server\photos``) is told with slashes.
"""

import base64
import json
import re
from datetime import datetime

from glacier_manifest.inventory.names.name import Format, Name, basic, json_object, named

_SHIFTED = re.compile(r"\+(?:-|[A-Za-z0-9+/]+-?)")
_WINDOWS = re.compile(r"[A-Za-z]:\\|\\\\")
_UNSHIFTED = re.compile(r"[A-Za-z0-9'(),./:?\s-]+", re.ASCII)
_PIECES = re.compile(r"\+|[A-Za-z0-9'(),./:?\s-]+|[^A-Za-z0-9'(),./:?\s+-]+", re.ASCII)


def decode(description: str) -> Name | None:
    """Read ``{"Path":"dir1/+BEQEMAQ5BDs-","UTCDateModified":"20130322T120033Z"}``; ``path`` serves too."""
    if '"UTCDateModified"' not in description and '"Path"' not in description:
        return None
    told = json_object(description)
    path = told.get("Path") or told.get("path")
    if not isinstance(path, str):
        return None
    return named(_slashed(from_utf7(path)), told.get("UTCDateModified"), "cloudberry")


def encode(path: str, modified: datetime) -> str:
    """Write what CloudBerry writes for a file."""
    told = {"Path": to_utf7(path), "UTCDateModified": basic(modified)}
    return json.dumps(told, separators=(",", ":"))


def from_utf7(text: str) -> str:
    """Read UTF-7 where the text is UTF-7, and leave the rest of it."""
    return _SHIFTED.sub(_unshifted, text) if "+" in text else text


def to_utf7(text: str) -> str:
    """Write UTF-7 as .NET does: all but letters, digits and a few signs are shifted."""
    return "".join(map(_shifted, _PIECES.findall(text)))


def _unshifted(shifted: re.Match[str]) -> str:
    piece = shifted[0]
    try:
        character = (piece if piece[-1] == "-" else f"{piece}-").encode("ascii").decode("utf-7")
        character.encode()
    except UnicodeError:
        return piece
    return character


def _shifted(piece: str) -> str:
    if piece == "+":
        return "+-"
    if _UNSHIFTED.fullmatch(piece):
        return piece
    return f"+{base64.b64encode(piece.encode('utf-16-be')).decode('ascii').rstrip('=')}-"


def _slashed(path: str) -> str:
    return path.replace("\\", "/") if _WINDOWS.match(path) else path


FORMAT = Format(("{",), decode)
