"""A lock: what manifests expand into, as a text that belongs into the pull request beside them.

It says per job and vault which inventory was read, how many requests come of it, their bytes, and a digest
over them. It depends on the manifests and what they name alone: not on the state, the hour or the machine.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from textwrap import indent
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, Span

T = TypeVar("T")

FORMAT_VERSION: Literal["1.0"] = "1.0"
_KIND: Literal["glacier-manifest-lock"] = "glacier-manifest-lock"

_ARCHIVE_BEGINS = '{"archive_id"'
_MARGIN = " " * 8


class _Edge(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class LockedInventory(_Edge):
    """An inventory, as it was read.

    Attributes:
        source: Its path from the manifest's folder, or its address in S3.
        inventory_date: As it says itself; None for a CSV, which does not.
        sha256: Of its bytes as they are stored, 64 hexadecimal digits.
        archives: How many it lists.
        skipped_rows: How many of its rows were left out, since they cannot be read.
    """

    source: str
    inventory_date: str | None
    sha256: str
    archives: int
    skipped_rows: int


class LockedJob(_Edge):
    """A job at one vault.

    Attributes:
        job, vault, account_id, region, type: As the manifest says; ``-`` where it leaves one open.
        tiers: What may be paid for, in order; empty for an inventory.
        waits_for: The job whose output tells the archives; then nothing of them is known.
        requests: How many requests; one that another job asks for as well counts where it stands first.
        bytes: Their bytes, as far as their sizes are known.
        unknown_sizes: How many of them have a size that is not known.
        digest: ``sha256:`` and 64 digits, over the terms and every archive and range.
        inventory: What the archives are picked from.
        sizes_from: What tells the sizes of archives that are named.
    """

    job: str
    vault: str
    account_id: str
    region: str
    type: str
    tiers: tuple[str, ...]
    waits_for: str | None = None
    requests: int = 0
    bytes: int = 0
    unknown_sizes: int = 0
    digest: str
    inventory: LockedInventory | None = None
    sizes_from: LockedInventory | None = None

    @property
    def address(self) -> str:
        """The address below which its requests stand."""
        return f"{self.job}/{self.vault}"


@dataclass(frozen=True, slots=True)
class LockedArchive:
    """One request of a job, in the full form of a lock.

    Attributes:
        archive_id: Its archive.
        byte_range: The bytes that are asked for, as ``START-END``; None for all.
        size: How many those are; None where nobody knows.
        path: What the archive's description tells; None where no inventory was read.
    """

    archive_id: str
    byte_range: str | None
    size: int | None
    path: str | None


class Lock(_Edge):
    """A lock as it was read back, its archives left out.

    Attributes:
        full: Whether the archives stand in it.
        jobs: Sorted by job and vault.
    """

    kind: Literal["glacier-manifest-lock"]
    format_version: Literal["1.0"]
    full: bool
    jobs: tuple[LockedJob, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """How a job at a vault is not what the lock says of it.

    Attributes:
        address: The job and the vault.
        fields: What the lock says and what is so now, by name; empty for a job that is new or gone.
        is_new: Whether the lock does not know it.
    """

    address: str
    fields: Mapping[str, tuple[Any, Any]]
    is_new: bool = False

    @property
    def change(self) -> str:
        """What has happened to it: ``changed``, ``new`` or ``gone``."""
        return "changed" if self.fields else "new" if self.is_new else "gone"


def lock_lines(
    jobs: Iterable[tuple[LockedJob, Iterable[LockedArchive] | None]], *, full: bool
) -> Iterator[str]:
    """Stream the lines of a lock, without their ends: a JSON document with a line for each fact and archive.

    Args:
        jobs: Sorted by job and vault; each with its archives, sorted, where the form is full.
        full: Whether it is.
    """
    yield from ("{", f'  "kind": "{_KIND}",', f'  "format_version": "{FORMAT_VERSION}",')
    yield from (f'  "full": {json.dumps(full)},', '  "jobs": [')
    for (job, archives), comma in _with_commas(jobs):
        *facts, last, end = indent(_json(job.model_dump(mode="json"), 2), "    ").split("\n")
        yield from facts
        yield from [last] if archives is None else _archive_lines(last, archives)
        yield f"{end}{comma}"
    yield from ("  ]", "}")


def _archive_lines(last: str, archives: Iterable[LockedArchive]) -> Iterator[str]:
    yield from (f"{last},", '      "archives": [')
    for one, comma in _with_commas(archives):
        yield f"{_MARGIN}{_json(_archive(one))}{comma}"
    yield "      ]"


def _with_commas(items: Iterable[T]) -> Iterator[tuple[T, str]]:
    """Yield each item with what stands behind it in a list: a comma, and nothing behind the last."""
    rest = iter(items)
    for one in islice(rest, 1):
        before = one
        for after in rest:
            yield before, ","
            before = after
        yield before, ""


def _archive(one: LockedArchive) -> dict[str, Any]:
    ranged = {} if one.byte_range is None else {"range": one.byte_range}
    return {"archive_id": one.archive_id, **ranged, "size": one.size, "path": one.path}


def _json(value: Any, spaces: int | None = None) -> str:  # noqa: ANN401 - whatever JSON holds
    """Write letters of every language as they are, and what a reviewer would not see escaped."""
    text = json.dumps(value, indent=spaces, ensure_ascii=False)
    return text if text.replace("\n", "").isprintable() else json.dumps(value, indent=spaces)


def read_lock(lines: Iterable[str], file: Path) -> Lock:
    """Read a lock, its archives left out: there may be more than the memory holds.

    Args:
        lines: Its lines.
        file: Its name, for messages.

    Raises:
        InvalidInput: ``lock-damaged``: it is no lock of this format.
    """
    text = "".join(line for line in lines if not line.lstrip().startswith(_ARCHIVE_BEGINS))
    try:
        return Lock.model_validate_json(text)
    except ValidationError as error:
        found = Diagnostic(
            Severity.ERROR,
            "lock-damaged",
            f"'{file}' is no lock of format {FORMAT_VERSION}: {_first_fault(error)}",
            help="a lock is written by 'glacier-manifest expand --out', and never by hand",
        )
        raise InvalidInput([found], next_step=_write_it_anew(file)) from None


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    if fault["type"] == "json_invalid":
        return "it is no JSON"
    return f"'{'.'.join(map(str, fault['loc']))}' is missing or is something else"


def differences(locked: Iterable[LockedJob], now: Iterable[LockedJob]) -> Sequence[Difference]:
    """Compare what a lock says with what is so now, sorted by job and vault."""
    before, after = ({(one.job, one.vault): one for one in jobs} for jobs in (locked, now))
    found: list[Difference] = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            found.append(Difference("/".join(name), {}, is_new=old is None))
        elif changed := _changed(old, new):
            found.append(Difference(new.address, changed))
    return found


def _changed(old: LockedJob, new: LockedJob) -> dict[str, tuple[Any, Any]]:
    before, after = _flat(old.model_dump(mode="json")), _flat(new.model_dump(mode="json"))
    names = [*after, *(name for name in before if name not in after)]
    return {
        name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    }


def _flat(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in document.items():
        found |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


def edited_line(lines: Iterable[str], fresh: Iterable[str]) -> int | None:
    """Return the first line of a lock that is not as it would be written, if one is; line ends do not count.

    Args:
        lines: The lines of the lock.
        fresh: The lines that would be written.
    """
    both = zip_longest((line.rstrip("\r\n") for line in lines), fresh)
    return next((number for number, (old, new) in enumerate(both, start=1) if old != new), None)


def stale(file: Path, found: Sequence[Difference], edited: int | None = None) -> InvalidInput:
    """Return the refusal of a lock that says something else than what is so now.

    Args:
        file: Its name, for messages.
        found: How it differs.
        edited: The line that was edited by hand, where it says the same of every job all the same.
    """
    findings = [_finding(one, file) for one in found]
    if edited is not None:
        message = f"the lock '{file}' is not as it was written: line {edited:,} was edited, lost or added"
        findings.append(Diagnostic(Severity.ERROR, "stale-lock", message, Span(file, edited, 1, 2)))
    return InvalidInput(findings, next_step=_write_it_anew(file))


def _finding(one: Difference, file: Path) -> Diagnostic:
    match one.change:
        case "new":
            message = f"{one.address} is not in the lock '{file}'"
        case "gone":
            message = f"{one.address} is in the lock '{file}', and the manifests do not ask for it"
        case _:
            told = ", ".join(
                f"{name} {_shown(old)} -> {_shown(new)}" for name, (old, new) in one.fields.items()
            )
            message = f"{one.address} is not as in the lock '{file}': {told}"
    return Diagnostic(Severity.ERROR, "stale-lock", message)


_LONGEST_SHOWN = 60
_HASH_SHOWN = 15


def _shown(value: Any) -> str:  # noqa: ANN401 - any value of JSON
    """A hash is told by its beginning, as git does."""
    if value is None:
        return "none"
    if isinstance(value, list):
        return "[" + ", ".join(value) + "]"
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_HASH_SHOWN]}…"


def _write_it_anew(file: Path) -> str:
    return f"write it anew with 'glacier-manifest expand MANIFEST... --out {file}', and review what changed"
