"""The commands by name; a command's module is imported when the command is called, so `--help` is quick."""

from importlib import import_module
from typing import NamedTuple

import click


class Entry(NamedTuple):
    """Where a command is, and what `--help` says of it."""

    module: str
    summary: str


COMMANDS = {
    "init": Entry("init", "List the account's vaults, and write a first manifest."),
    "validate": Entry("validate", "Check manifests; needs no credentials and no network."),
    "expand": Entry("expand", "Show or lock what manifests expand into."),
    "plan": Entry("plan", "Show what would start, and why; starts nothing."),
    "apply": Entry("apply", "Start what the manifests or a saved plan ask for, each job once."),
    "status": Entry("status", "Show what the jobs are doing."),
    "wait": Entry("wait", "Wait until jobs have ended."),
    "fetch": Entry("fetch", "Store the outputs of jobs that have succeeded, verified."),
    "run": Entry("run", "Start, wait and fetch, and again until all is stored."),
    "verify": Entry("verify", "Read again what was stored, and compare it with the state."),
    "state": Entry("state", "Look into the state, or settle an unknown outcome."),
    "inventory": Entry("inventory", "Look into vault inventories: list, show, diff."),
    "convert": Entry("convert", "Turn AWS CLI JSON into a manifest."),
    "iam-policy": Entry("iam_policy", "Print the IAM policy that manifests need, and no more."),
    "schema": Entry("schema", "Print the JSON Schema of manifests, for editors."),
    "explain": Entry("explain", "Explain an error or warning code."),
    "sandbox": Entry("sandbox", "Run a local Glacier to try things on."),
}


class CommandTable(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        """Import and return one command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = import_module(f"glacier_manifest.cli.commands.{entry.module}").command
        assert isinstance(command, click.Command)  # noqa: S101 - for the type checker
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the same
        """Write the table without importing a single command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one was probably meant."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

            close = get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            ctx.fail(f"there is no command '{name}'.{hint}")
        return super().resolve_command(ctx, args)
