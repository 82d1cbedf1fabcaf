"""The options of the commands that start jobs."""

import click

from glacier_manifest.cli.options import DURATION, adoption_option, setting, several
from glacier_manifest.units import parse_duration

consent_options = several(
    setting("--yes", is_flag=True, help="Start without asking."),
    setting("--expect", metavar="DIGEST", help="Start without asking what the plan of this digest approved."),
)

endurance_options = several(
    setting(
        "--max-errors",
        type=click.IntRange(1),
        default=10,
        show_default=True,
        help="Stop after so many identical refusals in a row.",
    ),
    setting("--fail-fast", is_flag=True, help="Stop at the first refusal."),
    setting(
        "--lock-timeout",
        type=DURATION,
        default=parse_duration("0s"),
        help="Wait for another run to end. [default: 0s]",
    ),
)

healing_options = several(
    setting(
        "--settle",
        type=DURATION,
        default=parse_duration("5m"),
        help="How long Glacier's listings may lag: a lost reply is settled no sooner. [default: 5m]",
    ),
    adoption_option,
)
