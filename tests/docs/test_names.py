"""Whatever the program or a page tells a reader to type exists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from glacier_manifest.cli.commands_table import COMMANDS
from glacier_manifest.cli.main import root
from tests.docs.pages import PAGES, ROOT

#: A command as it is written in running text or in a console block, or the program's name alone.
_TYPED = re.compile(r"(?:^\$ |[`'\"])glacier-manifest(?: (-?[a-z][a-z-]*))?", re.MULTILINE)


def named_commands(text: str) -> Iterator[str]:
    for match in _TYPED.finditer(text):
        if match[1] is not None and not match[1].startswith("-"):
            yield match[1]


def texts_of(path: Path) -> str:
    """The texts that a module may show, docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    pieces = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return "\n".join(piece for piece in pieces if isinstance(piece, str))


SOURCES = sorted((ROOT / "glacier_manifest").rglob("*.py"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_names_commands_that_exist(path: Path) -> None:
    assert set(named_commands(path.read_text(encoding="utf-8"))) <= set(COMMANDS)


def test_the_program_names_commands_that_exist() -> None:
    found = {name: path.name for path in SOURCES for name in named_commands(texts_of(path))}

    assert set(found) <= set(COMMANDS), found
    assert {"plan", "validate", "state"} <= set(found)


def test_every_command_can_be_imported() -> None:
    assert all(root.get_command(click.Context(root), name) for name in COMMANDS)
