"""One way out for whatever happens."""

import io
from pathlib import Path

import pytest

from glacier_manifest import __version__
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.main import run


def ran(*words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = run(words, Console(stdout=out, stderr=err, environment={}))
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["plan", "-h"], ["--version"]], ids=" ".join)
def test_help_and_version_are_results(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = ran(*words)

    assert (code, err) == (0, "")
    printed = capsys.readouterr().out
    assert printed.startswith("Usage: glacier-manifest") or printed == f"glacier-manifest {__version__}\n"


def test_no_command_at_all_shows_the_help_and_is_64() -> None:
    code, out, err = ran()

    assert (code, out) == (64, "")
    assert "Usage: glacier-manifest" in err


def test_a_misspelt_command_is_told_with_the_one_that_was_meant() -> None:
    code, out, err = ran("plna")

    assert (code, out) == (64, "")
    assert err.splitlines() == [
        "error[usage]: there is no command 'plna'. Did you mean 'plan'?",
        "next: see 'glacier-manifest --help'",
    ]


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    manifest = tmp_path / "jobs.yaml"
    manifest.write_text(
        'version: 1\naccount_id: "012345678901"\nregion: us-west-2\n'
        "jobs: {a: {type: inventory-retrieval, vault: v}}\n"
    )
    code, _, err = ran("plan", str(manifest), "--refresh=false", "-q", "--out", str(tmp_path / "no" / "plan"))

    assert code == 1
    assert f"error[file]: cannot use the file {tmp_path / 'no' / 'plan'}: No such file or directory" in err
    assert err.splitlines()[-1].startswith("next: ")


def test_explain_prints_what_a_code_means_and_helps_with_its_spelling() -> None:
    assert ran("explain", "not-approved")[1].startswith("not-approved\n\n")
    code, _, err = ran("explain", "not-aproved")

    assert code == 64
    assert "did you mean 'not-approved'?" in err


def test_the_schema_is_printed_whole() -> None:
    code, out, err = ran("schema")

    assert (code, err) == (0, "")
    assert out == (Path(__file__).parents[2] / "schemas" / "manifest-v1.json").read_text(encoding="utf-8")
