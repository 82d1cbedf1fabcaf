"""The demo plays to its end, and fails where a step fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo.quickstart import DemoError, environment, step
from tests.docs.pages import ROOT


def test_the_demo_plays_the_quickstart_to_its_end(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, ROOT / "demo/quickstart.py"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path), "GLACIER_MANIFEST_STATE": str(tmp_path / "mine.db")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert [line for line in ran.stdout.splitlines() if line.startswith("$ ")][1:] == [
        "$ cat quickstart.yaml",
        "$ glacier-manifest validate quickstart.yaml",
        "$ glacier-manifest plan quickstart.yaml",
        "$ glacier-manifest apply --yes quickstart.yaml",
        "$ glacier-manifest apply --yes quickstart.yaml",
        "$ glacier-manifest status quickstart.yaml",
        "$ glacier-manifest wait --poll 1s quickstart.yaml",
        "$ glacier-manifest status quickstart.yaml",
        "$ glacier-manifest fetch quickstart.yaml",
        "$ glacier-manifest verify quickstart.yaml",
        "$ glacier-manifest state list",
        "$ glacier-manifest run --yes quickstart.yaml",
    ]
    assert "Nothing to do: all 2 requests were started before." in ran.stdout
    assert "2 in progress, ended since the last look: none" in ran.stdout, "a wait has to look again"
    assert "In all: 2 succeeded." in ran.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_step_that_ends_otherwise_fails_the_demo(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="ended with exit code 4"):
        step("validate nowhere.yaml", tmp_path, environment())


def test_nothing_of_the_callers_own_aws_settings_reaches_the_commands() -> None:
    settings = {name: value for name, value in environment().items() if name.startswith("AWS_")}

    assert settings["AWS_ACCESS_KEY_ID"] == "AKIAIOSFODNN7EXAMPLE"
    assert "AWS_PROFILE" not in settings
    assert "AWS_DEFAULT_REGION" not in settings
