"""Every broken manifest in ``broken/``: its first line says what must be found, as ``code:line:column``."""

from pathlib import Path

import pytest
import yaml

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity
from glacier_manifest.manifest import read_manifest
from glacier_manifest.manifest.yaml_nodes import compose
from glacier_manifest.manifest.yaml_source import read_source

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
SYNTAX = [path for path in BROKEN if path.read_text("utf-8").startswith("# yaml-syntax")]


def errors_of(path: Path) -> list[Diagnostic]:
    with pytest.raises(InvalidInput) as raised:
        read_manifest([path])
    return [found for found in raised.value.diagnostics if found.severity is Severity.ERROR]


def place_of(found: Diagnostic) -> str:
    assert found.span is not None
    return f"{found.code}:{found.span.line}:{found.span.column}"


def test_there_are_enough_broken_manifests_to_trust() -> None:
    assert len(BROKEN) > 150


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_exactly_the_mistake_is_told_at_its_place(path: Path) -> None:
    expected = path.read_text("utf-8").splitlines()[0].removeprefix("# ").split()

    assert [place_of(found) for found in errors_of(path)] == expected


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_every_error_is_in_our_words_and_says_what_to_do(path: Path) -> None:
    for found in errors_of(path):
        assert "Input should" not in found.message
        assert not found.message.endswith(".")
        assert found.message[0] == found.message[0].lower() or found.message.startswith("YAML")
        assert found.help
        assert found.source_line is not None


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_span_lies_within_its_line(path: Path) -> None:
    lines = path.read_text("utf-8").split("\n")
    for found in errors_of(path):
        assert found.span is not None
        assert found.source_line == lines[found.span.line - 1]
        assert 1 <= found.span.column < found.span.end_column
        assert found.span.end_column <= max(len(found.source_line), found.span.column) + 1


@pytest.mark.parametrize("path", SYNTAX, ids=lambda path: path.stem)
def test_the_parser_in_python_explains_syntax_like_the_one_in_c(path: Path) -> None:
    with pytest.raises(InvalidInput) as raised:
        compose(read_source(path), loader=yaml.SafeLoader)

    (in_python,) = raised.value.diagnostics
    (in_c,) = errors_of(path)
    assert (in_python.code, in_python.message, in_python.help) == (in_c.code, in_c.message, in_c.help)
