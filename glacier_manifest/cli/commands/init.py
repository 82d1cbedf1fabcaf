"""`glacier-manifest init [FILE]`."""

import shlex
from collections.abc import Sequence
from pathlib import Path

import click
from click.core import ParameterSource

from glacier_manifest.aws.descriptions import VaultDescription
from glacier_manifest.aws.glacier import GlacierReader
from glacier_manifest.aws.session import Clients, Connection
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.options import aws_options, console_options
from glacier_manifest.cli.wiring import now
from glacier_manifest.errors import Failed, UsageError
from glacier_manifest.manifest.first_manifest import first_manifest
from glacier_manifest.views import vaults as view
from glacier_manifest.views.diagnostics import visible

_FILE = Path("jobs.yaml")


@click.command("init", short_help="List the account's vaults, and write a first manifest.")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The same as FILE, which is jobs.yaml where neither is said.",
)
@aws_options
@console_options
@click.pass_context
def command(
    context: click.Context,
    *,
    file: Path | None,
    out: Path | None,
    profile: str | None,
    region: str | None,
    endpoint_url: str | None,
) -> None:
    """List the vaults of the account, and write a manifest with a weekly inventory of each.

    Nothing is started, and no file is overwritten.
    """
    target = _target(file, out)
    _check_new(target)
    with Clients(Connection(profile, region, endpoint_url)) as clients:
        found = _listed(clients)
    console: Console = context.obj
    console.out(view.human(found))
    _write(target, first_manifest(found, file=visible(shlex.quote(str(target))), made_at=now()))
    console.note(_told(target, found, _repeated(context)))


def _target(file: Path | None, out: Path | None) -> Path:
    if file is not None and out is not None:
        raise click.UsageError(f"FILE and --out name two files, '{file}' and '{out}': name one.")
    return file or out or _FILE


def _check_new(target: Path) -> None:
    """Refuse to write over anything, a link to nowhere included."""
    if target.exists() or target.is_symlink():
        raise _exists(target)


def _exists(target: Path) -> UsageError:
    return UsageError(
        "file-exists",
        f"'{target}' is there already, and init writes over nothing",
        next_step="name another file: glacier-manifest init FILE",
    )


def _listed(clients: Clients) -> Sequence[VaultDescription]:
    region = clients.region()
    found = sorted(GlacierReader(clients).list_vaults(region), key=lambda one: one.vault.name)
    if not found:
        raise Failed(
            "no-vaults",
            f"the account of these credentials has no vaults in {region}",
            next_step="name the region of your vaults with --region, or their account's profile with "
            "--profile ('aws sts get-caller-identity' tells whose these are); nothing was written",
        )
    return found


def _write(target: Path, text: str) -> None:
    try:
        file = target.open("x", encoding="utf-8")
    except FileExistsError:
        raise _exists(target) from None
    with file:
        file.write(text)


def _repeated(context: click.Context) -> str:
    """Return what must be said again: a profile or endpoint that stands in no manifest and no variable."""
    said = {"--profile": "profile", "--endpoint-url": "endpoint_url"}
    return "".join(
        f" {flag} {shlex.quote(context.params[name])}"
        for flag, name in said.items()
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    )


def _told(target: Path, found: Sequence[VaultDescription], repeated: str) -> str:
    new = sum(one.last_inventory_at is None for one in found)
    lines = [_wrote(target, len(found), new)]
    if new:
        lines.append("Glacier makes a vault's first inventory within about a day of its first upload.")
    if new < len(found):
        file = visible(shlex.quote(str(target)))
        lines += [
            "Next:",
            f"  glacier-manifest plan {file}{repeated}     what would start; starts nothing",
            f"  glacier-manifest apply {file}{repeated}    starts it",
        ]
    return "\n".join(lines)


def _wrote(target: Path, vaults: int, new: int) -> str:
    told = f"Wrote {target}: a weekly inventory of {_vaults(vaults - new)}"
    if not new:
        return f"{told}."
    return (
        f"{told}; {_vaults(new)} without an inventory yet {'is a comment' if new == 1 else 'are comments'}."
    )


def _vaults(count: int) -> str:
    return f"{count:,} vault" if count == 1 else f"{count:,} vaults"
