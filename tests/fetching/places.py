"""Places that keep outputs, and outputs to keep there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from glacier_manifest.fetching.destination import Destination, Draft, Existing, Output
from glacier_manifest.fetching.parts import Division, Part
from glacier_manifest.fetching.tree_hash import tree_hash
from glacier_manifest.units import MIB

#: The least that S3 takes as a part of several.
PART = 8 * MIB


@dataclass(frozen=True)
class Place:
    """A place as a user sees it: what can be put there, and what stands there."""

    open: Callable[..., Destination]
    plant: Callable[[str, bytes], None]
    contents: Callable[[], dict[str, bytes]]

    def keeping(self) -> Destination:
        return self.open(existing=Existing.KEPT)


def output_of(
    body: bytes, name: str = "photos/a.jpg", identity: str = "one", *, modified: datetime | None = None
) -> Output:
    return Output(identity, name, Division(len(body), PART), modified)


def parts_of(output: Output, body: bytes) -> Iterator[tuple[Part, bytes, bytes]]:
    for part in output.division:
        piece = body[part.start : part.end]
        yield part, piece, tree_hash([piece])


def write(draft: Draft, output: Output, body: bytes, numbers: tuple[int, ...] | None = None) -> None:
    for part, piece, root in parts_of(output, body):
        if numbers is None or part.number in numbers:
            draft.write(part, piece, root)


def keep(place: Destination, output: Output, body: bytes) -> str:
    """Keep an output whole; return its name."""
    with place.draft(output) as draft:
        write(draft, output, body)
        return draft.finish().name


def files_in(folder: Path) -> dict[str, bytes]:
    """Return what stands in a folder, our own folder of parts left out."""
    files = (path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    return {name: body for name, body in named.items() if not name.startswith(".glacier-manifest")}
