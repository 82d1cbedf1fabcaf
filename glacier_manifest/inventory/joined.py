"""The pages of an inventory as the one that they are: all rows in their order, as Glacier wrote them."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from glacier_manifest.inventory.archive import InventoryHead
from glacier_manifest.inventory.json_inventory import row_texts
from glacier_manifest.inventory.json_text import Readable

Opener = Callable[[], AbstractContextManager[Readable]]

_PIECE = 1 << 20
_LONGEST_HEADER = 64 * 1024
_ROWS = 1000


class PagesDisagreeError(Exception):
    """The pages are not those of one inventory; the message says why."""


@dataclass(frozen=True, slots=True)
class PageHead:
    """What is known of a page that was read to its end.

    Attributes:
        head: What it says of itself.
        is_json: Whether it is JSON, else it is CSV.
    """

    head: InventoryHead
    is_json: bool


def joined(pages: Sequence[tuple[PageHead, Opener]]) -> Iterator[bytes]:
    """Stream the whole inventory.

    A JSON inventory bears the date of the page that is the oldest: what came after that may be missing.

    Args:
        pages: In their order; each was read to its end before, and is whole.

    Raises:
        PagesDisagreeError: They are of several formats, vaults or tables.
    """
    formats = {page.is_json for page, _ in pages}
    if len(formats) > 1:
        raise PagesDisagreeError("some of them are JSON, and others CSV")
    opens = [opener for _, opener in pages]
    return _joined_json([page.head for page, _ in pages], opens) if formats == {True} else _joined_csv(opens)


def _joined_json(heads: Sequence[InventoryHead], opens: Iterable[Opener]) -> Iterator[bytes]:
    arns = {head.vault_arn for head in heads}
    if len(arns) > 1:
        raise PagesDisagreeError(f"they are of several vaults: {', '.join(sorted(map(str, arns)))}")
    date = min((head.inventory_date for head in heads if head.inventory_date is not None), default=None)
    told = {"VaultARN": next(iter(arns)), "InventoryDate": date}
    beginning = json.dumps({name: value for name, value in told.items() if value is not None})
    opening = f"{beginning[:-1]}, " if len(beginning) > len("{}") else "{"
    yield f'{opening}"ArchiveList":['.encode()
    separator = b""
    for rows in _bundled(row for opener in opens for row in _rows(opener)):
        yield separator + ",".join(rows).encode()
        separator = b","
    yield b"]}"


def _rows(opener: Opener) -> Iterator[str]:
    with opener() as stream:
        yield from row_texts(stream)


def _bundled(rows: Iterable[str]) -> Iterator[list[str]]:
    bundle: list[str] = []
    for row in rows:
        bundle.append(row)
        if len(bundle) == _ROWS:
            yield bundle
            bundle = []
    if bundle:
        yield bundle


def _joined_csv(opens: Iterable[Opener]) -> Iterator[bytes]:
    header: bytes | None = None
    for opener in opens:
        with opener() as stream:
            own, rest = _header(stream)
            if header is None:
                header = own
                yield own + b"\n"
            elif own != header:
                raise PagesDisagreeError("their tables have other columns, or in another order")
            yield from _ended(rest, stream)


def _header(stream: Readable) -> tuple[bytes, bytes]:
    """Return the first line, its end left out, and what was read behind it."""
    text = b""
    while b"\n" not in text and len(text) < _LONGEST_HEADER:
        piece = stream.read(_PIECE)
        if not piece:
            break
        text += piece
    line, _, rest = text.partition(b"\n")
    return line.removesuffix(b"\r"), rest


def _ended(rest: bytes, stream: Readable) -> Iterator[bytes]:
    """Yield all that is left, with an end of its last line."""
    last = b"\n"
    piece = rest
    while True:
        if piece:
            yield piece
            last = piece[-1:]
        piece = stream.read(_PIECE)
        if not piece:
            break
    if last != b"\n":
        yield b"\n"
