"""A plan: for every request, what would be done about it, and why."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from glacier_manifest.jobs.address import address_of
from glacier_manifest.jobs.request import JobType, Request, Vault
from glacier_manifest.jobs.tier import Tier
from glacier_manifest.manifest import NEVER, Repurchases
from glacier_manifest.planning.approval import entry, standing_entry
from glacier_manifest.planning.cost import Tally
from glacier_manifest.planning.sighting import Sighting
from glacier_manifest.state.record import Record


class Verb(StrEnum):
    """What would be done about a request."""

    START = "start"
    RESTART = "restart"
    ADOPT = "adopt"
    RESOLVE = "resolve"
    WAIT = "wait"
    KEEP = "keep"
    BLOCKED = "blocked"


class Reason(StrEnum):
    """Why."""

    NOT_STARTED = "not_started"
    EXPIRED = "expired"
    FAILED = "failed"
    REQUESTED = "requested"
    UNKNOWN = "unknown"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    REJECTED = "rejected"
    FOUND_IN_GLACIER = "found_in_glacier"
    NEEDS_OUTPUT = "needs_output"


#: The verbs that send an InitiateJob call, and so cost money.
STARTING = frozenset({Verb.START, Verb.RESTART})


def entry_of(request: Request, generation: int, *, verb: Verb, reason: Reason, restarts: Repurchases) -> str:
    """Return what a reviewer approves of a request: one purchase, or all that `restarts` lets follow.

    A restart that goes beyond `restarts` (because somebody asks for it) is approved by itself.
    """
    if covers(restarts, generation, verb=verb, reason=reason):
        return standing_entry(request, restarts)
    return entry(request, generation)


def is_bounded(restarts: Repurchases, generation: int, *, verb: Verb, reason: Reason) -> bool:
    """Say whether a purchase of a job that is approved as a whole is approved with it.

    That of a restart is so only where the manifest lets it follow by itself.
    """
    return verb is not Verb.RESTART or covers(restarts, generation, verb=verb, reason=reason)


def covers(restarts: Repurchases, generation: int, *, verb: Verb, reason: Reason) -> bool:
    """Say whether a purchase is approved together with those that `restarts` lets follow."""
    covered = restarts.highest
    if verb is Verb.RESTART:
        covered = {Reason.FAILED: restarts.failed, Reason.EXPIRED: restarts.expired}.get(reason, 0)
    return restarts.highest > 0 and generation <= covered


@dataclass(frozen=True, slots=True)
class Drift:
    """A difference between what runs and what the manifest says now; it cannot be changed any more."""

    field: str
    running: str | None
    wanted: str | None


@dataclass(frozen=True, slots=True)
class Action:
    """One request and what would be done about it.

    Attributes:
        verb: What.
        reason: Why.
        request: The request as the manifest asks for it.
        key: Its key.
        generation: The purchase that is meant: the next one where it would start, else the present one.
        record: What the state knows of its latest purchase, if anything.
        drift: Where what was bought differs from what the manifest says now.
        sighting: The job in Glacier's listing that serves it, where that is why nothing is bought.
        restarts: How often it may be bought again by itself.
        bounded: The entry that approves its whole job within that job's limits, where it has one.
    """

    verb: Verb
    reason: Reason
    request: Request
    key: str
    generation: int
    record: Record | None = None
    drift: tuple[Drift, ...] = ()
    sighting: Sighting | None = None
    restarts: Repurchases = NEVER
    bounded: str | None = None

    @property
    def starts(self) -> bool:
        """Whether it would send an InitiateJob call."""
        return self.verb in STARTING

    @property
    def address(self) -> str:
        """The request's address."""
        return address_of(self.request)

    @property
    def entry(self) -> str:
        """What a reviewer approves of it."""
        generation, verb, reason, restarts = self.generation, self.verb, self.reason, self.restarts
        if self.bounded is not None and is_bounded(restarts, generation, verb=verb, reason=reason):
            return self.bounded
        return entry_of(self.request, generation, verb=verb, reason=reason, restarts=restarts)

    @property
    def approved_by(self) -> frozenset[str]:
        """The entries, each of which lets it start: a restart may also have been approved by itself."""
        alone = {entry(self.request, self.generation)} if self.generation else set()
        return frozenset({self.entry, *alone})

    @property
    def expedited(self) -> bool:
        """Whether an Expedited price may be paid for it."""
        return Tier.EXPEDITED in self.request.effective_tiers


