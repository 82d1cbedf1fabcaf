"""What `status` and `wait` share: the state beside the manifests, and what Glacier tells of its jobs."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from glacier_manifest.aws.causes import Cause, next_step_for
from glacier_manifest.aws.glacier import GlacierReader
from glacier_manifest.aws.service_clock import ServiceClock
from glacier_manifest.aws.session import Clients
from glacier_manifest.cli.arguments import AwsArguments
from glacier_manifest.cli.wiring import now, state_to_read, state_to_update
from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity
from glacier_manifest.jobs.status import Status
from glacier_manifest.planning.place import check_endpoint
from glacier_manifest.state.protocol import State
from glacier_manifest.state.sqlite import SqliteState
from glacier_manifest.tracking.refresh import Clocks, Refreshed


@dataclass(frozen=True, slots=True)
class Watched:
    """A state, and whom to ask about its jobs.

    Attributes:
        state: Takes what is found.
        reader: Asks Glacier.
        clocks: Tell the time; the service's is told by the reader's answers.
    """

    state: SqliteState
    reader: GlacierReader
    clocks: Clocks


def check_exist(manifests: Iterable[Path]) -> None:
    """Refuse a path that is not there: beside it no state would be found, as if nothing had been started.

    Raises:
        InvalidInput: ``unreadable-file``.
    """
    missing = [
        Diagnostic(Severity.ERROR, "unreadable-file", f"cannot read '{path}': no such file or directory")
        for path in manifests
        if not path.exists()
    ]
    if missing:
        raise InvalidInput(
            missing, next_step="check the name; without one, the state of this folder is meant"
        )


def may_have_changed(named: str | None, manifests: tuple[Path, ...]) -> bool:
    """Say whether a job is in progress, or an output past its day: else nobody is asked."""
    with state_to_read(named, manifests) as state:
        in_progress = state.count({Status.IN_PROGRESS})
        return bool(in_progress) or state.ending_count(before=now()) > 0


@contextmanager
def watched(arguments: AwsArguments, named: str | None, manifests: tuple[Path, ...]) -> Iterator[Watched]:
    """Open a state that exists and the way to the Glacier that it belongs to; takes no lock.

    Raises:
        Elsewhere: The state belongs to another endpoint.
        StateError: The state cannot be opened.
    """
    service = ServiceClock(time.monotonic)
    with Clients(arguments.connection()) as clients, state_to_update(named, manifests) as state:
        for region in regions_of(state):
            check_endpoint(state.identity, clients.endpoint(region))
        reader = GlacierReader(clients, on_service_time=service.hear)
        yield Watched(state, reader, Clocks(now, service.now))


def regions_of(state: State) -> set[str]:
    """Return the regions that a state has requests in."""
    return {group.region for group in state.standing_groups()}


def tell_what_is_amiss(refreshed: Refreshed, tell: Callable[[str], None]) -> None:
    """Tell what kept a look from being whole, and stopped nothing."""
    for vault in refreshed.missing:
        tell(
            f"warning: vault {vault.name!r} of account {vault.account_id} in {vault.region} does not exist "
            "(any more), so that nobody can say what became of its jobs"
        )
    if refreshed.may_not_describe:
        mend = next_step_for(Cause.ACCESS_DENIED, action="glacier:DescribeJob")
        tell(f"warning: whether outputs are gone after their day is not known: {mend}")
