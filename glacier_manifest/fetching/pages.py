"""The pages of an inventory: how each is told from the whole, and how all of them become the whole.

A page is stored like any other output, under the name of the whole and its number. When the last one is
there, all are read again, held against what was stored, and written as one inventory; only when the state
knows of that do the pages go.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from glacier_manifest.diagnostics import Diagnostic, InvalidInput
from glacier_manifest.errors import Failed
from glacier_manifest.fetching.destination import Kept, Output
from glacier_manifest.fetching.names import Name
from glacier_manifest.fetching.output import Verified
from glacier_manifest.fetching.parts import Division, divided
from glacier_manifest.fetching.places import Place
from glacier_manifest.fetching.tree_hash import LEAF, TreeHash, combined, tree_hash
from glacier_manifest.inventory.bad_rows import SkipBadRows
from glacier_manifest.inventory.joined import PageHead, PagesDisagreeError, joined
from glacier_manifest.inventory.json_text import Cut, Malformed, Readable
from glacier_manifest.inventory.origin import Origin
from glacier_manifest.inventory.reading import Inventory, Opener, Walked
from glacier_manifest.jobs.address import page_in
from glacier_manifest.jobs.request import JobType
from glacier_manifest.state.changes import Join
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Record

#: Opens what was stored: a file, or an object in S3.
Opens = Callable[[str], AbstractContextManager[Readable]]

_S3 = "s3://"
_PART = 64 << 20


@contextmanager
def in_file(location: str) -> Iterator[Readable]:
    """Open a file of this machine.

    Raises:
        Failed: ``page-missing``.
    """
    try:
        with Path(location).open("rb") as file:
            yield file
    except OSError as error:
        raise Failed(
            "page-missing",
            f"the page {location} of an inventory cannot be read: {error.strerror or error}",
            next_step="bring it back from where it went; or buy the inventory again with --restart",
        ) from error


def page_of(record: Record) -> int | None:
    """Return which page of an inventory a record's output is; None where it is the whole."""
    if record.type != JobType.INVENTORY_RETRIEVAL:
        return None
    number = page_in(record.address)
    if number is None and record.next_marker is not None:
        return 1
    return number


def is_joined(records: Sequence[Record]) -> bool:
    """Say whether the state knows that the pages of an inventory were joined."""
    return all(one.verified_by == Verified.JOINED and one.output == records[0].output for one in records)


@dataclass(frozen=True, slots=True)
class Joined:
    """An inventory that was put together.

    Attributes:
        location: Where it is.
        name: The name, and why it is another than was wanted.
        size, tree_hash: Of the file.
        archives: How many are listed.
        dates: When Glacier made the pages; several where a new inventory was made on the way.
    """

    location: str
    name: Name
    size: int
    tree_hash: str
    archives: int
    dates: tuple[str, ...]


class Joining:
    """Puts inventories together.

    Args:
        state: Takes what was joined.
        opens: Opens the stored pages.
        now: Tells the host's time, for the log.
    """

    def __init__(self, state: State, opens: Opens, now: Callable[[], datetime]) -> None:
        self._state = state
        self._opens = opens
        self._now = now

    def join(self, records: Sequence[Record], place: Place, wanted: Name) -> Joined:
        """Join the pages of one inventory, which are all stored; write it down, then drop the pages.

        Args:
            records: Of the pages, in their order.
            place: Where the whole goes.
            wanted: Under which name.

        Raises:
            Failed: ``page-missing``, ``page-changed``, ``pages-disagree``, or what the place says.
            StateError: The state cannot be written.
        """
        with tempfile.TemporaryFile() as whole:
            pages = [self._walked(record) for record in records]
            self._write(whole, records, pages)
            walked = _checked(whole, records, pages)
            kept, name, division = _stored(whole, records, place, wanted)
        root = combined(kept.roots).hex()
        self._note(records, kept.location, root, division.length)
        place.destination.forget(Output(_identity(records), name.text, division))
        _drop(records, kept.location)
        dates = sorted({one.head.inventory_date for one in pages if one.head.inventory_date is not None})
        return Joined(kept.location, name, division.length, root, walked.archives, tuple(dates))

    def resume(self, records: Sequence[Record], place: Place) -> bool:
        """Finish what a run left that died while it wrote down a joined inventory; say whether one did.

        Args:
            records: Of the pages, in their order.
            place: Where the whole is.

        Raises:
            Failed: ``pages-disagree``, or what the place says.
            StateError: The state cannot be written.
        """
        first = records[0]
        if first.verified_by != Verified.JOINED or is_joined(records):
            return False
        if any(_was_bought_since(one, first) for one in records[1:]):
            raise _disagree(records, "one was bought again after they were put together")
        location, root, size = first.output, first.output_tree_hash, first.output_size
        if location is None or root is None or size is None:
            return False
        self._note(records, location, root, size)
        place.destination.forget(Output(_identity(records), location, divided(size, _PART)))
        _drop(records[1:], location)
        return True

    def _walked(self, record: Record) -> Walked:
        """Read a page to its end, and hold it against what was stored."""
        location, told = record.output or "", TreeHash()
        inventory = _inventory(location, lambda: _hashed(self._opens(location), told))
        try:
            for _archive in inventory:
                pass
        except InvalidInput as error:
            raise _changed(record, error.message) from error
        assert inventory.walked is not None  # noqa: S101 - the walk has ended
        found = told.digest().hex()
        if record.output_tree_hash is not None and found != record.output_tree_hash:
            raise _changed(record, f"its tree hash is {found}, and was {record.output_tree_hash}")
        return inventory.walked

    def _write(self, whole: BinaryIO, records: Sequence[Record], pages: Sequence[Walked]) -> None:
        openers: list[tuple[PageHead, Opener]] = []
        for record, page in zip(records, pages, strict=True):
            location = record.output or ""
            is_json = page.head.vault_arn is not None or _begins_as_json(self._opens(location))
            openers.append((PageHead(page.head, is_json), partial(self._opens, location)))
        try:
            whole.writelines(joined(openers))
        except PagesDisagreeError as error:
            raise _disagree(records, str(error)) from error
        except (Cut, Malformed) as error:
            raise _changed(records[0], f"a page of it was changed while it was read ({error})") from error

    def _note(self, records: Sequence[Record], location: str, root: str, size: int) -> None:
        """Write it down; the first page decides: once that is joined, so will the others be."""
        first, *others = (
            Join(one.key, one.generation, self._now(), location, root, size, Verified.JOINED)
            for one in records
        )
        self._state.write(first)
        for written in self._state.submit_together(others):
            written.result()


