"""The picture of the house is the house."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.docs.pages import ROOT

PACKAGE = ROOT / "glacier_manifest"
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
PERFORMANCE = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
ROOMS = sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists())


def test_the_rooms_stand_in_the_order_that_the_linter_holds() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    held = [layer.removeprefix("glacier_manifest.") for layer in layers]

    assert re.findall(r"^  ([a-z]+)/  ", PAGE, re.MULTILINE) == [
        *[one for one in held if one in ROOMS],
        "sandbox",
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_what_it_may_import(room: str) -> None:
    assert re.search(rf"^\| `{room}/` \|", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([a-z_/0-9.-]+/[a-z_0-9.-]*)`", PAGE))))
def test_a_file_that_is_named_is_there(name: str) -> None:
    assert (PACKAGE / name).exists() or (ROOT / name).exists()


@pytest.mark.parametrize("script", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda path: path.name)
def test_every_benchmark_is_told_of(script: Path) -> None:
    assert f"benchmarks/{script.name}" in PERFORMANCE


def test_the_hook_runs_a_command_that_exists_on_the_files_that_are_ours() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

    assert hook["id"] == "glacier-manifest-validate"
    assert hook["entry"].split()[:2] == ["glacier-manifest", "validate"]
    assert re.search(hook["files"], "vaults/photos.glacier.yaml")
    assert not re.search(hook["files"], "docker-compose.yaml")
