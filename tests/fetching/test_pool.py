"""Outputs over HTTP, whole and right or not at all: with corrupt and cut answers, stops and resuming."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random
from threading import Lock

import pytest

from glacier_manifest.aws.causes import Cause
from glacier_manifest.aws.output import OutputReader, OutputStream
from glacier_manifest.errors import Exit
from glacier_manifest.fetching.destination import Output
from glacier_manifest.fetching.events import PartRead, PartsHeld, ReadingAgain, WholeDamaged
from glacier_manifest.fetching.folder import FileDraft, Folder
from glacier_manifest.fetching.output import (
    Fetched,
    LeftOff,
    NotFetched,
    Partly,
    Verified,
    alone,
    put_together,
)
from glacier_manifest.fetching.parts import Part
from glacier_manifest.fetching.tree_hash import tree_hash
from glacier_manifest.jobs.request import ByteRange, Vault
from glacier_manifest.units import MIB
from tests.fetching.outputs import VAULT, Glacier, Run, errand, reader_of


def bytes_of(length: int, seed: int = 1) -> bytes:
    return Random(seed).randbytes(length)  # noqa: S311 - any bytes


class Counting(OutputReader):
    """Counts how many ranges are open at once."""

    def __init__(self, reader: OutputReader) -> None:
        self.most = 0
        self._reader = reader
        self._open = 0
        self._lock = Lock()

    @contextmanager
    def open(self, vault: Vault, job_id: str, wanted: ByteRange, length: int) -> Iterator[OutputStream]:
        self._add(1)
        try:
            with self._reader.open(vault, job_id, wanted, length) as stream:
                yield stream
        finally:
            self._add(-1)

    def _add(self, count: int) -> None:
        with self._lock:
            self._open += count
            self.most = max(self.most, self._open)


@pytest.mark.parametrize("length", [1, MIB - 1, MIB, 2 * MIB, 5 * MIB + 17, 8 * MIB])
def test_an_archive_is_stored_as_it_was_uploaded(glacier: Glacier, tmp_path: Path, length: int) -> None:
    body = bytes_of(length)
    whole = alone(glacier.archive(body))

    (ending,) = Run(reader_of(glacier)).fetch([errand(tmp_path / "photo", whole, 2 * MIB)])

    assert isinstance(ending, Fetched)
    assert (tmp_path / "photo").read_bytes() == body
    assert ending.tree_hash == tree_hash([body]).hex() == whole.tree_hash
    assert (ending.verified, ending.bytes_read) == (Verified.TREE_HASH, length)
    assert ending.kept.location == str(tmp_path / "photo")


def test_many_outputs_at_once_are_each_stored_right(glacier: Glacier, tmp_path: Path) -> None:
    lengths = Random(3)  # noqa: S311 - any lengths
    bodies = {f"photo-{number}": bytes_of(lengths.randint(1, 3 * MIB), number) for number in range(30)}
    errands = [errand(tmp_path / name, alone(glacier.archive(body)), MIB) for name, body in bodies.items()]

    endings = list(Run(reader_of(glacier)).fetch(errands))

    assert [type(ending) for ending in endings] == [Fetched] * 30
    assert {name: (tmp_path / name).read_bytes() for name in bodies} == bodies


def test_corrupt_cut_and_throttled_parts_are_read_again_until_they_are_right(
    glacier: Glacier, tmp_path: Path
) -> None:
    body = bytes_of(40 * MIB)
    whole = alone(glacier.archive(body))
    for fault in ("corrupt-output", "cut-output", "throttle", "lost-before"):
        glacier.sandbox.faults.add("GetJobOutput", fault, rate=0.1, seed=len(fault))
    run = Run(reader_of(glacier), attempts=30)

    (ending,) = run.fetch([errand(tmp_path / "photo", whole, MIB)])

    assert isinstance(ending, Fetched)
    assert (tmp_path / "photo").read_bytes() == body
    codes = {again.error.code for again in run.told(ReadingAgain) if isinstance(again, ReadingAgain)}
    assert codes == {"part-damaged", "output-cut", Cause.THROTTLED, Cause.NO_ANSWER}
    assert len(run.pauses) == len(run.told(ReadingAgain))


@pytest.mark.parametrize(
    ("fault", "code"), [("corrupt-output", "part-damaged"), ("cut-output", "output-cut")]
)
def test_a_part_that_never_comes_right_is_not_stored_and_the_others_are_held(
    glacier: Glacier, tmp_path: Path, fault: str, code: str
) -> None:
    body = bytes_of(4 * MIB)
    whole = alone(glacier.archive(body))
    rule = glacier.sandbox.faults.add("GetJobOutput", fault, after=2)
    run = Run(reader_of(glacier), threads=1)

    (ending,) = run.fetch([errand(tmp_path / "photo", whole, MIB)])

    assert isinstance(ending, NotFetched)
    assert (ending.error.code, ending.error.exit_code) == (code, Exit.ERROR)
    assert not (tmp_path / "photo").exists()
    assert glacier.ranges_asked() == 2 + 6

    glacier.sandbox.faults.remove(rule)
    again = Run(reader_of(glacier))
    (ending,) = again.fetch([errand(tmp_path / "photo", whole, MIB)])

    assert isinstance(ending, Fetched)
    assert ending.bytes_read == 2 * MIB
    assert again.told(PartsHeld) == [PartsHeld(whole, 2, 2 * MIB)]
    assert (tmp_path / "photo").read_bytes() == body


def test_a_run_that_is_asked_to_stop_leaves_off_and_the_next_goes_on(
    glacier: Glacier, tmp_path: Path
) -> None:
    bodies = {name: bytes_of(6 * MIB, number) for number, name in enumerate(["one", "two", "three"])}
    wholes = {name: alone(glacier.archive(body)) for name, body in bodies.items()}
    asked = count()
    first = Run(reader_of(glacier), threads=2, stop=lambda: next(asked) > 12)

    endings = list(first.fetch(errand(tmp_path / name, whole, MIB) for name, whole in wholes.items()))

    assert LeftOff in {type(ending) for ending in endings}
    done = len(first.told(PartRead))
    assert 0 < done < 18

    second = Run(reader_of(glacier))
    endings = list(
        second.fetch(
            errand(tmp_path / name, whole, MIB)
            for name, whole in wholes.items()
            if not (tmp_path / name).exists()
        )
    )

    assert {type(ending) for ending in endings} == {Fetched}
    assert done + len(second.told(PartRead)) == 18
    assert {name: (tmp_path / name).read_bytes() for name in bodies} == bodies


def test_range_jobs_are_put_together_and_verified_as_one_archive(glacier: Glacier, tmp_path: Path) -> None:
    body = bytes_of(7 * MIB + 5)
    archive_id = glacier.sandbox.upload(VAULT.name, body)
    ranges = [f"0-{4 * MIB - 1}", f"{4 * MIB}-{6 * MIB - 1}", f"{6 * MIB}-{len(body) - 1}"]
    outputs = tuple(glacier.retrieved(archive_id, one) for one in ranges)

    (first,) = Run(reader_of(glacier)).fetch([errand(tmp_path / "a", put_together(outputs[:2]), 2 * MIB)])
    assert first == Partly(put_together(outputs[:2]), 1, frozenset({3}), is_safe=True)
    assert not (tmp_path / "a").exists()

    (second,) = Run(reader_of(glacier)).fetch([errand(tmp_path / "a", put_together(outputs[2:]), 2 * MIB)])
    assert isinstance(second, Fetched)
    assert (second.verified, second.bytes_read) == (Verified.TREE_HASH, MIB + 5)
    assert (tmp_path / "a").read_bytes() == body


def test_a_range_that_is_no_node_of_the_tree_is_stored_and_called_unverified(
    glacier: Glacier, tmp_path: Path
) -> None:
    body = bytes_of(7 * MIB)
    output = glacier.archive(body, f"{MIB}-{4 * MIB - 1}")

    (ending,) = Run(reader_of(glacier)).fetch([errand(tmp_path / "piece", alone(output), MIB)])

    assert isinstance(ending, Fetched)
    assert ending.verified is Verified.LENGTH
    assert (tmp_path / "piece").read_bytes() == body[MIB : 4 * MIB]


def test_ranges_without_hashes_of_their_own_are_verified_by_the_archives(
    glacier: Glacier, tmp_path: Path
) -> None:
    body = bytes_of(5 * MIB)
    archive_id = glacier.sandbox.upload(VAULT.name, body)
    outputs = tuple(
        glacier.retrieved(archive_id, one) for one in (f"0-{3 * MIB - 1}", f"{3 * MIB}-{5 * MIB - 1}")
    )
    glacier.sandbox.faults.add("GetJobOutput", "corrupt-output", after=3, count=1)
    run = Run(reader_of(glacier), threads=1)

    (ending,) = run.fetch([errand(tmp_path / "a", put_together(outputs), 4 * MIB)])

    assert isinstance(ending, Fetched)
    assert (tmp_path / "a").read_bytes() == body
    assert len(run.told(WholeDamaged)) == 1


def test_a_whole_that_is_never_what_glacier_tells_is_not_stored(glacier: Glacier, tmp_path: Path) -> None:
    output = replace(glacier.archive(bytes_of(3 * MIB)), tree_hash="0" * 64)

    (ending,) = Run(reader_of(glacier)).fetch([errand(tmp_path / "photo", alone(output), MIB)])

    assert isinstance(ending, NotFetched)
    assert ending.error.code == "output-damaged"
    assert not (tmp_path / "photo").exists()
    assert glacier.ranges_asked() == 6


def test_an_output_that_has_expired_is_told_as_such(glacier: Glacier, tmp_path: Path) -> None:
    whole = alone(glacier.archive(b"gone"))
    glacier.sandbox.clock.advance(48 * 3600)

    (ending,) = Run(reader_of(glacier)).fetch([errand(tmp_path / "photo", whole, MIB)])

    assert isinstance(ending, NotFetched)
    assert ending.error.code == Cause.JOB_NOT_FOUND
    assert glacier.ranges_asked() == 1


def test_one_output_that_fails_keeps_no_other_from_being_stored(glacier: Glacier, tmp_path: Path) -> None:
    good, bad = alone(glacier.archive(b"good")), alone(glacier.archive(b"bad"))
    glacier.sandbox.faults.add("GetJobOutput", "corrupt-output", match=bad.outputs[0].job_id)

    endings = list(
        Run(reader_of(glacier)).fetch(
            [errand(tmp_path / "bad", bad, MIB), errand(tmp_path / "good", good, MIB)]
        )
    )

    assert {type(ending) for ending in endings} == {Fetched, NotFetched}
    assert (tmp_path / "good").read_bytes() == b"good"


def test_nothing_is_read_where_there_is_no_room_for_it(glacier: Glacier, tmp_path: Path) -> None:
    whole = alone(glacier.archive(bytes_of(3 * MIB)))

    (ending,) = Run(reader_of(glacier)).fetch([errand(tmp_path / "photo", whole, MIB, free=66 * MIB)])

    assert isinstance(ending, NotFetched)
    assert ending.error.code == "no-room"
    assert "2.0 MiB" in ending.error.message
    assert glacier.ranges_asked() == 0


class InMemory(Folder):
    """A folder whose parts are gathered in memory before they are written, as those of a bucket are."""

    @contextmanager
    def draft(self, output: Output) -> Iterator[FileDraft]:
        with super().draft(output) as draft:
            yield GatheringDraft(draft)


class GatheringDraft(FileDraft):
    def __init__(self, draft: FileDraft) -> None:
        vars(self).update(vars(draft))

    def memory(self, part: Part) -> int:
        return part.length


@pytest.mark.parametrize(("memory", "most"), [(2 * MIB, 2), (1, 1), (64 * MIB, 3)])
def test_memory_and_threads_bound_how_many_parts_are_read_at_once(
    glacier: Glacier, tmp_path: Path, memory: int, most: int
) -> None:
    wholes = [alone(glacier.archive(bytes_of(4 * MIB, number))) for number in range(2)]
    glacier.sandbox.faults.add("GetJobOutput", "latency", seconds=0.05)
    counting = Counting(reader_of(glacier))
    run = Run(counting, threads=3, memory=memory)
    errands = [errand(tmp_path / str(at), one, MIB) for at, one in enumerate(wholes)]

    endings = list(run.fetch(replace(one, destination=InMemory(tmp_path)) for one in errands))

    assert [type(ending) for ending in endings] == [Fetched, Fetched]
    assert counting.most == most


def test_parts_that_go_straight_to_a_file_take_no_memory(glacier: Glacier, tmp_path: Path) -> None:
    whole = alone(glacier.archive(bytes_of(4 * MIB)))
    glacier.sandbox.faults.add("GetJobOutput", "latency", seconds=0.05)
    counting = Counting(reader_of(glacier))

    (ending,) = Run(counting, threads=3, memory=1).fetch([errand(tmp_path / "photo", whole, MIB)])

    assert isinstance(ending, Fetched)
    assert counting.most == 3


@pytest.mark.parametrize("kind", ["JSON", "CSV"])
def test_an_inventory_is_walked_over_while_it_is_stored(glacier: Glacier, tmp_path: Path, kind: str) -> None:
    glacier.sandbox.generate(VAULT.name, 20_000, description='photos/{index}.jpg, "odd"')
    output = glacier.inventory(Format=kind)
    assert output.length > 4 * MIB

    (ending,) = Run(reader_of(glacier)).fetch([errand(tmp_path / "inventory", alone(output), MIB)])

    assert isinstance(ending, Fetched)
    assert ending.verified is Verified.READ_TWICE
    assert ending.inventory is not None
    assert (ending.inventory.archives, ending.inventory.skipped) == (20_000, 0)
    stored = (tmp_path / "inventory").read_bytes()
    assert ending.inventory.sha256 == hashlib.sha256(stored).hexdigest()
    assert len(stored) == output.length
    if kind == "JSON":
        assert len(json.loads(stored)["ArchiveList"]) == 20_000


def test_no_bit_of_an_inventory_is_another_however_often_it_comes_corrupt(
    glacier: Glacier, tmp_path: Path
) -> None:
    glacier.sandbox.generate(VAULT.name, 20_000)
    output = glacier.inventory()
    (ending,) = Run(reader_of(glacier)).fetch([errand(tmp_path / "right", alone(output), MIB)])
    assert isinstance(ending, Fetched)
    glacier.sandbox.faults.add("GetJobOutput", "corrupt-output", rate=0.2, seed=4)
    run = Run(reader_of(glacier), attempts=12)

    (ending,) = run.fetch([errand(tmp_path / "inventory", alone(output), MIB)])

    assert isinstance(ending, Fetched)
    assert (tmp_path / "inventory").read_bytes() == (tmp_path / "right").read_bytes()
    assert run.told(ReadingAgain)


def test_an_inventory_that_was_left_off_goes_on(glacier: Glacier, tmp_path: Path) -> None:
    glacier.sandbox.generate(VAULT.name, 20_000)
    whole = alone(glacier.inventory())
    asked = count()
    (ending,) = Run(reader_of(glacier), stop=lambda: next(asked) > 20).fetch(
        [errand(tmp_path / "inventory", whole, MIB)]
    )
    assert ending == LeftOff(whole)

    again = Run(reader_of(glacier))
    (ending,) = again.fetch([errand(tmp_path / "inventory", whole, MIB)])

    assert isinstance(ending, Fetched)
    assert ending.inventory is not None
    assert ending.inventory.archives == 20_000
    assert 0 < ending.bytes_read < whole.length


def test_what_an_earlier_run_stored_and_did_not_tell_is_not_read_again(
    glacier: Glacier, tmp_path: Path
) -> None:
    whole = alone(glacier.archive(bytes_of(3 * MIB)))
    one = errand(tmp_path / "photo", whole, MIB)
    (first,) = Run(reader_of(glacier)).fetch([one])
    asked = glacier.ranges_asked()

    (second,) = Run(reader_of(glacier)).fetch([errand(tmp_path / "photo", whole, MIB)])

    assert isinstance(first, Fetched)
    assert second == replace(first, bytes_read=0)
    assert glacier.ranges_asked() == asked


def test_a_stored_file_that_was_altered_is_not_taken_for_the_output(glacier: Glacier, tmp_path: Path) -> None:
    body = bytes_of(3 * MIB)
    whole = alone(glacier.archive(body))
    (first,) = Run(reader_of(glacier)).fetch([errand(tmp_path / "photo", whole, MIB)])
    (tmp_path / "photo").write_bytes(bytes(3 * MIB))

    (second,) = Run(reader_of(glacier)).fetch([errand(tmp_path / "photo", whole, MIB)])

    assert isinstance(first, Fetched)
    assert isinstance(second, Fetched)
    assert second.kept.location != first.kept.location
    assert Path(second.kept.location).read_bytes() == body
    assert (tmp_path / "photo").read_bytes() == bytes(3 * MIB)


def test_a_fault_of_our_own_is_not_taken_for_one_of_the_output(glacier: Glacier, tmp_path: Path) -> None:
    class Broken(OutputReader):
        def open(self, *_asked: object, **_named: object) -> AbstractContextManager[OutputStream]:
            raise LookupError("a fault of our own")

    whole = alone(glacier.archive(b"photo"))

    with pytest.raises(LookupError, match="a fault of our own"):
        list(Run(Broken()).fetch([errand(tmp_path / "photo", whole, MIB)]))


def test_a_caller_who_leaves_early_leaves_nothing_open(glacier: Glacier, tmp_path: Path) -> None:
    wholes = [alone(glacier.archive(bytes_of(2 * MIB, number))) for number in range(6)]
    errands = (errand(tmp_path / str(number), whole, MIB) for number, whole in enumerate(wholes))
    endings = Run(reader_of(glacier), threads=2).fetch(errands)

    first = next(endings)
    endings.close()

    assert isinstance(first, Fetched)
    before = glacier.ranges_asked()
    rest = [errand(tmp_path / str(number), whole, MIB) for number, whole in enumerate(wholes)]
    assert {type(ending) for ending in Run(reader_of(glacier)).fetch(rest)} == {Fetched}
    assert glacier.ranges_asked() == 12 > before
