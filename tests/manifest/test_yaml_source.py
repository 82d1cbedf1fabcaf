import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier_manifest.diagnostics import Diagnostic, InvalidInput
from glacier_manifest.manifest import yaml_source
from glacier_manifest.manifest.yaml_source import Place, Source, read_source


def refusal(path: Path) -> Diagnostic:
    with pytest.raises(InvalidInput) as raised:
        read_source(path)
    (found,) = raised.value.diagnostics
    return found


def written(folder: Path, content: bytes) -> Path:
    path = folder / "jobs.yaml"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a: 1\n", "a: 1\n"),
        (b"\xef\xbb\xbfa: 1\n", "a: 1\n"),
        ("a: 日本\n".encode(), "a: 日本\n"),
        (b"", ""),
    ],
)
def test_utf8_is_read_with_or_without_a_byte_order_mark(tmp_path: Path, content: bytes, text: str) -> None:
    assert read_source(written(tmp_path, content)).text == text


@pytest.mark.parametrize(
    ("content", "line", "column", "byte"),
    [
        (b"a: 1\nb: f\xfcr\n", 2, 5, "0xFC"),
        ("version: 1\n".encode("utf-16"), 1, 1, "0xFF"),
        (b"\xfe\xff\x00a", 1, 1, "0xFE"),
        (b"a: \xed\xa0\x80", 1, 4, "0xED"),
        ("é: ".encode() + b"\x80", 1, 4, "0x80"),
    ],
)
def test_the_first_byte_that_is_not_utf8_is_shown(
    tmp_path: Path, content: bytes, line: int, column: int, byte: str
) -> None:
    found = refusal(written(tmp_path, content))

    assert found.code == "not-utf8"
    assert byte in found.message
    assert found.span is not None
    assert (found.span.line, found.span.column) == (line, column)


@pytest.mark.parametrize(
    ("character", "name"), [("\x00", "U+0000"), ("\x1b", "U+001B"), ("\ufffe", "U+FFFE")]
)
def test_an_unprintable_character_is_named_and_placed(tmp_path: Path, character: str, name: str) -> None:
    found = refusal(written(tmp_path, f"a: 1\r\nb: x{character}y\n".encode()))

    assert (found.code, found.message) == ("unprintable-character", f"unprintable character {name}")
    assert found.span is not None
    assert (found.span.line, found.span.column) == (2, 5)


def test_a_missing_file_is_told_in_words(tmp_path: Path) -> None:
    found = refusal(tmp_path / "none.yaml")

    assert found.code == "unreadable-file"
    assert found.message == f"cannot read '{tmp_path}/none.yaml': no such file or directory"


def test_a_symbolic_link_to_nothing_says_where_it_leads(tmp_path: Path) -> None:
    link = tmp_path / "jobs.yaml"
    link.symlink_to("gone.yaml")

    assert "it is a symbolic link to 'gone.yaml', which does not exist" in refusal(link).message


def test_a_symbolic_link_to_itself_is_told(tmp_path: Path) -> None:
    link = tmp_path / "jobs.yaml"
    link.symlink_to("jobs.yaml")

    assert refusal(link).code == "unreadable-file"


@pytest.mark.parametrize("name", ["a\0b.yaml", "x" * 5000, "jobs.yaml/inside"])
def test_an_impossible_name_is_told(tmp_path: Path, name: str) -> None:
    written(tmp_path, b"")

    assert refusal(tmp_path / name).code == "unreadable-file"


def test_a_file_without_an_end_is_given_up() -> None:
    found = refusal(Path("/dev/zero"))

    assert (found.code, found.message) == ("unreadable-file", "'/dev/zero' is larger than 128 MiB")


def test_a_file_from_a_pipe_is_read() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"version: 1\n")
    os.close(writing)
    try:
        assert read_source(Path(f"/dev/fd/{reading}")).text == "version: 1\n"
    finally:
        os.close(reading)


def test_lines_are_counted_as_the_parser_counts_them() -> None:
    source = Source(Path("x"), "a\r\nb\rc\nd\x85e\u2028f\u2029g")

    assert source.lines == ["a", "b", "c", "d", "e", "f", "g"]
    assert source.quote(Place(6, 1, 2)) == "f"
    assert source.line(8) == ""


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_a_refusal(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = written(tmp_path_factory.mktemp("bytes"), content)

    assert text_or_code(path) in {
        content.decode("utf-8", errors="ignore").removeprefix("\ufeff"),
        "not-utf8",
        "unprintable-character",
    }


def text_or_code(path: Path) -> str:
    try:
        return read_source(path).text
    except InvalidInput as error:
        return error.code


def test_the_largest_file_is_a_whole_number_of_mebibytes() -> None:
    assert yaml_source.LARGEST_FILE == 128 * 1024 * 1024
