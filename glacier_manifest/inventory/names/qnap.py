"""QNAP's Glacier app: JSON with ``path`` and ``type``. Its Hybrid Backup Sync writes as FastGlacier does."""

import json

from glacier_manifest.inventory.names.name import Format, Name, json_object, named


def decode(description: str) -> Name | None:
    """Read ``{"path": "/sample/1234.pdf", "type": "file"}``; the app's own ``metadata`` has no path."""
    if '"path"' not in description:
        return None
    return named(json_object(description).get("path"), None, "qnap")


def encode(path: str) -> str:
    """Write what the app writes for a file."""
    return json.dumps({"path": path, "type": "file"})


FORMAT = Format(("{",), decode)
