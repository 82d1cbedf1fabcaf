"""Names for files, made of what strangers wrote: none leaves its folder, and no two become one.

A path from a vault may be anything: absolute, full of ``..``, a Windows device, five thousand characters, a
name that a thousand other archives have. What cannot stand in a name is written as ``%`` and the bytes'
hexadecimal digits; what would lead out of the folder is left out; what is too long is cut; a name that is
taken gets a suffix that depends on the output alone. A clean name stays as it is.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from base64 import b32encode
from itertools import count

#: What the files and folders of this program's own are called, in every folder that it writes to.
OURS = ".glacier-manifest"

_DRIVE = re.compile(r"([A-Za-z]):[\\/]+|\\\\")
_DRIVE_LIKE = re.compile(r"(?<![^/])([A-Za-z]):")
#: Control characters of both sets, halves of surrogate pairs, and the backslash.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\\\\\ud800-\udfff]")
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]|conin\$|conout\$) *(?:\..*)?",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST_EXTENSION = 20
#: Kept free at the end of every segment for a suffix.
_FOR_SUFFIX = 24
#: Digits of a suffix: 50 bits, then all 260.
_SUFFIX, _WHOLE_SUFFIX = 10, 52
_FOLDER = "/"


class Reason(StrEnum):
    """Why an output did not get the name that was wanted."""

    NO_NAME = "no-name"
    LEADS_OUTSIDE = "leads-outside"
    UNFIT_CHARACTER = "unfit-character"
    RESERVED = "reserved"
    TOO_LONG = "too-long"
    SAME_NAME = "same-name"
    FOLDERS_NAME = "folders-name"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a place asks of names.

    Attributes:
        longest_segment: The most bytes between two slashes.
        longest: The most bytes of a whole name.
        folds: Whether two names are the same that differ in case or in Unicode's composition alone.
    """

    longest_segment: int = 255
    longest: int = 1024
    folds: bool = False

    def same(self, name: str) -> str:
        """Return a text that is the same for names which are the same in this place."""
        if not self.folds or name.isascii():
            return name.lower() if self.folds else name
        return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


@dataclass(frozen=True, slots=True)
class Fitted:
    """A name that can stand, and why it is another than was wanted."""

    name: str
    reasons: tuple[Reason, ...] = ()
