"""What happens to a run as a whole, told as values; views render them, logs record them."""

from dataclasses import dataclass
from datetime import datetime

from glacier_manifest.errors import GlacierManifestError


@dataclass(frozen=True, slots=True)
class Troubled:
    """An activity cannot go on, for a reason that may pass; it tries again at `next_at`."""

    activity: str
    error: GlacierManifestError
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Recovered:
    """An activity goes on, after `seconds` of trouble."""

    activity: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Held:
    """An activity waits until the trouble of another has passed."""

    activity: str
    because_of: str


@dataclass(frozen=True, slots=True)
class Ended:
    """An activity has met what only a person can mend; the others end what they can."""

    activity: str
    error: GlacierManifestError


Event = Troubled | Recovered | Held | Ended
