"""What the house asks of every file in it. The layers are held by import-linter, in `make lint`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "glacier_manifest"
FOLDERS = (
    "glacier_manifest",
    "tests",
    "docs",
    "manifests",
    "schemas",
    "benchmarks",
    "demo",
    ".ci",
    ".github",
)
SUFFIXES = {".py", ".md", ".yaml", ".yml", ".json", ".toml", ".txt", ""}

#: Places on one machine alone, as a text could name them; spelled so that this line is not one of them.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|root|Users)(?=/)")

MODULES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def texts() -> Iterator[Path]:
    inside = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))
    for path in (*ROOT.iterdir(), *inside):
        if path.is_file() and path.suffix in SUFFIXES and "__pycache__" not in path.parts:
            yield path


def calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_no_module_is_longer_than_400_lines() -> None:
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}

    assert {path: count for path, count in lines.items() if count > 400} == {}


def test_no_function_is_longer_than_50_lines() -> None:
    long = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 50
    ]

    assert long == []


def test_only_the_command_line_prints() -> None:
    printing = [
        f"{name(path)}:{call.lineno}"
        for path in MODULES
        if path.relative_to(PACKAGE).parts[0] != "cli"
        for call in calls(path)
        if isinstance(call.func, ast.Name) and call.func.id == "print"
    ]

    assert printing == []


@pytest.mark.parametrize("word", ["manager", "helper", "helpers", "util", "utils", "misc", "common", "data"])
def test_no_module_has_a_name_that_says_nothing(word: str) -> None:
    named = [name(path) for path in MODULES if word in path.relative_to(PACKAGE).with_suffix("").parts]

    assert named == []


def test_no_file_names_a_place_on_one_machine() -> None:
    found = [
        f"{name(path)}: {match[0]}"
        for path in texts()
        if (match := MACHINE_PATHS.search(path.read_text(encoding="utf-8", errors="replace")))
    ]

    assert found == []


@pytest.mark.parametrize(
    "forbidden",
    ["unittest" + ".mock", "mark" + ".skip", "mark" + ".xfail", "pytest" + ".skip", "time" + ".sleep("],
)
def test_no_test_mocks_skips_or_sleeps(forbidden: str) -> None:
    assert [name(path) for path in TESTS if forbidden in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("forbidden", ["TO" + "DO", "FIX" + "ME", "coming" + " soon"])
def test_nothing_is_left_for_later(forbidden: str) -> None:
    word = re.compile(rf"\b{forbidden}\b")

    assert [
        name(path) for path in texts() if word.search(path.read_text(encoding="utf-8", errors="replace"))
    ] == []
