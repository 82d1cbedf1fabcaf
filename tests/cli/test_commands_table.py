"""The table of commands agrees with the commands, and every flag that is promised exists."""

import re
from typing import Any

import click
import pytest

from glacier_manifest.cli.commands_table import COMMANDS
from glacier_manifest.cli.main import root

COMMON = {"--color", "--log-format", "--quiet", "--verbose", "--help"}
AWS = {"--profile", "--region", "--endpoint-url"}
PLANNING = AWS | {"--format", "--target", "--exclude", "--restart", "--allow", "--new-account", "--state"}
SETTINGS: Any = {"info_name": "glacier-manifest", **root.context_settings}
#: The flags that DESIGN and the README promise, by command.
PROMISED = {
    "init": AWS | {"--out"},
    "validate": {"--format"},
    "plan": PLANNING | {"--out", "--detailed-exitcode", "--refresh"},
    "apply": PLANNING
    | {
        "--yes",
        "--expect",
        "--new-state",
        "--report",
        "--deadline",
        "--max-errors",
        "--fail-fast",
        "--lock-timeout",
    },
    "status": AWS | {"--format", "--check", "--expiring-within", "--refresh", "--state"},
    "wait": AWS | {"--format", "--for", "--deadline", "--poll", "--state"},
    "state list": {"--format", "--status", "--state"},
    "state show": {"--format", "--state"},
    "state export": {"--state"},
    "state forget": {"--yes", "--lock-timeout", "--state"},
    "state resolve": {"--job-id", "--assume-lost", "--lock-timeout", "--state"},
    "iam-policy": {"--for", "--account-id", "--state", "--region"},
    "schema": set(),
    "explain": set(),
    "sandbox": {"--port", "--data", "--job-time", "--retention"},
}
#: What only its own command line may say: a consent, a file or a question that must not come from afar.
WITHOUT_VARIABLE = {
    "--quiet",
    "--verbose",
    "--help",
    "--out",
    "--report",
    "--detailed-exitcode",
    "--check",
    "--new-account",
    "--new-state",
    "--status",
    "--job-id",
    "--assume-lost",
}


def command_named(name: str) -> tuple[click.Command, click.Context]:
    """Return a command, or one of a group (``state list``), and a context to ask it in."""
    command, context = click.Command(""), click.Context(root, **SETTINGS)
    group: click.Command = root
    for word in name.split():
        assert isinstance(group, click.Group)
        found = group.get_command(context, word)
        assert found is not None, name
        command = group = found
        context = click.Context(command, info_name=word, parent=context)
    return command, context


def all_commands() -> list[str]:
    names = []
    for name in COMMANDS:
        command, context = command_named(name)
        below = command.list_commands(context) if isinstance(command, click.Group) else []
        names += [f"{name} {word}" for word in below] or [name]
    return names


def options_of(name: str) -> dict[str, click.Option]:
    command, context = command_named(name)
    options = [one for one in command.get_params(context) if isinstance(one, click.Option)]
    return {next(word for word in one.opts if word.startswith("--")): one for one in options}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_of_a_command_what_the_command_says_of_itself(name: str) -> None:
    command, context = command_named(name)

    assert command.get_short_help_str(limit=200) == COMMANDS[name].summary
    assert command.get_help(context).startswith("Usage: ")


def test_what_is_promised_is_what_there_is() -> None:
    assert set(PROMISED) <= set(all_commands())


@pytest.mark.parametrize("name", PROMISED)
def test_a_command_has_the_flags_that_are_promised(name: str) -> None:
    assert PROMISED[name] | COMMON <= set(options_of(name))


@pytest.mark.parametrize("name", all_commands())
def test_every_command_and_every_option_is_explained_in_a_sentence(name: str) -> None:
    command, context = command_named(name)

    assert re.match(r"[A-Z].+[.:]", command.help or ""), name
    for flag, option in options_of(name).items():
        assert (option.help or "").rstrip("]").endswith((".", "true", "h", "m", "s")), (name, flag)
    assert f"Usage: glacier-manifest {name}" in command.get_help(context)


@pytest.mark.parametrize("name", ["plan", "apply", "status"])
def test_an_option_is_also_set_by_its_variable(name: str) -> None:
    for flag, option in options_of(name).items():
        expected = "GLACIER_MANIFEST_" + flag.removeprefix("--").replace("-", "_").upper()
        assert option.envvar == (None if flag in WITHOUT_VARIABLE else expected), flag


@pytest.mark.parametrize("name", all_commands())
def test_help_fits_a_terminal_of_eighty_columns(name: str) -> None:
    command, _ = command_named(name)
    context = click.Context(command, terminal_width=80, **{**SETTINGS, "info_name": name})

    assert max(map(len, command.get_help(context).splitlines())) <= 80
