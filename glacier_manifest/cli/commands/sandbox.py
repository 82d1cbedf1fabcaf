"""`glacier-manifest sandbox`."""

import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import click

from glacier_manifest.cli.console import Console
from glacier_manifest.cli.options import DURATION, console_options
from glacier_manifest.errors import Failed
from glacier_manifest.sandbox import JournalInUseError, Sandbox, serve
from glacier_manifest.units import parse_duration


@click.command("sandbox", short_help="Run a local Glacier to try things on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=9444, show_default=True, help="0: any free one."
)
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Keep everything in a folder.")
@click.option(
    "--job-time", type=DURATION, default=parse_duration("5s"), help="How long jobs take. [default: 5s]"
)
@click.option(
    "--retention",
    type=DURATION,
    default=parse_duration("24h"),
    help="How long outputs stay. [default: 24h]",
)
@click.option("--vault", "vaults", multiple=True, metavar="NAME", help="Make a vault.")
@click.option("--improvise", is_flag=True, help="Make up the vaults and archives that requests name.")
@console_options
@click.pass_obj
def command(
    console: Console,
    *,
    port: int,
    data: Path | None,
    job_time: timedelta,
    retention: timedelta,
    vaults: tuple[str, ...],
    improvise: bool,
) -> None:
    """Run a local Glacier on loopback, to try manifests on; nothing in it is real, and nothing is paid.

    Use it from another terminal with --endpoint-url, here or with the AWS CLI. Any credentials will do.
    """
    try:
        serve(
            _told(console),
            port=port,
            data=data,
            vaults=vaults,
            job_time=job_time.total_seconds(),
            retention=retention.total_seconds(),
            improvise=improvise,
        )
    except JournalInUseError as error:
        raise Failed(
            "sandbox-in-use", str(error), next_step="stop the other sandbox, or name another --data folder"
        ) from error
    except OSError as error:
        raise Failed(
            "sandbox-port",
            f"cannot listen on port {port}: {error.strerror}",
            next_step="name another port with --port, or 0 for any",
        ) from error


def _told(console: Console) -> Callable[[Sandbox], None]:
    def listening(sandbox: Sandbox) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: sandbox.stop())
        console.out(f"Listening on {sandbox.url} (stop with Ctrl-C)\n")
        console.note(f"Use it with: glacier-manifest apply --endpoint-url {sandbox.url} jobs.yaml")

    return listening
