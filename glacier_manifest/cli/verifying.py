"""What `verify` does, step by step: read the state, read what is stored, tell."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from threading import Event as Flag

from glacier_manifest.aws.s3 import S3Objects
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import VerifyArguments
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.reading import check_output, check_writable
from glacier_manifest.cli.refreshing import check_exist
from glacier_manifest.cli.signals import draining
from glacier_manifest.cli.wiring import state_to_read
from glacier_manifest.errors import Exit, GlacierManifestError, Interrupted
from glacier_manifest.fetching.moved import location_now
from glacier_manifest.fetching.stored import AllStored, is_in_s3
from glacier_manifest.fetching.verifying import WRONG, Found, Opens, Verification, Verifier
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.selection import Meaning
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Record
from glacier_manifest.views import failures
from glacier_manifest.views import verifications as view


def verify_command(console: Console, arguments: VerifyArguments) -> Exit:
    """Read the state, read what is stored, tell; return the exit code.

    Raises:
        GlacierManifestError: As the rooms below say; nothing was changed, and what was read is told.
    """
    manifests = arguments.paths or (Path(),)
    check_exist(manifests)
    if arguments.report is not None:
        check_output(arguments.report, arguments.paths)
        check_writable(arguments.report)
    with ExitStack() as stack:
        state = stack.enter_context(state_to_read(arguments.state, manifests, tell=console.note))
        scratch = stack.enter_context(Scratch())
        opens = _opens(arguments, stack)
        stored = AllStored(
            scratch,
            _fetched(state),
            is_wanted=_meant(state, arguments),
            now_at=partial(location_now, arguments.moves),
        )
        verification = Verification(scratch.mapping(), outputs=len(stored))
        error = _verified(console, arguments, stored, opens=opens, into=verification)
        _tell(console, arguments, verification)
        if error is not None:
            raise error
        return _ended(console, verification)


def _opens(arguments: VerifyArguments, stack: ExitStack) -> Opens | None:
    if not arguments.s3:
        return None
    clients = stack.enter_context(Clients(arguments.connection(concurrency=_threads(arguments))))
    return S3Objects(clients).open


def _threads(arguments: VerifyArguments) -> int:
    return arguments.concurrency or os.cpu_count() or 1


def _fetched(state: State) -> Iterator[Record]:
    return state.records(statuses={Status.FETCHED})


def _meant(state: State, arguments: VerifyArguments) -> Callable[[str], bool]:
    def meaning(patterns: Iterable[str]) -> Meaning:
        return Meaning(patterns, ((one.address, one.archive_id) for one in _fetched(state)))

    targets, excludes = meaning(arguments.targets), meaning(arguments.excludes)
    return lambda address: (not targets or address in targets) and address not in excludes


def _verified(
    console: Console,
    arguments: VerifyArguments,
    stored: AllStored,
    *,
    opens: Opens | None,
    into: Verification,
) -> GlacierManifestError | None:
    """Read all, and note what is found; return what ended it early, if anything did."""
    flag = Flag()
    with draining(console.note, flag) as stop, _progress(console) as progress:
        progress.begin(
            into.outputs, stored.size(lambda location: opens is not None or not is_in_s3(location))
        )
        verifier = Verifier(_threads(arguments), opens=opens, stop=flag.is_set, read=progress.read)
        found = _noted(verifier.verify(stored), into, progress)
        try:
            if arguments.form == "ndjson":
                console.json_lines(map(view.found_json, found))
            for _one in found:  # what nobody reads from stdout is looked at all the same
                pass
        except GlacierManifestError as error:
            return error
        finally:
            into.bytes_read = progress.bytes_read
    if stop.signal_number is None:
        return None
    return Interrupted(stop.signal_number, next_step="run the same command again; it begins anew")


def _noted(found: Iterable[Found], into: Verification, progress: view.Progress) -> Iterator[Found]:
    for one in found:
        into.add(one)
        progress.ended()
        yield one


def _progress(console: Console) -> AbstractContextManager[view.Progress]:
    if console.verbosity < 0:
        return view.Progress()
    if console.stderr.isatty():
        from glacier_manifest.views.verification_bar import Bar  # noqa: PLC0415 - only a terminal loads rich

        return Bar(console.stderr, color=console.is_colored(console.stderr))
    return view.MinuteLine(console.note, now=time.monotonic)


def _tell(console: Console, arguments: VerifyArguments, verification: Verification) -> None:
    if arguments.form == "json":
        console.lines(view.as_json(verification, view.notable(verification)))
    elif arguments.form == "human":
        console.out(view.human(verification))
    if arguments.report is not None:
        with arguments.report.open("w", encoding="utf-8") as file:
            file.writelines(view.as_json(verification, verification.found.values()))


def _ended(console: Console, verification: Verification) -> Exit:
    if not any(verification.counts[result] for result in WRONG):
        return Exit.DONE
    console.err(failures.next_line(view.NEXT))
    return Exit.REQUESTS_FAILED
