import tracemalloc
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, Span
from glacier_manifest.inventory.findings import MOST_TOLD
from glacier_manifest.inventory.id_list import ListedId, read_id_list

LIST = Path("wedding.txt")
FIRST, SECOND = "a" * 138, "-" + "b" * 137


def read(lines: Iterable[bytes]) -> tuple[list[ListedId], list[Diagnostic]]:
    warnings: list[Diagnostic] = []
    return list(read_id_list(lines, LIST, warn=warnings.append)), warnings


def refused(text: bytes) -> tuple[Diagnostic, ...]:
    with pytest.raises(InvalidInput) as caught:
        read(text.splitlines(keepends=True))
    return caught.value.diagnostics


@pytest.mark.parametrize(
    "text",
    [
        f"{FIRST}\n{SECOND}\n",
        f"{FIRST}\n{SECOND}",
        f"{FIRST}\r\n{SECOND}\r\n",
        f"\ufeff{FIRST}\n{SECOND}\n",
        f"  {FIRST}\t\n{SECOND}  \n",
        f'{FIRST} # bride\n{SECOND}\t#groom, "quoted"\n',
    ],
)
def test_one_id_a_line_however_the_lines_are_written(text: str) -> None:
    listed, warnings = read(text.encode().splitlines(keepends=True))

    assert listed == [ListedId(FIRST, 1), ListedId(SECOND, 2)]
    assert warnings == []


def test_comments_and_blank_lines_are_passed_over_and_counted() -> None:
    text = f"# the wedding\n\n   \n  # indented\n{FIRST}\n\n#{SECOND}\n{SECOND}\n"

    listed, _ = read(text.encode().splitlines(keepends=True))

    assert listed == [ListedId(FIRST, 5), ListedId(SECOND, 8)]


def test_an_archive_may_be_named_twice() -> None:
    listed, _ = read([FIRST.encode(), FIRST.encode()])

    assert [one.archive_id for one in listed] == [FIRST, FIRST]


@pytest.mark.parametrize(
    ("line", "why", "advice"),
    [
        (f'"{FIRST}"', "stands in quotes", "remove the quotes"),
        (f"'{FIRST}'", "stands in quotes", "remove the quotes"),
        (f"\u201c{FIRST}\u201d", "stands in quotes", "remove the quotes"),
        (f"{FIRST},photo.jpg,2012-05-15T17:19:46.700Z,2140123", "more columns", "is this a CSV?"),
        (f"{FIRST};photo.jpg", "more columns", "is this a CSV?"),
        (f"{FIRST}\tphoto.jpg", "more columns", "is this a CSV?"),
        (f"{FIRST} {SECOND}", "holds a space", "one archive ID a line"),
        (f"{FIRST}#no-space-before", "holds '#'", "letters, digits"),
        ("photos/2015.zip", "holds '/'", "letters, digits"),
        ("{", "holds '{'", "letters, digits"),
        ("hochzeit-fotos-\u00fc", "holds '\u00fc'", "letters, digits"),
    ],
)
def test_a_line_that_is_no_archive_id_is_told_with_its_cause(line: str, why: str, advice: str) -> None:
    (found,) = refused(f"{SECOND}\n{line}\n".encode())

    assert (found.severity, found.code) == (Severity.ERROR, "invalid-archive-id")
    assert why in found.message
    assert advice in (found.help or "")
    assert found.span is not None
    assert (found.span.file, found.span.line, found.span.column) == (LIST, 2, 1)
    assert found.source_line is not None
    assert line.startswith(found.source_line.removesuffix("…"))


def test_the_caret_stands_under_the_id_and_not_under_the_comment() -> None:
    (found,) = refused(b"  bad/id # why\r\n")

    assert found.span == Span(LIST, 1, 3, 9)
    assert found.source_line == "  bad/id # why"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_a_list_in_another_encoding_is_told_as_such(encoding: str) -> None:
    found = refused(f"{FIRST}\n".encode(encoding))

    assert all("UTF-8" in one.message for one in found[:1])


def test_every_wrong_line_is_told() -> None:
    found = refused(f"{FIRST}\nbad/one\n{SECOND}\nbad/two\n".encode())

    assert [one.span.line for one in found if one.span] == [2, 4]


def test_no_id_is_yielded_after_the_first_wrong_line() -> None:
    reading = read_id_list([FIRST.encode(), b"bad/one", SECOND.encode()], LIST, warn=lambda _: None)

    assert next(reading) == ListedId(FIRST, 1)
    with pytest.raises(InvalidInput):
        next(reading)


def test_a_list_that_is_wrong_throughout_is_told_in_a_bounded_number_of_words() -> None:
    found = refused(b"no/id\n" * (MOST_TOLD + 1234))

    assert len(found) == MOST_TOLD + 1
    assert found[-1].message == "1,234 more lines are no archive IDs"
    assert found[-1].span is not None
    assert found[-1].span.line == MOST_TOLD + 1


@pytest.mark.parametrize("text", [b"", b"\n\n", b"# nothing yet\n", b"\xef\xbb\xbf"])
def test_a_list_that_names_nothing_is_an_error(text: bytes) -> None:
    (found,) = refused(text)

    assert (found.code, found.message) == ("empty-list", "'wedding.txt' names no archive")


@pytest.mark.parametrize("length", [1, 137, 139, 276])
def test_an_odd_length_is_a_warning_and_the_id_is_kept(length: int) -> None:
    odd = "x" * length

    listed, (warning,) = read([FIRST.encode(), odd.encode()])

    assert listed == [ListedId(FIRST, 1), ListedId(odd, 2)]
    assert (warning.severity, warning.code) == (Severity.WARNING, "archive-id-length")
    assert f"has {length} characters" in warning.message
    assert warning.span is not None
    assert warning.span.line == 2


