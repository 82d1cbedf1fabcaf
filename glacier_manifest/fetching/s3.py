"""A bucket that keeps outputs: their parts go to a multipart upload, which becomes the object at the end.

Nothing of an output is kept on this machine but a note of what its upload is called and which parts stand
in it. Uploads that no run goes on with cost money until they are aborted: by abandoned.py, or by the bucket's
lifecycle rules (docs: "mpu-abort-incomplete-mpu-lifecycle-config").
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from itertools import chain
from pathlib import Path
from threading import Lock

from glacier_manifest.aws.s3 import S3Address
from glacier_manifest.aws.s3_writing import Head, S3Writer, StoredPart, Storing, unconfirmed
from glacier_manifest.errors import Failed, GlacierManifestError, UsageError
from glacier_manifest.fetching.alone import alone
from glacier_manifest.fetching.destination import Body, Existing, Kept, Output, Remnants
from glacier_manifest.fetching.gathered import Gathering
from glacier_manifest.fetching.names import Rules, alternatives
from glacier_manifest.fetching.parts import Part
from glacier_manifest.fetching.resume import Journal, remembered
from glacier_manifest.fetching.store import told
from glacier_manifest.fetching.upload_notes import Note, read_note, write_note
from glacier_manifest.units import MIB

_IDENTITY = "glacier-manifest-identity"
_TREE_HASH = "glacier-sha256-tree-hash"
#: Bytes of a key (docs: "object-keys"), and how many of them a prefix must leave to names.
_LONGEST_KEY, _LEAST_NAME = 1024, 300
#: Bytes of a part that is not the last (docs: "qfacts").
_LEAST_PART = 5 * MIB
#: Up to here an output in smaller parts is gathered in memory.
_MOST_IN_MEMORY = 64 * MIB


class Bucket:
    """A bucket, or what has a prefix in it.

    Args:
        writer: Writes objects.
        base: ``s3://bucket`` or ``s3://bucket/prefix``.
        notes: A folder of this machine, where what is under way is noted; made where it is not there.
        existing: What becomes of other objects that have a wanted key.
        storing: How objects are stored.

    Raises:
        UsageError: ``prefix-too-long``.
        ServiceError: As `S3Writer`, from every method.
        Failed: ``cannot-save``, ``no-room``: the notes cannot be written.
    """

    def __init__(
        self,
        writer: S3Writer,
        base: str,
        notes: Path,
        *,
        existing: Existing = Existing.KEPT,
        storing: Storing | None = None,
    ) -> None:
        self.writer = writer
        self.base = base.rstrip("/")
        self.storing = storing or Storing()
        self.overwrites = existing is Existing.OVERWRITTEN
        self._notes = notes
        self._bucket, _, prefix = self.base.removeprefix("s3://").partition("/")
        self._prefix = f"{prefix}/" if prefix else ""
        room = _LONGEST_KEY - len(self._prefix.encode())
        if room < _LEAST_NAME:
            raise _prefix_too_long(base, room)
        self.rules = Rules(longest_segment=room, longest=room)
        with told(notes):
            notes.mkdir(mode=0o700, parents=True, exist_ok=True)

    def free(self) -> None:
        """Say that there is no end of room."""

    def kept(self, output: Output) -> Kept | None:
        """Return an output that an earlier run finished, and died before its state knew of it."""
        note = self.noted(output)
        if note is None:
            return None
        head = self.writer.head(self.address(note.key))
        if head is None or not is_ours(head, output):
            return None
        roots = output.roots(self.remembered(output, note)) or _root_noted(head, output)
        return None if roots is None else self.at(note.key, roots)

    @contextmanager
    def draft(self, output: Output) -> Iterator["ObjectDraft | MultipartDraft"]:
        """Begin an output, or go on with what an earlier run left of it.

        Raises:
            Failed: ``parts-too-small``.
            Locked: ``draft-in-use``.
        """
        with alone(self._file(output, "lock"), output):
            draft = ObjectDraft(self, output) if _is_gathered(output) else MultipartDraft(self, output)
            try:
                yield draft
            finally:
                draft.close()

    def forget(self, output: Output) -> None:
        """Drop what is noted of an output: the state knows by now that it is kept."""
        for kind in ("note", "parts", "lock"):
            path = self._file(output, kind)
            with told(path):
                path.unlink(missing_ok=True)

    def remnants(self) -> Remnants:
        """Return the identities of outputs of which something is noted."""
        with told(self._notes):
            return Remnants({path.name.partition(".")[0] for path in self._notes.iterdir()}, self._stem)

    def settle(self, output: Output) -> str:
        """Return a key that nothing else has, as far as S3 tells; nothing is uploaded to it yet."""
        folder, slash, leaf = output.name.rpartition("/")
        for name in chain((leaf,), alternatives(leaf, output.identity, self.rules)):
            key = f"{self._prefix}{folder}{slash}{name}"
            if self.may_have(output, key):
                return key
        raise AssertionError("there is always another name")

    def may_have(self, output: Output, key: str) -> bool:
        """Say whether an output may have a key, as far as S3 tells."""
        head = None if self.overwrites else self.writer.head(self.address(key))
        return head is None or is_ours(head, output)

    def address(self, key: str) -> S3Address:
        """Return where a key is."""
        return S3Address(self._bucket, key)

    def at(self, key: str, roots: tuple[bytes, ...]) -> Kept:
        """Return an output that stands whole."""
        return Kept(str(self.address(key)), key.removeprefix(self._prefix), roots)

    def noted(self, output: Output) -> Note | None:
        """Return what an earlier run noted of an output."""
        return read_note(self._file(output, "note"))

    def note(self, output: Output, key: str, upload: str | None) -> Note:
        """Note what an output will be; durable when it returns."""
        note = Note(key, upload, self._bucket, output.identity)
        write_note(self._file(output, "note"), note)
        return note

    def remembered(self, output: Output, note: Note) -> Mapping[int, bytes]:
        """Return the tree hashes of the parts that an earlier run says it uploaded."""
        path = self._file(output, "parts")
        with told(path):
            try:
                return remembered(path.read_bytes(), _of(output, note), output.division).roots
            except FileNotFoundError:
                return {}

    def journal(self, output: Output, note: Note, roots: Mapping[int, bytes]) -> Journal:
        """Begin to remember the parts of an upload."""
        path = self._file(output, "parts")
        with told(path):
            return Journal.begin(path, _of(output, note), output.division, roots)

    def _file(self, output: Output, kind: str) -> Path:
        return self._notes / f"{self._stem(output.identity)}.{kind}"

    def _stem(self, identity: str) -> str:
        return sha256(f"{self.base} {identity}".encode()).hexdigest()[:32]


class ObjectDraft(Gathering):
    """An object on its way that is written in one piece: its parts are gathered in memory."""

    def __init__(self, bucket: Bucket, output: Output) -> None:
        self._bucket = bucket
        self._output = output
        self._body = bytearray(output.division.length)
        self._held: dict[int, bytes] = {}

    def held(self) -> Mapping[int, bytes]:
        """Return the tree hash of each part that is here, by the part's number; none of earlier runs."""
        return dict(self._held)

    def write(self, part: Part, body: Body, root: bytes) -> None:
        """Take one part; a kill loses it."""
        self._output.check(part, body)
        self._body[part.start : part.end] = body
        self._held[part.number] = root

    def secure(self) -> bool:
        """Say that no later run will find what is here: it is gathered in memory."""
        return False

    def finish(self) -> Kept:
        """Write the object."""
        roots = _whole(self._output, self._held)
        metadata = _metadata(self._output)
        if len(roots) == 1:
            metadata |= {_TREE_HASH: roots[0].hex()}
        key = self._bucket.settle(self._output)
        self._bucket.note(self._output, key, None)
        with _settled(self._bucket, self._output, key) as address:
            self._bucket.writer.put(
                address,
                bytes(self._body),
                self._bucket.storing,
                metadata,
                overwrite=self._bucket.overwrites,
            )
        return self._bucket.at(key, roots)

    def discard(self) -> None:
        """Throw away what is here."""
        self._held.clear()

    def close(self) -> None:
        """Let go of the memory."""
        self._body = bytearray()


