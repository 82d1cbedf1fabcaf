"""`glacier-manifest verify [MANIFEST]...`."""

from pathlib import Path
from typing import Any

import click

from glacier_manifest.cli.arguments import VerifyArguments
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.options import (
    aws_options,
    console_options,
    format_option,
    manifests_argument,
    selection_options,
    setting,
    state_option,
)
from glacier_manifest.cli.verifying import verify_command
from glacier_manifest.errors import Exit
from glacier_manifest.fetching.moved import Move


class _MoveType(click.ParamType[Move]):
    """``WAS=NOW``."""

    name = "move"

    def convert(self, value: str | Move, param: click.Parameter | None, ctx: click.Context | None) -> Move:
        """Read the text; places are as seen from here."""
        if isinstance(value, Move):
            return value
        try:
            return Move.parse(value, Path())
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command("verify", short_help="Read again what was stored, and compare it with the state.")
@manifests_argument(required=False)
@format_option("human", "json", "ndjson")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what was found of every output, as JSON.",
)
@click.option("--s3", is_flag=True, help="Read what is in S3 as well; AWS charges for requests and traffic.")
@click.option(
    "--moved",
    "moves",
    type=_MoveType(),
    multiple=True,
    metavar="WAS=NOW",
    help="Look in NOW for what was stored in WAS: folders, or s3://bucket/prefix. Repeatable.",
)
@setting(
    "--concurrency",
    type=click.IntRange(1, 128),
    show_default="one a processor",
    help="Read so many parts at once; 1 suits a disk that turns.",
)
@selection_options
@state_option
@aws_options
@console_options
@click.pass_obj
def command(console: Console, /, **words: Any) -> Exit:  # noqa: ANN401 - click hands in the options by name
    """Read again all that was fetched, and compare it with what the state knows of it.

    The state is the one beside the manifests (or here). Nothing is asked of AWS, unless --s3 is given, and
    nothing is changed. Exits 3 where something is missing, changed or cannot be read.
    """
    return verify_command(console, VerifyArguments(**words))
