"""What a description tells of an archive's file, and what every format of descriptions is."""

import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

#: What `json.loads` calls once it has looked around: half of its time, and there are millions.
_scan: Callable[[str, int], tuple[Any, int]] = cast("Any", json.JSONDecoder()).scan_once


class Name(NamedTuple):
    """A file's name, as its uploader wrote it into a description.

    Attributes:
        path: With ``/`` between folders; a name that comes from outside, and may be anything.
        modified: When the file was last changed, in UTC, where the description tells it.
        format: The format that told it, such as ``mt2``; ``plain`` where the path is the description itself.
    """

    path: str
    modified: datetime | None
    format: str


@dataclass(frozen=True, slots=True)
class Format:
    """A way in which a tool writes names into descriptions.

    Attributes:
        begins: What its descriptions begin with; nothing else is shown to `decode`.
        decode: Reads a description; None where it is not of this format after all. It never raises.
    """

    begins: tuple[str, ...]
    decode: Callable[[str], Name | None]


def named(path: object, modified: object, format_name: str) -> Name | None:
    """Return the name that a description tells; None where its path is blank or no text at all.

    A description in JSON can tell half a character (a lone surrogate), which no file's name can hold.
    """
    if not isinstance(path, str) or not path.strip():
        return None
    if not path.isascii():
        try:
            path.encode()
        except UnicodeEncodeError:
            return None
    return Name(path, instant(modified), format_name)


def instant(text: object) -> datetime | None:
    """Read a moment in ISO 8601, such as ``20130313T040002Z``; None where it is none."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def basic(moment: datetime) -> str:
    """Write a moment as most of the formats do: ``20130313T040002Z``."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def json_object(text: str) -> dict[str, Any]:
    """Read a JSON object; an empty one where the text is none."""
    try:
        read = _json(text)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _json(text: str) -> Any:  # noqa: ANN401 - JSON may be anything
    """Read JSON; `json.loads` is only asked where something stands around it."""
    try:
        read, end = _scan(text, 0)
    except StopIteration:
        return json.loads(text)
    return read if end == len(text) else json.loads(text)


def from_base64(text: str) -> str:
    """Read UTF-8 in base64 of either alphabet, padded or not; an empty text where it is none."""
    try:
        return binascii.a2b_base64(text.replace("-", "+").replace("_", "/") + "==").decode()
    except ValueError:
        return ""
