"""What a state must be able to do, whichever store it is kept in."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from glacier_manifest.jobs.status import Status
from glacier_manifest.state.changes import Change
from glacier_manifest.state.record import Record


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
class Identity:
    """What a state is bound to.

    Attributes:
        id: A random name, by which a saved plan knows the state that it was made for.
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
        """Remember that the state has been used for this account, at this endpoint (``aws`` or a URL)."""

    def is_empty(self) -> bool:
        """Say whether the state has no record."""

    def latest(self, keys: Iterable[str]) -> Mapping[str, Record]:
        """Return the record of the highest generation of each key that has one."""

    def records(
        self, *, statuses: Collection[Status] | None = None, vault: str | None = None
    ) -> Iterator[Record]:
        """Stream the records in the order in which they were first intended."""

    def count(self) -> Mapping[Status, int]:
        """Return how many records stand in each status."""

    def write(self, change: Change) -> None:
        """Apply one change; when this returns, the change survives a power cut."""

    def submit(self, change: Change) -> "Future[None]":
        """Hand over one change; the future is done when the change survives a power cut."""

    def approve(self, *, digest: str, entries: Iterable[str], how: str, at: datetime) -> Approval:
        """Keep an approval with all its entries; a digest that is known keeps its first approval.

        Entries are added to those it has.
        """

    def approval(self, digest: str) -> Approval | None:
        """Return the approval of a digest, if there is one."""

    def approved(self, digest: str, entries: Iterable[str]) -> frozenset[str]:
        """Return those of `entries` that the digest's approval holds."""

    def started_under(self, approval: int, *, slots: Collection[str]) -> Started:
        """Count what an approval has started: requests without a slot, and those of `slots`."""

    def events(self, *, key: str | None = None) -> Iterator[Mapping[str, Any]]:
        """Stream the event log, oldest first: id, at, service_at, host, version, event, key, generation."""

    def close(self) -> None:
        """Write what was handed over, then let go of the store."""


class Lock(Protocol):
    """A lock that ends with its holder, however the holder ends."""

    def hold(self, *, command: str, timeout: timedelta) -> AbstractContextManager[None]:
        """Hold the lock for a ``with`` block.

        Raises:
            Locked: Somebody else held it all the while; the message names holder, host, pid, since, command.
        """
