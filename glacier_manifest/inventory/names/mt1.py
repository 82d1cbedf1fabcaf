"""mt-aws-glacier 0.80 to 0.84: as ``mt2``, with the JSON turned to UTF-8 twice by mistake."""

from datetime import datetime

from glacier_manifest.inventory.names.mt2 import file_json, to_base64url
from glacier_manifest.inventory.names.name import Format, Name, from_base64, json_object, named


def decode(description: str) -> Name | None:
    """Read ``mt1 eyJmaWxlbmFtZSI6…``."""
    try:
        once = from_base64(description[4:]).encode("latin-1").decode()
    except UnicodeError:
        return None
    told = json_object(once)
    return named(told.get("filename"), told.get("mtime"), "mt1")


def encode(path: str, modified: datetime) -> str:
    """Write what mt-aws-glacier wrote for a file in January 2013."""
    return f"mt1 {to_base64url(file_json(path, modified).decode('latin-1').encode())}"


FORMAT = Format(("mt1 ", "mt1\t"), decode)
