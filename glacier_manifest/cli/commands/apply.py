"""`glacier-manifest apply MANIFEST...` and `apply PLAN`."""

from pathlib import Path
from typing import Any

import click

from glacier_manifest.cli.applying import apply_command
from glacier_manifest.cli.arguments import ApplyArguments
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.options import (
    DURATION,
    aws_options,
    console_options,
    format_option,
    planning_options,
    selection_options,
    setting,
    state_option,
)
from glacier_manifest.cli.starting_options import consent_options, endurance_options, healing_options
from glacier_manifest.errors import Exit
from glacier_manifest.units import parse_duration

_deadline_option = setting(
    "--deadline", type=DURATION, default=parse_duration("30m"), help="Stop sending after. [default: 30m]"
)


@click.command("apply", short_help="Start what the manifests or a saved plan ask for, each job once.")
@click.argument("paths", metavar="MANIFEST...|PLAN", nargs=-1, required=True, type=click.Path(path_type=Path))
@format_option("human", "json")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write how every request ended, as JSON.",
)
@consent_options
@click.option("--new-state", is_flag=True, help="Apply a saved plan with another state than its own.")
@selection_options
@planning_options
@_deadline_option
@endurance_options
@healing_options
@state_option
@aws_options
@console_options
@click.pass_obj
def command(console: Console, /, **words: Any) -> Exit:  # noqa: ANN401 - click hands in the options by name
    """Start what the manifests or a saved plan ask for, each job once.

    Run it again as often as you like: what was started is not paid for twice. Started jobs cannot be
    cancelled, so it asks first, unless --yes, --expect or a saved plan says that somebody has approved.
    """
    return apply_command(console, ApplyArguments(**words))
