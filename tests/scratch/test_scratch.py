"""Rows and mappings in a temporary file: just as they would be in memory, for as long as there is room."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from threading import Event, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from glacier_manifest.errors import Failed
from glacier_manifest.jobs.status import Status
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.record import Mishap
from tests.planning.examples import archive, record, request

texts = st.text(max_size=4)
keys = st.one_of(st.sampled_from("abcd"), texts)
values = st.one_of(st.none(), st.integers(), texts, st.tuples(texts, st.integers()))


class AnyMapping(RuleBasedStateMachine):
    """A mapping on a scratch file beside one in memory; whatever is done to them, they are equal."""

    @initialize()
    def begin(self) -> None:
        self.scratch = Scratch()
        self.mapping = self.scratch.mapping()
        self.memory: dict[str, object] = {}

    @rule(key=keys, value=values)
    def put(self, key: str, value: object) -> None:
        self.mapping[key] = value
        self.memory[key] = value

    @rule(key=keys)
    def remove(self, key: str) -> None:
        if key in self.memory:
            del self.mapping[key]
            del self.memory[key]
            return
        with pytest.raises(KeyError):
            del self.mapping[key]

    @rule(key=keys)
    def take(self, key: str) -> None:
        assert self.mapping.pop(key, "none") == self.memory.pop(key, "none")

    @rule(key=keys, value=values)
    def put_where_it_is_missing(self, key: str, value: object) -> None:
        assert self.mapping.setdefault(key, value) == self.memory.setdefault(key, value)

    @rule(items=st.dictionaries(keys, values, max_size=3))
    def put_many(self, items: dict[str, object]) -> None:
        self.mapping.update(items)
        self.memory.update(items)

    @rule(key=keys)
    def look(self, key: str) -> None:
        assert (key in self.mapping) == (key in self.memory)
        assert self.mapping.get(key) == self.memory.get(key)
        if key not in self.memory:
            with pytest.raises(KeyError):
                self.mapping[key]

    @rule()
    def clear(self) -> None:
        self.mapping.clear()
        self.memory.clear()

    @invariant()
    def both_are_equal_and_in_one_order(self) -> None:
        if not hasattr(self, "scratch"):
            return
        assert list(self.mapping.items()) == list(self.memory.items())
        assert (len(self.mapping), bool(self.mapping)) == (len(self.memory), bool(self.memory))

    def teardown(self) -> None:
        if hasattr(self, "scratch"):
            self.scratch.close()


TestAnyMapping = AnyMapping.TestCase
TestAnyMapping.settings = settings(max_examples=40, stateful_step_count=15)


@pytest.fixture
def scratch() -> Iterator[Scratch]:
    with Scratch() as opened:
        yield opened


def test_what_a_run_keeps_comes_back_equal(scratch: Scratch) -> None:
    kept = record(request(archive("a")), Status.FAILED, mishap=Mishap("job-failed", "no reason"))
    mapping = scratch.mapping()

    mapping["a"] = kept

    assert mapping["a"] == kept


def test_two_mappings_of_one_file_have_nothing_in_common(scratch: Scratch) -> None:
    one, other = scratch.mapping(), scratch.mapping()
    one["a"] = 1

    assert "a" not in other
    assert list(other) == []


def test_a_mapping_takes_many_while_rows_are_made_for_another_table(scratch: Scratch) -> None:
    noted, loaded = scratch.mapping(), scratch.mapping()

    def items() -> Iterator[tuple[str, int]]:
        for number in range(2000):
            noted[f"k{number}"] = number
            yield f"k{number}", -number

    loaded.load(items())

    assert dict(noted) == {f"k{number}": number for number in range(2000)}
    assert dict(loaded) == {key: -number for key, number in noted.items()}


def test_rows_may_be_made_from_a_mapping_that_another_thread_writes(scratch: Scratch) -> None:
    noted, loaded = scratch.mapping(), scratch.mapping()
    is_making, is_writing = Event(), Event()

    def write() -> None:
        is_making.wait()
        is_writing.set()
        for number in range(2000):
            noted[f"k{number}"] = number

    def items() -> Iterator[tuple[str, object]]:
        is_making.set()
        is_writing.wait()
        for number in range(2000):
            yield f"k{number}", noted.get(f"k{number}")

    threads = [Thread(target=write, daemon=True), Thread(target=loaded.load, args=(items(),), daemon=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert not any(thread.is_alive() for thread in threads)
    assert (len(noted), len(loaded)) == (2000, 2000)


def test_a_mapping_may_be_read_while_it_and_others_are_written(scratch: Scratch) -> None:
    one, other = scratch.mapping(), scratch.mapping()
    one.update({f"k{number:04}": number for number in range(1200)})

    for number, (key, value) in enumerate(one.items()):
        one[key] = -value
        other[key] = number

    assert list(other.values()) == list(range(1200))
    assert list(one.values()) == [-number for number in range(1200)]


@given(st.lists(st.text(max_size=5)))
def test_texts_come_sorted_and_each_once(wanted: list[str]) -> None:
    with Scratch() as scratch:
        found = scratch.sorted_texts(iter(wanted))

        assert list(found) == list(found) == sorted(set(wanted))
        assert len(found) == len(set(wanted))
        assert all(text in found for text in wanted)
        assert "another text" not in found


def test_several_sets_of_texts_lie_in_one_file(scratch: Scratch) -> None:
    one, other = scratch.sorted_texts("ba"), scratch.sorted_texts("dc")

    assert (list(one), list(other)) == (["a", "b"], ["c", "d"])


def broken() -> Iterator[str]:
    yield "a"
    raise LookupError("the file has ended")


def test_what_the_texts_raise_is_raised(scratch: Scratch) -> None:
    with pytest.raises(LookupError, match="the file has ended"):
        scratch.sorted_texts(broken())


def test_what_the_rows_raise_is_raised_and_the_file_stays_usable(scratch: Scratch) -> None:
    scratch.run("CREATE TABLE letters (letter TEXT)")

    with pytest.raises(LookupError):
        scratch.run_many("INSERT INTO letters VALUES (?)", ((letter,) for letter in broken()))

    scratch.run_many("INSERT INTO letters VALUES (?)", [("b",), ("c",)])
    assert scratch.row("SELECT count(*) FROM letters WHERE letter IN ('b', 'c')") == (2,)


def test_rows_stream_while_other_tables_are_written(scratch: Scratch) -> None:
    scratch.run("CREATE TABLE numbers (number INTEGER)")
    scratch.run("CREATE TABLE copies (number INTEGER)")
    scratch.run_many("INSERT INTO numbers VALUES (?)", ((number,) for number in range(1500)))

    scratch.run_many("INSERT INTO copies VALUES (?)", scratch.rows("SELECT number FROM numbers"))

    copied = [number for (number,) in scratch.rows("SELECT number FROM copies ORDER BY number")]
    assert copied == list(range(1500))


def test_rows_are_read_only_as_far_as_somebody_wants_them(scratch: Scratch) -> None:
    query = (
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers) SELECT n FROM numbers"
    )

    assert list(islice(scratch.rows(query), 3)) == [(1,), (2,), (3,)]


def test_a_query_without_a_row_has_none(scratch: Scratch) -> None:
    assert scratch.row("SELECT 1 WHERE 0") is None
    assert list(scratch.rows("SELECT 1 WHERE 0")) == []


def test_many_threads_may_use_one_file(scratch: Scratch) -> None:
    shared = scratch.mapping()

    def write(thread: int) -> None:
        for number in range(200):
            shared[f"{thread}.{number}"] = (thread, number)
            assert shared[f"{thread}.{number}"] == (thread, number)

    threads = [Thread(target=write, args=(thread,)) for thread in range(6)]
    for one in threads:
        one.start()
    while any(one.is_alive() for one in threads):
        assert all(key == f"{thread}.{number}" for key, (thread, number) in shared.items())
    for one in threads:
        one.join()

    assert len(shared) == 1200


#: Nothing that this process writes may be longer than a mebibyte: its disk is full then.
FULL = """
import resource
from glacier_manifest.errors import Failed
from glacier_manifest.scratch.scratch import Scratch

resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
with Scratch() as scratch:
    mapping = scratch.mapping()
    try:
        {writing}
    except Failed as error:
        print(error.code, error.exit_code, "SQLITE_TMPDIR" in error.next_step, error.message)
"""
WRITING = {
    "a mapping": "mapping.update((str(number), 'x' * 5000) for number in range(20_000))",
    "sorted texts": "scratch.sorted_texts(f'{number:05}' * 500 for number in range(20_000))",
    "sorting rows": (
        "scratch.run('CREATE TABLE texts (text TEXT)'); "
        "scratch.run_many('INSERT INTO texts VALUES (?)', ((f'{n:05}' * 500,) for n in range(20_000)))"
    ),
}


@pytest.mark.parametrize("writing", WRITING.values(), ids=WRITING)
def test_a_full_disk_is_told_with_what_to_do(writing: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL.format(writing=writing)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert (done.returncode, done.stderr) == (0, "")
    code, exit_code, names_the_folder, *message = done.stdout.split()
    assert (code, exit_code, names_the_folder) == ("scratch-unwritable", str(int(Failed.exit_code)), "True")
    told, _, why = " ".join(message).partition(": ")
    assert told == "the temporary files of this run cannot be written"
    assert why in {"disk I/O error", "database or disk is full"}
