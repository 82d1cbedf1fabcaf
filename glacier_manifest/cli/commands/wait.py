"""`glacier-manifest wait [MANIFEST]...`."""

import time
from pathlib import Path
from typing import Any

import click

from glacier_manifest.cli.arguments import WaitArguments
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.options import (
    DURATION,
    aws_options,
    console_options,
    format_option,
    manifests_argument,
    setting,
    state_option,
)
from glacier_manifest.cli.refreshing import check_exist, may_have_changed, watched
from glacier_manifest.cli.wiring import state_to_read
from glacier_manifest.errors import Exit, strongest
from glacier_manifest.jobs.status import Status
from glacier_manifest.state.protocol import State
from glacier_manifest.tracking.waiting import Goal, Timing, Waited, wait
from glacier_manifest.views import failures, waits


class _GoalType(click.ParamType[Goal]):
    """``80%`` or ``all``."""

    name = "share"

    def convert(self, value: str | Goal, param: click.Parameter | None, ctx: click.Context | None) -> Goal:
        """Read the text."""
        if isinstance(value, Goal):
            return value
        try:
            return Goal.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command("wait", short_help="Wait until jobs have ended.")
@manifests_argument(required=False)
@format_option("human", "json")
@click.option(
    "--for",
    "goal",
    type=_GoalType(),
    default="all",
    metavar="N%|all",
    help="Wait until so many of the jobs in progress now have ended; all, unless said.",
)
@setting("--deadline", type=DURATION, help="Wait no longer, and exit 75. [default: as long as it takes]")
@setting(
    "--poll",
    type=DURATION,
    help="List the vaults so often. [default: by the jobs' tiers and ages, 15s to 15m]",
)
@state_option
@aws_options
@console_options
@click.pass_obj
def command(console: Console, /, **words: Any) -> Exit:  # noqa: ANN401 - click hands in the options by name
    """Wait until the jobs of a state have ended, the state being the one beside the manifests (or here).

    Each vault that has jobs in progress is listed now and then, and what has ended is written into the
    state. An end may be a failure: the exit code is 3 then.
    """
    return _wait(console, WaitArguments(**words))


def _wait(console: Console, arguments: WaitArguments) -> Exit:
    manifests = arguments.paths or (Path(),)
    check_exist(manifests)
    if not may_have_changed(arguments.state, manifests):
        with state_to_read(arguments.state, manifests, tell=console.note) as state:
            nothing = Waited(0, 0, is_met=True, ended={}, open=_open(state))
            return _ended(console, arguments, nothing, state)
    with watched(arguments, arguments.state, manifests) as one:
        timing = Timing(one.clocks, time.monotonic, time.sleep, arguments.deadline, arguments.poll)
        waited = wait(
            one.state,
            one.reader,
            arguments.goal,
            timing=timing,
            tell=lambda event: console.note(waits.remark(event)),
        )
        return _ended(console, arguments, waited, one.state)


def _open(state: State) -> int:
    return sum(state.count({Status.UNKNOWN, Status.INTENDED}).values())


def _ended(console: Console, arguments: WaitArguments, waited: Waited, state: State) -> Exit:
    if arguments.form == "json":
        console.json(waits.as_json(arguments.goal, waited, state))
    else:
        console.out(waits.human(arguments.goal, waited, state))
    code = strongest(
        Exit.REQUESTS_FAILED if waited.failed or waited.open else Exit.DONE,
        Exit.DONE if waited.is_met else Exit.PENDING,
    )
    if code is not Exit.DONE:
        console.err(failures.next_line(_next_step(code, waited)))
    return code


def _next_step(code: Exit, waited: Waited) -> str:
    if waited.open:
        return (
            "what was sent and not answered is settled by the next 'glacier-manifest apply', not by waiting"
        )
    return failures.next_step(code)
