"""What one run of fetching is given: Glacier, how to fetch, and the world outside."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from glacier_manifest.aws.output import OutputReader
from glacier_manifest.fetching.described import Described
from glacier_manifest.fetching.pages import Opens, in_file
from glacier_manifest.fetching.parts import USUAL_PART
from glacier_manifest.fetching.pool import Bounds
from glacier_manifest.fetching.reading import Patience
from glacier_manifest.fetching.results import Results


@dataclass(frozen=True, slots=True)
class Service:
    """Glacier.

    Attributes:
        described: Tells of jobs.
        outputs: Opens ranges of outputs.
        stored: Opens what was stored before, the pages of an inventory.
        results: Reads what selects have left in S3; None where that is left alone.
    """

    described: Described
    outputs: OutputReader
    stored: Opens = in_file
    results: Results | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How outputs are fetched.

    Attributes:
        part_size: Bytes of a part, 2^k MiB.
        bounds: How much at once.
        endurance: After so many outputs in a row that the network did not let through, the run ends.
    """

    part_size: int = USUAL_PART
    bounds: Bounds = field(default_factory=Bounds)
    endurance: int = 10


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The world outside of the run.

    Attributes:
        now: Tells the host's time, for the log.
        service: Tells the service's time; None before its first answer.
        patience: Waits before a part is read again.
        stop: Whether the run shall end; parts that are being read then are not kept.
    """

    now: Callable[[], datetime]
    service: Callable[[], datetime | None]
    patience: Patience
    stop: Callable[[], bool]
