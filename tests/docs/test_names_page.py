"""What docs/names.md says of descriptions, globs and filters is so."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from glacier_manifest.inventory.archive import Archive
from glacier_manifest.inventory.filters import Selection
from glacier_manifest.inventory.names.table import decode
from glacier_manifest.manifest import read_manifest
from glacier_manifest.manifest.model import Archives
from glacier_manifest.patterns import check_path_glob, check_regex, path_matcher, text_matcher
from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs/names.md"
TEXT = PAGE.read_text(encoding="utf-8")


def rows(header: str) -> Iterator[list[str]]:
    """Yield the rows of the tables with this header, cell by cell."""
    for table in TEXT.split(f"\n{header}\n")[1:]:
        for row in table.split("\n\n")[0].splitlines()[1:]:
            yield [cell.strip() for cell in row.strip("|").split("|")]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]*)`", cell)


DESCRIPTIONS = [*rows("| format | a description | its path |")]
GLOBS = [*rows("| glob | fits | does not fit |")]
ARCHIVES = [*rows("| description | created | bytes | |")]


@pytest.mark.parametrize("row", DESCRIPTIONS, ids=lambda row: row[0])
def test_a_description_has_the_path_that_is_told(row: list[str]) -> None:
    ((format_name,), (description,), (path,)) = map(quoted, row)

    name = decode(description)

    assert (name.format, name.path) == (format_name, path)


@pytest.mark.parametrize("row", GLOBS, ids=lambda row: row[0])
def test_a_glob_fits_what_is_told(row: list[str]) -> None:
    (glob,), fitting, others = map(quoted, row)
    is_of_texts = TEXT.index("A glob for a *description*") < TEXT.index(f"| `{glob}` |")
    fits = text_matcher(glob) if is_of_texts else path_matcher([glob])

    assert [bool(fits(text)) for text in (*fitting, *others)] == [True] * len(fitting) + [False] * len(others)


def test_what_is_said_to_be_refused_is_refused() -> None:
    assert "`2015/**.jpg` is refused" in TEXT
    assert check_path_glob("2015/**.jpg") is not None
    assert "such as `.{0,900}x`" in TEXT
    assert check_regex(".{0,900}x") is not None


def test_the_utf7_that_is_shown_is_read_so() -> None:
    written, meant = re.findall(r"`(c01[^`]*)` is\s+`([^`]*)`", TEXT)[0]

    assert decode(f'{{"Path":"{written}"}}').path == meant


def test_the_filter_picks_what_is_said_to_be_picked(tmp_path: Path) -> None:
    (block,) = [block for block in blocks(PAGE) if block.file == "jobs.yaml"]
    (tmp_path / "jobs.yaml").write_text(block.body, encoding="utf-8")
    ask = read_manifest([tmp_path / "jobs.yaml"]).jobs[0].ask
    assert isinstance(ask, Archives)
    assert ask.from_inventory is not None
    archives = [
        Archive("a" * 138, quoted(row[0])[0], quoted(row[1])[0], int(row[2]), "ab" * 32) for row in ARCHIVES
    ]

    picked = [one.description for one in Selection(ask.from_inventory).of(archives)]

    assert picked == [quoted(row[0])[0] for row in ARCHIVES if row[3] == "picked"]
    assert len(picked) == 2
