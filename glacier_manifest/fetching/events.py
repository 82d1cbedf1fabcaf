"""What happens while outputs are fetched, told as values; views render them, logs record them."""

from dataclasses import dataclass

from glacier_manifest.errors import GlacierManifestError
from glacier_manifest.fetching.output import JobOutput, Whole
from glacier_manifest.fetching.parts import Part
from glacier_manifest.fetching.report import Outcome


@dataclass(frozen=True, slots=True)
class PartRead:
    """A part came over the network, was verified as far as can be, and is held."""

    whole: Whole
    part: Part


@dataclass(frozen=True, slots=True)
class PartsHeld:
    """Fetching begins, with `parts` parts of `size` bytes that an earlier run left."""

    whole: Whole
    parts: int
    size: int


@dataclass(frozen=True, slots=True)
class ReadingAgain:
    """A part did not come whole and right; after `delay` seconds it is read for the `attempt`-th time."""

    output: JobOutput
    part: Part
    attempt: int
    delay: float
    error: GlacierManifestError


@dataclass(frozen=True, slots=True)
class WholeDamaged:
    """All parts are there, and together they are not what they must be: all are read again."""

    whole: Whole
    error: GlacierManifestError


@dataclass(frozen=True, slots=True)
class FetchingBegan:
    """So many outputs are to be fetched, of so many bytes as far as is known."""

    outputs: int
    size: int


@dataclass(frozen=True, slots=True)
class OutputEnded:
    """What became of an output."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class UploadAborted:
    """An upload that no run goes on with was aborted, or could not be; it costs money until it is gone."""

    location: str
    is_gone: bool


Event = FetchingBegan | PartRead | PartsHeld | ReadingAgain | WholeDamaged | OutputEnded | UploadAborted
