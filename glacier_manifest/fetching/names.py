"""Names for files, made of what strangers wrote: none leaves its folder, and no two become one.

A path from a vault may be anything: absolute, full of ``..``, a Windows device, five thousand characters, a
name that a thousand other archives have. What cannot stand in a name is written as ``%`` and the bytes'
hexadecimal digits; what would lead out of the folder is left out; what is too long is cut; a name that is
taken gets a suffix that depends on the output alone. A clean name stays as it is.
"""

import re
import unicodedata
from base64 import b32encode
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import count

#: How the files and folders of this program's own begin, in every folder that it writes to.
OURS = ".glacier-manifest"

_WINDOWS = re.compile(r"([A-Za-z]):[\\/]|\\\\")
_DRIVE = re.compile(r"[A-Za-z]:")
#: Control characters of both sets, the backslash, and halves of surrogate pairs.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]|conin\$|conout\$) *(?:\..*)?",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST_EXTENSION = 20
#: Bytes that are kept free, in a segment and in a whole name, so that a suffix finds room.
_FOR_SUFFIX = 24
_DIGITS = 12
#: What a claim says of a folder in place of an identity.
_FOLDER = "/"
_NAMELESS = "unnamed"


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
class Name:
    """A name, and why it is another than was wanted."""

    text: str
    reasons: tuple[Reason, ...] = ()


def inside(path: str) -> Name:
    r"""Return a path as it is seen from a folder: what would lead out of that is left out.

    A path that begins with a drive (``C:\``) or a server (``\\``) is one of Windows, with backslashes
    between its folders; elsewhere a backslash is a character like others.
    """
    windows = _WINDOWS.match(path)
    text = path.replace("\\", "/") if windows else path
    if windows and windows[1]:
        text = text.replace(":", "", 1)
    segments = [segment for segment in text.split("/") if segment not in {"", "."}]
    below = [segment for segment in segments if segment != ".."]
    leads_outside = windows or text.startswith("/") or len(below) < len(segments)
    return Name("/".join(below), (Reason.LEADS_OUTSIDE,) if leads_outside else ())


def fitted(name: str, rules: Rules) -> Name:
    """Return a name, made of others' texts, as it can stand in a place; room for a suffix is left.

    The same name always gives the same, and a name that could stand comes back as it is, but for ``.`` and
    nothing between slashes.
    """
    path = inside(name)
    segments = [_spelled(segment) for segment in path.text.split("/")]
    changes = [*path.reasons, *(reason for segment in segments for reason in segment.reasons)]
    short = _shortened([segment.text for segment in segments], name, rules)
    if short != "/".join(segment.text for segment in segments):
        changes.append(Reason.TOO_LONG)
    if not short:
        return Name(_NAMELESS, (*path.reasons, Reason.NO_NAME))
    return Name(short, tuple(dict.fromkeys(changes)))


def alternatives(name: str, identity: str, rules: Rules) -> Iterator[str]:
    """Yield names for an output whose own name is taken: with a suffix that its identity alone decides."""
    digits = _digest(identity)
    yield _suffixed(name, f"~{digits}", rules)
    for number in count(2):
        yield _suffixed(name, f"~{digits}-{number}", rules)


def folder_alternatives(folder: str, rules: Rules) -> Iterator[str]:
    """Yield names for a folder whose own name is that of a file."""
    yield _suffixed(folder, "~folder", rules)
    for number in count(2):
        yield _suffixed(folder, f"~folder-{number}", rules)


