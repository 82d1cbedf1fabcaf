import gzip
import hashlib
import io
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.diagnostics import InvalidInput, Severity, Span
from glacier_manifest.inventory.archive import Archive
from glacier_manifest.inventory.origin import Origin
from glacier_manifest.inventory.reading import Inventory, vault_finding
from glacier_manifest.jobs.request import Vault
from tests.inventory.inventories import (
    ARN,
    HEADER,
    archive,
    csv_of,
    inventory,
    json_of,
    packed,
    read,
    refused,
)

THREE = [archive(1), archive(2, 'say "hi", twice'), archive(3, "")]
FORMATS = {"json": json_of(THREE), "csv": csv_of(THREE)}


@pytest.fixture(params=FORMATS)
def content(request: pytest.FixtureRequest) -> bytes:
    return FORMATS[request.param]


class Trickle(io.BytesIO):
    """Gives a byte at a time, as a slow pipe may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(1, size or 0))


def test_json_csv_and_gzip_are_told_apart_by_what_they_hold(content: bytes) -> None:
    assert read(content) == THREE
    assert read(packed(content)) == THREE
    assert read(b"\xef\xbb\xbf" + content) == THREE
    assert read(packed(content[:100]) + packed(content[100:])) == THREE


def test_a_stream_may_give_less_than_it_is_asked_for(content: bytes) -> None:
    for stored in (content, packed(content)):
        slow = Inventory(Origin("slow"), lambda stored=stored: nullcontext(Trickle(stored)))  # type: ignore[misc]  # a default binds the loop's value

        assert list(slow) == THREE


def test_what_was_walked_tells_the_hash_and_length_of_the_bytes_as_they_are_stored(content: bytes) -> None:
    for stored in (content, packed(content)):
        walk = inventory(stored)
        assert walk.walked is None

        assert list(walk) == THREE

        assert walk.walked is not None
        assert walk.walked.sha256 == hashlib.sha256(stored).hexdigest()
        assert walk.walked.byte_count == len(stored)
        assert (walk.walked.archives, walk.walked.skipped) == (3, 0)


def test_an_inventory_can_be_walked_again(content: bytes) -> None:
    walk = inventory(content)

    assert list(walk) == list(walk) == THREE


def test_nothing_is_known_of_a_walk_that_was_left(content: bytes) -> None:
    walk = inventory(content)
    assert list(walk) == THREE

    next(iter(walk))

    assert walk.walked is None


def test_the_stored_bytes_are_let_go_however_the_walk_ends(content: bytes) -> None:
    let_go: list[str] = []

    @contextmanager
    def opened(stored: bytes) -> Iterator[io.BytesIO]:
        try:
            yield io.BytesIO(stored)
        finally:
            let_go.append("closed")

    for stored in (content, content[:-80]):
        with suppress(InvalidInput):
            list(Inventory(Origin("x"), lambda stored=stored: opened(stored)))  # type: ignore[misc]  # the same
    walk = iter(Inventory(Origin("x"), lambda: opened(content)))
    next(walk)
    del walk

    assert let_go == ["closed"] * 3


def test_what_gzip_packed_and_was_cut_is_refused(content: bytes) -> None:
    stored = packed(content)

    for end in range(2, len(stored)):
        with pytest.raises(InvalidInput) as caught:
            read(stored[:end])
        assert caught.value.code == "truncated-inventory"


@pytest.mark.parametrize(
    ("garbage", "code"),
    [
        (b"garbage", "invalid-inventory"),
        (b"\x1f\x8bgarbage", "truncated-inventory"),
        (packed(b"garbage"), "bad-inventory-row invalid-inventory truncated-inventory"),
    ],
)
def test_what_follows_packed_bytes_is_refused(content: bytes, garbage: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(packed(content) + garbage)

    assert caught.value.code in code.split()


def test_packed_bytes_that_were_altered_are_refused(content: bytes) -> None:
    stored = bytearray(gzip.compress(content, 0))
    stored[len(stored) // 2] ^= 1

    with pytest.raises(InvalidInput):
        read(bytes(stored))


@pytest.mark.parametrize(
    ("content", "why", "advice"),
    [
        (b"", "it is empty", "inventory-retrieval job"),
        (b" \n\r\n", "it is empty", "inventory-retrieval job"),
        (b"\xef\xbb\xbf", "it is empty", "inventory-retrieval job"),
        (packed(b""), "it is empty", "inventory-retrieval job"),
        (b"<!DOCTYPE html><html>", "HTML or XML", "inventory-retrieval job"),
        (
            b'\n<?xml version="1.0"?><Error><Code>AccessDenied</Code>',
            "HTML or XML",
            "inventory-retrieval job",
        ),
        (b"[1, 2]", "a JSON list", "inventory-retrieval job"),
        (b"PK\x03\x04rest", "a ZIP file or a spreadsheet", "unpack it"),
        (b"BZh91AY", "packed with bzip2", "bunzip2"),
        (b"\xfd7zXZ\x00rest", "packed with xz", "unxz"),
        (b"\x28\xb5\x2f\xfdrest", "packed with zstd", "unzstd"),
        (packed(packed(json_of(THREE))), "packed twice with gzip", "gunzip"),
        (json_of(THREE).decode().encode("utf-16"), "text in UTF-16", "iconv"),
        (csv_of(THREE).decode().encode("utf-16-be"), "it is no text", "inventory-retrieval job"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "it is no text", "inventory-retrieval job"),
        (b"version: 1\njobs: {}\n", "begins with 'version: 1'", "inventory-retrieval job"),
        (b"null", "begins with 'null'", "inventory-retrieval job"),
        (f"{'a' * 138}\n{'b' * 138}\n".encode(), "neither JSON nor the header", "inventory-retrieval job"),
        (b"ArchiveId\n" + b"a" * 138, "has no column ArchiveDescription", "archive_ids_from"),
    ],
)
def test_something_else_than_an_inventory_is_named_for_what_it_is(
    content: bytes, why: str, advice: str
) -> None:
    refusal = refused(content, "not-an-inventory")

    assert refusal.message.startswith("'photos.inventory' is no inventory: ")
    assert why in refusal.message
    assert advice in refusal.next_step


@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=100).map(lambda tail: json_of(THREE)[:-400] + tail),
        st.binary(max_size=100).map(lambda tail: HEADER.encode() + b"\n" + tail),
        st.binary(max_size=100).map(lambda tail: csv_of(THREE) + tail),
        st.binary(max_size=100).map(lambda tail: packed(csv_of(THREE)) + tail),
        st.binary(max_size=100).map(lambda tail: b"\x1f\x8b" + tail),
        st.text(max_size=100).map(lambda text: ('{"ArchiveList":[' + text).encode()),
    )
)
def test_no_bytes_at_all_raise_anything_else_than_a_refusal(content: bytes) -> None:
    with suppress(InvalidInput):
        read(content)


@given(st.sampled_from(sorted(FORMATS)), st.integers(0, 2000), st.binary(max_size=3))
def test_an_inventory_with_bytes_put_over_others_is_refused_or_as_long_as_it_was(
    name: str, place: int, other: bytes
) -> None:
    whole = FORMATS[name]
    at = place % len(whole)
    altered = whole[:at] + other + whole[at + len(other) :]

    with suppress(InvalidInput):
        assert len(read(altered)) == len(THREE)


class Endless(io.RawIOBase):
    """An inventory of a given number of rows that exists nowhere."""

    def __init__(self, rows: int, row: Callable[[int], bytes], frame: tuple[bytes, bytes]) -> None:
        super().__init__()
        self._pieces = self._made(rows, row, frame)
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        while len(self._rest) < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            self._rest += piece
        given, self._rest = self._rest[:size], self._rest[size:]
        return given

    @staticmethod
    def _made(rows: int, row: Callable[[int], bytes], frame: tuple[bytes, bytes]) -> Iterator[bytes]:
        yield frame[0]
        for start in range(0, rows, 100):
            yield b"".join(map(row, range(start, start + 100)))
        yield frame[1]


def csv_row(number: int) -> bytes:
    return csv_of([archive(number)]).partition(b"\n")[2]


def json_row(number: int) -> bytes:
    row = json_of([archive(number)]).partition(b"[")[2].removesuffix(b"]}")
    return row if number == 0 else b"," + row


@pytest.mark.parametrize(
    ("row", "frame"),
    [(csv_row, (f"{HEADER}\n".encode(), b"")), (json_row, (b'{"ArchiveList":[', b"]}"))],
    ids=["csv", "json"],
)
def test_memory_is_the_same_for_few_rows_and_for_many(
    row: Callable[[int], bytes], frame: tuple[bytes, bytes]
) -> None:
    def peak(rows: int) -> int:
        walk = Inventory(Origin("x"), lambda: nullcontext(Endless(rows, row, frame)))
        tracemalloc.start()
        count = sum(1 for _ in walk)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == rows
        return most

    few, many = peak(2_000), peak(20_000)

    assert many < few + 500_000


@pytest.mark.parametrize(
    "vault",
    [
        Vault("012345678901", "us-west-2", "examplevault"),
        Vault("-", "us-west-2", "examplevault"),
        Vault("-", "-", "examplevault"),
    ],
)
def test_the_inventory_of_the_vault_itself_is_fine(vault: Vault) -> None:
    walk = inventory(json_of(THREE))
    list(walk)

    assert vault_finding(walk, vault) is None


@pytest.mark.parametrize(
    ("arn", "vault"),
    [
        (ARN, Vault("012345678901", "us-west-2", "othervault")),
        (ARN, Vault("012345678901", "us-west-2", "Examplevault")),
        (ARN, Vault("012345678901", "eu-west-1", "examplevault")),
        (ARN, Vault("111122223333", "us-west-2", "examplevault")),
        (ARN + "/jobs/1", Vault("-", "-", "examplevault")),
        ("examplevault", Vault("-", "-", "examplevault")),
    ],
)
def test_the_inventory_of_another_vault_is_an_error(arn: str, vault: Vault) -> None:
    walk = inventory(json_of(THREE).replace(ARN.encode(), arn.encode()))
    list(walk)
    span = Span(Path("jobs.yaml"), 7, 3, 9)

    found = vault_finding(walk, vault, span=span)

    assert found is not None
    assert (found.severity, found.code, found.span) == (Severity.ERROR, "wrong-vault", span)
    assert arn in found.message
    assert vault.name in found.message


def test_a_csv_cannot_tell_whose_it_is_which_is_a_warning() -> None:
    walk = inventory(csv_of(THREE))
    list(walk)

    found = vault_finding(walk, Vault("-", "us-west-2", "examplevault"))

    assert found is not None
    assert (found.severity, found.code) == (Severity.WARNING, "vault-not-told")


def test_an_archive_is_a_tuple_with_names() -> None:
    (one, *_) = read(json_of(THREE))

    assert type(one) is Archive
    assert one.archive_id == one[0]
