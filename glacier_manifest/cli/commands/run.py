"""`glacier-manifest run MANIFEST...`."""

from pathlib import Path
from typing import Any

import click

from glacier_manifest.cli.arguments import RunArguments
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.options import (
    DURATION,
    aws_options,
    console_options,
    fetching_options,
    format_option,
    manifests_argument,
    planning_options,
    selection_options,
    setting,
    several,
    state_option,
)
from glacier_manifest.cli.running import run_command
from glacier_manifest.cli.starting_options import consent_options, endurance_options, healing_options
from glacier_manifest.errors import Exit

_loop_options = several(
    click.option("--once", is_flag=True, help="Do what can be done now; exit 75 while anything is pending."),
    setting("--deadline", type=DURATION, help="End after, and exit 75. [default: as long as it takes]"),
    setting(
        "--poll",
        type=DURATION,
        help="List the vaults so often. [default: by the jobs' tiers and ages, 15s to 15m]",
    ),
    setting(
        "--heartbeat",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Touch a file at least once a minute while the run is alive, for a watchdog.",
    ),
)


@click.command("run", short_help="Start, wait and fetch, and again until all is stored.")
@manifests_argument()
@format_option("human", "json")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what became of every output, as JSON.",
)
@_loop_options
@consent_options
@selection_options
@planning_options
@fetching_options
@endurance_options
@healing_options
@state_option
@aws_options
@console_options
@click.pass_obj
def command(console: Console, /, **words: Any) -> Exit:  # noqa: ANN401 - click hands in the options by name
    """Start what manifests ask for, wait for it, store it, and go on until all is stored.

    What apply, wait and fetch do, side by side in one process that may be left alone for a week. It starts
    no more than can be fetched in time. Killed at any moment, the next run goes on where it was.
    """
    return run_command(console, RunArguments(**words))