class MultipartDraft(Gathering):
    """An object on its way whose parts go to S3 as they come."""

    def __init__(self, bucket: Bucket, output: Output) -> None:
        self._bucket = bucket
        self._output = output
        self._lock = Lock()
        noted = bucket.noted(output)
        self._stored = {} if noted is None else self._found(noted)
        self._note = noted if noted is not None and self._stored else self._begun(noted)
        known = bucket.remembered(output, self._note)
        self._held = {number: known[number] for number in self._stored if number in known}
        self._journal = bucket.journal(output, self._note, self._held)

    def held(self) -> Mapping[int, bytes]:
        """Return the tree hash of each part that S3 has, by the part's number."""
        with self._lock:
            return dict(self._held)

    def write(self, part: Part, body: Body, root: bytes) -> None:
        """Upload one part."""
        self._output.check(part, body)
        address, upload = self._address(), self._upload()
        stored = self._bucket.writer.part(address, upload, part.number + 1, bytes(body))
        with told(Path(str(address))):
            self._journal.keep(part.number, root)
        with self._lock:
            self._stored[part.number] = stored
            self._held[part.number] = root

    def secure(self) -> bool:
        """Write to the disk which parts S3 has."""
        with told(Path(str(self._address()))):
            self._journal.sync()
        return True

    def finish(self) -> Kept:
        """Let the object appear."""
        roots = _whole(self._output, self.held())
        parts = [self._stored[number] for number in sorted(self._stored)]
        with _settled(self._bucket, self._output, self._note.key) as address:
            self._bucket.writer.complete(address, self._upload(), parts, overwrite=self._bucket.overwrites)
        return self._bucket.at(self._note.key, roots)

    def discard(self) -> None:
        """Throw away what S3 has, and begin another upload."""
        with self._lock:
            self._journal.close()
            self._held.clear()
            self._stored.clear()
            self._note = self._begun(self._note)
            self._journal = self._bucket.journal(self._output, self._note, {})

    def close(self) -> None:
        """Let go; the upload stays for the next run."""
        self._journal.close()

    def _found(self, note: Note) -> dict[int, StoredPart]:
        """Return the parts that S3 has of an earlier run's upload, each as long as it must be.

        An upload to a key that somebody else has taken since is of no use: it cannot get another.
        """
        if note.upload is None or not self._bucket.may_have(self._output, note.key):
            return {}
        parts = self._bucket.writer.parts(self._bucket.address(note.key), note.upload) or {}
        wanted = self._output.division
        return {part.number: parts[part.number + 1] for part in wanted if _is_there(part, parts)}

    def _begun(self, earlier: Note | None) -> Note:
        if earlier is not None and earlier.upload is not None:
            self._bucket.writer.abort(self._bucket.address(earlier.key), earlier.upload)
        key = self._bucket.settle(self._output)
        metadata = _metadata(self._output)
        upload = self._bucket.writer.begin(self._bucket.address(key), self._bucket.storing, metadata)
        return self._bucket.note(self._output, key, upload)

    def _address(self) -> S3Address:
        return self._bucket.address(self._note.key)

    def _upload(self) -> str:
        assert self._note.upload is not None  # noqa: S101 - `_begun` has made one
        return self._note.upload


