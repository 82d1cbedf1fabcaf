"""FastGlacier, and those that write as it does (CrushFTP, QNAP's Hybrid Backup Sync): XML around base64.

Versions 2 to 4 are ``<m><v>4</v><p>base64 of UTF-8</p><lm>20120821T170824Z</lm></m>``, with or without a
``<ce>`` that tells of compression and encryption; version 1 is ``<ArchiveMetadata><Path>…``. The path of a
folder ends in ``/`` (docs: FastGlacier File Metadata Format, on fastglacier.com).
"""

import base64
import re
from datetime import datetime

from glacier_manifest.inventory.names.name import Format, Name, basic, from_base64, named

_M = re.compile(r"<m>\s*<v>\s*([0-9]{1,2})\s*</v>\s*<p>([^<]*)</p>(?:\s*<lm>([^<]*)</lm>)?")
_ARCHIVE_METADATA = re.compile(r"<ArchiveMetadata>[^<]*<Path>([^<]*)</Path>")


def decode(description: str) -> Name | None:
    """Read ``<m><v>4</v><p>…</p><lm>…</lm></m>``."""
    match = _M.match(description)
    return None if match is None else named(from_base64(match[2]), match[3], f"fastglacier-v{match[1]}")


def decode_v1(description: str) -> Name | None:
    """Read ``<ArchiveMetadata><Path>…</Path></ArchiveMetadata>``."""
    match = _ARCHIVE_METADATA.match(description)
    return None if match is None else named(from_base64(match[1]), None, "fastglacier-v1")


def encode(path: str, modified: datetime, version: int = 4) -> str:
    """Write what FastGlacier writes for a file, without its ``<ce>``."""
    wrapped = base64.b64encode(path.encode()).decode("ascii")
    return f"<m><v>{version}</v><p>{wrapped}</p><lm>{basic(modified)}</lm></m>"


FORMAT = Format(("<m>",), decode)
FORMAT_V1 = Format(("<ArchiveMetadata>",), decode_v1)
