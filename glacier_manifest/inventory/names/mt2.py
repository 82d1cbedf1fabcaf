"""mt-aws-glacier since 0.84: ``mt2`` and base64url of JSON with ``filename`` and ``mtime``."""

import base64
import json
from datetime import datetime

from glacier_manifest.inventory.names.name import Format, Name, basic, from_base64, json_object, named


def decode(description: str) -> Name | None:
    """Read ``mt2 eyJmaWxlbmFtZSI6…``."""
    told = json_object(from_base64(description[4:]))
    return named(told.get("filename"), told.get("mtime"), "mt2")


def encode(path: str, modified: datetime) -> str:
    """Write what mt-aws-glacier writes for a file."""
    return f"mt2 {to_base64url(file_json(path, modified))}"


def file_json(path: str, modified: datetime) -> bytes:
    """Write the JSON that both of mt-aws-glacier's formats wrap."""
    told = {"filename": path, "mtime": basic(modified)}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def to_base64url(content: bytes) -> str:
    """Write base64url without padding."""
    return base64.urlsafe_b64encode(content).decode("ascii").rstrip("=")


FORMAT = Format(("mt2 ", "mt2\t"), decode)