def _was_bought_since(record: Record, joined: Record) -> bool:
    """Say whether a page is a newer one than that which was put together with the first."""
    if record.verified_by == Verified.JOINED or record.changed_at is None or joined.changed_at is None:
        return False
    return record.changed_at > joined.changed_at


def _inventory(name: str, opener: Opener) -> Inventory:
    return Inventory(Origin(name), opener, bad_rows=lambda: SkipBadRows(_counted))


def _counted(_finding: Diagnostic) -> None:
    """Walked tells their number."""


@contextmanager
def _hashed(opened: AbstractContextManager[Readable], told: TreeHash) -> Iterator[Readable]:
    with opened as stream:
        yield _Hashing(stream, told)


class _Hashing:
    def __init__(self, stream: Readable, told: TreeHash) -> None:
        self._stream = stream
        self._told = told

    def read(self, size: int, /) -> bytes:
        piece = self._stream.read(size)
        self._told.update(piece)
        return piece


def _begins_as_json(opened: AbstractContextManager[Readable]) -> bool:
    with opened as stream:
        return stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def _checked(whole: BinaryIO, records: Sequence[Record], pages: Sequence[Walked]) -> Walked:
    """Read the whole to its end: it has every row that the pages have."""

    @contextmanager
    def opened() -> Iterator[Readable]:
        whole.seek(0)
        yield whole

    inventory = _inventory(records[0].address, opened)
    try:
        for _archive in inventory:
            pass
    except InvalidInput as error:
        raise _disagree(records, error.message) from error
    walked = inventory.walked
    assert walked is not None  # noqa: S101 - the walk has ended
    rows = sum(page.archives + page.skipped for page in pages)
    if walked.archives + walked.skipped != rows:
        raise _disagree(records, f"they have {rows:,} rows, and joined {walked.archives + walked.skipped:,}")
    return walked


def _stored(
    whole: BinaryIO, records: Sequence[Record], place: Place, wanted: Name
) -> tuple[Kept, Name, Division]:
    """Keep the whole under its name, unless an earlier run has kept it already."""
    division = divided(whole.seek(0, 2), _PART)
    identity = _identity(records)
    name = place.naming.give(identity, wanted)
    output = Output(identity, name.text, division)
    roots = tuple(tree_hash(_pieces(whole, part.start, part.end)) for part in division)
    kept = place.destination.kept(output)
    if kept is None or kept.roots != roots:
        claim = place.room.claim(division.length)
        try:
            kept = _draft(whole, place, output, roots)
        finally:
            claim.release()
    place.naming.claim(identity, kept.name)
    return kept, name, division


def _draft(whole: BinaryIO, place: Place, output: Output, roots: Sequence[bytes]) -> Kept:
    with place.destination.draft(output) as draft:
        held = draft.held()
        if any(held[number] != roots[number] for number in held):
            draft.discard()
            held = {}
        for part in output.division:
            if part.number not in held:
                whole.seek(part.start)
                draft.write(part, whole.read(part.length), roots[part.number])
        return draft.finish()


def _pieces(whole: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    whole.seek(start)
    left = end - start
    while left and (piece := whole.read(min(left, LEAF))):
        yield piece
        left -= len(piece)


def _identity(records: Sequence[Record]) -> str:
    return f"{records[0].key}.{records[0].generation} joined"


def _drop(records: Sequence[Record], location: str) -> None:
    """Remove the files of the pages; objects in S3 stay, since nobody lets us delete there."""
    for record in records:
        page = record.output
        if page is not None and page != location and not page.startswith(_S3):
            with suppress(OSError):
                Path(page).unlink()


def _changed(record: Record, why: str) -> Failed:
    return Failed(
        "page-changed",
        f"the page {record.output} of {record.address} is not what was stored: {why}",
        next_step="bring it back from where it was changed; or buy the inventory again with --restart",
    )


def _disagree(records: Sequence[Record], why: str) -> Failed:
    return Failed(
        "pages-disagree",
        f"the {len(records)} pages of {records[0].address} are not those of one inventory: {why}",
        next_step="the pages are kept as they are; to have the inventory anew, buy each of them again: "
        f"--restart '{records[0].address}*'",
    )
