"""`glacier-manifest status [MANIFEST]...`."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from glacier_manifest.cli.arguments import StatusArguments
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.options import (
    DURATION,
    aws_options,
    console_options,
    format_option,
    manifests_argument,
    refresh_option,
    setting,
    state_option,
)
from glacier_manifest.cli.refreshing import check_exist, may_have_changed, tell_what_is_amiss, watched
from glacier_manifest.cli.wiring import now, state_to_read
from glacier_manifest.errors import Exit, strongest
from glacier_manifest.jobs.status import UNDER_WAY, Status
from glacier_manifest.manifest import read_manifest
from glacier_manifest.state.protocol import State
from glacier_manifest.tracking.refresh import refresh
from glacier_manifest.units import format_duration, parse_duration
from glacier_manifest.views import failures
from glacier_manifest.views import status as view

_BAD = frozenset({Status.FAILED, Status.REJECTED, Status.UNKNOWN})
#: How soon an output must go to be named first, where nobody says.
_SOON = parse_duration("6h")


@click.command("status", short_help="Show what the jobs are doing.")
@manifests_argument(required=False)
@format_option("human", "json", "ndjson")
@click.option(
    "--check",
    is_flag=True,
    help="Exit 75 while jobs, or outputs that manifests save, are pending; 3 where some went wrong.",
)
@setting(
    "--expiring-within",
    type=DURATION,
    metavar="DURATION",
    help="Name outputs that are gone so soon (6h); --check exits 75 for these alone, as an alarm needs it.",
)
@refresh_option
@state_option
@aws_options
@console_options
@click.pass_obj
def command(console: Console, /, **words: Any) -> Exit:  # noqa: ANN401 - click hands in the options by name
    """Show what the jobs of a state are doing, the state being the one beside the manifests (or here).

    Each vault that has jobs in progress is listed once, and what has ended is written into the state.
    """
    return _status(console, StatusArguments(**words))


def _status(console: Console, arguments: StatusArguments) -> Exit:
    manifests = arguments.paths or (Path(),)
    check_exist(manifests)
    at = _refreshed(console, arguments, manifests) if arguments.refresh else now()
    with state_to_read(arguments.state, manifests, tell=console.note) as state:
        overview = view.Overview(state.standing_groups(), at, arguments.expiring_within or _SOON)
        match arguments.form:
            case "json":
                console.lines(view.as_json(state, overview, refreshed=arguments.refresh))
            case "ndjson":
                console.json_lines(view.requests(state))
            case _:
                console.out(view.human(state, overview, width=_width(console)))
        code, next_step = _checked(state, overview, arguments)
    if arguments.check and code is not Exit.DONE:
        console.err(failures.next_line(next_step))
        return code
    return Exit.DONE


def _refreshed(console: Console, arguments: StatusArguments, manifests: tuple[Path, ...]) -> datetime:
    """Ask Glacier where something may have changed; return the time, the service's where it was heard."""
    if not may_have_changed(arguments.state, manifests):
        return now()
    with watched(arguments, arguments.state, manifests) as one:
        tell_what_is_amiss(refresh(one.state, one.reader, clocks=one.clocks), console.note)
        return one.clocks.best()


def _checked(state: State, overview: view.Overview, arguments: StatusArguments) -> tuple[Exit, str]:
    """Choose the exit code of `--check`, and say what to do."""
    counts = overview.counts
    bad = Exit.REQUESTS_FAILED if any(counts[status] for status in _BAD) else Exit.DONE
    if arguments.expiring_within is not None:
        if state.ending_count(before=overview.ends_before):
            within = format_duration(arguments.expiring_within)
            next_step = f"outputs are gone within {within}: {view.STORING}"
            return strongest(bad, Exit.PENDING), next_step
        return bad, failures.next_step(Exit.REQUESTS_FAILED)
    is_pending = any(counts[status] for status in UNDER_WAY) or _is_unsaved(overview, arguments.paths)
    pending = Exit.PENDING if is_pending else Exit.DONE
    code = strongest(bad, pending)
    return code, "" if code is Exit.DONE else failures.next_step(code)


def _is_unsaved(overview: view.Overview, paths: tuple[Path, ...]) -> bool:
    """Say whether an output waits to be stored where a manifest says; one without save_to is done."""
    if not paths:
        return False
    saved = {job.name for job in read_manifest(paths).jobs if job.save_to is not None}
    return any(group.status is Status.SUCCEEDED and group.job in saved for group in overview.groups)


def _width(console: Console) -> int | None:
    """A table is cut to the terminal, and to nothing elsewhere: an address must stay whole in a log."""
    return None if console.stdout.isatty() else 500
