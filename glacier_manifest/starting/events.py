"""What happens while jobs are started, told as values; views render them, logs record them."""

from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class Outcome:
    """One start ended.

    Attributes:
        action: What was to be started.
        result: How it ended.
        tier: The tier that was sent last.
        job_id: What Glacier called the job, where it was accepted.
        mishap: What went wrong, where something did.
    """

    action: Action
    result: Result
    tier: Tier | None = None
    job_id: str | None = None
    mishap: Mishap | None = None


@dataclass(frozen=True, slots=True)
class Stopping:
    """No further call is made; those under way are waited for. `why` ends the sentence."""

    why: str


Event = RunBegan | SendingAgain | Slowed | FellBack | Outcome | Stopping
