"""`glacier-manifest state list|show|export|import|forget|resolve`."""

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import click

from glacier_manifest.aws.service_clock import ServiceClock
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.options import DURATION, console_options, format_option, setting, state_option
from glacier_manifest.cli.uploads import abort_forgotten
from glacier_manifest.cli.wiring import now, state_to_read, state_to_write
from glacier_manifest.errors import Exit, NotApproved, Refused, UsageError
from glacier_manifest.jobs.address import AddressPattern
from glacier_manifest.jobs.status import Status
from glacier_manifest.starting.attempts import Attempts
from glacier_manifest.starting.dead_runs import lose_track_of_intents
from glacier_manifest.state.changes import Find, Release
from glacier_manifest.state.export import export_state
from glacier_manifest.state.exported import check_export, read_export
from glacier_manifest.state.importing import Duplicate
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Mishap, Record
from glacier_manifest.units import parse_duration
from glacier_manifest.views import failures
from glacier_manifest.views import records as view

_HERE = (Path(),)
_USE_DUPLICATES = (
    "each duplicate was paid for as well: Glacier keeps its output for a day after the job ended "
    "('aws glacier get-job-output'); 'glacier-manifest state show ADDRESS' has both job IDs"
)
_OPEN = frozenset({Status.UNKNOWN, Status.INTENDED})


@click.group("state", short_help="Look into the state, or settle an unknown outcome.")
def command() -> None:
    """Look into the state beside the manifests of this folder (or --state), or settle an unknown outcome."""


@command.command("list")
@click.argument("addresses", metavar="[ADDRESS]...", nargs=-1)
@click.option(
    "--status",
    "statuses",
    multiple=True,
    metavar="STATUS",
    type=click.Choice([str(status) for status in Status]),
    help=f"Only requests in this status: {', '.join(Status)}.",
)
@format_option("human", "json", "ndjson")
@state_option
@console_options
@click.pass_obj
def list_command(
    console: Console, *, addresses: Sequence[str], statuses: Sequence[str], form: str, state: str | None
) -> None:
    """List requests: all, those of a status, or those at an ADDRESS (* and ? match)."""
    with state_to_read(state, _HERE, tell=console.note) as opened:
        found = _listed(opened, addresses, statuses)
        match form:
            case "json":
                requests = [view.record_json(record) for record in found]
                console.json({"format_version": view.FORMAT_VERSION, "requests": requests})
            case "ndjson":
                console.json_lines(view.record_json(record) for record in found)
            case _:
                console.lines(f"{view.line_of(record)}\n" for record in found)


def _listed(state: State, addresses: Sequence[str], statuses: Sequence[str]) -> Iterator[Record]:
    wanted = {Status(word) for word in statuses} or None
    patterns = [AddressPattern(text) for text in addresses]
    for record in state.records(statuses=wanted):
        if not patterns or any(_is_meant(pattern, record) for pattern in patterns):
            yield record


def _is_meant(pattern: AddressPattern, record: Record) -> bool:
    return pattern.matches(record.address) or pattern.may_be_cut(record.address)


@command.command("show")
@click.argument("address")
@format_option("human", "json")
@state_option
@console_options
@click.pass_obj
def show_command(console: Console, address: str, form: str, state: str | None) -> None:
    """Show all that is known of one request, and everything that was done about it."""
    with state_to_read(state, _HERE, tell=console.note) as opened:
        record = _one(opened, address)
        events = [dict(event) for event in opened.events(key=record.key)]
    if form == "json":
        console.json(
            {"format_version": view.FORMAT_VERSION, "request": view.record_json(record), "events": events}
        )
        return
    console.out(view.whole(record))
    console.out("".join(f"{view.event_line(event)}\n" for event in events))


@command.command("export")
@state_option
@console_options
@click.pass_obj
def export_command(console: Console, state: str | None) -> None:
    """Print the whole state as JSON lines: requests, approvals, and the log of every call and decision."""
    with state_to_read(state, _HERE, tell=console.note) as opened:
        console.lines(f"{line}\n" for line in export_state(opened))


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@setting("--lock-timeout", type=DURATION, default=parse_duration("0s"), help="Wait for a run to end.")
@state_option
@console_options
@click.pass_obj
def import_command(console: Console, *, file: Path, lock_timeout: timedelta, state: str | None) -> Exit:
    """Take what 'state export' printed, or a rescue file, into the state: all of FILE, or nothing.

    What is known is never forgotten, and importing a FILE twice changes nothing.
    """
    if not file.is_file():
        raise UsageError(
            "file-read-once",
            f"{file} is a pipe or a device, and an import reads its file twice: to check it, then to take it",
            next_step="save it as a file first, then import that",
        )
    duplicates: list[Duplicate] = []
    check_export(file)  # a file that is no good makes no state, and waits for no lock
    with state_to_write(
        console,
        state,
        _HERE,
        command=["glacier-manifest", "state", "import", str(file)],
        lock_timeout=lock_timeout,
    ) as opened:
        imported = opened.import_knowledge(read_export(file), tell=duplicates.append)
    console.lines(map(_duplicate_line, duplicates))
    console.out(f"{imported.taken} imported, {imported.unchanged} unchanged, {len(duplicates)} duplicates.\n")
    if not duplicates:
        return Exit.DONE
    console.err(failures.next_line(_USE_DUPLICATES))
    return Exit.REQUESTS_FAILED


