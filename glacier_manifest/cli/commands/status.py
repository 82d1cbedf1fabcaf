"""`glacier-manifest status [MANIFEST]...`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from glacier_manifest.aws.glacier import GlacierReader
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import StatusArguments
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.options import (
    aws_options,
    console_options,
    format_option,
    manifests_argument,
    refresh_option,
    state_option,
)
from glacier_manifest.cli.wiring import now, state_to_read, state_to_update
from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity
from glacier_manifest.errors import Exit, strongest
from glacier_manifest.jobs.status import UNDER_WAY, Status
from glacier_manifest.planning.place import check_endpoint
from glacier_manifest.state.protocol import State
from glacier_manifest.tracking.observe import observe
from glacier_manifest.views import failures
from glacier_manifest.views import status as view

_BAD = frozenset({Status.FAILED, Status.REJECTED, Status.UNKNOWN})


@click.command("status", short_help="Show what the jobs are doing.")
@manifests_argument(required=False)
@format_option("human", "json")
@click.option("--check", is_flag=True, help="Exit 75 while jobs are pending, 3 where some went wrong.")
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
    _check_exist(manifests)
    if arguments.refresh:
        _refresh(arguments, manifests)
    with state_to_read(arguments.state, manifests, tell=console.note) as state:
        match arguments.form:
            case "json":
                console.json(view.as_json(state, refreshed=arguments.refresh, now=now()))
            case _:
                console.out(view.human(state, now=now(), width=_width(console)))
        code = _exit(state.count()) if arguments.check else Exit.DONE
    if code is not Exit.DONE:
        console.err(failures.next_line(failures.next_step(code)))
    return code


def _check_exist(manifests: tuple[Path, ...]) -> None:
    """Refuse a path that is not there: beside it no state would be found, as if nothing had been started."""
    missing = [
        Diagnostic(Severity.ERROR, "unreadable-file", f"cannot read '{path}': no such file or directory")
        for path in manifests
        if not path.exists()
    ]
    if missing:
        raise InvalidInput(
            missing, next_step="check the name; without one, the state of this folder is meant"
        )


def _refresh(arguments: StatusArguments, manifests: tuple[Path, ...]) -> None:
    """Ask Glacier about what is in progress; nothing in progress means no call, and no state made."""
    with state_to_read(arguments.state, manifests) as state:
        records = tuple(state.records(statuses={Status.IN_PROGRESS}))
    if not records:
        return
    with Clients(arguments.connection()) as clients, state_to_update(arguments.state, manifests) as state:
        for region in {record.region for record in records}:
            check_endpoint(state.identity, clients.endpoint(region))
        _write(state, observe(records, GlacierReader(clients), now=now()).changes)


def _write(state: State, changes: tuple[Any, ...]) -> None:
    written = [state.submit(change) for change in changes]
    for one in written:
        one.result()


def _exit(counts: Mapping[Status, int]) -> Exit:
    return strongest(
        Exit.REQUESTS_FAILED if any(counts.get(status) for status in _BAD) else Exit.DONE,
        Exit.PENDING if any(counts.get(status) for status in UNDER_WAY) else Exit.DONE,
    )


def _width(console: Console) -> int | None:
    """A table is cut to the terminal, and to nothing elsewhere: an address must stay whole in a log."""
    return None if console.stdout.isatty() else 500
