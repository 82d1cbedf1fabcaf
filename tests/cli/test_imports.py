"""What is dear to import is imported only where it is used: `--help` and `validate` stay quick."""

import subprocess
import sys
from pathlib import Path

import pytest

MANIFESTS = Path(__file__).parents[2] / "manifests"

DEAR = (
    "boto3",
    "botocore",
    "rich",
    "sqlite3",
    "structlog",
    "tenacity",
    "http.server",
    "jsonschema",
    "ijson",
    "re2",
)

ASK = """
import sys
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.main import run
code = run({arguments!r}, Console())
print(code, *sorted(sys.modules), file=sys.stderr)
"""


def imported(*arguments: str) -> tuple[str, frozenset[str]]:
    """Run a command in a fresh interpreter; return its exit code and the modules it has imported."""
    script = ASK.format(arguments=list(arguments))
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    code, *modules = ran.stderr.split()
    return code, frozenset(modules)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["validate", str(MANIFESTS / "quickstart.yaml")],
        ["schema"],
        ["explain", "unknown-key"],
    ],
    ids=lambda arguments: Path(arguments[-1]).name,
)
def test_no_dear_library_is_imported(arguments: list[str]) -> None:
    code, modules = imported(*arguments)

    assert code == "0"
    assert modules.isdisjoint(DEAR)


def test_only_jobs_that_may_ask_for_the_same_on_other_terms_are_compared_on_a_scratch_file() -> None:
    code, modules = imported("validate", str(MANIFESTS / "retrievals.yaml"))

    assert code == "0"
    assert set(DEAR) & modules == {"sqlite3"}


def test_help_reads_no_manifest_library_either() -> None:
    _, modules = imported("--help")

    assert modules.isdisjoint({"yaml", "pydantic", "glacier_manifest.manifest", "glacier_manifest.state"})


def test_validate_knows_no_state() -> None:
    _, modules = imported("validate", str(MANIFESTS / "quickstart.yaml"))

    assert "glacier_manifest.state.protocol" not in modules
