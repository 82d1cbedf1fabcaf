"""`glacier-manifest fetch [MANIFEST]...`."""

from pathlib import Path
from typing import Any

import click

from glacier_manifest.cli.arguments import FetchArguments
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.fetching import fetch_command
from glacier_manifest.cli.options import (
    DURATION,
    aws_options,
    console_options,
    fetching_options,
    format_option,
    manifests_argument,
    selection_options,
    setting,
    state_option,
)
from glacier_manifest.errors import Exit
from glacier_manifest.units import parse_duration


@click.command("fetch", short_help="Store the outputs of jobs that have succeeded, verified.")
@manifests_argument(required=False)
@format_option("human", "json")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what became of every output, as JSON.",
)
@fetching_options
@selection_options
@setting("--deadline", type=DURATION, help="Fetch no longer, and exit 75. [default: as long as it takes]")
@setting(
    "--lock-timeout",
    type=DURATION,
    default=parse_duration("0s"),
    help="Wait for another run to end. [default: 0s]",
)
@state_option
@aws_options
@console_options
@click.pass_obj
def command(console: Console, /, **words: Any) -> Exit:  # noqa: ANN401 - click hands in the options by name
    """Store the outputs of jobs that have succeeded, verified, where the manifests' save_to says.

    Without manifests all outputs of the state are meant, and --to says where they go. What is gone soonest
    comes first; a run that was cut short goes on with the parts that it has verified.
    """
    return fetch_command(console, FetchArguments(**words))