def test_warnings_are_bounded_too() -> None:
    _, warnings = read([b"short"] * (MOST_TOLD + 7))

    assert len(warnings) == MOST_TOLD + 1
    assert warnings[-1].message == "7 more archive IDs do not have 138 characters"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"ArchiveId\n{FIRST}\n{SECOND}\n", (2, 3)),
        (f"\ufeffarchive_id\r\n{FIRST}\r\n\r\n{SECOND}\r\n", (2, 4)),
        (f'"ArchiveId","Size"\n"{FIRST}","1"\n"{SECOND}","2"\n', (2, 3)),
        (f"Size,ArchiveId\n1,{FIRST}\n2, {SECOND}\n", (2, 3)),
        (f"Name,ArchiveId,Size\n#1 in a row,{FIRST},1\nplain,{SECOND},2\n", (2, 3)),
        (f'Name,ArchiveId,Size\n"a, \\"b\\"",{FIRST},1\n"a, ""b""",{SECOND},2\n', (2, 3)),
        (f"# chosen by hand\nArchiveId,Name\n{FIRST},a\n{SECOND},b,c", (3, 4)),
    ],
)
def test_a_column_of_a_csv_is_a_list(text: str, lines: tuple[int, int]) -> None:
    listed, warnings = read(text.encode().splitlines(keepends=True))

    assert listed == [ListedId(FIRST, lines[0]), ListedId(SECOND, lines[1])]
    assert warnings == []


@pytest.mark.parametrize("key", ["ArchiveId", "archive_id"])
def test_a_json_object_a_line_is_a_list(key: str) -> None:
    text = f'\ufeff{{"{key}": "{FIRST}", "size": 1}}\n\n{{"size": 2, "{key}":"{SECOND}"}}\r\n'

    listed, warnings = read(text.encode().splitlines(keepends=True))

    assert listed == [ListedId(FIRST, 1), ListedId(SECOND, 3)]
    assert warnings == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"Size,ArchiveId\n1,{FIRST}\n1\n", "where column 2 must hold one"),
        (f"Size,ArchiveId\n1,{FIRST}\n1,bad/id\n", "holds '/'"),
        (f"Size,ArchiveId\n1,{FIRST}\n1,\n", "is empty"),
        (f'Name,ArchiveId\n"a",{FIRST}\n"open,{SECOND}\n', "where column 2 must hold one"),
        (f'{{"archive_id": "{FIRST}"}}\n\n{{"id": 1}}\n', "is no JSON object with the key"),
        (f'{{"archive_id": "{FIRST}"}}\n{{"archive_id": 7}}\n', "is no JSON object with the key"),
        (f'{{"archive_id": "{FIRST}"}}\n[]\n', "is no JSON object with the key"),
        (f'{{"archive_id": "{FIRST}"}}\n{{"archive_id": "bad/id"}}\n', "holds '/'"),
        (f'{{"archive_id": "{FIRST}"}}\n{{"archive_id": "\\ud800"}}\n', "holds '?'"),
        (f'{{"archive_id": "{FIRST}"}}\n{FIRST}\n', "is no JSON object with the key"),
        ('{"VaultARN": "arn", "ArchiveList": []}\n', "is no JSON object with the key"),
    ],
)
def test_what_is_wrong_in_a_csv_or_in_json_lines_is_told_with_its_line(text: str, why: str) -> None:
    (found,) = refused(text.encode())

    assert (found.severity, found.code) == (Severity.ERROR, "invalid-archive-id")
    assert why in found.message
    assert found.span is not None
    assert found.span.line == len(text.splitlines())


@pytest.mark.parametrize("text", [b"ArchiveId\n", b"Name,ArchiveId\n\n\n"])
def test_a_header_alone_names_nothing(text: bytes) -> None:
    (found,) = refused(text)

    assert found.code == "empty-list"


@given(st.sampled_from([b"ArchiveId\n", b"a,ArchiveId\n", b'{"archive_id": "a"}\n']), st.binary(max_size=200))
def test_any_bytes_behind_a_first_line_are_read_or_refused(first: bytes, rest: bytes) -> None:
    with suppress(InvalidInput):
        read((first + rest).splitlines(keepends=True))


@given(
    st.lists(st.from_regex(r"[A-Za-z0-9_-]{138}", fullmatch=True), min_size=1),
    st.sampled_from(["\n", "\r\n"]),
)
def test_every_list_of_ids_reads_back(ids: list[str], end: str) -> None:
    listed, _ = read(end.join(ids).encode().splitlines(keepends=True))

    assert listed == [ListedId(one, number) for number, one in enumerate(ids, start=1)]


@given(st.lists(st.binary(max_size=200).map(lambda line: line.replace(b"\n", b"")), max_size=5))
def test_any_other_bytes_are_refused_with_a_diagnostic(lines: list[bytes]) -> None:
    found = refused(b"\n".join([*lines, b"no/id"]))

    assert {one.code for one in found} == {"invalid-archive-id"}
    assert all(one.span and one.span.column < one.span.end_column for one in found)


def test_a_long_list_streams_in_flat_memory() -> None:
    def lines() -> Iterator[bytes]:
        for number in range(200_000):
            yield b"%0138d\n" % number

    def peak(lines: Iterable[bytes]) -> int:
        tracemalloc.start()
        count = sum(1 for _ in read_id_list(lines, LIST, warn=lambda _: None))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == 200_000
        return most

    assert peak(lines()) < 1_000_000