class Naming:
    """Gives each output of one place a name that no other output has.

    Asked again, it answers the same as long as the claims are kept, or are made again in the same order. What
    is bought again because an output has expired gets the name that it would have had.
    Claims are shared by all places; those of outputs that stand since earlier runs are made first, by
    `claim`. Millions of them belong into a mapping that memory does not hold.
    """

    def __init__(self, rules: Rules, *, base: str, claims: MutableMapping[str, str]) -> None:
        """Begin with what is claimed.

        Args:
            rules: What the place asks of names.
            base: The place itself, absolute: ``/srv/restored`` or ``s3://bucket/prefix``.
            claims: Whose each name is.
        """
        self._rules = rules
        self._base = base.rstrip("/")
        self._claims = claims
        self._folders: tuple[str, Name] = ("", Name(""))

    def claim(self, identity: str, name: str) -> None:
        """Let an output have the name under which it stands already."""
        folder, _, _ = name.rpartition("/")
        for ancestor in _ancestors(folder):
            self._claims.setdefault(self._key(ancestor), _FOLDER)
        self._claims[self._key(name)] = _owner(identity)

    def give(self, identity: str, wanted: Name) -> Name:
        """Return the name of an output; it is claimed by then.

        Args:
            identity: As in `destination.Output`.
            wanted: The name that its template made, of others' texts.
        """
        fit = fitted(wanted.text, self._rules)
        folder, _, leaf = fit.text.rpartition("/")
        parent = self._folder(folder)
        own = self._own(_owner(identity), f"{parent.text}/{leaf}" if folder else leaf)
        reasons = (*wanted.reasons, *fit.reasons, *parent.reasons, *own.reasons)
        return Name(own.text, tuple(dict.fromkeys(reasons)))

    def _own(self, owner: str, name: str) -> Name:
        holder = self._taken(owner, name)
        if holder is None:
            return Name(name)
        reason = Reason.FOLDERS_NAME if holder == _FOLDER else Reason.SAME_NAME
        others = alternatives(name, owner, self._rules)
        return Name(next(one for one in others if self._taken(owner, one) is None), (reason,))

    def _taken(self, owner: str, name: str) -> str | None:
        """Return who else has a name; None where it is the output's own from now on."""
        holder = self._claims.setdefault(self._key(name), owner)
        return None if holder == owner else holder

    def _folder(self, folder: str) -> Name:
        """Return a folder as it is called here; one after the other, outputs are mostly in the same."""
        wanted, known = self._folders
        if wanted != folder:
            known = self._made(folder)
            self._folders = (folder, known)
        return known

    def _made(self, folder: str) -> Name:
        path = ""
        reasons: tuple[Reason, ...] = ()
        for segment in folder.split("/") if folder else ():
            path = name = f"{path}/{segment}" if path else segment
            if self._claims.setdefault(self._key(name), _FOLDER) != _FOLDER:
                others = folder_alternatives(name, self._rules)
                path = next(one for one in others if self._is_folder(one))
                reasons = (Reason.FOLDERS_NAME,)
        return Name(path, reasons)

    def _is_folder(self, name: str) -> bool:
        return self._claims.setdefault(self._key(name), _FOLDER) == _FOLDER

    def _key(self, name: str) -> str:
        return self._rules.same(f"{self._base}/{name}")


def _owner(identity: str) -> str:
    """Return what a name belongs to: a request, whichever purchase of it brings the output in the end."""
    return identity.partition(".")[0]


def _ancestors(folder: str) -> Iterator[str]:
    segments = folder.split("/") if folder else []
    return ("/".join(segments[: depth + 1]) for depth in range(len(segments)))


def _spelled(segment: str) -> Name:
    """Return what stands between two slashes without what some system takes for something else."""
    reasons: list[Reason] = []
    name = _UNFIT.sub(lambda found: _percent(found[0]), segment)
    if name != segment:
        reasons.append(Reason.UNFIT_CHARACTER)
    if _DRIVE.match(name):
        name = f"{name[0]}{_percent(':')}{name[2:]}"
        reasons.append(Reason.LEADS_OUTSIDE)
    if name[-1:] in {".", " "}:
        name = name[:-1] + _percent(name[-1])
        reasons.append(Reason.UNFIT_CHARACTER)
    if _DEVICE.fullmatch(name) or name.casefold().startswith(OURS):
        name = _percent(name[0]) + name[1:]
        reasons.append(Reason.RESERVED)
    return Name(name, tuple(reasons))


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def _shortened(segments: Sequence[str], name: str, rules: Rules) -> str:
    most = rules.longest_segment - _FOR_SUFFIX
    cut = [_cut(segment, segment, most) for segment in segments]
    longest = rules.longest - _FOR_SUFFIX
    if _length(cut) <= longest:
        return "/".join(cut)
    leaf = _cut(cut[-1], name, min(most, longest, len(cut[-1].encode()) - 1))
    return "/".join([*_as_many(cut[:-1], longest - len(leaf.encode())), leaf])


def _as_many(folders: Iterable[str], room: int) -> Iterator[str]:
    for folder in folders:
        room -= len(folder.encode()) + 1
        if room < 0:
            return
        yield folder


def _length(segments: Sequence[str]) -> int:
    return sum(len(segment.encode()) + 1 for segment in segments) - 1


def _suffixed(name: str, suffix: str, rules: Rules) -> str:
    folder, slash, leaf = name.rpartition("/")
    stem, extension = _parted(leaf)
    most = rules.longest_segment - len((suffix + extension).encode())
    return f"{folder}{slash}{_first_bytes(stem, most)}{suffix}{extension}"


def _cut(segment: str, known_by: str, most: int) -> str:
    """Return a segment; of one that is longer than `most` bytes its beginning, a digest and the extension."""
    if len(segment.encode()) <= most:
        return segment
    stem, extension = _parted(segment)
    suffix = f"~{_digest(known_by)}"
    return _first_bytes(stem, most - len((suffix + extension).encode())) + suffix + extension


def _parted(leaf: str) -> tuple[str, str]:
    stem, dot, extension = leaf.rpartition(".")
    if stem and len(extension.encode()) < _LONGEST_EXTENSION:
        return stem, dot + extension
    return leaf, ""


def _first_bytes(text: str, most: int) -> str:
    return text.encode()[: max(most, 0)].decode("utf-8", "ignore")


def _digest(text: str) -> str:
    """Return digits that stand for a text: base 32, in small letters."""
    return b32encode(sha256(text.encode("utf-8", "surrogatepass")).digest()).decode().lower()[:_DIGITS]
