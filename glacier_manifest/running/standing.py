"""How a run stands, in numbers: from the state, what is planned, and what is measured."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.protocol import StandingGroup

_OPEN = frozenset({Status.INTENDED, Status.UNKNOWN})
_BAD = frozenset({Status.FAILED, Status.EXPIRED, Status.REJECTED})


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run stands.

    Attributes:
        to_start: Jobs that are to be started, as far as is known.
        in_progress: Jobs in progress.
        in_progress_bytes: Bytes of archives in them.
        succeeded: Jobs whose output is there.
        succeeded_bytes: Bytes of archives in them.
        stored: Outputs that are stored.
        stored_bytes: Bytes of archives in them.
        bad: Jobs that have failed or expired, and requests that were rejected.
        open: Calls whose outcome is not known.
        rate: Bytes a second that are fetched; None before that is known.
    """

    to_start: int
    in_progress: int
    in_progress_bytes: int
    succeeded: int
    succeeded_bytes: int
    stored: int
    stored_bytes: int
    bad: int
    open: int
    rate: float | None

    @property
    def left(self) -> timedelta | None:
        """How long it takes at this rate to fetch what is started; None where nothing tells."""
        size = self.in_progress_bytes + self.succeeded_bytes
        return timedelta(seconds=size / self.rate) if self.rate and size else None


def standing_of(
    groups: Iterable[StandingGroup], jobs: Collection[str], *, to_start: int, rate: float | None
) -> Standing:
    """Sum up how a run stands.

    Args:
        groups: How all requests of the state stand.
        jobs: The names of the jobs that are meant.
        to_start: How many are to be started.
        rate: Bytes a second that are fetched.
    """
    meant = [group for group in groups if group.job in jobs]

    def sums(statuses: Collection[Status]) -> tuple[int, int]:
        found = [group for group in meant if group.status in statuses]
        return sum(group.jobs for group in found), sum(group.bytes for group in found)

    in_progress, succeeded, stored = (
        sums({status}) for status in (Status.IN_PROGRESS, Status.SUCCEEDED, Status.FETCHED)
    )
    return Standing(
        to_start,
        *in_progress,
        *succeeded,
        *stored,
        bad=sums(_BAD)[0],
        open=sums(_OPEN)[0],
        rate=rate,
    )
