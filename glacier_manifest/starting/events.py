"""What happens while jobs are started, told as values; views render them, logs record them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from glacier_manifest.jobs.tier import Tier
from glacier_manifest.planning.plan import Action
from glacier_manifest.state.record import Mishap


class Result(StrEnum):
    """How one start ended."""

    STARTED = "started"
    RESTARTED = "restarted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    DEFERRED = "deferred"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class RunBegan:
    """Starting begins: `total` jobs, at most `rate` a second."""

    total: int
    rate: float


@dataclass(frozen=True, slots=True)
class SendingAgain:
    """A call surely started nothing (never sent, throttled) and is made again after `delay` seconds."""

    action: Action
    attempt: int
    delay: float
    mishap: Mishap


@dataclass(frozen=True, slots=True)
class Slowed:
    """The service throttled: the whole run now sends at most `rate` a second."""

    rate: float


@dataclass(frozen=True, slots=True)
class FellBack:
    """Capacity or policy refused one tier; the next one of the list is tried."""

    action: Action
    refused: Tier | None
    next_tier: Tier
    mishap: Mishap


class Fate(NamedTuple):
    """How one start ended, without what was to be started; a tuple, since a run keeps a million of them.

    Attributes:
        result, tier, job_id, mishap: As in `Outcome`.
    """

    result: Result
    tier: Tier | None = None
    job_id: str | None = None
    mishap: Mishap | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One start ended.

    Attributes:
        action: What was to be started.
        result: How it ended.
        tier: The tier that was sent last.
        job_id: What Glacier called the job, where it was accepted.
        mishap: What went wrong, where something did.
        may_change: Whether trying again within the run may help: capacity and policy come and go.
    """

    action: Action
    result: Result
    tier: Tier | None = None
    job_id: str | None = None
    mishap: Mishap | None = None
    may_change: bool = False

    @property
    def fate(self) -> Fate:
        """How it ended, without what was to be started."""
        return Fate(self.result, self.tier, self.job_id, self.mishap)


@dataclass(frozen=True, slots=True)
class Holding:
    """Outcomes are unknown, too many or such as take up all room: they are settled before more is sent."""

    unknown: int


@dataclass(frozen=True, slots=True)
class Settling:
    """Vaults are listed again at `until`, when a listing will tell of `unknown` lost replies."""

    vaults: int
    unknown: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Adopted:
    """Glacier listed a job that serves a request: nothing is bought for it."""

    address: str
    job_id: str
    ours: bool
    sns_topic: str | None
    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Released:
    """Glacier lists no job with the marker: the lost call started none, and it may be sent again."""

    address: str


@dataclass(frozen=True, slots=True)
class TryingLater:
    """What capacity or policy refused is tried again at `until`."""

    refused: int
    until: datetime


@dataclass(frozen=True, slots=True)
class VolumeUsedUp:
    """The bytes of a day are used up: nothing more is sent before `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class StageFull:
    """So many bytes are started and not yet fetched that more must wait: `most` may be."""

    most: int


@dataclass(frozen=True, slots=True)
class Stopping:
    """No further call is made; those under way are waited for. `why` ends the sentence."""

    why: str


Event = (
    RunBegan
    | SendingAgain
    | Slowed
    | FellBack
    | Outcome
    | Holding
    | Settling
    | Adopted
    | Released
    | TryingLater
    | VolumeUsedUp
    | StageFull
    | Stopping
)
