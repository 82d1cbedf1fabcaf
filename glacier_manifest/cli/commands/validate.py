"""`glacier-manifest validate MANIFEST...`."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from glacier_manifest.cli.console import Console
from glacier_manifest.cli.options import console_options, format_option, manifests_argument
from glacier_manifest.cli.reading import ListFiles
from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, in_file_order
from glacier_manifest.errors import Exit
from glacier_manifest.manifest import Job, read_manifest
from glacier_manifest.planning.expand import Portion, Ranked, expand, may_clash
from glacier_manifest.planning.place import Place
from glacier_manifest.views import diagnostics as view


@click.command("validate", short_help="Check manifests; needs no credentials and no network.")
@manifests_argument()
@format_option("human", "json", "github")
@console_options
@click.pass_obj
def command(console: Console, paths: tuple[Path, ...], form: str) -> Exit:
    """Check manifests, and the lists of archive IDs that they name; needs no credentials and no network."""
    found = _findings(paths)
    is_valid = all(one.severity is not Severity.ERROR for one in found)
    match form:
        case "json":
            console.json(view.as_json(found))
        case "github":
            console.out(view.github(found))
        case _:
            _say(console, found, is_valid=is_valid)
    if is_valid:
        return Exit.DONE
    console.err("next: correct the places shown, then run the same command again\n")
    return Exit.INVALID


def _findings(paths: Sequence[Path]) -> tuple[Diagnostic, ...]:
    lists = ListFiles()
    try:
        manifest = read_manifest(paths)
        places, now = _anywhere(manifest.jobs), datetime.now(UTC)
        if may_clash(_walked(expand(manifest.jobs, places=places, now=now, sources=lists))):
            _check_clashes(expand(manifest.jobs, places=places, now=now, sources=ListFiles()))
    except InvalidInput as invalid:
        return in_file_order([*invalid.diagnostics, *lists.warnings])
    return in_file_order([*manifest.warnings, *lists.warnings])


def _walked(portions: Iterable[Portion]) -> Iterator[Portion]:
    """Read every list to its end: only there is it known to be right."""
    for portion in portions:
        if not isinstance(portion.pieces, Ranked):
            deque(portion.pieces, maxlen=0)
        yield portion


def _check_clashes(portions: Iterable[Portion]) -> None:
    # Few manifests need it, and all would wait for what it imports.
    from glacier_manifest.drafting.adding import add_portions  # noqa: PLC0415
    from glacier_manifest.drafting.draft import Draft  # noqa: PLC0415
    from glacier_manifest.scratch.scratch import Scratch  # noqa: PLC0415

    with Scratch() as scratch:
        add_portions(Draft(scratch), portions)


def _anywhere(jobs: Iterable[Job]) -> dict[str, Place]:
    """Without AWS the account behind ``-`` and the region behind an absent one keep those names."""
    return {job.name: Place(job.account_id, job.region or "-") for job in jobs}


def _say(console: Console, found: tuple[Diagnostic, ...], *, is_valid: bool) -> None:
    """A finding is the result that was asked for, so it goes to stdout."""
    if found:
        console.out(view.human(found, color=console.is_colored(console.stdout)))
    elif is_valid:
        console.out("The configuration is valid.\n")
