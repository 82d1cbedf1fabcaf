"""The page of the sandbox has every fault, every field of a rule, and every request that it answers."""

import dataclasses
import re

import pytest

from glacier_manifest.sandbox import FAULTS, Rule, control
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/sandbox.md").read_text(encoding="utf-8")


def test_the_table_of_faults_is_the_sandboxs() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", PAGE, re.MULTILINE)

    assert dict(rows) == {name: fault.meaning for name, fault in FAULTS.items()}


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Rule)])
def test_every_field_of_a_rule_is_told(field: str) -> None:
    assert f"`{field}`" in PAGE


@pytest.mark.parametrize(
    "request_line", re.findall(r"^    ([A-Z]+ +/_sandbox/\S*)", str(control.__doc__), re.MULTILINE)
)
def test_every_request_is_told(request_line: str) -> None:
    method, path = request_line.split()
    told = path.removeprefix("/_sandbox/").partition("[")[0].partition("?")[0].replace("{vault}", "NAME")

    assert f"{method} {told or '/_sandbox/'}" in PAGE
