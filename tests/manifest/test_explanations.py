"""Every code of a manifest's diagnostics is explained, and its examples do what they say."""

import re
from pathlib import Path

import pytest

from glacier_manifest.diagnostics import InvalidInput
from glacier_manifest.manifest import read_manifest
from glacier_manifest.views.explain import explanations

PACKAGE = Path(__file__).parents[2] / "glacier_manifest" / "manifest"
BROKEN = Path(__file__).parent / "broken"
EXAMPLE = re.compile(r"^(Wrong|Right):\n\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXPLAINED = {code: dict(EXAMPLE.findall(text)) for code, text in explanations().items()}
WITH_EXAMPLES = sorted(code for code, examples in EXPLAINED.items() if examples)
CODES = re.compile(
    r"(?:Finding|_warning|wrong|error|_stop|Diagnostic)\(\s*(?:Severity\.ERROR,\s*)?(?:code=)?\"([a-z0-9]+(?:-[a-z0-9]+)+|region|date|schedule|size|timezone|description)\""
)


def codes_of(text: str, folder: Path) -> set[str]:
    path = folder / "jobs.glacier.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        return {one.code for one in read_manifest([path]).warnings}
    except InvalidInput as error:
        return {one.code for one in error.diagnostics}


def test_every_code_in_the_room_is_explained() -> None:
    used = {code for path in PACKAGE.glob("*.py") for code in CODES.findall(path.read_text("utf-8"))}

    assert len(used) >= 40
    assert used <= EXPLAINED.keys()


def test_every_code_of_a_broken_manifest_is_explained() -> None:
    told = {path.read_text("utf-8").split(":")[0].removeprefix("# ") for path in BROKEN.glob("*.yaml")}

    assert told <= EXPLAINED.keys()


@pytest.mark.parametrize("code", WITH_EXAMPLES)
def test_the_wrong_example_is_wrong_in_that_way_alone(code: str, tmp_path: Path) -> None:
    assert codes_of(EXPLAINED[code]["Wrong"], tmp_path) == {code}


@pytest.mark.parametrize("code", WITH_EXAMPLES)
def test_the_right_example_is_right(code: str, tmp_path: Path) -> None:
    assert codes_of(EXPLAINED[code]["Right"], tmp_path) == set()
