"""What a state must be able to do, whichever store it is kept in."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Change
from glacier_manifest.state.record import Record, Standing
from glacier_manifest.state.written import Written


@dataclass(frozen=True, slots=True)
class Approval:
    """A digest that somebody approved, and how: ``plan``, ``expect``, ``prompt`` or ``yes``."""

    id: int
    digest: str
    how: str
    approved_at: datetime


@dataclass(frozen=True, slots=True)
class Started:
    """What one approval has started so far (records that are neither READY nor REJECTED)."""

    jobs: int
    expedited_jobs: int


@dataclass(frozen=True, slots=True)
class StartedGroup:
    """How much of one job one approval has started so far, in one vault and at one tier.

    Attributes:
        job: The name of the manifest's job, as the address of each record begins.
        account_id, region, vault: Where it was sent.
        type: The job type, as the API spells it.
        tier: The tier that was sent last; None where none was.
        jobs: How many records.
        bytes: The sum of the sizes that are known.
        unknown_sizes: How many records have no size.
    """

    job: str
    account_id: str
    region: str
    vault: str
    type: str
    tier: str | None
    jobs: int
    bytes: int
    unknown_sizes: int


@dataclass(frozen=True, slots=True)
class StandingGroup:
    """How many requests of one job stand alike, in one vault and at one tier: each by its latest purchase.

    Attributes:
        job: The name of the manifest's job, as the address of each record begins.
        account_id, region, vault: Where it was sent.
        type: The job type, as the API spells it.
        tier: The tier that was sent last; None where none was.
        status: Where they stand.
        scheduled: Whether they belong to ticks of a schedule.
        jobs: How many records.
        bytes: The sum of the sizes that are known.
        unknown_sizes: How many records have no size.
        first_ends_at, last_ends_at: When the first and the last output of them may be gone; None where no
            such moment is known.
    """

    job: str
    account_id: str
    region: str
    vault: str
    type: str
    tier: str | None
    status: Status
    scheduled: bool
    jobs: int
    bytes: int
    unknown_sizes: int
    first_ends_at: datetime | None
    last_ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Identity:
    """What a state is bound to.

    Attributes:
        id: A random name, by which a saved plan knows the state that it was made for; empty for a state
            that does not exist yet.
        accounts: The accounts it has seen requests of.
        endpoint: The `--endpoint-url` it was first used with, ``aws`` for AWS itself, None before first use.
    """

    id: str
    accounts: frozenset[str]
    endpoint: str | None


class State(Protocol):
    """A store of records, approvals and events."""

    @property
    def identity(self) -> Identity:
        """What this state is bound to."""

    def bind(self, *, account_id: str, endpoint: str) -> None:
        """Remember that the state has been used for this account, at this endpoint (``aws`` or a URL).

        Raises:
            Elsewhere: The state has been used at another endpoint.
            StateError: It cannot be written.
        """

    def is_empty(self) -> bool:
        """Say whether the state has no record."""

    def latest(self, keys: Iterable[str]) -> Mapping[str, Record]:
        """Return the record of the highest generation of each key that has one."""

    def standings(self, keys: Iterable[str]) -> Mapping[str, Standing]:
        """Return how the highest generation of each key that has one stands: `latest` in brief."""

    def every_standing(self) -> Iterator[tuple[str, Standing]]:
        """Stream how every purchase stands, sorted by key, the highest generation of each last.

        Reads all of the state, and for many keys in less time than `standings` looks for them.

        Raises:
            Failed: ``scratch-unwritable``: there is no room to sort them.
        """

    def known_jobs(self, job_ids: Iterable[str]) -> frozenset[str]:
        """Return those of `job_ids` that some record has: such a job is never adopted again."""

    def holding(self, job_ids: Iterable[str]) -> Mapping[str, Record]:
        """Return the record that has each of `job_ids`, if one has, by job ID."""

    def records(
        self, *, statuses: Collection[Status] | None = None, vault: str | None = None
    ) -> Iterator[Record]:
        """Stream the records in the order in which they were made, as they stand when the first is read."""

    def count(self, statuses: Collection[Status] | None = None) -> Mapping[Status, int]:
        """Return how many records stand in each of `statuses` (all of them by default), zeros left out."""

    def write(self, change: Change) -> None:
        """Apply one change; when this returns, the change survives a power cut.

        Moments are kept to the millisecond.

        Raises:
            StateError: ``state-conflict`` where the record's status does not permit the change, another
                code where the state cannot be written; nothing has changed.
        """

    def submit(self, change: Change) -> Written[None]:
        """Hand over one change; the future is done when the change survives a power cut.

        Changes are applied in the order in which they were handed over. The future fails as `write` does;
        handing over never raises and never waits.
        """

    def submit_together(self, changes: Sequence[Change]) -> list[Written[None]]:
        """Hand over some changes that belong into one commit; as `submit`, in their order."""

    def submit_unhurried(self, change: Change) -> Written[None]:
        """Hand over one change that nobody waits for yet: it may wait a moment for others.

        What is handed over later is written later all the same, and what is submitted hurries it along.
        """

    def standing_groups(self) -> "tuple[StandingGroup, ...]":
        """Sum up how all requests stand, in the order in which the first of each group was made.

        A purchase that was followed by a later one of the same request is not counted.
        """

    def ending(self, *, before: datetime, most: int) -> tuple[Record, ...]:
        """Return SUCCEEDED records whose output may be gone by a moment, the soonest first.

        At most `most` of them; a purchase that was followed by a later one is none of them.
        """

    def ending_count(self, *, before: datetime) -> int:
        """Count the records that `ending` would return, were there no bound."""

    def has_unjoined_pages(self) -> bool:
        """Say whether a page of an inventory is stored that was not put together with the others.

        The last page is not looked at: it is one of several only where there is another.
        """

    def held_pieces(self) -> Iterator[Record]:
        """Stream the pieces of archives that are held until the others are there, by archive and job.

        A purchase that was followed by a later one of the same request is none of them.
        """

    def approve(
        self, *, digest: str, entries: Iterable[str], how: str, at: datetime, lifted: Collection[str] = ()
    ) -> Approval:
        """Keep an approval with all its entries; a digest that is known keeps its first approval.

        Entries are added to those it has. The event log also tells which limits were `lifted`, as
        ``NAME=VALUE`` each.
        """

    def approval(self, digest: str) -> Approval | None:
        """Return the approval of a digest, if there is one."""

    def approvals(self) -> Iterator[Approval]:
        """Stream all approvals, oldest first."""

    def approved_entries(self, approval: int) -> Iterator[str]:
        """Stream all entries of one approval, sorted."""

    def approved(self, digest: str, entries: Iterable[str]) -> frozenset[str]:
        """Return those of `entries` that the digest's approval holds."""

    def started_under(self, approval: int, *, slots: Collection[str]) -> Started:
        """Count what an approval has started: requests without a slot, and those of `slots`."""

    def started_groups(self, approval: int, *, slots: Collection[str]) -> tuple[StartedGroup, ...]:
        """Sum up by job, vault, type and tier what an approval has started, the same requests.

        Takes time with what was started, unlike `started_under`.
        """

    def started_bytes(self, since: datetime) -> Mapping[datetime, int]:
        """Return the bytes that were started in each minute from `since` on, the earliest minute first.

        The time is the service's, where it is known. What has an unknown size is not counted; what has an
        unknown outcome is.
        """

    def last_sent_at(self) -> datetime | None:
        """Return when a call was last made, by the host's clock; None if that is long ago, or never."""

    def events(self, *, key: str | None = None) -> Iterator[Mapping[str, Any]]:
        """Stream the event log, oldest first, as JSON values.

        Each has id, at, service_at, host, pid, version, run, event, key and generation; what else an event
        tells (job_id, status, code, message, …) stands beside them. Moments are text, UTC to the millisecond.
        """

    def close(self) -> None:
        """Write what was handed over, then let go of the store."""


class Lock(Protocol):
    """A lock that ends with its holder, however the holder ends."""

    def hold(self, *, command: str, timeout: timedelta) -> AbstractContextManager[None]:
        """Hold the lock for a ``with`` block.

        Raises:
            Locked: Somebody else held it all the while; the message names holder, host, pid, since, command.
        """
