"""Templates of names for what is fetched: ``inventories/{vault}/{slot}.json``, ``s3://restored/{path}``.

Only the template is checked here. What comes into its places at run time is others' text (a vault may be
called ``..``, a path may hold anything): whoever fills it in checks every name once more.
"""

import re
from collections.abc import Iterator
from string import Formatter

from glacier_manifest.jobs.request import JobType
from glacier_manifest.manifest.values import non_empty, shown, wrong
from glacier_manifest.manifest.words import closest

#: What a name may be made of, by the type of job that has it.
PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    JobType.ARCHIVE_RETRIEVAL: ("vault", "path", "archive_id", "job", "date"),
    JobType.INVENTORY_RETRIEVAL: ("vault", "job", "slot", "date"),
    JobType.SELECT: ("vault", "archive_id", "job", "date"),
}
#: What editors can know of a template: its places, and nothing that leads out of its folder.
SAVE_TO = (
    r"^(?!~)(?!s3://([^/]*$|[^/]*[^a-z0-9./-]))(?!(?!s3://)[A-Za-z][A-Za-z0-9+.-]*://)(?!(.*/)?\.\.(/|$))(?!(.*/)?\.?$)"
    r"([^{}\x00-\x1F\x7F]|\{\{|\}\}|\{(vault|path|archive_id|job|slot|date)\})+$"
)

_KNOWN = ("vault", "path", "archive_id", "job", "slot", "date")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(//)?(.*)", re.DOTALL)
_S3_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def save_to(text: str) -> str:
    """Check a template: its places, and that nothing in it leads out of the folder that it names."""
    for name in (*placeholders_in(non_empty(text)),):
        if name not in _KNOWN:
            meant = closest(name, _KNOWN)
            advice = f"write one of {braced(_KNOWN)}" if meant is None else f"did you mean {{{meant}}}?"
            raise wrong("save-to", f"'{{{shown(name)}}}' is not known in a name", advice)
    _check_place(text)
    return text


def placeholders_in(text: str) -> tuple[str, ...]:
    """Return the names in braces, in their order; ``{{`` and ``}}`` are braces themselves."""
    return tuple(name for _, name in _pieces(text) if name is not None)


def _pieces(text: str) -> Iterator[tuple[str, str | None]]:
    try:
        pieces = list(Formatter().parse(text))
    except ValueError as error:
        message = f"a brace in '{shown(text)}' stands alone"
        raise wrong("save-to", message, "close it, or double it where a brace is meant") from error
    for literal, name, form, conversion in pieces:
        if form or conversion:
            message = f"'{{{shown(name)}' goes on behind its name"
            raise wrong("save-to", message, f"write {{{shown(name)}}} alone")
        yield literal, name


def braced(names: tuple[str, ...]) -> str:
    """Return names as they stand in a template, for messages."""
    return ", ".join(f"{{{name}}}" for name in names)


def _check_place(text: str) -> None:
    """Look at a template as if each place held one harmless character, a colon in a literal apart."""
    filled = "".join(f"{literal}{'' if name is None else chr(0xFFFF)}" for literal, name in _pieces(text))
    if any(one < " " or one == "\x7f" for one in filled):
        raise wrong("save-to", f"{shown(text)!r} holds a control character", "remove it")
    scheme = _SCHEME.match(filled)
    if scheme is not None and (scheme[2] or scheme[1].lower() == "s3"):
        filled = _key_in_s3(scheme, text)
    if filled.startswith("~"):
        raise wrong("save-to", f"'~' in '{shown(text)}' is not read as your home", "write the folder out")
    *_, last = segments = filled.split("/")
    if ".." in segments:
        raise wrong("save-to", f"'..' in '{shown(text)}' leads out of its folder", "name the folder itself")
    if last in {"", "."}:
        advice = "add a name for the file, such as {path} or {slot}.json"
        raise wrong("save-to", f"'{shown(text)}' names a folder, not a file", advice)


def _key_in_s3(scheme: re.Match[str], text: str) -> str:
    """Return the key of an object in S3."""
    bucket, slash, key = scheme[3].partition("/")
    if scheme[1] != "s3" or not scheme[2]:
        advice = "name a file, or an object in S3 such as s3://my-bucket/{vault}/{path}"
        raise wrong("save-to", f"nothing is saved to '{shown(text)}'", advice)
    if not _S3_BUCKET.fullmatch(bucket):
        message = f"'{shown(text)}' does not begin with the name of a bucket"
        raise wrong("save-to", message, "write the bucket out, such as s3://my-bucket/{vault}/{path}")
    return key if slash else ""