@dataclass(frozen=True, slots=True)
class Blocked:
    """A job at one vault whose archives another job's output must tell first.

    Attributes:
        job: The job's name.
        vault: The vault.
        tiers: The tiers that may be paid for, in order.
        waits_for: The job whose output it needs.
        entry: What a reviewer approves of it: the job itself, within its own limits.
    """

    job: str
    vault: Vault
    tiers: tuple[Tier, ...]
    waits_for: str
    entry: str

    @property
    def address(self) -> str:
        """The address below which its requests will stand."""
        return f"{self.job}/{self.vault.name}"


class Plan(Protocol):
    """Every action, in order, and the moment for which they were decided; it may hold millions."""

    @property
    def made_at(self) -> datetime:
        """When it was made."""

    @property
    def summary(self) -> Mapping[Verb, int]:
        """How many requests each verb stands for."""

    @property
    def unchanged(self) -> Mapping[Reason, int]:
        """How many requests are left as they are, and why: they wait or are kept."""

    @property
    def digest(self) -> str:
        """The digest of everything selected, started or not, so that a partial failure keeps it."""

    @property
    def restarts(self) -> Repurchases:
        """How often each request in it may be bought again by itself."""

    @property
    def slots(self) -> frozenset[str]:
        """The slots of the scheduled requests in it."""

    @property
    def vaults(self) -> frozenset[Vault]:
        """The vaults that it asks."""

    @property
    def blocked(self) -> Sequence[Blocked]:
        """The jobs that have no requests yet, in the order of the manifest."""

    @property
    def start_count(self) -> int:
        """How many would send an InitiateJob call now, which may be the next few only."""

    @property
    def tallies(self) -> Sequence[Tally]:
        """What would start, for each job at each vault and its tiers, in the order of the manifest."""

    def entries(self) -> Iterator[str]:
        """Stream the approval entries of everything selected, sorted, each once."""

    def actions(self, *, verbs: Collection[Verb] | None = None, limit: int | None = None) -> Iterator[Action]:
        """Stream actions in the order of the manifest.

        Args:
            verbs: Which; all of them by default.
            limit: How many at most.
        """

    def starts(self) -> Iterator[Action]:
        """Stream what would start in the order in which it is to be sent."""

    def expedited_starts(self) -> Iterator[Action]:
        """Stream the first purchases for which an Expedited price may be paid, in the manifest's order."""

    def expedited_start_count(self) -> int:
        """Return how many they are."""

    def largest_starts(self, of_each: int) -> Iterator[Action]:
        """Stream the first purchases of the most bytes, at most so many of each job at each vault."""

    def largest(self) -> Action | None:
        """Return what would start with the most bytes; None where no size is known."""

    def unsized(self) -> Action | None:
        """Return the first archive that would start and has a size that nobody knows, if one has."""

    def inventories(self, *, verb: Verb, limit: int) -> Iterator[Action]:
        """Stream the actions on inventories for which this is done, in the order of the manifest."""

    def drifted(self, *, limit: int | None = None) -> Iterator[Action]:
        """Stream the actions whose job differs from what the manifest says now."""

    def drifted_count(self) -> int:
        """Return how many do."""


def requests_in(plan: Plan) -> int:
    """Return how many requests a plan speaks of."""
    return sum(plan.summary.values())


def tally_of(action: Action) -> Tally:
    """Return one action as a tally of its own, by which it is priced."""
    request, vault = action.request, action.request.vault
    is_inventory = request.type is JobType.INVENTORY_RETRIEVAL
    return Tally(
        job=request.job,
        account=vault.account_id,
        region=vault.region,
        vault=vault.name,
        kind=request.type,
        tiers=request.effective_tiers,
        count=1,
        bytes=request.size or 0,
        unknown_sizes=int(request.size is None and not is_inventory),
    )