def is_ours(head: Head, output: Output) -> bool:
    """Say whether an object is the output: its writer noted what it is, and S3 lets it appear only whole."""
    return head.metadata.get(_IDENTITY) == output.identity and head.size == output.division.length


@contextmanager
def _settled(bucket: Bucket, output: Output, key: str) -> Iterator[S3Address]:
    """Look at what stands at a key after it was written; a lost reply is none once the object is there."""
    address = bucket.address(key)
    try:
        yield address
    except GlacierManifestError:
        head = bucket.writer.head(address)
        if head is None or not is_ours(head, output):
            raise
        return
    head = bucket.writer.head(address)
    if head is not None and not is_ours(head, output):
        raise unconfirmed(address, f"has {head.size} bytes there, or another writer's")


def _is_gathered(output: Output) -> bool:
    """Say whether an output is written in one piece.

    Raises:
        Failed: ``parts-too-small``.
    """
    if len(output.division) <= 1:
        return True
    if output.division.part_size >= _LEAST_PART:
        return False
    if output.division.length <= _MOST_IN_MEMORY:
        return True
    raise Failed(
        "parts-too-small",
        f"{output.name!r} comes in parts of {output.division.part_size} bytes, and S3 takes none below 5 MiB",
        next_step="save it to a folder with --to, or split archives into ranges of 8 MiB or more",
    )


def _is_there(part: Part, parts: Mapping[int, StoredPart]) -> bool:
    found = parts.get(part.number + 1)
    return found is not None and found.size == part.length


def _whole(output: Output, held: Mapping[int, bytes]) -> tuple[bytes, ...]:
    roots = output.roots(held)
    if roots is None:
        raise ValueError(f"{output.name} is not whole")
    return roots


def _root_noted(head: Head, output: Output) -> tuple[bytes, ...] | None:
    noted = head.metadata.get(_TREE_HASH)
    return None if noted is None or len(output.division) > 1 else (bytes.fromhex(noted),)


def _metadata(output: Output) -> dict[str, str]:
    told_of = {_IDENTITY: output.identity}
    if output.modified is not None:
        told_of["modified"] = output.modified.isoformat()
    return told_of


def _of(output: Output, note: Note) -> str:
    return f"{output.identity} {note.upload}"


def _prefix_too_long(base: str, room: int) -> UsageError:
    return UsageError(
        "prefix-too-long",
        f"{base!r} leaves {max(room, 0)} bytes of a key to names; a key has at most {_LONGEST_KEY}",
        next_step="name a shorter prefix in 'save_to' or with --to",
    )
