"""The results of selects on their way: file by file into one folder, and last a list of them.

The list has the tree hash, the bytes and the name of each file. Its own tree hash is what the state keeps of
all: whoever has the list can hold every file against it, and the state holds the list.
"""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256

from glacier_manifest.errors import GlacierManifestError
from glacier_manifest.fetching.destination import Output
from glacier_manifest.fetching.download import Errand
from glacier_manifest.fetching.errands import Prepared
from glacier_manifest.fetching.names import Name, Reason
from glacier_manifest.fetching.output import (
    Ending,
    Fetched,
    NotFetched,
    ResultObject,
    Verified,
    alone,
    of_result,
)
from glacier_manifest.fetching.parts import divided
from glacier_manifest.fetching.places import Place
from glacier_manifest.fetching.report import Outcome, Result, outcome_of
from glacier_manifest.fetching.template import Filling
from glacier_manifest.fetching.tree_hash import combined, tree_hash
from glacier_manifest.fetching.wants import Want
from glacier_manifest.jobs.request import Vault
from glacier_manifest.state.changes import Fetch
from glacier_manifest.state.record import Record

#: The name of the list, in the folder of the files.
LIST = "tree-hashes.txt"


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of a list.

    Attributes:
        tree_hash: 64 hexadecimal digits.
        size: Its bytes.
        name: As seen from the folder of the list.
    """

    tree_hash: str
    size: int
    name: str


@dataclass(slots=True)
class Select:
    """A select whose results are being stored.

    Attributes:
        record: Whose results they are.
        place: Where they go.
        folder: The name of their folder there.
        left: How many files have not ended.
        files: Those that are stored, by the names that they have in the place.
        outputs: What the place remembers of them until the state knows.
        verified: By what the least verified is known to be right.
        error: Why one of them is not stored.
        is_left_off: Whether the run was asked to stop before all were stored.
        bytes_read: Bytes that came over the network in this run.
        reasons: Why files have other names than were wanted.
    """

    record: Record
    place: Place
    folder: Name
    left: int
    files: list[Listed] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    verified: Verified = Verified.S3_ETAG
    error: GlacierManifestError | None = None
    is_left_off: bool = False
    bytes_read: int = 0
    reasons: tuple[Reason, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the files."""
        return sum(one.size for one in self.files)

    def take(self, prepared: Prepared, ending: Ending) -> None:
        """Take note of how one file has ended."""
        self.left -= 1
        match ending:
            case Fetched():
                self._stored(prepared, ending)
            case NotFetched():
                self.error = self.error or ending.error
            case _:
                self.is_left_off = True

    def _stored(self, prepared: Prepared, ending: Fetched) -> None:
        output = prepared.errand.kept_as
        self.place.naming.claim(output.identity, ending.kept.name)
        self.files.append(Listed(ending.tree_hash, output.division.length, ending.kept.name))
        self.outputs.append(output)
        self.bytes_read += ending.bytes_read
        if ending.verified is Verified.S3_READ_TWICE:
            self.verified = ending.verified
        renamed = () if ending.kept.name == output.name else (Reason.SAME_NAME,)
        self.reasons = tuple(dict.fromkeys((*self.reasons, *prepared.name.reasons, *renamed)))

    def conclude(self, at: datetime) -> tuple[Fetch, Outcome]:
        """Store the list of the files; return that it is stored, for the state and for people.

        Raises:
            GlacierManifestError: Why one of the files is not stored; or as the place says.
        """
        if self.error is not None:
            raise self.error
        location, root = self._list()
        record, verified = self.record, str(self.verified)
        outcome = replace(
            outcome_of(record, Result.FETCHED),
            output=location,
            size=self.size,
            tree_hash=root,
            verified_by=verified,
            bytes_read=self.bytes_read,
            renamed=self.reasons,
        )
        return Fetch(record.key, record.generation, at, location, root, self.size, verified), outcome

    def _list(self) -> tuple[str, str]:
        """Store the list; return where it is, and its tree hash."""
        name = self.place.naming.give(_identity(self.record), _below(self.folder, LIST)).text
        body = list_of(self.files, posixpath.dirname(name)).encode()
        output = Output(_identity(self.record), name, divided(len(body)))
        root = tree_hash([body])
        location = _kept(self.place, output, body, root)
        self.outputs.append(output)
        return location, root.hex()

    def forget(self) -> None:
        """Let the place drop what it remembers: the state knows by now."""
        for output in self.outputs:
            self.place.destination.forget(output)


def begin(
    record: Record, want: Want, place: Place, results: Sequence[ResultObject], *, part_size: int
) -> tuple[Select, Iterator[Prepared]]:
    """Begin to store the results of a select.

    Args:
        record: The select.
        want: What is wanted of it.
        place: Where they go.
        results: What it has left in S3, ``result_manifest.txt`` among them.
        part_size: Bytes that are read at once, 2^k MiB.

    Returns:
        The select, and an errand for each file.
    """
    select = Select(record, place, want.template.wanted(_filling(record, want)), len(results))
    return select, (_prepared(select, one, part_size) for one in results)


def _filling(record: Record, want: Want) -> Filling:
    return Filling(record.vault, want.job, _began(record), archive_id=record.archive_id)


def _began(record: Record) -> date:
    began = record.accepted_at or record.intended_at
    assert began is not None  # noqa: S101 - a job that succeeded was accepted before
    return began.date()


def _prepared(select: Select, result: ResultObject, part_size: int) -> Prepared:
    record, place = select.record, select.place
    output = of_result(result, Vault(record.account_id, record.region, record.vault), record.job_id or "")
    whole = alone(output)
    identity = f"select {sha256(f'{_identity(record)} {result.name}'.encode()).hexdigest()}"
    name = place.naming.give(identity, _below(select.folder, result.name))
    kept_as = Output(identity, name.text, whole.divided(part_size))
    return Prepared(Errand(whole, kept_as, place.destination, place.room), (), name, place)


def _below(folder: Name, name: str) -> Name:
    return Name(f"{folder.text}/{name}", folder.reasons)


def _identity(record: Record) -> str:
    return f"{record.key}.{record.generation}"


def _kept(place: Place, output: Output, body: bytes, root: bytes) -> str:
    """Keep a small file, unless an earlier run has; return where it is."""
    kept = place.destination.kept(output)
    if kept is None or combined(kept.roots) != root:
        with place.destination.draft(output) as draft:
            if any(held != root for held in draft.held().values()):
                draft.discard()
            draft.write(output.division.part(0), body, root)
            kept = draft.finish()
    place.naming.claim(output.identity, kept.name)
    return kept.location


def list_of(files: Iterable[Listed], folder: str) -> str:
    """Return a list as it is stored; the names become those that are seen from its folder."""
    named = sorted((posixpath.relpath(one.name, folder or "."), one) for one in files)
    return "".join(f"{one.tree_hash} {one.size} {name}\n" for name, one in named)


def read_list(text: str) -> list[Listed]:
    """Read a list.

    Raises:
        ValueError: It is none.
    """
    lines = [line.split(" ", 2) for line in text.split("\n")[:-1]]
    return [Listed(root, int(size), name) for root, size, name in lines]