def _duplicate_line(found: Duplicate) -> str:
    record = found.record
    generation = f" (generation {record.generation})" if record.generation else ""
    jobs = f"kept job {record.job_id}, also paid for {found.job_id}"
    return f"duplicate: {record.address}{generation}: {jobs}\n"


@command.command("resolve")
@click.argument("address")
@click.option("--job-id", metavar="ID", help="It was started: this is what Glacier calls the job.")
@click.option("--assume-lost", is_flag=True, help="It was not started: the next apply may send it again.")
@setting("--lock-timeout", type=DURATION, default=parse_duration("0s"), help="Wait for a run to end.")
@state_option
@console_options
@click.pass_obj
def resolve_command(
    console: Console,
    *,
    address: str,
    job_id: str | None,
    assume_lost: bool,
    lock_timeout: timedelta,
    state: str | None,
) -> None:
    """Say what became of a request whose outcome is unknown.

    Look first: 'aws glacier list-jobs' shows every job of the vault, and the marker in its description
    ('state show ADDRESS') tells which one it is.
    """
    if (job_id is None) != assume_lost:
        raise UsageError(
            "resolve-how",
            "say either --job-id ID (it was started) or --assume-lost (it was not)",
            next_step="look with 'aws glacier list-jobs --account-id - --vault-name VAULT' which it is",
        )
    with state_to_read(state, _HERE, tell=console.note) as opened:
        _one(opened, address, rather=_OPEN)
    with state_to_write(
        console,
        state,
        _HERE,
        command=["glacier-manifest", "state", "resolve", address],
        lock_timeout=lock_timeout,
    ) as opened:
        lose_track_of_intents(
            opened, attempts=_attempts(), now=now()
        )  # the lock is ours, so whoever wrote them down has died
        record = _unknown(_one(opened, address, rather=_OPEN))
        opened.write(_settled(record, job_id))
        told = f"job {job_id}" if job_id is not None else "not started; the next apply may send it again"
        console.out(f"{record.address}: {told}\n")


@command.command("forget")
@click.argument("address")
@setting("--yes", is_flag=True, help="Forget without asking.")
@setting("--lock-timeout", type=DURATION, default=parse_duration("0s"), help="Wait for a run to end.")
@state_option
@console_options
@click.pass_obj
def forget_command(
    console: Console, *, address: str, yes: bool, lock_timeout: timedelta, state: str | None
) -> None:
    """Take a request that has ended out of the state: what asks for it again, buys it again.

    A job of it that Glacier still lists is taken over by the next apply. The log keeps what was known.
    """
    with state_to_read(state, _HERE, tell=console.note) as opened:
        record = _one(opened, address)
    if not yes:
        _check_consent(console, record)
    with state_to_write(
        console,
        state,
        _HERE,
        command=["glacier-manifest", "state", "forget", address],
        lock_timeout=lock_timeout,
    ) as writable:
        number = writable.forget(record.key)
        abort_forgotten(console, writable)
    purchases = "" if number == 1 else f", all {number} purchases"
    console.out(f"{record.address}: forgotten{purchases}\n")


def _check_consent(console: Console, record: Record) -> None:
    """Ask, since an approval that covers a request covers buying it again once nothing is known of it."""
    question = (
        f"{record.address} is {view.words(record.status)}. Forgotten, it is bought again when a manifest "
        "asks for it. Type 'yes' to forget it: "
    )
    if not (console.asks and console.confirm(question)):
        raise NotApproved(
            "not-confirmed",
            f"{record.address} was not forgotten: nobody has said yes",
            next_step="say --yes if it is to be forgotten",
        )


def _attempts() -> Attempts:
    """Nothing is settled here by listing, so that when the attempts ended does not matter."""
    return Attempts(time.monotonic, ServiceClock(time.monotonic))


def _settled(record: Record, job_id: str | None) -> Find | Release:
    if job_id is not None:
        return Find(record.key, record.generation, now(), job_id, Status.IN_PROGRESS)
    lost = Mishap("assumed-lost", "a person said that it was not started")
    return Release(record.key, record.generation, now(), lost)


def _unknown(record: Record) -> Record:
    if record.status is Status.UNKNOWN:
        return record
    raise Refused(
        "not-unknown",
        f"{record.address} is {view.words(record.status)}: only an unknown outcome is resolved",
        next_step="see 'glacier-manifest state list --status unknown'",
    )


def _one(state: State, address: str, *, rather: frozenset[Status] = frozenset()) -> Record:
    """Return the one record, of the highest generation, that an address means.

    Args:
        state: The state.
        address: What the user wrote.
        rather: Where one that stands so is meant, the others are not.

    Raises:
        UsageError: It means none, or several.
    """
    records = {record.address: record for record in state.records()}
    likely = [one for one, record in records.items() if record.status in rather]
    pattern = AddressPattern(address)
    found = pattern.choose(likely) or pattern.choose(records)
    if len(found) == 1:
        return records[found[0]]
    if not found:
        raise UsageError(
            "no-such-address",
            f"the state has no request at {address!r}",
            next_step="'glacier-manifest state list' shows every address",
        )
    raise UsageError(
        "ambiguous-address",
        f"{address!r} means {len(found)} requests: {', '.join(found[:5])}{', ...' if len(found) > 5 else ''}",  # noqa: PLR2004 - enough to see why
        next_step="name one of them in full",
    )
