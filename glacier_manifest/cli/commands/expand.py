"""`glacier-manifest expand MANIFEST...`."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import click

from glacier_manifest.aws.glacier import GlacierReader
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import AwsArguments
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.inventories import Inventories, ManifestSources
from glacier_manifest.cli.options import (
    aws_options,
    console_options,
    format_option,
    manifests_argument,
    skip_bad_rows_option,
)
from glacier_manifest.cli.reading import check_output
from glacier_manifest.cli.vault_names import listed_names
from glacier_manifest.cli.wiring import now, warn
from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity
from glacier_manifest.drafting.adding import add_portions
from glacier_manifest.drafting.draft import Draft
from glacier_manifest.drafting.lock import Locking
from glacier_manifest.errors import Exit
from glacier_manifest.inventory.bad_rows import RefuseBadRows, SkipBadRows
from glacier_manifest.manifest import Archives, Job, Manifest, read_manifest
from glacier_manifest.planning import lock as locks
from glacier_manifest.planning.expand import expand
from glacier_manifest.planning.place import Place, region_of
from glacier_manifest.planning.vaults import with_vaults_named
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.views import locks as view

Jobs = Iterable[tuple[locks.LockedJob, Iterable[locks.LockedArchive] | None]]

_FILE = click.Path(path_type=Path, dir_okay=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpandArguments(AwsArguments):
    """The command line of `expand`."""

    paths: tuple[Path, ...]
    form: str
    out: Path | None
    check: Path | None
    full: bool
    skip_bad_rows: bool


@click.command("expand", short_help="Show or lock what manifests expand into.")
@manifests_argument()
@format_option("human", "json")
@click.option("--out", metavar="LOCK", type=_FILE, help="Write the lock, to be reviewed and committed.")
@click.option("--check", metavar="LOCK", type=_FILE, help="Fail where the lock says something else by now.")
@click.option(
    "--full", is_flag=True, help="With every archive; --check sees by itself whether a lock has them."
)
@skip_bad_rows_option
@aws_options
@console_options
@click.pass_obj
def command(console: Console, /, **words: Any) -> Exit:  # noqa: ANN401 - click hands in the options by name
    """Show what manifests expand into: per job and vault the inventory, how many requests, bytes, a digest.

    It needs no state, and asks AWS only for vaults that a pattern names and for inventories in S3.
    """
    arguments = ExpandArguments(**words)
    if arguments.check is not None and (arguments.out is not None or arguments.full):
        raise click.UsageError("--check goes neither with --out nor with --full.")
    return _expand(console, arguments)


def _expand(console: Console, arguments: ExpandArguments) -> Exit:
    manifest = read_manifest(arguments.paths)
    warn(console, manifest.warnings)
    with Scratch() as scratch, Clients(arguments.connection()) as clients:
        if arguments.out is not None:
            check_output(arguments.out, [*manifest.files, *_named_files(manifest)])
        locking = _locking(console, manifest, arguments, scratch=scratch, clients=clients)
        if arguments.check is not None:
            return _check(console, locking, arguments.check, arguments.form)
        lock = _Fresh(locking, full=arguments.full)
        if arguments.out is None:
            _show(console, lock.lines(), lock.jobs(), arguments.form)
        else:
            _write(arguments.out, lock.lines())
            _show(console, lock.lines(), ((job, None) for job in lock.locked), arguments.form)
            console.note(
                f"Wrote the lock {arguments.out}; 'expand --check {arguments.out}' tells when it is stale."
            )
    return Exit.DONE


def _show(console: Console, lines: Iterable[str], jobs: Jobs, form: str) -> None:
    """A lock that was written to a file shows its archives there."""
    console.lines((f"{line}\n" for line in lines) if form == "json" else view.human(jobs))


class _Fresh:
    """The lock that would be written now."""

    def __init__(self, locking: Locking, *, full: bool) -> None:
        if full:
            locking.read_names()
        self.locked = tuple(locking.locked())
        self._locking = locking
        self._full = full

    def jobs(self) -> Jobs:
        """Stream what it says of each job, with its archives where the form is full."""
        for job in self.locked:
            yield job, self._locking.archives(job) if self._full else None

    def lines(self) -> Iterator[str]:
        """Stream its lines."""
        return locks.lock_lines(self.jobs(), full=self._full)


def _locking(
    console: Console, manifest: Manifest, arguments: ExpandArguments, *, scratch: Scratch, clients: Clients
) -> Locking:
    """What AWS alone could tell keeps the name that the manifest has for it, as when it is validated."""
    region: Callable[[Job], str] = partial(region_of, flag=arguments.region, default=clients.region)
    jobs = with_vaults_named(manifest.jobs, listed_names(GlacierReader(clients), region))
    written: Callable[[Job], str] = partial(region_of, flag=arguments.region, default=lambda: "-")
    places = {job.name: Place(job.account_id, written(job)) for job in jobs}
    skipped: list[Diagnostic] = []
    bad_rows = partial(SkipBadRows, skipped.append) if arguments.skip_bad_rows else RefuseBadRows
    sources = ManifestSources(
        Inventories(clients, bad_rows=bad_rows), lambda _job, _vault: None, scratch, warnings=skipped
    )
    draft = Draft(scratch, restarts=manifest.restarts)
    add_portions(draft, expand(jobs, places=places, now=now(), sources=sources))
    warn(console, sources.warnings)
    return Locking(draft, {job.name: job for job in jobs}, sources.read)


def _named_files(manifest: Manifest) -> Iterator[Path]:
    """Yield the files that manifests name, which no lock may be written over."""
    for ask in (job.ask for job in manifest.jobs if isinstance(job.ask, Archives)):
        wish, listed = ask.from_inventory, ask.archive_ids_from
        named = (
            None if wish is None else wish.source.path,
            None if ask.sizes_from is None else ask.sizes_from.path,
            None if listed is None else listed.path,
        )
        yield from (path for path in named if path is not None)


def _check(console: Console, locking: Locking, file: Path, form: str) -> Exit:
    with _opened(file) as lines:
        locked = locks.read_lock(lines, file)
    fresh = _Fresh(locking, full=locked.full)
    found = locks.differences(locked.jobs, fresh.locked)
    edited = None
    if not found:
        with _opened(file) as lines:
            edited = locks.edited_line(lines, fresh.lines())
    if form == "json":
        console.json(view.check_json(found, edited))
    if found or edited is not None:
        raise locks.stale(file, found, edited)
    if form == "human":
        console.out(view.fresh(fresh.locked))
    return Exit.DONE


@contextmanager
def _opened(file: Path) -> Iterator[Iterable[str]]:
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            yield lines
    except OSError as error:
        message = f"the lock '{file}' cannot be read: {error.strerror or error}"
        found = Diagnostic(Severity.ERROR, "unreadable-file", message)
        advice = f"write it with 'glacier-manifest expand MANIFEST... --out {file}', and commit it"
        raise InvalidInput([found], next_step=advice) from error


def _write(out: Path, lines: Iterable[str]) -> None:
    """Write beside the file, then take its place, so that nobody ever finds half a lock."""
    draft = out.with_name(f".{out.name}.{os.getpid()}.new")
    try:
        with draft.open("x", encoding="utf-8", newline="\n") as file:
            file.writelines(chain.from_iterable((line, "\n") for line in lines))
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
