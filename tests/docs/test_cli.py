"""Every command, flag, variable and exit code stands in the documentation, as the program has it."""

import re

import click
import pytest

from glacier_manifest.errors import PRECEDENCE, Exit
from glacier_manifest.jobs.status import Status
from tests.docs.pages import ROOT
from tests.docs.refresh import CLI, commands, fresh_cli

PAGE = CLI.read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
KNOWN = commands()


def test_the_help_on_the_page_is_what_the_program_prints() -> None:
    """If it is not: `python -m tests.docs.refresh` writes it anew."""
    assert fresh_cli(PAGE) == PAGE


@pytest.mark.parametrize("typed", KNOWN)
def test_a_command_has_a_heading_and_its_help(typed: str) -> None:
    assert f"## {typed}\n" in PAGE or not typed
    assert f"<!-- help: {typed} -->" in PAGE


@pytest.mark.parametrize("typed", KNOWN)
def test_what_can_be_given_has_a_help_text(typed: str) -> None:
    parameters = KNOWN[typed].command.params

    assert [one.name for one in parameters if isinstance(one, click.Option) and not one.help] == []


def test_every_environment_variable_stands_on_the_page() -> None:
    variables = {
        str(one.envvar)
        for context in KNOWN.values()
        for one in context.command.params
        if one.envvar is not None
    }

    assert "GLACIER_MANIFEST_STATE" in variables
    assert variables == set(re.findall(r"GLACIER_MANIFEST_[A-Z_]+", PAGE))


@pytest.mark.parametrize("code", sorted(Exit))
def test_every_exit_code_stands_in_both_tables(code: Exit) -> None:
    row = re.compile(rf"^\|[^|]*\b{int(code)}\b[^|]*\|", re.MULTILINE)

    assert row.search(PAGE)
    assert row.search(README)


def test_the_order_of_exit_codes_is_the_programs() -> None:
    order = ", ".join(str(int(code)) for code in PRECEDENCE if code not in {Exit.SIGINT, Exit.SIGTERM})

    assert f"the first one of {order} counts" in PAGE


@pytest.mark.parametrize("typed", [typed for typed in KNOWN if typed])
def test_every_command_stands_in_the_readme(typed: str) -> None:
    name, _, subcommand = typed.partition(" ")

    assert re.search(rf"^\| `{name}\b[^`]*\b{subcommand}\b", README, re.MULTILINE)


@pytest.mark.parametrize("status", sorted(Status))
def test_every_status_is_explained(status: Status) -> None:
    page = (ROOT / "docs/state.md").read_text(encoding="utf-8")

    assert re.search(rf"^\| `{status}` \|", page, re.MULTILINE)
