"""The parts of the pages that the program itself writes: the help of each command, and the codes.

`python -m tests.docs.refresh`, from the root of the repository, writes them anew.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from glacier_manifest.cli.main import root
from tests.docs.pages import ROOT

CLI = ROOT / "docs/cli.md"
ERRORS = ROOT / "docs/errors.md"

_HELP = re.compile(r"(?<=^<!-- help: )(?P<command>.*?) -->\n```text\n.*?^```$", re.MULTILINE | re.DOTALL)


def commands() -> dict[str, click.Context]:
    """Return the context of every command by what is typed, such as ``state list``."""
    context = click.Context(
        root,
        info_name="glacier-manifest",
        terminal_width=100,
        max_content_width=100,
        help_option_names=["-h", "--help"],
    )
    return {"": context, **dict(_below(root, context, ""))}


def _below(group: click.Group, context: click.Context, typed: str) -> Iterator[tuple[str, click.Context]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, parent=context, info_name=name)
        yield f"{typed}{name}", inner
        if isinstance(command, click.Group):
            yield from _below(command, inner, f"{typed}{name} ")


def help_of(context: click.Context) -> str:
    """Return what `--help` prints, 100 columns wide."""
    return context.command.get_help(context)


def fresh_cli(page: str) -> str:
    """Return the page with the help of every command as it is now."""

    known = commands()

    def block(match: re.Match[str]) -> str:
        text = help_of(known[match["command"]])
        return f"{match['command']} -->\n```text\n{text}\n```"

    return _HELP.sub(block, page)


def fresh_errors() -> str:
    """Return the page of all codes."""
    return (ROOT / "glacier_manifest/views/explanations.md").read_text(encoding="utf-8")


def write(path: Path, text: str) -> None:
    """Write a page where it has changed."""
    if path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(CLI, fresh_cli(CLI.read_text(encoding="utf-8")))
    write(ERRORS, fresh_errors())
