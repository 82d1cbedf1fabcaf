"""Sizes and durations, as people write them and as the program counts them."""

import re
from datetime import timedelta
from fractions import Fraction

KIB, MIB, GIB, TIB = 1024, 1024**2, 1024**3, 1024**4

_SIZE_UNITS = {
    "B": 1,
    "KiB": KIB,
    "MiB": MIB,
    "GiB": GIB,
    "TiB": TIB,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "TB": 1000**4,
}
_DURATION_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
#: From here on a size would be written as 1024.0 of the next smaller unit.
_ROUNDS_UP = 1023.95 / 1024
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT]i?B|B)?", re.ASCII)
_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?([smhd])", re.ASCII)


def parse_size(text: str) -> int:
    """Read ``10 TiB``, ``500MB`` or ``1024`` as a number of bytes.

    Raises:
        ValueError: The text is not a size; the message says what is.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a size: write a number and KiB, MiB, GiB, TiB, KB, MB, GB or TB")
    return round(Fraction(match[1]) * _SIZE_UNITS[match[2] or "B"])


def parse_duration(text: str) -> timedelta:
    """Read ``30s``, ``5m``, ``6h`` or ``2d``.

    Raises:
        ValueError: The text is not a duration, or one longer than time; the message says what is.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a duration: write a number and s, m, h or d, such as 30s or 6h")
    try:
        return timedelta(seconds=float(match[1]) * _DURATION_UNITS[match[2]])
    except OverflowError:
        raise ValueError(f"{text!r} is longer than any duration that can be reckoned with") from None


def format_size(size: int) -> str:
    """Write a number of bytes for people: ``1.5 GiB``, ``900 B``."""
    for name in ("TiB", "GiB", "MiB", "KiB"):
        unit = _SIZE_UNITS[name]
        if size >= unit * _ROUNDS_UP:
            return f"{size / unit:.1f} {name}"
    return f"{size} B"


def format_duration(duration: timedelta) -> str:
    """Write a duration for people, in its two largest units: ``2d 3h``, ``5m``, ``12s``."""
    left = round(duration.total_seconds())
    parts: list[str] = []
    for name, unit in reversed(_DURATION_UNITS.items()):
        count, left = divmod(left, unit)
        if count:
            parts.append(f"{count}{name}")
    return " ".join(parts[:2]) or "0s"
