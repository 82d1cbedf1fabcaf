"""What was found when all that was stored was read again: for people, and as JSON."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from threading import Lock
from types import TracebackType
from typing import Any, Self

from glacier_manifest.fetching.verifying import Found, Result, Verification
from glacier_manifest.units import format_size
from glacier_manifest.views.json_stream import json_document
from glacier_manifest.views.minutes import Minutes
from glacier_manifest.views.records import FORMAT_VERSION, mishap_json, words

#: What mends what is wrong.
NEXT = (
    "put back what is missing or changed from another copy, or buy it again: "
    "'glacier-manifest apply --restart ADDRESS', then 'glacier-manifest fetch'"
)
_SHOWN = 40
_TITLES = {
    Result.MISSING: "Missing:",
    Result.CHANGED: "Changed since it was stored:",
    Result.UNREADABLE: "Cannot be read:",
    Result.UNVERIFIED: "As it was stored, and verified by nothing but its length (Glacier told no more):",
    Result.HELD: "Pieces that wait for the others of their archive ('glacier-manifest fetch' keeps them):",
}


class Progress:
    """How far reading is; says nothing by itself."""

    def __init__(self) -> None:
        self.outputs = self.outputs_ended = self.bytes = self.bytes_read = 0
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to put away."""

    def begin(self, outputs: int, size: int) -> None:
        """So many outputs are looked for, of so many bytes."""
        self.outputs, self.bytes = outputs, size

    def read(self, count: int) -> None:
        """So many bytes were read, by any thread."""
        with self._lock:
            self.bytes_read += count
            self.tell()

    def ended(self) -> None:
        """It is known of one more output what became of it."""
        self.outputs_ended += 1

    def tell(self) -> None:
        """Say how far reading is, where there is somebody to listen."""


class MinuteLine(Progress):
    """How far reading is, a line a minute."""

    def __init__(self, say: Callable[[str], None], *, now: Callable[[], float]) -> None:
        super().__init__()
        self._minutes = Minutes(say, now=now)

    def tell(self) -> None:
        """Say how far reading is, when a minute has passed."""
        self._minutes.say_if_time(self._line)

    def _line(self) -> str:
        return (
            f"{self.outputs_ended} of {self.outputs} outputs, "
            f"{format_size(self.bytes_read)} of {format_size(self.bytes)}"
        )


def human(verification: Verification) -> str:
    """Return what a person should look at, then the counts in one line."""
    return "\n".join([*_sections(verification), *_not_checked(verification), _counts(verification)]) + "\n"


def _sections(verification: Verification) -> Iterator[str]:
    for result, title in _TITLES.items():
        number = verification.counts[result]
        if number:
            yield title
            found = (one for one in verification.found.values() if one.result is result)
            yield from (f"  {one.claim.address}\n      {_there(one)}" for one in islice(found, _SHOWN))
            if number > _SHOWN:
                yield f"  and {number - _SHOWN} more (--report FILE has all)"
            yield ""


def _there(one: Found) -> str:
    if one.mishap is not None:
        return f"{one.location}: {one.mishap.message}"
    if one.result is not Result.CHANGED:
        return one.location
    if one.size is None:
        return f"{one.location}: it is no file any more"
    if one.size != one.claim.size:
        return f"{one.location}: it has {one.size:,} bytes, and had {one.claim.size:,}"
    return f"{one.location}: its tree hash is {one.tree_hash}, and was {one.claim.tree_hash}"


def _not_checked(verification: Verification) -> Iterator[str]:
    number = verification.counts[Result.NOT_CHECKED]
    if number:
        yield f"In S3, and not checked: {number} (--s3 reads what has a tree hash there).\n"


def _counts(verification: Verification) -> str:
    counts = verification.counts
    told = [f"{counts[result]} {words(result)}" for result in Result if counts[result]]
    if verification.not_read:
        told.append(f"{verification.not_read} not read")
    if verification.bytes_read:
        told.append(f"{format_size(verification.bytes_read)} read")
    return f"Verify: {', '.join(told)}." if told else "Verify: nothing was stored."


def notable(verification: Verification) -> Iterator[Found]:
    """Stream what is told of without being asked for: all but what is as it was stored."""
    return (one for one in verification.found.values() if one.result is not Result.VERIFIED)


def as_json(verification: Verification, found: Iterable[Found]) -> Iterator[str]:
    """Stream what was found as `verify --format json` prints it; the keys are a contract."""
    summary = {str(result): verification.counts[result] for result in Result}
    head = {
        "format_version": FORMAT_VERSION,
        "summary": summary | {"not_read": verification.not_read, "bytes_read": verification.bytes_read},
    }
    return json_document(head, "outputs", map(found_json, found))


def found_json(one: Found) -> dict[str, Any]:
    """Return what was found of one output as JSON."""
    return {
        "result": str(one.result),
        "address": one.claim.address,
        "key": one.claim.key,
        "generation": one.claim.generation,
        "output": one.location,
        "verified_by": one.claim.verified_by,
        "expected": {"size": one.claim.size, "tree_hash": one.claim.tree_hash},
        "found": {"size": one.size, "tree_hash": one.tree_hash},
        "error": mishap_json(one.mishap),
    }
