"""What happens to the sandbox's vaults: the records that its journal keeps and replays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class VaultKey(NamedTuple):
    """What a vault is unique by.

    Attributes:
        account: 12 digits.
        region: such as `us-west-2`.
        name: the vault's name.
    """

    account: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """The vault's ARN."""
        return f"arn:aws:glacier:{self.region}:{self.account}:vaults/{self.name}"

    @property
    def path(self) -> str:
        """The vault's path in the API."""
        return f"/{self.account}/vaults/{self.name}"


@dataclass(frozen=True, slots=True)
class VaultCreated:
    """A vault came into being at `at`, seconds since the epoch."""

    vault: VaultKey
    at: float


@dataclass(frozen=True, slots=True)
class VaultDeleted:
    """A vault was deleted."""

    vault: VaultKey


@dataclass(frozen=True, slots=True)
class ArchiveAdded:
    """One archive was added: an uploaded one, or a generated one under an ID that a user gave."""

    vault: VaultKey
    archive_id: str
    description: str
    size: int
    at: float
    generated: bool


@dataclass(frozen=True, slots=True)
class BatchAdded:
    """Generated archives were added; the fields are those of `archives.Batch`."""

    vault: VaultKey
    number: int
    seed: int
    count: int
    smallest: int
    largest: int
    template: str
    first_created: float
    interval: float
    at: float


@dataclass(frozen=True, slots=True)
class ArchiveDeleted:
    """One archive was deleted."""

    vault: VaultKey
    archive_id: str
    at: float


@dataclass(frozen=True, slots=True)
class InventoryTaken:
    """An inventory of the vault was made out of turn."""

    vault: VaultKey
    at: float


@dataclass(frozen=True, slots=True)
class InventoryQuery:
    """Which rows an inventory job asked for.

    Attributes:
        format: `JSON` or `CSV`.
        start_date: as sent; inclusive.
        end_date: as sent; exclusive.
        limit: as sent: a string of digits.
        marker: as sent.
    """

    format: str = "JSON"
    start_date: str | None = None
    end_date: str | None = None
    limit: str | None = None
    marker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One accepted job. What it is now follows from this and the clock.

    Attributes:
        job_id: 92 characters.
        vault: whose job it is.
        type: `archive-retrieval`, `inventory-retrieval` or `select`.
        created: acceptance, seconds since the epoch, as are all the instants.
        ready_at: completion.
        expires_at: when the service forgets it.
        listed_at: when it first shows in ListJobs.
        failure: the StatusMessage with which it fails; None succeeds.
        description: as sent.
        sns_topic: as sent.
        tier: `Expedited`, `Standard` or `Bulk`; None for inventories.
        archive_id: of archive and select jobs.
        start: first byte of an archive retrieval's range.
        end: the byte behind its last.
        inventory: what an inventory job asked for.
        inventory_version: the state of the vault that it shows.
        inventory_date: of that inventory, seconds since the epoch.
        select_parameters: as sent.
        output_location: as sent.
        output_path: where a select job's results would be.
    """

    job_id: str
    vault: VaultKey
    type: str
    created: float
    ready_at: float
    expires_at: float
    listed_at: float
    failure: str | None = None
    description: str | None = None
    sns_topic: str | None = None
    tier: str | None = None
    archive_id: str | None = None
    start: int = 0
    end: int = 0
    inventory: InventoryQuery | None = None
    inventory_version: int = 0
    inventory_date: float = 0.0
    select_parameters: Mapping[str, Any] | None = None
    output_location: Mapping[str, Any] | None = None
    output_path: str | None = None


@dataclass(frozen=True, slots=True)
class NotificationsSet:
    """The vault's notification configuration was set, or deleted (None)."""

    vault: VaultKey
    configuration: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class TagsSet:
    """The vault's tags are these now."""

    vault: VaultKey
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PolicySet:
    """The retrieval policy of an account in a region is this now."""

    account: str
    region: str
    policy: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClockMoved:
    """The sandbox's clock is `skew` seconds ahead of the machine's now."""

    skew: float


Event = (
    VaultCreated
    | VaultDeleted
    | ArchiveAdded
    | BatchAdded
    | ArchiveDeleted
    | InventoryTaken
    | Job
    | NotificationsSet
    | TagsSet
    | PolicySet
    | ClockMoved
)
EVENT_TYPES: tuple[type[Event], ...] = (
    VaultCreated,
    VaultDeleted,
    ArchiveAdded,
    BatchAdded,
    ArchiveDeleted,
    InventoryTaken,
    Job,
    NotificationsSet,
    TagsSet,
    PolicySet,
    ClockMoved,
)
