"""The marker: how a job that Glacier lists is known to be ours.

``[gm1:<26 base32 characters of the key>.<generation>]`` ends the job's Description. Glacier echoes it in
ListJobs, DescribeJob and the SNS message (docs: "api-jobs-get", JobDescription), so a job whose reply was
lost is found again by it.
"""

import re
from dataclasses import dataclass

#: Longest Description that InitiateJob takes, in bytes (docs: "api-jobParameters", Description).
DESCRIPTION_BYTES = 1024

_KEY_CHARACTERS = 26
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
#: Two characters for every ten bits: a plan of a million requests looks at the marker of each.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
#: The key's first 132 bits are 33 hexadecimal digits; the marker tells 130 of them.
_DIGITS, _LEFT_OUT = 33, 2
_SHIFTS = range(120, -1, -10)
#: The alphabet as `int` writes digits in base 32; anything else becomes what is no digit.
_AS_DIGITS = bytes(
    b"0123456789abcdefghijklmnopqrstuv"[_ALPHABET.index(chr(code))] if chr(code) in _ALPHABET else ord("!")
    for code in range(256)
)
_MARKER = re.compile(r"\[gm1:([a-z2-7]{26})\.(0|[1-9][0-9]{0,8})\]$")


@dataclass(frozen=True, slots=True, order=True)
class Marker:
    """One purchase of one request, as a job's Description tells it."""

    key_prefix: str
    generation: int

    def __str__(self) -> str:
        return f"[gm1:{self.key_prefix}.{self.generation}]"


#: The longest text that a user may write before the marker, with a space and a generation of nine digits.
USER_DESCRIPTION_BYTES = DESCRIPTION_BYTES - len(f" [gm1:{'a' * _KEY_CHARACTERS}.999999999]")


def marker_of(key: str, generation: int) -> Marker:
    """Return the marker of one purchase; `key` is 64 hexadecimal digits."""
    bits = int(key[:_DIGITS], 16) >> _LEFT_OUT
    return Marker("".join([_PAIRS[bits >> shift & 1023] for shift in _SHIFTS]), generation)


def with_marker(description: str | None, marker: Marker) -> str:
    """Return the user's text with the marker behind it."""
    return f"{description} {marker}" if description else str(marker)


def is_described(text: str, description: str | None, *, key: str, generation: int) -> bool:
    """Say whether a text is the user's with the marker behind it: a look at it, without making the marker.

    Args:
        text: What Glacier or the state tells.
        description: The user's text.
        key: The purchase's key, whose marker is looked for.
        generation: The purchase's generation.
    """
    begins, ends = f"{description} [gm1:" if description else "[gm1:", f".{generation}]"
    if len(text) != len(begins) + _KEY_CHARACTERS + len(ends):
        return False
    if not (text.startswith(begins) and text.endswith(ends)):
        return False
    told = text[len(begins) : -len(ends)].encode("utf-8", "replace").translate(_AS_DIGITS)
    try:
        return int(told, 32) == int(key[:_DIGITS], 16) >> _LEFT_OUT
    except ValueError:
        return False


def read_marker(description: str | None) -> Marker | None:
    """Return the marker that ends a job's description, or None where the job is not ours."""
    match = _MARKER.search(description or "")
    return None if match is None else Marker(match[1], int(match[2]))
