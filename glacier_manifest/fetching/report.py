"""How fetching ended, output by output and in sum."""

from collections import Counter
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from enum import StrEnum

from glacier_manifest.errors import GlacierManifestError
from glacier_manifest.fetching.names import Reason
from glacier_manifest.state.record import Mishap, Record

#: The code of what is left because the run was to end.
LEFT_OFF = "left-off"


class Result(StrEnum):
    """What became of one output.

    FETCHED: stored, and verified by all that Glacier gives. UNVERIFIED: stored, and Glacier gives nothing but
    its length. HELD: a piece of an archive, stored safely until the other pieces are there. FAILED: not
    stored, and a person should look. LEFT: not stored yet; the next run goes on. EXPIRED: gone, a day after
    the job's end.
    """

    FETCHED = "fetched"
    UNVERIFIED = "unverified"
    HELD = "held"
    FAILED = "failed"
    LEFT = "left"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one output.

    Attributes:
        result: What.
        address, key, generation: Whose it is.
        job_id: The job that had it.
        output: Where it is stored, or will be; None where that is not known.
        size: Bytes of what is stored there; None where nothing is.
        tree_hash: Of what is stored there, 64 hexadecimal digits.
        verified_by: By what that is known to be right, a word of `output.Verified`.
        bytes_read: Bytes that came over the network in this run.
        renamed: Why it did not get the name that was wanted.
        mishap: What went wrong.
    """

    result: Result
    address: str
    key: str
    generation: int
    job_id: str | None
    output: str | None = None
    size: int | None = None
    tree_hash: str | None = None
    verified_by: str | None = None
    bytes_read: int = 0
    renamed: tuple[Reason, ...] = ()
    mishap: Mishap | None = None


def outcome_of(record: Record, result: Result) -> Outcome:
    """Return that an output ended so, with nothing more to say."""
    return Outcome(result, record.address, record.key, record.generation, record.job_id)


def left_off() -> Mishap:
    """Return why an output is left that nothing was the matter with."""
    return Mishap(LEFT_OFF, "the run was to end before this output was stored: the next one goes on with it")


@dataclass(slots=True)
class Report:
    """How one run of fetching ended.

    Attributes:
        outcomes: Each output, by its request's key; many of them belong on a scratch file.
        counts: How many ended in which way.
        bytes_read: Bytes that came over the network and were kept.
        bytes_stored: Bytes of what was stored under its name.
        bytes_failed: Bytes of archives whose outputs are there and could not be stored.
        renamed: How many did not get the name that was wanted.
        incomplete: How many inventories wait for a page.
        nowhere: How many outputs nobody has said a place for.
        error: What ended the run before its time, or kept a place from taking outputs.
        rest: Streams the outputs that the run did not come to, which are counted as LEFT, while what the run
            was given is open.
    """

    outcomes: MutableMapping[str, Outcome]
    counts: Counter[Result] = field(default_factory=Counter)
    bytes_read: int = 0
    bytes_stored: int = 0
    bytes_failed: int = 0
    renamed: int = 0
    incomplete: int = 0
    nowhere: int = 0
    error: GlacierManifestError | None = None
    rest: Callable[[], Iterable[Outcome]] = tuple

    def add(self, outcome: Outcome) -> None:
        """Take what became of an output."""
        self.outcomes[outcome.key] = outcome
        self.counts[outcome.result] += 1
        self.bytes_read += outcome.bytes_read
        self.renamed += bool(outcome.renamed)
